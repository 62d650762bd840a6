import { createHash } from 'node:crypto';
import {
  chmodSync,
  closeSync,
  createReadStream,
  existsSync,
  fsyncSync,
  linkSync,
  openSync,
  rmSync,
  statSync,
} from 'node:fs';
import path from 'node:path';
import { messageOf, OctowatchError, UsageError } from '../lib/errors.ts';
import { openReadOnly } from './database-file.ts';

/** A copy of the database as it was at one moment. */
export type Snapshot = {
  readonly file: string;
  readonly bytes: number;
  /** Of the file, in hexadecimal: what `sha256sum` prints. */
  readonly sha256: string;
  readonly eventCount: number;
  readonly lastJournalEntryId: number | null;
};

/**
 * Writes a copy of the database to `file`, mode 0400, consistent while a monitor goes on writing, without what was deleted,
 * and in a form that needs no second file beside it (`sqlite3 -readonly` opens it from a disc). The copy is opened and checked
 * before it gets its name. Throws UsageError when there is such a file already, OctowatchError when it cannot be made.
 */
export async function takeSnapshot(dbFile: string, file: string): Promise<Snapshot> {
  requireFreeName(file);
  const draft = `${file}.partial-${process.pid}`;
  const source = openReadOnly(dbFile);
  try {
    // SQLite fills an empty file; one it made itself would be readable by everybody.
    closeSync(openSync(draft, 'wx', 0o600));
    source.prepare('VACUUM INTO ?').run(draft);
    const counts = check(draft);
    chmodSync(draft, 0o400);
    flush(draft);
    const sha256 = await hashOf(draft);
    const { size } = statSync(draft);
    // A second name, not a new one: it fails where another process was faster.
    linkSync(draft, file);
    flush(path.dirname(file));
    return { file, bytes: size, sha256, ...counts };
  } catch (cause) {
    if (cause instanceof OctowatchError) throw cause;
    if ((cause as NodeJS.ErrnoException).code === 'EEXIST') throw alreadyThere(file);
    throw new OctowatchError(`the snapshot ${file} could not be made: ${messageOf(cause)}`, {
      hint: 'Name a file in a folder that exists, may be written to and has room for a copy of the database.',
      cause,
    });
  } finally {
    source.close();
    rmSync(draft, { force: true });
  }
}

/** What SQLite leaves beside a database would be taken for part of the copy. */
function requireFreeName(file: string): void {
  for (const name of [file, `${file}-wal`, `${file}-shm`, `${file}-journal`])
    if (existsSync(name)) throw alreadyThere(name);
}

function alreadyThere(file: string): UsageError {
  return new UsageError(`${file} exists already and is not overwritten`, { hint: 'Name a new file.' });
}

function check(file: string): Pick<Snapshot, 'eventCount' | 'lastJournalEntryId'> {
  const copy = openReadOnly(file);
  try {
    const verdict = copy.pragma('quick_check(1)', { simple: true });
    if (verdict !== 'ok') {
      throw new OctowatchError(`the copy is damaged: ${messageOf(verdict)}`, {
        hint: 'Check the database itself with PRAGMA integrity_check, and the disk.',
      });
    }
    return {
      eventCount: copy.prepare<[], number>('SELECT count(*) FROM _events').pluck().get() ?? 0,
      lastJournalEntryId: copy.prepare<[], number | null>('SELECT max(entry_id) FROM _journal').pluck().get() ?? null,
    };
  } finally {
    copy.close();
  }
}

function flush(name: string): void {
  const descriptor = openSync(name, 'r');
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

async function hashOf(file: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(file)) hash.update(chunk as Buffer);
  return hash.digest('hex');
}
