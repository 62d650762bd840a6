import type Database from 'better-sqlite3';
import { objectsOf } from './export-events.ts';
import { createPackFile, type PackEntry } from './pack-file.ts';

/**
 * Writes one line per finding: its view's columns, why it was flagged, and its evidence. An event that lies outside of the
 * period is named with its time and is null otherwise. Evidence is written as it is read, however long.
 */
export function exportFindings(db: Database.Database, folder: string): PackEntry {
  const statement = db
    .prepare<[], unknown[]>(
      `SELECT v.*, f.report AS report FROM findings v JOIN _findings f USING (finding_id) ORDER BY v.finding_id`,
    )
    .raw();
  const columns = statement.columns().map((column) => column.name);
  const evidence = db
    .prepare<[number], unknown[]>(
      `SELECT fe.event_id AS cited_event_id, fe.occurred_at AS cited_occurred_at, e.*
       FROM _finding_events fe
       JOIN findings f USING (finding_id)
       LEFT JOIN events e ON e.instance = f.instance AND e.event_id = fe.event_id
       WHERE fe.finding_id = ? ORDER BY fe.occurred_at, fe.event_id`,
    )
    .raw();
  const eventColumns = evidence.columns().map((column) => column.name);
  const asFinding = objectsOf(columns);
  const asCited = objectsOf(eventColumns);
  const file = createPackFile(folder, 'findings.jsonl');
  for (const row of statement.all()) {
    const { report, ...finding } = asFinding(row);
    const { why, facts } = JSON.parse(String(report)) as { why?: string; facts?: readonly unknown[] };
    const head = JSON.stringify({ ...finding, why: why ?? null, facts: facts ?? [] });
    file.write(`${head.slice(0, -1)},"evidence":[`);
    let separator = '';
    for (const cited of evidence.iterate(Number(finding['finding_id']))) {
      file.write(separator + JSON.stringify(asEvidence(asCited(cited))));
      separator = ',';
    }
    file.writeRow(']}\n');
  }
  return { rows: 0, ...file.close() };
}

/** The document of an event stands once, in events.jsonl. */
function asEvidence(row: Record<string, unknown>): object {
  const { cited_event_id, cited_occurred_at, raw: _, ...event } = row;
  return {
    event_id: cited_event_id,
    occurred_at: cited_occurred_at,
    event: event['event_id'] === null ? null : event,
  };
}
