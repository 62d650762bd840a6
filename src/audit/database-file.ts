import { accessSync, closeSync, constants, openSync, readSync, statSync } from 'node:fs';
import path from 'node:path';
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

/** Where the header of an SQLite file says how it is written to: 2 is the write-ahead log, which a monitor's database has. */
const WRITE_VERSION_OFFSET = 18;

/**
 * Why nothing may be written to this database, not even to its journal; null when it may. A copy made by `octowatch
 * snapshot` or `export` is told by its header, which a copy of the copy keeps where the mode 0400 is lost: a single entry
 * would change the hash it was handed over with.
 */
export function reasonNotToWrite(dbFile: string): string | null {
  try {
    const header = Buffer.alloc(WRITE_VERSION_OFFSET + 1);
    const file = openSync(dbFile, 'r');
    try {
      readSync(file, header, 0, header.length, 0);
    } finally {
      closeSync(file);
    }
    if (header[WRITE_VERSION_OFFSET] !== 2) return 'this is a copy, not the database of a monitor';
    // The superuser may write what nobody should.
    if ((statSync(dbFile).mode & 0o222) === 0) return 'the file is read-only';
    accessSync(dbFile, constants.W_OK);
    accessSync(path.dirname(dbFile), constants.W_OK);
  } catch (error) {
    return messageOf(error);
  }
  const db = openReadOnly(dbFile);
  try {
    const hasJournal = db.prepare("SELECT 1 FROM sqlite_schema WHERE name = '_journal' AND type = 'table'").get();
    return hasJournal ? null : 'this is no database of Octowatch';
  } finally {
    db.close();
  }
}
