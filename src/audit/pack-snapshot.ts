import { chmodSync, closeSync, openSync } from 'node:fs';
import Database from 'better-sqlite3';
import { toInstant } from '../lib/clock.ts';
import { messageOf, OctowatchError } from '../lib/errors.ts';
import { requireDatabaseFile } from './database-file.ts';
import { BY_DAY, type PackPeriod, ROWS_OF_PERIOD } from './pack-plan.ts';

const DAY_MS = 86_400_000;

/**
 * Writes a database file that holds only what belongs to a period, with the views of the source, as of one moment. The
 * source may be in use; it is not changed. `onDay` is told how far the events are, from 0 to 1. Throws OctowatchError when
 * the source cannot be read or the file cannot be written.
 */
export function writeSnapshot(
  sourceFile: string,
  file: string,
  period: PackPeriod,
  onDay: (share: number) => void = () => undefined,
): void {
  requireDatabaseFile(sourceFile);
  closeSync(openSync(file, 'wx', 0o600));
  const db = new Database(file, { timeout: 10_000 });
  try {
    db.pragma('page_size = 8192');
    // Nothing is lost with a pack that broke off, and one without a manifest is none.
    db.pragma('journal_mode = OFF');
    db.pragma('synchronous = OFF');
    db.pragma('foreign_keys = OFF');
    db.prepare('ATTACH ? AS source').run(sourceFile);
    // One transaction: every table is read as of the same moment, whatever is written meanwhile.
    db.exec('BEGIN');
    copySchema(db, 'table');
    copyRows(db, period, onDay);
    for (const type of ['index', 'view', 'trigger'] as const) copySchema(db, type);
    db.exec('COMMIT');
    db.exec('DETACH source');
    // No -wal or -shm beside it: it opens read-only from a medium that cannot be written to.
    db.pragma('journal_mode = DELETE');
  } catch (error) {
    throw new OctowatchError(`the snapshot could not be written: ${messageOf(error)}`, { cause: error });
  } finally {
    db.close();
  }
  chmodSync(file, 0o600);
}

function copySchema(db: Database.Database, type: 'table' | 'index' | 'view' | 'trigger'): void {
  const statements = db
    .prepare<[string], string>(
      "SELECT sql FROM source.sqlite_schema WHERE type = ? AND sql IS NOT NULL AND name NOT LIKE 'sqlite!_%' ESCAPE '!' ORDER BY rowid",
    )
    .pluck()
    .all(type);
  for (const sql of statements) db.exec(sql);
}

/** A table that nobody has thought of stays empty: better too little in a pack than somebody else's time. */
function copyRows(db: Database.Database, period: PackPeriod, onDay: (share: number) => void): void {
  const tables = db.prepare<[], string>("SELECT name FROM main.sqlite_schema WHERE type = 'table'").pluck().all();
  for (const [table, condition] of Object.entries(ROWS_OF_PERIOD)) {
    if (!tables.includes(table)) continue;
    const byDay = BY_DAY[table];
    if (byDay === undefined) {
      db.prepare(`INSERT INTO main.${table} SELECT t.* FROM source.${table} t WHERE ${condition}`).run(period);
      continue;
    }
    const insert = db.prepare(`INSERT INTO main.${table} ${byDay}`);
    for (let atMs = period.fromMs; atMs < period.toMs; atMs += DAY_MS) {
      insert.run({ from: toInstant(atMs), to: toInstant(Math.min(atMs + DAY_MS, period.toMs)) });
      const done = (atMs + DAY_MS - period.fromMs) / (period.toMs - period.fromMs);
      onDay((done + (table === '_events' ? 0 : 1)) / 2);
    }
  }
}
