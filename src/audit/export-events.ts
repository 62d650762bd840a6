import path from 'node:path';
import type Database from 'better-sqlite3';
import { createPackFile, entryOf, type PackEntry } from './pack-file.ts';
import { createParquetFile, type ParquetType } from './parquet.ts';

const ROWS_BETWEEN_PROGRESS = 1000;

/** How a column of a view is typed outside of SQLite; all others are text. */
function typeOf(column: string): ParquetType {
  if (/_at$|^at$/.test(column)) return 'TIMESTAMP';
  return /^is_/.test(column) ? 'BOOLEAN' : 'STRING';
}

/** Makes rows of these columns into objects, flags into true and false. */
export function objectsOf(columns: readonly string[]): (row: readonly unknown[]) => Record<string, unknown> {
  const flags = columns.map((column) => typeOf(column) === 'BOOLEAN');
  return (row) => {
    const object: Record<string, unknown> = {};
    for (const [index, column] of columns.entries()) {
      const value = row[index] ?? null;
      object[column] = flags[index] && value !== null ? value === 1 : value;
    }
    return object;
  };
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
  const asObject = objectsOf(columns);
  let count = 0;
  for (const row of statement.iterate()) {
    lines.writeRow(`${JSON.stringify(asObject(row))}\n`);
    parquet.add(row);
    count += 1;
    if (count % ROWS_BETWEEN_PROGRESS === 0) onProgress(count);
  }
  const rows = parquet.close();
  return [{ rows: 0, ...lines.close() }, entryOf(folder, 'events.parquet', rows)];
}
