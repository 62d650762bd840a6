import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { OctowatchError } from '../lib/errors.ts';
import { type Db, immediate } from './database.ts';

const FOLDER = fileURLToPath(new URL('../../migrations/', import.meta.url));

type Migration = { version: number; name: string; sql: string; sha256: string };

/**
 * Brings the schema up to date: numbered files of `migrations/`, each in one transaction with its row in the ledger.
 * Throws OctowatchError when the database was written by a newer Octowatch or a shipped migration was edited.
 */
export function migrate(db: Db, now: string): void {
  db.exec(
    'CREATE TABLE IF NOT EXISTS _migrations (version INTEGER PRIMARY KEY, name TEXT NOT NULL, sha256 TEXT NOT NULL, applied_at TEXT NOT NULL) STRICT',
  );
  const known = readMigrations();
  immediate(db, () => {
    const applied = db
      .prepare<[], { version: number; name: string; sha256: string }>('SELECT * FROM _migrations')
      .all();
    for (const row of applied) refuseUnknown(row, known);
    const done = new Set(applied.map((row) => row.version));
    for (const migration of known) {
      if (done.has(migration.version)) continue;
      db.prepare('INSERT INTO _migrations (version, name, sha256, applied_at) VALUES (?, ?, ?, ?)').run(
        migration.version,
        migration.name,
        migration.sha256,
        now,
      );
      db.exec(migration.sql);
    }
  });
}

/** Which migrations a database lacks, and which it has that this version does not know, by name; writes nothing. */
export function schemaState(db: Db): { readonly pending: readonly string[]; readonly unknown: readonly string[] } {
  const applied = db.prepare<[], string>('SELECT name FROM _migrations').pluck().all();
  const known = readMigrations().map((one) => one.name);
  return {
    pending: known.filter((name) => !applied.includes(name)),
    unknown: applied.filter((name) => !known.includes(name)),
  };
}

function refuseUnknown(row: { version: number; name: string; sha256: string }, known: Migration[]): void {
  const migration = known.find((one) => one.version === row.version);
  if (!migration) {
    throw new OctowatchError(
      `the database was written by a newer Octowatch (it has migration ${row.name}, unknown here)`,
      {
        hint: 'Install that version or a later one, or point OCTOWATCH_DB to another file.',
      },
    );
  }
  if (migration.sha256 !== row.sha256) {
    throw new OctowatchError(`migration ${row.name} is not the one this database was made with`, {
      hint: 'Reinstall Octowatch: a file of its migrations folder was changed.',
    });
  }
}

function readMigrations(): Migration[] {
  return readdirSync(FOLDER)
    .filter((file) => /^\d{4}_.*\.sql$/.test(file))
    .sort()
    .map((file) => {
      const sql = readFileSync(`${FOLDER}${file}`, 'utf8');
      return {
        version: Number(file.slice(0, 4)),
        name: file.replace(/\.sql$/, ''),
        sql,
        sha256: createHash('sha256').update(sql).digest('hex'),
      };
    });
}
