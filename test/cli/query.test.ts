import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmodSync, copyFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseDeadline, parseMaxRows, typedParam } from '../../src/cli/query-params.ts';
import { openStore } from '../../src/store/index.ts';
import { BIN, octowatch } from './octowatch.ts';

const NUMBERS = (last: number) =>
  `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${last}) SELECT i, printf('%0100d', i) AS text FROM n`;
const ENDLESS = 'WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n';

describe('octowatch query', () => {
  let folder: string;
  let env: Record<string, string>;

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'octowatch-query-'));
    env = { OCTOWATCH_DB: join(folder, 'octowatch.db') };
    openStore(join(folder, 'octowatch.db'), { monitorVersion: 'test' }).close();
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  function query(...args: string[]) {
    return octowatch(['query', ...args], { cwd: folder, env });
  }

  function lastEntry(): { object: string; detail: Record<string, unknown> } {
    const db = new Database(join(folder, 'octowatch.db'), { readonly: true });
    const row = db.prepare('SELECT object, detail FROM journal ORDER BY entry_id DESC LIMIT 1').get();
    db.close();
    const { object, detail } = row as { object: string; detail: string };
    return { object, detail: JSON.parse(detail) };
  }

  it('cuts at 10,000 rows, says so, and journals it; 0 is for all', async () => {
    const cut = await query(NUMBERS(10_001), '--format', 'ndjson');
    const cutEntry = lastEntry();
    const whole = await query(NUMBERS(10_001), '--format', 'ndjson', '--max-rows', '0');
    const wholeEntry = lastEntry();

    expect(cut.stdout.match(/\n/g)).toHaveLength(10_000);
    expect(cut.stderr).toBe('CUT: only the first 10,000 rows are shown, there are more. All of them: --max-rows 0.\n');
    expect(cutEntry.detail).toMatchObject({ rows: 10_000, cut: true, failed: null });
    expect(whole.stdout.match(/\n/g)).toHaveLength(10_001);
    expect(whole.stderr).toBe('');
    expect(wholeEntry.detail).toMatchObject({ rows: 10_001, cut: false });
  });

  it('journals the text, the parameters and the duration', async () => {
    await query('SELECT :who AS who, :n AS n', '--param', 'who=alice', '--param', 'n=5');

    const { object, detail } = lastEntry();
    expect(object).toBe('ad hoc');
    expect(detail).toEqual({
      sql: 'SELECT :who AS who, :n AS n',
      params: { who: 'alice', n: 5 },
      rows: 1,
      duration_ms: expect.any(Number),
      cut: false,
      failed: null,
    });
  });

  it('stops at its deadline, exits 1 and journals that it failed', async () => {
    const { code, stderr } = await query(ENDLESS, '--deadline', '500ms');

    expect(code).toBe(1);
    expect(stderr).toContain('octowatch: the query was stopped after 0.5 s\nNarrow it');
    expect(lastEntry().detail).toMatchObject({ sql: ENDLESS, failed: 'the query was stopped after 0.5 s' });
  });

  it('refuses wrong usage with exit 2', async () => {
    const outcomes = await Promise.all([
      query('SELECT :user', '--param', 'usr=x'),
      query('SELECT :x', '--param', 'x=1', '--param', 'x=2'),
      query('SELECT 1', '--seed', 'x'),
      query('--file', 'missing.sql'),
      query(),
    ]);

    expect(outcomes.map(({ code, stdout }) => [code, stdout])).toEqual(outcomes.map(() => [2, '']));
    const said = [
      'there is no value for :user; there is no :usr in the statement',
      'x is given twice.',
      '--seed goes with --sample',
      'missing.sql could not be read',
      'query takes one of',
    ];
    for (const [index, text] of said.entries()) expect(outcomes[index]?.stderr).toContain(text);
  });

  it.each([
    ['10s', 10_000],
    ['2', 2000],
    ['1.5m', 90_000],
  ])('takes %s as a deadline', (text, ms) => {
    expect(parseDeadline(text)).toBe(ms);
  });

  it.each(['0', '-1s', '25h', 'soon', ''])('refuses %j as a deadline', (text) => {
    expect(() => parseDeadline(text)).toThrow('Write it as 30s, 5m or 1h');
  });

  it.each(['-1', '1.5', 'all', ''])('refuses %j as a number of rows', (text) => {
    expect(() => parseMaxRows(text)).toThrow('Write a whole number');
  });

  it.each([
    ['5', 5n],
    ['-9007199254740993', -9007199254740993n],
    ['-1.5', -1.5],
    ["'5'", '5'],
    ["'it''s'", "it's"],
    ['NULL', null],
    ['null', 'null'],
    ['007', '007'],
    ['+44', '+44'],
    ['1e5', '1e5'],
    ['', ''],
  ])('takes the parameter %s as %s', (text, value) => {
    expect(typedParam(text)).toBe(value);
  });

  it('streams: a program with little memory prints many rows to a slow reader', async () => {
    const child = spawn(process.execPath, [BIN, 'query', NUMBERS(300_000), '--max-rows', '0', '--format', 'csv'], {
      cwd: folder,
      // The rows as objects would be several times as much.
      env: { PATH: process.env['PATH'] ?? '', NODE_OPTIONS: '--max-old-space-size=40', ...env },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let bytes = 0;
    let isSlow = false;
    child.stdout.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
      if (isSlow) return;
      isSlow = true;
      child.stdout.pause();
      setTimeout(() => child.stdout.resume(), 500);
    });
    const code = await new Promise((resolve) => child.on('close', resolve));

    expect(code).toBe(0);
    const digits = Array.from({ length: 300_000 }, (_, index) => String(index + 1).length).reduce((a, b) => a + b);
    expect(bytes).toBe('i,text\r\n'.length + digits + 300_000 * ',\r\n'.length + 300_000 * 100);
  });

  it('ends quietly when its reader goes away, and journals that', async () => {
    const child = spawn(process.execPath, [BIN, 'query', NUMBERS(300_000), '--max-rows', '0', '--format', 'csv'], {
      cwd: folder,
      env: { PATH: process.env['PATH'] ?? '', ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const stderr: string[] = [];
    child.stderr.setEncoding('utf8').on('data', (text: string) => stderr.push(text));
    child.stdout.once('data', () => child.stdout.destroy());
    const code = await new Promise((resolve) => child.on('close', resolve));

    expect([code, stderr.join('')]).toEqual([0, '']);
    expect(lastEntry().detail).toMatchObject({ failed: 'its reader went away' });
    expect(lastEntry().detail['rows']).toBeLessThan(300_000);
  });

  it('journals a query that was interrupted', async () => {
    const child = spawn(process.execPath, [BIN, 'query', NUMBERS(1e15), '--max-rows', '0', '--format', 'csv'], {
      cwd: folder,
      env: { PATH: process.env['PATH'] ?? '', ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    child.stderr.resume();
    child.stdout.once('data', () => child.kill('SIGINT')).resume();
    const code = await new Promise((resolve) => child.on('close', resolve));

    expect(code).toBe(1);
    expect(lastEntry().detail).toMatchObject({ failed: 'the query was stopped' });
  });

  it('answers from a copy that may not be written, which it leaves as it is, and says what is not noted', async () => {
    const copy = join(folder, 'copy.db');
    const db = new Database(join(folder, 'octowatch.db'));
    db.prepare('VACUUM INTO ?').run(copy);
    db.close();
    const hash = () => createHash('sha256').update(readFileSync(copy)).digest('hex');
    const before = hash();

    // A mode that allows writing, as on a memory stick: the file itself says that it is a copy.
    const answered = await octowatch(['query', 'SELECT 1 AS one', '--format', 'csv'], {
      cwd: folder,
      env: { OCTOWATCH_DB: copy },
    });

    expect(answered).toEqual({
      code: 0,
      stdout: 'one\r\n1\r\n',
      stderr: 'this is not noted in the journal: this is a copy, not the database of a monitor\n',
    });
    expect(hash()).toBe(before);
  });

  it('leaves a read-only database of a monitor as it is, even for the superuser', async () => {
    const file = join(folder, 'read-only.db');
    copyFileSync(join(folder, 'octowatch.db'), file);
    chmodSync(file, 0o400);

    const { code, stderr } = await octowatch(['query', 'SELECT 1'], { cwd: folder, env: { OCTOWATCH_DB: file } });

    expect(code).toBe(0);
    expect(stderr).toBe('this is not noted in the journal: the file is read-only\n');
  });

  it('makes no tables in a database that is not its own', async () => {
    const file = join(folder, 'other.db');
    const other = new Database(file);
    other.pragma('journal_mode = WAL');
    other.exec('CREATE TABLE t (a)');
    other.close();

    const { stderr } = await octowatch(['query', 'SELECT 1'], { cwd: folder, env: { OCTOWATCH_DB: file } });

    expect(stderr).toContain('this is no database of Octowatch');
    const after = new Database(file, { readonly: true });
    expect(after.prepare('SELECT name FROM sqlite_schema').pluck().all()).toEqual(['t']);
    after.close();
  });

  it('draws a sample with the count and the hash of all rows, the same for the same seed', async () => {
    const draw = () => query(NUMBERS(20_000), '--sample', '3', '--seed', 'audit', '--format', 'csv');

    const [first, second] = [await draw(), await draw()];

    expect(first.stdout.split('\r\n')).toHaveLength(5);
    expect(first.stderr).toMatch(
      /^population {2}20000 rows\nsha256 {6}[0-9a-f]{64}\nseed {8}audit\nsample {6}3 rows\n$/,
    );
    expect(second).toEqual(first);
    expect(lastEntry().detail).toMatchObject({ rows: 20_000, sample: { n: 3, seed: 'audit' } });
  });

  it('takes a statement from standard input', async () => {
    const child = spawn(process.execPath, [BIN, 'query', '--file', '-', '--format', 'csv'], {
      cwd: folder,
      env: { PATH: process.env['PATH'] ?? '', ...env },
    });
    const chunks: string[] = [];
    child.stdout.setEncoding('utf8').on('data', (text: string) => chunks.push(text));
    child.stdin.end('SELECT 7 AS n');
    await new Promise((resolve) => child.on('close', resolve));

    expect(chunks.join('')).toBe('n\r\n7\r\n');
  });
});
