import { statSync } from 'node:fs';
import Database from 'better-sqlite3';
import { messageOf, OctowatchError } from '../lib/errors.ts';

const WHERE = 'Check OCTOWATCH_DB, or let `octowatch run --once` (or `octowatch demo`) make it first.';

/** Throws OctowatchError, with what to do, when there is no such file. */
export function requireDatabaseFile(dbFile: string): void {
  const stats = statSync(dbFile, { throwIfNoEntry: false });
  if (!stats) throw new OctowatchError(`there is no database at ${dbFile}`, { hint: WHERE });
  if (!stats.isFile()) throw new OctowatchError(`${dbFile} is not a file`, { hint: WHERE });
}

/** Opens the file for reading only; throws OctowatchError when it is missing, not readable or no database. */
export function openReadOnly(dbFile: string): Database.Database {
  requireDatabaseFile(dbFile);
  try {
    const db = new Database(dbFile, { readonly: true, fileMustExist: true, timeout: 5000 });
    // SQLite opens any file; whether it is a database shows with the first read.
    db.prepare('SELECT count(*) FROM sqlite_schema').get();
    return db;
  } catch (error) {
    const hint =
      error instanceof Database.SqliteError && error.code === 'SQLITE_CANTOPEN'
        ? 'The user who runs this must be able to read the file and to write its folder (SQLite keeps its -shm file there).'
        : WHERE;
    throw new OctowatchError(`${dbFile} could not be opened as a database: ${messageOf(error)}`, {
      hint,
      cause: error,
    });
  }
}
