import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openStore, type Store } from '../../src/store/index.ts';
import { octowatch } from './octowatch.ts';

describe('octowatch snapshot', () => {
  let folder: string;
  let store: Store;
  let env: Record<string, string>;

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'octowatch-snapshot-'));
    env = { OCTOWATCH_DB: join(folder, 'octowatch.db') };
    // As a monitor has it: open, with a log that is not yet in the file.
    store = openStore(join(folder, 'octowatch.db'), { monitorVersion: 'test' });
    store.transaction(() => store.journal.add('2026-11-01T00:00:00.000Z', 'started'));
  });
  afterAll(() => {
    store.close();
    rmSync(folder, { recursive: true, force: true });
  });

  function snapshot(...args: string[]) {
    return octowatch(['snapshot', ...args], { cwd: folder, env });
  }

  it('makes a read-only copy while the database is open and being written, and prints and journals its hash', async () => {
    const writing = setInterval(
      () => store.transaction(() => store.journal.add('2026-11-01T00:00:01.000Z', 'written')),
      5,
    );
    const { code, stdout, stderr } = await snapshot('copy.db', '--format', 'json');
    clearInterval(writing);

    const [printed] = JSON.parse(stdout) as Record<string, unknown>[];
    const file = join(folder, 'copy.db');
    const content = readFileSync(file);
    expect([code, stderr]).toEqual([0, '']);
    expect(printed).toMatchObject({
      file,
      bytes: content.length,
      sha256: createHash('sha256').update(content).digest('hex'),
      events: 0,
    });
    expect(statSync(file).mode & 0o777).toBe(0o400);
    const entry = store.db.prepare("SELECT object, detail FROM journal WHERE action = 'snapshot_taken'").get();
    expect(entry).toMatchObject({ object: file, detail: expect.stringContaining(String(printed?.['sha256'])) });
    expect(readdirSync(folder).filter((name) => name.includes('partial'))).toEqual([]);
  });

  it('can be asked with the sqlite3 program and with query, and stays as it is', async () => {
    await snapshot('asked.db');
    const file = join(folder, 'asked.db');
    const before = createHash('sha256').update(readFileSync(file)).digest('hex');
    const sql = "SELECT count(*) AS n FROM journal WHERE action = 'started'";

    const bySqlite = execFileSync('sqlite3', ['-readonly', file, sql], { encoding: 'utf8' });
    const byQuery = await octowatch(['query', sql, '--format', 'csv'], { cwd: folder, env: { OCTOWATCH_DB: file } });

    expect(bySqlite).toBe('1\n');
    expect(byQuery.stdout).toBe('n\r\n1\r\n');
    expect(createHash('sha256').update(readFileSync(file)).digest('hex')).toBe(before);
    expect(readdirSync(folder).filter((name) => name.startsWith('asked.db'))).toEqual(['asked.db']);
  });

  it.each(['there.db', 'free.db-wal'])('does not overwrite %s', async (name) => {
    writeFileSync(join(folder, name), 'something');

    const { code, stderr } = await snapshot(name.replace('-wal', ''));

    expect(code).toBe(2);
    expect(stderr).toContain(`${join(folder, name)} exists already and is not overwritten`);
    expect(readFileSync(join(folder, name), 'utf8')).toBe('something');
    expect(readdirSync(folder)).not.toContain('free.db');
  });

  it('says what to do when the folder is not there, and leaves nothing behind', async () => {
    const { code, stderr } = await snapshot('no/such/folder.db');

    expect(code).toBe(1);
    expect(stderr).toContain('could not be made');
    expect(stderr).toContain('Name a file in a folder that exists');
  });

  it('says so when there is no database', async () => {
    const { code, stderr } = await octowatch(['snapshot', 'x.db'], {
      cwd: folder,
      env: { OCTOWATCH_DB: join(folder, 'missing.db') },
    });

    expect(code).toBe(1);
    expect(stderr).toContain('there is no database at');
    expect(readdirSync(folder)).not.toContain('x.db');
  });
});
