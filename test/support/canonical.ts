import Database from 'better-sqlite3';

type Row = Record<string, unknown>;

/** Reads rows of a database file without the program's own code. */
export function readRows(db: string, sql: string, ...parameters: unknown[]): Row[] {
  const database = new Database(db, { readonly: true });
  try {
    return database.prepare<unknown[], Row>(sql).all(...parameters);
  } finally {
    database.close();
  }
}

/**
 * What two runs over the same history must agree in, whatever numbers and times of storing they gave it: two dumps are
 * the same text if the databases mean the same.
 */
export function canonicalDump(db: string): string {
  const rows = (sql: string) =>
    readRows(db, sql)
      .map((row) => JSON.stringify(row))
      .sort();
  return JSON.stringify(
    {
      events: rows(
        `SELECT instance, event_id, occurred_at, category, username, actor_kind, actor_name, api_key_id, project_name,
           environment_name, is_production, is_off_hours, deployment_id, message, judged_by, raw FROM events`,
      ),
      variableEdits: rows('SELECT * FROM variable_edits'),
      keys: rows('SELECT key_id, state, idle_days, last_used_at, last_used_source FROM api_keys'),
      signals: rows('SELECT instance, rule, event_id, occurred_at, level, suppressed_by FROM signals'),
      findings: rows(
        `SELECT f.instance, rule, level, title, subject, first_seen_at, last_seen_at, event_count, status, resolution,
           (SELECT json_group_array(event_id) FROM (SELECT event_id FROM finding_events e
              WHERE e.finding_id = f.finding_id ORDER BY event_id)) AS evidence,
           (SELECT json_group_array(rule || ' ' || event_id) FROM (SELECT s.rule, s.event_id FROM _signals s
              WHERE s.finding_id = f.finding_id ORDER BY 1, 2)) AS signals
         FROM findings f`,
      ),
      deliveries: rows(
        'SELECT f.rule, f.subject, d.channel, d.kind, d.state FROM deliveries d JOIN findings f USING (finding_id)',
      ),
      quarantine: rows('SELECT instance, reason, raw FROM quarantine'),
      correlationInputs: rows('SELECT correlation, group_key, at_ms, rule, ref FROM _correlation_inputs'),
      firstSeen: rows('SELECT * FROM _first_seen'),
      serverWords: rows('SELECT kind, id, name FROM _server_words'),
      addresses: rows('SELECT * FROM _address_days'),
      covered: covered(db),
      watermarks: rows('SELECT name, watermark_at FROM _instances'),
      stillOwed: rows('SELECT * FROM _backlog UNION ALL SELECT instance_id, 1, 1, 1, 1 FROM _owed_details'),
      gaps: rows('SELECT * FROM _gaps'),
    },
    null,
    1,
  );
}

/** The stretches of time that were read, joined where they touch. */
function covered(db: string): [string, string][] {
  const stretches: [string, string][] = [];
  const windows = readRows(
    db,
    "SELECT window_from, window_to FROM coverage WHERE outcome = 'read' ORDER BY window_from",
  );
  for (const row of windows) {
    const [from, to] = [String(row['window_from']), String(row['window_to'])];
    const last = stretches.at(-1);
    if (last && from <= last[1]) last[1] = to > last[1] ? to : last[1];
    else stretches.push([from, to]);
  }
  return stretches;
}
