import path from 'node:path';
import type Database from 'better-sqlite3';
import { createPackFile, entryOf, type PackEntry } from './pack-file.ts';
import { createParquetFile, type ParquetType } from './parquet.ts';

const ROWS_BETWEEN_PROGRESS = 1000;

/** How a column of a view is typed outside of SQLite; all others are text. */
export function typeOf(column: string): ParquetType {
  if (/_at$|^at$/.test(column)) return 'TIMESTAMP';
  return /^is_/.test(column) ? 'BOOLEAN' : 'STRING';
}

/** One object a row, flags as true and false. */
export function asObject(columns: readonly string[], row: readonly unknown[]): Record<string, unknown> {
  return Object.fromEntries(
    columns.map((column, index) => {
      const value = row[index] ?? null;
      return [column, typeOf(column) === 'BOOLEAN' && value !== null ? value === 1 : value];
    }),
  );
}

/** Writes view `events` in the order of time, once as JSON lines and once as Parquet. */
export function exportEvents(
  db: Database.Database,
  folder: string,
  createdBy: string,
  onProgress: (events: number) => void,
): PackEntry[] {
  const statement = db.prepare<[], unknown[]>('SELECT * FROM events ORDER BY occurred_at, event_id').raw();
  const columns = statement.columns().map((column) => column.name);
  const lines = createPackFile(folder, 'events.jsonl');
  const parquet = createParquetFile(
    path.join(folder, 'events.parquet'),
    columns.map((name) => ({ name, type: typeOf(name) })),
    createdBy,
  );
  let count = 0;
  for (const row of statement.iterate()) {
    lines.writeRow(`${JSON.stringify(asObject(columns, row))}\n`);
    parquet.add(row);
    count += 1;
    if (count % ROWS_BETWEEN_PROGRESS === 0) onProgress(count);
  }
  const rows = parquet.close();
  return [{ rows: 0, ...lines.close() }, entryOf(folder, 'events.parquet', rows)];
}
