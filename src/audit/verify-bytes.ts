import { isUtf8 } from 'node:buffer';
import type Database from 'better-sqlite3';
import type { Chained, ChainedRow } from '../store/index.ts';

const TABLES: Readonly<Record<Chained, readonly (readonly [table: string, key: string])[]>> = {
  event: [
    ['_events', 'event_pk'],
    ['_event_documents', 'event_pk'],
    ['_variable_edits', 'event_pk'],
  ],
  finding: [
    ['_findings', 'finding_id'],
    ['_acknowledgements', 'finding_id'],
  ],
  journal: [['_journal', 'entry_id']],
};

/**
 * True when the texts of a row are the very bytes that were hashed. Bytes that are no UTF-8 are read as U+FFFD, so only a
 * row that shows one has to be looked at: there, broken bytes could pass for the character itself.
 */
export function isWellFormed(db: Database.Database, table: Chained, row: ChainedRow): boolean {
  if (!row.content.includes('\ufffd')) return true;
  return TABLES[table].every(([name, key]) => {
    const columns = db
      .prepare<[string], string>("SELECT name FROM pragma_table_info(?) WHERE type = 'TEXT'")
      .pluck()
      .all(name);
    const casts = columns.map((column) => `CAST(${column} AS BLOB)`).join(', ');
    const rows = db
      .prepare<[number], (Buffer | null)[]>(`SELECT ${casts} FROM ${name} WHERE ${key} = ?`)
      .raw()
      .all(row.key);
    return rows.flat().every((bytes) => bytes === null || isUtf8(bytes));
  });
}
