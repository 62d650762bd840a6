import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import Database from 'better-sqlite3';
import { CHECKOUT } from './checkout.ts';

const MIGRATIONS = path.join(CHECKOUT, 'migrations');

/** Makes a database with the schema that the migrations up to that number give, as a program of then would have. */
export function makeOlderDatabase(file: string, lastMigration: number): Database.Database {
  const db = new Database(file);
  db.exec(
    'CREATE TABLE _migrations (version INTEGER PRIMARY KEY, name TEXT NOT NULL, sha256 TEXT NOT NULL, applied_at TEXT NOT NULL) STRICT',
  );
  const ledger = db.prepare('INSERT INTO _migrations VALUES (?, ?, ?, ?)');
  for (const name of readdirSync(MIGRATIONS).sort()) {
    const version = Number(name.slice(0, 4));
    if (version > lastMigration) continue;
    const sql = readFileSync(path.join(MIGRATIONS, name), 'utf8');
    db.exec(sql);
    const sha256 = createHash('sha256').update(sql).digest('hex');
    ledger.run(version, name.replace(/\.sql$/, ''), sha256, '2026-03-01T09:00:00.000Z');
  }
  return db;
}

/** Copies every row of another database into the tables and columns that this one has. */
export function copyRows(db: Database.Database, from: string): void {
  db.pragma('foreign_keys = OFF');
  db.prepare('ATTACH ? AS source').run(from);
  const tables = db
    .prepare<[], string>("SELECT name FROM main.sqlite_schema WHERE type = 'table' AND name NOT IN ('_migrations')")
    .pluck()
    .all();
  for (const table of tables) {
    const columns = db.prepare<[string], string>("SELECT name FROM pragma_table_info(?, 'main')").pluck().all(table);
    const list = columns.join(', ');
    db.exec(`DELETE FROM main.${table}; INSERT INTO main.${table} (${list}) SELECT ${list} FROM source.${table}`);
  }
  db.exec('DETACH source');
}
