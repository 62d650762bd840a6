import { copyFileSync } from 'node:fs';
import path from 'node:path';
import Database from 'better-sqlite3';
import { startSimulatedOctopus } from '../../src/demo/index.ts';
import { openStore, type Store } from '../../src/store/index.ts';
import { createMonitor } from '../support/monitor.ts';
import { MONITOR_KEY, NOON, smallHistory } from '../support/small-history.ts';
import { steppingClock } from '../support/stepping-clock.ts';

/** Makes a database that the program has worked on: events with and without details, findings, one taken on, a journal. */
export async function makeChained(folder: string, env: Record<string, string> = {}): Promise<string> {
  const db = path.join(folder, 'original.db');
  const server = await startSimulatedOctopus({ state: smallHistory(), apiKey: MONITOR_KEY });
  await createMonitor({ octopusUrl: server.url, db, clock: steppingClock(NOON), env }).runOnce();
  await server.close();
  return db;
}

/** A copy to be spoilt. */
export function copyOf(db: string, name: string): string {
  const copy = path.join(path.dirname(db), `${name}.db`);
  const source = new Database(db);
  source.pragma('wal_checkpoint(TRUNCATE)');
  source.close();
  copyFileSync(db, copy);
  return copy;
}

/** Does what somebody does who may write the file and knows about triggers. */
export function tamper(db: string, work: (database: Database.Database) => void): void {
  const database = new Database(db);
  database.pragma('foreign_keys = OFF');
  const triggers = database
    .prepare<[], { name: string; sql: string }>("SELECT name, sql FROM sqlite_schema WHERE type = 'trigger'")
    .all();
  try {
    for (const { name } of triggers) database.exec(`DROP TRIGGER ${name}`);
    work(database);
    for (const { sql } of triggers) database.exec(sql);
  } finally {
    database.close();
  }
}

/** Works with the store of a database, closed afterwards. */
export function withStore<T>(db: string, work: (store: Store) => T, chainKey: string | null = null): T {
  const store = openStore(db, { monitorVersion: 'test', now: () => NOON + 60_000, chainKey });
  try {
    return work(store);
  } finally {
    store.close();
  }
}
