import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';

/** A database in a folder of its own, with the given schema and rows; `remove` takes the folder away. */
export function makeDatabase(sql: string): { readonly dbFile: string; readonly folder: string; remove(): void } {
  const folder = mkdtempSync(join(tmpdir(), 'octowatch-audit-'));
  const dbFile = join(folder, 'audit.db');
  const db = new Database(dbFile);
  db.pragma('journal_mode = WAL');
  db.exec(sql);
  db.close();
  return { dbFile, folder, remove: () => rmSync(folder, { recursive: true, force: true }) };
}
