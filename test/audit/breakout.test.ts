import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runQuery } from '../../src/audit/index.ts';
import { prepareReading } from '../../src/audit/prepare-reading.ts';
import { OctowatchError, UsageError } from '../../src/lib/errors.ts';
import { makeDatabase } from './database.ts';

/** Statements that must be refused before anything runs, with a part of what is said. */
const REFUSED: readonly (readonly [statement: string, said: string])[] = [
  // Writing, in every form.
  ['INSERT INTO _events VALUES (3, 4)', 'only read'],
  ['INSERT INTO _events VALUES (3, 4) RETURNING id', 'only read'],
  ['REPLACE INTO _events VALUES (1, 4)', 'only read'],
  ['UPDATE _events SET name = 1', 'only read'],
  ['UPDATE _events SET name = 1 RETURNING *', 'only read'],
  ['DELETE FROM _events', 'only read'],
  ['DELETE FROM _events WHERE id = 1 RETURNING *', 'only read'],
  ['WITH x AS (SELECT 1) DELETE FROM _events', 'only read'],
  ['WITH x AS (SELECT 1) INSERT INTO _events SELECT 1, 2 RETURNING id', 'would change'],
  ['WITH x AS (SELECT 1) UPDATE _events SET name = 1 RETURNING id', 'would change'],
  ['CREATE TABLE t (a)', 'only read'],
  ['CREATE TEMP TABLE t (a)', 'only read'],
  ['CREATE TEMP TABLE t AS SELECT 1', 'only read'],
  ['CREATE TEMP VIEW v AS SELECT 1', 'only read'],
  ['CREATE TEMP TRIGGER t AFTER INSERT ON _events BEGIN SELECT 1; END', 'only read'],
  ['CREATE VIRTUAL TABLE temp.f USING fts5(a)', 'only read'],
  ['CREATE INDEX i ON _events (name)', 'only read'],
  ['DROP TABLE _events', 'only read'],
  ['DROP VIEW events', 'only read'],
  ['ALTER TABLE _events RENAME TO e', 'only read'],
  ['REINDEX', 'only read'],
  ['ANALYZE', 'only read'],
  ['VACUUM', 'only read'],
  ["VACUUM INTO 'copy.db'", 'only read'],
  ["VACUUM main INTO 'copy.db'", 'only read'],
  ['BEGIN IMMEDIATE', 'only read'],
  ['BEGIN EXCLUSIVE', 'only read'],
  ['COMMIT', 'only read'],
  ['SAVEPOINT s', 'only read'],
  ['ROLLBACK', 'only read'],
  ["UPDATE sqlite_schema SET sql = 'x'", 'may not be modified'],
  ['EXPLAIN DELETE FROM _events', 'would change'],
  ["EXPLAIN QUERY PLAN VACUUM INTO 'copy.db'", 'would change'],
  // Other files.
  ["ATTACH 'other.db' AS other", 'no other file'],
  ["ATTACH DATABASE 'file:other.db?mode=rwc' AS other", 'no other file'],
  ["/* a */ ATTACH -- b\n 'other.db' AS other", 'no other file'],
  [";;; /* ; */ ATTACH 'other.db' AS other", 'no other file'],
  ["\ufeffATTACH 'other.db' AS other", 'only read'],
  ["\u00a0ATTACH 'other.db' AS other", 'syntax error'],
  ['DETACH DATABASE main', 'no other file'],
  ["SELECT writefile('copy.db', 'x')", 'no such function'],
  ["SELECT readfile('/etc/passwd')", 'no such function'],
  ["SELECT edit('x')", 'no such function'],
  ["SELECT fsdir('/')", 'no such function'],
  ["SELECT * FROM fsdir('/')", 'no such table'],
  ["SELECT * FROM csv('/etc/passwd')", 'no such table'],
  ['SELECT * FROM sqlite_dbpage WHERE pgno = 1', 'no such table'],
  // More than one statement.
  ['SELECT 1; SELECT 2', 'more than one'],
  ["SELECT 1; ATTACH 'other.db' AS other", 'more than one'],
  ['SELECT 1;;DELETE FROM _events', 'more than one'],
  ['SELECT 1;/* x */DELETE FROM _events', 'more than one'],
  ['SELECT 1;-- x\nDELETE FROM _events', 'more than one'],
  ['SELECT 1\0; DELETE FROM _events', 'NUL'],
  ["SELECT 'a\0b'", 'NUL'],
  ['\0SELECT 1', 'NUL'],
  // Settings.
  ['PRAGMA journal_mode = DELETE', 'would change'],
  ['PRAGMA main.journal_mode(DELETE)', 'would change'],
  ['PRAGMA "journal_mode"', 'would change'],
  ['PRAGMA [main] . [journal_mode] = OFF', 'would change'],
  ['PRAGMA/**/writable_schema=1', 'would change'],
  ['PRAGMA query_only = 0', 'would change'],
  ['PRAGMA trusted_schema = 1', 'would change'],
  ['PRAGMA wal_checkpoint(TRUNCATE)', 'would change'],
  ['PRAGMA wal_checkpoint', 'would change'],
  ['PRAGMA optimize', 'would change'],
  ['PRAGMA incremental_vacuum', 'would change'],
  ['PRAGMA locking_mode = EXCLUSIVE', 'would change'],
  ['PRAGMA user_version = 9', 'would change'],
  ["PRAGMA temp_store_directory = '/tmp'", 'would change'],
  ['PRAGMA mmap_size = 1000000000', 'would change'],
  ["SELECT * FROM pragma_locking_mode('exclusive')", 'may change'],
  ["SELECT * FROM 'pragma_locking_mode'('exclusive')", 'may change'],
  ['SELECT * FROM "pragma_Optimize"(65534)', 'may change'],
  ['SELECT * FROM [pragma_journal_mode]', 'may change'],
  ['WITH x AS (SELECT * FROM main.pragma_cache_size(-9999999)) SELECT * FROM x', 'may change'],
  // More than a parser should bear.
  [`SELECT ${'('.repeat(5000)}1${')'.repeat(5000)}`, 'ecursion'],
  [`SELECT 1${'+1'.repeat(5000)}`, 'too large'],
  [`${'SELECT * FROM ('.repeat(3000)}SELECT 1${')'.repeat(3000)}`, 'ecursion'],
  [`SELECT ${'1,'.repeat(3000)}1`, 'too many columns'],
  [`SELECT '${'x'.repeat(1_000_000)}'`, 'characters'],
  [`SELECT 1${' UNION SELECT 1'.repeat(600)}`, 'too many terms'],
];

/** What SQLite refuses only while it runs. */
const FAILING = [
  ["SELECT load_extension('evil')", 'not authorized'],
  ["SELECT load_extension('evil', 'entry')", 'not authorized'],
  ["SELECT fts3_tokenizer('simple', x'4141414141414141')", 'disabled'],
] as const;

/** Odd, and allowed: nothing comes of them but rows. */
const HARMLESS = [
  "EXPLAIN ATTACH 'other.db' AS other",
  "SELECT 'ATTACH', 1 /* ; DELETE FROM _events */ -- ; ATTACH",
  "SELECT fts3_tokenizer('simple')",
  'SELECT * FROM dbstat',
  'SELECT id FROM _events',
  'SELECT * FROM sqlite_schema',
  "SELECT name FROM pragma_table_info('events')",
  'PRAGMA integrity_check',
  'PRAGMA main.table_info(events)',
];

/** Runs to the end of memory, of time or of what is allowed; never to an answer. */
const GREEDY: readonly (readonly [statement: string, said: RegExp])[] = [
  ['WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n', /stopped after 1 s/],
  ['WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i FROM n) SELECT i FROM n WHERE i > 1', /stopped after 1 s/],
  ['SELECT length(hex(randomblob(400000000)))', /too big|memory/],
  ['SELECT zeroblob(999999999)', /too big|memory/],
  ["SELECT printf('%.*c', 900000000, 'x')", /too big|memory/],
  ["SELECT printf('%.*c', 20000000, 'x')", /too long to be shown/],
  ["SELECT length(replace(hex(zeroblob(100000000)), '0', 'aaaaaaaaaa'))", /memory/],
  [
    `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n)
     SELECT length(group_concat(printf('%0100000d', i))) FROM n`,
    /memory/,
  ],
  [
    'WITH RECURSIVE n(b) AS (SELECT randomblob(900000) UNION SELECT randomblob(900000) FROM n) SELECT count(*) FROM n',
    /temporary files/,
  ],
];

describe('breaking out of a query', () => {
  let made: ReturnType<typeof makeDatabase>;
  let before: ReturnType<typeof state>;

  beforeAll(() => {
    made = makeDatabase(`
      CREATE TABLE _events (id INTEGER PRIMARY KEY, name TEXT);
      INSERT INTO _events VALUES (1, 'one'), (2, 'two');
      CREATE VIEW events AS SELECT id, name FROM _events;
    `);
    writeFileSync(join(made.folder, 'other.db'), '');
    before = state();
  });
  afterAll(() => made.remove());

  /** Every file of the folder with its hash, apart from the index of the log that each reader of a WAL database makes. */
  function state() {
    const names = readdirSync(made.folder).filter((name) => !/-(?:wal|shm)$/.test(name));
    return names.map((name) => [
      name,
      createHash('sha256')
        .update(readFileSync(join(made.folder, name)))
        .digest('hex'),
    ]);
  }

  function open() {
    return new Database(made.dbFile, { readonly: true });
  }

  it.each(REFUSED.map(([statement, said]) => [statement.slice(0, 70), said, statement] as const))(
    'is refused: %j',
    (_, said, statement) => {
      const db = open();
      try {
        expect(() => prepareReading(db, statement)).toThrow(UsageError);
        expect(() => prepareReading(db, statement)).toThrow(said);
      } finally {
        db.close();
      }

      expect(state()).toEqual(before);
    },
  );

  it('is refused in the process of the query as well, and nothing is made in its folder', async () => {
    const cwd = readdirSync('.');

    const outcomes = await Promise.all(
      [
        "ATTACH 'other.db' AS other",
        "VACUUM INTO 'copy.db'",
        'DELETE FROM _events RETURNING id',
        'SELECT 1; SELECT 2',
      ].map((sql) =>
        runQuery({ dbFile: made.dbFile, sql }).then(
          () => 'answered',
          (error: unknown) => (error as Error).constructor,
        ),
      ),
    );

    expect(outcomes).toEqual([UsageError, UsageError, UsageError, UsageError]);
    expect(readdirSync('.')).toEqual(cwd);
    expect(state()).toEqual(before);
  });

  it.each(FAILING)('fails when it runs: %j', (statement, said) => {
    const db = open();

    expect(() => prepareReading(db, statement).all()).toThrow(said);
    db.close();
  });

  it.each(HARMLESS)('comes to nothing: %j', (statement) => {
    const db = open();
    prepareReading(db, statement).all();
    db.close();

    expect(state()).toEqual(before);
  });

  it('comes to nothing by any pragma there is, as a statement or as a function, with and without a value', () => {
    const listing = open();
    const names = listing.prepare('SELECT name FROM pragma_pragma_list').pluck().all() as string[];
    listing.close();
    const accepted = new Set<string>();
    for (const name of names) {
      for (const sql of [
        `PRAGMA ${name}`,
        `PRAGMA ${name} = 1`,
        `PRAGMA main.${name}(1)`,
        `SELECT * FROM pragma_${name}`,
        `SELECT * FROM pragma_${name}(1)`,
      ]) {
        const db = open();
        try {
          prepareReading(db, sql).all();
          accepted.add(name);
        } catch (error) {
          // What is no function, wants a table, or takes no value is SQLite's to say.
          expect(error).toBeInstanceOf(Error);
        }
        expect([db.pragma('locking_mode', { simple: true }), db.pragma('user_version', { simple: true })]).toEqual([
          'normal',
          0,
        ]);
        db.close();
      }
    }

    expect(names.length).toBeGreaterThan(50);
    expect(
      [...accepted].filter((name) => /mode|writable|checkpoint|optimize|vacuum|cache|limit|synchronous/.test(name)),
    ).toEqual([]);
    expect(accepted).toContain('table_info');
    expect(state()).toEqual(before);
  });

  it.concurrent.each(GREEDY)('ends at a limit: %s', async (sql, said) => {
    const failure = await runQuery({
      dbFile: made.dbFile,
      sql,
      deadlineMs: /stopped after/.test(said.source) ? 1000 : 20_000,
      maxMemoryBytes: 300_000_000,
      maxTemporaryBytes: 50_000_000,
    }).then(
      () => null,
      (error: unknown) => error,
    );

    expect(failure).toBeInstanceOf(OctowatchError);
    expect((failure as Error).message).toMatch(said);
    expect(state()).toEqual(before);
  });

  it('leaves the database as it was, and in use', async () => {
    const { rows } = await runQuery({ dbFile: made.dbFile, sql: 'SELECT * FROM events' });

    expect(rows).toEqual([
      [1, 'one'],
      [2, 'two'],
    ]);
    expect(state()).toEqual(before);
  });
});
