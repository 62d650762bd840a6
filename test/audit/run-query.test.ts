import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runQuery } from '../../src/audit/index.ts';
import { OctowatchError, UsageError } from '../../src/lib/errors.ts';
import { makeDatabase } from './database.ts';

/** A query that would run for hours. */
const ENDLESS = 'WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n';

describe('runQuery', () => {
  let made: ReturnType<typeof makeDatabase>;

  beforeAll(() => {
    made = makeDatabase(`
      CREATE TABLE _events (event_id TEXT, username TEXT, size INTEGER, body BLOB);
      INSERT INTO _events VALUES ('Events-1', 'mara.holt', 9007199254740993, x'00ff'), ('Events-2', NULL, 7, zeroblob(5000));
      CREATE VIEW events AS SELECT event_id, username, size, body FROM _events;
      CREATE VIEW findings AS SELECT 1 AS finding_id;
    `);
  });
  afterAll(() => made.remove());

  function run(sql: string, more: Partial<Parameters<typeof runQuery>[0]> = {}) {
    return runQuery({ dbFile: made.dbFile, sql, ...more });
  }

  async function failureOf(sql: string, more: Partial<Parameters<typeof runQuery>[0]> = {}): Promise<OctowatchError> {
    const error = await run(sql, more).then(
      () => null,
      (thrown: unknown) => thrown,
    );
    expect(error).toBeInstanceOf(OctowatchError);
    return error as OctowatchError;
  }

  it('gives columns and rows; large integers, infinity and BLOBs survive the way as text', async () => {
    const result = await run(
      'SELECT event_id, username, size, body, 1.5 AS share, 9e999 AS much FROM events ORDER BY event_id',
    );

    expect(result).toMatchObject({
      columns: ['event_id', 'username', 'size', 'body', 'share', 'much'],
      rows: [
        ['Events-1', 'mara.holt', '9007199254740993', "x'00ff'", 1.5, 'Infinity'],
        ['Events-2', null, 7, `x'${'00'.repeat(32)}…' (5000 bytes)`, 1.5, 'Infinity'],
      ],
      wasCut: false,
    });
  });

  it.each([
    ['named parameters', 'SELECT :a AS a', { a: 'x' }],
    ['positional parameters', 'SELECT ? AS a', ['x']],
  ] as const)('binds %s', async (_, sql, params) => {
    const result = await run(sql, { params });

    expect(result.rows).toEqual([['x']]);
  });

  it.each([
    'VALUES (1)',
    'EXPLAIN QUERY PLAN SELECT 1',
    "SELECT name FROM pragma_table_info('events')",
    'PRAGMA table_info(events)',
    '-- a note; with a semicolon\nSELECT 1; -- and the end',
    '/* ATTACH */ SELECT 1',
  ])('accepts %j', async (sql) => {
    const result = await run(sql);

    expect(result.rows.length).toBeGreaterThan(0);
  });

  it('gives no rows but the columns when nothing matches', async () => {
    const result = await run('SELECT event_id FROM events WHERE 0');

    expect(result).toMatchObject({ columns: ['event_id'], rows: [], wasCut: false });
  });

  it('cuts at the row limit and says so, but not at exactly that many', async () => {
    const numbers = 'WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 3000) SELECT i FROM n';

    const cut = await run(numbers, { maxRows: 2999 });
    const whole = await run(numbers, { maxRows: 3000 });

    expect([cut.rows.length, cut.wasCut, whole.rows.length, whole.wasCut]).toEqual([2999, true, 3000, false]);
    expect(whole.rows.at(-1)).toEqual([3000]);
  });

  it('stops at a limit of memory even if the rows are few', async () => {
    const huge = `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100)
      SELECT printf('%.*c', 1000000, 'x') FROM n`;

    const result = await run(huge);

    expect(result.wasCut).toBe(true);
    expect(result.rows.length).toBeLessThan(40);
  });

  it.each([
    ["ATTACH 'other.db' AS other", 'no other file'],
    ["  -- x\n /* y */ aTtAcH 'other.db' AS other", 'no other file'],
    ["EXPLAIN ATTACH 'other.db' AS other", null],
    ['DETACH main', 'no other file'],
    ['DELETE FROM _events', 'only read'],
    ['DELETE FROM _events RETURNING event_id', 'only read'],
    ['CREATE TABLE t (a)', 'only read'],
    ['PRAGMA journal_mode = DELETE', 'would change'],
    ['PRAGMA journal_mode(DELETE)', 'would change'],
    ['PRAGMA user_version = 9', 'would change'],
    ["VACUUM INTO 'copy.db'", 'only read'],
    ['BEGIN', 'only read'],
    ["SELECT load_extension('evil')", 'not authorized'],
    ['SELECT 1; SELECT 2', 'more than one statement'],
    ["SELECT 1; ATTACH 'other.db' AS other", 'more than one statement'],
    ['', 'empty'],
    ['-- only a note', 'empty'],
    ['SELECT :a', 'no value for :a'],
  ])('refuses %j', async (sql, expected) => {
    if (expected === null) {
      // Harmless: shows the plan, or is refused; what counts is that nothing is changed or opened.
      await run(sql).catch(() => undefined);
    } else {
      const error = await failureOf(sql);
      expect(error).toBeInstanceOf(UsageError);
      expect(error.message).toContain(expected);
    }

    const db = new Database(made.dbFile, { readonly: true });
    expect(db.prepare('SELECT count(*) FROM _events').pluck().get()).toBe(2);
    expect(db.pragma('journal_mode', { simple: true })).toBe('wal');
    expect(db.pragma('user_version', { simple: true })).toBe(0);
    db.close();
    expect(existsSync('other.db') || existsSync('copy.db')).toBe(false);
  });

  it('points at a syntax error, at the right one of several equal words', async () => {
    const error = await failureOf("SELECT 'frm', event_id\nFROM events e frm events");

    expect(error.message).toBe('near "frm": syntax error\nline 2: FROM events e frm events\n                      ^');
  });

  it('points at a column that does not exist', async () => {
    const error = await failureOf('SELECT event_id,\n  usrname\nFROM events');

    expect(error.message).toBe('no such column: usrname\nline 2:   usrname\n          ^');
    expect(error.hint).toContain('--schema');
  });

  it('points at the end when something is missing there', async () => {
    const error = await failureOf('SELECT (1');

    expect(error.message).toBe('incomplete input\nline 1: SELECT (1\n                 ^');
  });

  it.each([
    ['event', 'Did you mean events?'],
    ['something_else', 'There are events, findings.'],
  ])('names the views when there is no table %s', async (table, hint) => {
    const error = await failureOf(`SELECT * FROM ${table}`);

    expect(error.message).toContain(`no such table: ${table}`);
    expect(error.hint).toBe(hint);
  });

  it('reports a mistake that shows only while it runs', async () => {
    const error = await failureOf("SELECT json_extract('{', '$.a')");

    expect(error.message).toContain('malformed JSON');
  });

  it('is killed at the deadline', async () => {
    const startedAtMs = Date.now();

    const error = await failureOf(ENDLESS, { deadlineMs: 700 });

    expect(error.message).toBe('the query was stopped after 0.7 s');
    expect(Date.now() - startedAtMs).toBeLessThan(10_000);
  });

  it('is killed when it is aborted', async () => {
    const stop = new AbortController();
    setTimeout(() => stop.abort(), 400);
    const startedAtMs = Date.now();

    const error = await failureOf(ENDLESS, { signal: stop.signal });

    expect(error.message).toBe('the query was stopped');
    expect(Date.now() - startedAtMs).toBeLessThan(10_000);
  });

  it('says what to do when there is no database', async () => {
    const dbFile = join(made.folder, 'missing.db');

    const error = await failureOf('SELECT 1', { dbFile });

    expect(error.message).toBe(`there is no database at ${dbFile}`);
    expect(error.hint).toContain('octowatch run --once');
    expect(existsSync(dbFile)).toBe(false);
  });

  it('says so when the file is no database', async () => {
    const dbFile = join(made.folder, 'notes.db');
    writeFileSync(dbFile, 'these are notes '.repeat(100));

    const error = await failureOf('SELECT 1', { dbFile });

    expect(error).not.toBeInstanceOf(UsageError);
    expect(error.message).toContain('not a database');
  });
});
