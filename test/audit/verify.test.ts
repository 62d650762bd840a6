import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import type Database from 'better-sqlite3';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { verifyChain } from '../../src/audit/index.ts';
import { acknowledge } from '../../src/detect/index.ts';
import { chainHead } from '../../src/store/index.ts';
import { readRows } from '../support/canonical.ts';
import { makeFolder } from '../support/monitor.ts';
import { NOON } from '../support/small-history.ts';
import { copyOf, makeChained, tamper, withStore } from './chained-database.ts';

const { folder, remove } = makeFolder();
let original = '';
let copies = 0;

beforeAll(async () => {
  original = await makeChained(folder);
  withStore(original, (store) => {
    const note = { by: 'dana', note: 'A test � of \u0000 bytes.', until: null };
    store.transaction(() => acknowledge(store, 1, note, NOON));
  });
});
afterAll(remove);

function spoilt(work: (database: Database.Database) => void): string {
  copies += 1;
  const db = copyOf(original, `copy-${copies}`);
  tamper(db, work);
  return db;
}

const verify = (dbFile: string, more: { secret?: string; head?: string } = {}) =>
  verifyChain({ dbFile, secret: null, ...more });
const brokenBy = async (work: (database: Database.Database) => void) => (await verify(spoilt(work))).broken;

describe('a database nobody touched', () => {
  it('holds, with a link for each event, detail, state of a finding and journal entry', async () => {
    const result = await verify(original);

    expect(result.broken).toBeNull();
    const [counts] = readRows(
      original,
      'SELECT (SELECT count(*) FROM _events) AS event, (SELECT count(*) FROM _findings) AS finding, (SELECT count(*) FROM _journal) AS journal',
    );
    expect(result.rows).toEqual(counts);
    const kinds = readRows(original, 'SELECT kind, count(*) AS n FROM _chain GROUP BY kind');
    expect(kinds).toEqual(
      expect.arrayContaining([
        { kind: 'event', n: 12 },
        // The edit of a variable, and the start of a deployment that was queued by somebody.
        expect.objectContaining({ kind: 'detail' }),
        expect.objectContaining({ kind: 'finding' }),
        expect.objectContaining({ kind: 'journal' }),
      ]),
    );
    expect(`${result.head?.number}:${result.head?.hash}`).toBe(withStore(original, chainHead));
  });

  it('says how far it is, and leaves the file as it was', async () => {
    const shown: number[] = [];
    const before = readRows(original, 'SELECT count(*) AS n FROM _chain');

    await verifyChain({ dbFile: original, secret: null, onProgress: (done) => shown.push(done) });

    expect(shown).toEqual([before[0]?.['n']]);
    expect(readRows(original, 'SELECT count(*) AS n FROM _chain')).toEqual(before);
  });
});

describe('what was altered', () => {
  it.each([
    ["UPDATE _events SET username = 'mallory' WHERE event_id = 'Events-1'", 'event Events-1 of default', 'altered row'],
    ["UPDATE _event_documents SET raw = replace(raw, 'Id', 'ID') WHERE event_pk = 1", 'event', 'altered row'],
    ["UPDATE _variable_edits SET variable_name = 'Other'", 'event Events-20 of default', 'altered row'],
    ['DELETE FROM _variable_edits', 'event Events-20 of default', 'altered row'],
    ["UPDATE _findings SET status = 'resolved' WHERE finding_id = 2", 'finding 2', 'altered row'],
    ["UPDATE _finding_events SET event_id = event_id || '9' WHERE finding_id = 2", 'finding 2', 'altered row'],
    ["UPDATE _acknowledgements SET acknowledged_by = 'mallory'", 'finding 1', 'altered row'],
    ["UPDATE _journal SET os_user = 'mallory' WHERE entry_id = 1", 'journal entry 1', 'altered row'],
    ["DELETE FROM _events WHERE event_id = 'Events-4'", 'event Events-4 of default', 'missing row'],
    ['DELETE FROM _findings WHERE finding_id = 2', 'finding 2', 'missing row'],
    ['DELETE FROM _journal WHERE entry_id = 2', 'journal entry 2', 'missing row'],
    [
      "UPDATE _events SET chain_salt = randomblob(16) WHERE event_id = 'Events-3'",
      'event Events-3 of default',
      'altered row',
    ],
    ["UPDATE _events SET chain_salt = NULL WHERE event_id = 'Events-3'", 'event Events-3 of default', 'altered row'],
    ["UPDATE _instances SET name = 'production'", 'of production', 'altered link'],
  ])('is found and named: %s', async (sql, object, problem) => {
    const broken = await brokenBy((db) => db.exec(sql));

    expect(broken).toMatchObject({ problem, object: expect.stringContaining(object) });
    expect(broken?.what).toContain(object);
  });

  it('is found in any value of any stored row and of any link, whatever byte of it was changed', {
    timeout: 120_000,
  }, async () => {
    const db = spoilt(() => undefined);
    const untouched = readFileSync(db);
    const random = randomFrom(SEED);
    const unseen: string[] = [];
    let altered = 0;
    const restore = () => {
      for (const suffix of ['-wal', '-shm']) rmSync(`${db}${suffix}`, { force: true });
      writeFileSync(db, untouched);
    };
    for (const cell of cellsOf(db)) {
      restore();
      if (!alter(db, cell, random)) continue;
      altered += 1;
      const { broken } = await verify(db);
      if (!broken) unseen.push(`${cell.table}.${cell.column} where ${cell.where} (seed ${SEED})`);
    }

    expect(unseen).toEqual([]);
    expect(altered).toBeGreaterThan(500);
    restore();
    expect((await verify(db)).broken).toBeNull();
  });

  it('is found when two rows were swapped', async () => {
    const broken = await brokenBy((db) =>
      db.exec(`UPDATE _event_documents SET raw = CASE event_pk WHEN 1 THEN (SELECT raw FROM _event_documents WHERE event_pk = 2)
                 ELSE (SELECT raw FROM _event_documents WHERE event_pk = 1) END WHERE event_pk IN (1, 2)`),
    );

    expect(broken).toMatchObject({ problem: 'altered row' });
  });

  it('is found when two links were swapped', async () => {
    const broken = await brokenBy((db) =>
      db.exec(
        'UPDATE _chain SET link = -1 WHERE link = 5; UPDATE _chain SET link = 5 WHERE link = 6; UPDATE _chain SET link = 6 WHERE link = -1',
      ),
    );

    expect(broken).toMatchObject({ problem: 'altered link', link: 5 });
  });

  it('is found when a link was taken out', async () => {
    expect(await brokenBy((db) => db.exec('DELETE FROM _chain WHERE link = 7'))).toMatchObject({
      problem: 'missing link',
      link: 7,
      what: expect.stringContaining('link 7 is missing'),
    });
  });

  it.each([
    ['_events', "'Events-666'", 'event_pk', 'event_id', 'event Events-666'],
    ['_findings', 'rule', 'finding_id', 'rule', 'finding'],
    ['_journal', "'forged'", 'entry_id', 'action', 'journal entry'],
  ])('is found when a row was put into %s', async (table, value, key, column, object) => {
    const broken = await brokenBy((db) => {
      db.exec(`CREATE TEMP TABLE forged AS SELECT * FROM ${table} LIMIT 1;
        UPDATE forged SET ${key} = 9000, ${column} = ${value}; INSERT INTO ${table} SELECT * FROM forged`);
    });

    expect(broken).toMatchObject({ problem: 'row without link', object: expect.stringContaining(object) });
  });

  it.each([
    "INSERT INTO _finding_events VALUES (999, 'Events-1', '2026-03-01T00:00:00.000Z')",
    "INSERT INTO _variable_edits VALUES (999, 0, NULL, 'x', 'added', 0, NULL)",
  ])('is found when evidence was put where nothing is: %s', async (sql) => {
    expect(await brokenBy((db) => db.exec(sql))).toMatchObject({ problem: 'row without link' });
  });

  it('is found when an older state of a finding was put back, its old link and all', async () => {
    const db = copyOf(original, 'older');
    const [before] = readRows(db, 'SELECT * FROM _findings WHERE finding_id = 2');
    withStore(db, (store) => store.transaction(() => store.findings.resolve(2, 'ended', '2026-03-02T12:00:00.000Z')));

    tamper(db, (database) =>
      database
        .prepare(
          'UPDATE _findings SET status = ?, resolution = NULL, resolved_at = NULL, chain_link = ?, chain_salt = ? WHERE finding_id = 2',
        )
        .run(before?.['status'], before?.['chain_link'], before?.['chain_salt']),
    );

    expect((await verify(db)).broken).toMatchObject({ problem: 'older row', object: 'finding 2 of default' });
  });

  it('is found when broken bytes stand where a replacement character stood', async () => {
    const broken = await brokenBy((db) =>
      db
        .prepare('UPDATE _acknowledgements SET note = CAST(CAST(? AS BLOB) AS TEXT)')
        .run(
          Buffer.concat([Buffer.from('A test '), Buffer.from([0xf0, 0x9f, 0x98]), Buffer.from(' of \u0000 bytes.')]),
        ),
    );

    expect(broken).toMatchObject({ problem: 'altered row', object: 'finding 1 of default' });
  });

  it.each([
    [
      'view findings',
      "DROP VIEW findings; CREATE VIEW findings AS SELECT * FROM _findings WHERE title NOT LIKE '%alice%'",
    ],
    ['view journal', 'DROP VIEW journal'],
    [
      'trigger quiet',
      'CREATE TRIGGER quiet AFTER INSERT ON _events BEGIN DELETE FROM _events WHERE username = NEW.username; END',
    ],
  ])('is found in what shows or changes rows: %s', async (object, sql) => {
    expect(await brokenBy((db) => db.exec(sql))).toMatchObject({ problem: 'schema', object });
  });

  it('does not count what an auditor added for himself', async () => {
    expect(await brokenBy((db) => db.exec('CREATE VIEW mine AS SELECT * FROM events'))).toBeNull();
  });
});

describe('a chain whose end was cut off', () => {
  it('shows when rows are left', async () => {
    const broken = await brokenBy((db) => db.exec('DELETE FROM _chain WHERE link = (SELECT max(link) FROM _chain)'));

    expect(broken).toMatchObject({ problem: 'missing link', what: expect.stringContaining('cut off') });
  });

  it('is whole by itself when the rows went with it, and shows with a head from before', async () => {
    const { head } = await verify(original);
    const older = copyOf(original, 'longer');
    withStore(older, (store) => store.journal.add('2026-03-03T12:00:00.000Z', 'tested'));
    const later = (await verify(older)).head;

    // The best cut is a copy from before.
    expect((await verify(original)).broken).toBeNull();
    expect((await verify(original, { head: later?.hash ?? '' })).broken).toMatchObject({ problem: 'head' });
    expect((await verify(original, { head: `${later?.number}:${later?.hash}` })).broken?.what).toContain(
      `the chain ends at link ${head?.number}: its end was cut off`,
    );
  });

  it('is told from one that has only grown', async () => {
    const { head } = await verify(original);
    const db = copyOf(original, 'grown');
    withStore(db, (store) => store.journal.add('2026-03-03T12:00:00.000Z', 'tested'));

    const result = await verify(db, { head: `${head?.number}:${head?.hash}` });

    expect(result).toMatchObject({ broken: null, found: { number: head?.number } });
    expect(result.head?.number).toBe((head?.number ?? 0) + 1);
  });

  it.each(['xyz', '12', `${'0'.repeat(63)}`])('cannot be asked for with what is no head: %s', async (head) => {
    await expect(verify(original, { head })).rejects.toThrow('no head of a chain');
  });

  it('is not taken for another by a wrong number before the right hash', async () => {
    const { head } = await verify(original);

    expect((await verify(original, { head: `3:${head?.hash}` })).broken).toMatchObject({ problem: 'head' });
  });
});

type Cell = { table: string; column: string; where: string; value: string | number | Buffer };

const SEED = Math.floor(Math.random() * 2 ** 31);
const TABLES: Readonly<Record<string, string>> = {
  _events: 'event_pk',
  _event_documents: 'event_pk',
  _variable_edits: 'event_pk, position',
  _findings: 'finding_id',
  _finding_events: 'finding_id, event_id',
  _acknowledgements: 'acknowledgement_id',
  _journal: 'entry_id',
  _chain: 'link',
};

/** Every value that is stored, of every row. */
function cellsOf(db: string): Cell[] {
  return Object.entries(TABLES).flatMap(([table, key]) =>
    readRows(db, `SELECT quote(${key.replace(', ', ") || ', ' || quote(")}) AS cell_key, * FROM ${table}`).flatMap(
      (row) =>
        Object.entries(row).flatMap(([column, value]) =>
          column === 'cell_key' || value === null || value === ''
            ? []
            : [{ table, column, where: `(${key}) = (${row['cell_key']})`, value: value as Cell['value'] }],
        ),
    ),
  );
}

/** Changes one bit of one byte; false where the table does not take the value, an id that is taken for example. */
function alter(db: string, { table, column, where, value }: Cell, random: (below: number) => number): boolean {
  const bytes = typeof value === 'string' ? Buffer.from(value) : value;
  if (typeof bytes !== 'number') {
    const at = random(bytes.length);
    bytes[at] = (bytes[at] ?? 0) ^ (1 << random(8));
  }
  const to = typeof bytes === 'number' ? bytes ^ (1 << random(8)) : bytes;
  try {
    tamper(db, (database) => {
      const cast = typeof value === 'string' ? 'CAST(? AS TEXT)' : '?';
      database.prepare(`UPDATE ${table} SET ${column} = ${cast} WHERE ${where}`).run(to);
    });
    return true;
  } catch (error) {
    expect(String(error)).toMatch(/constraint/i);
    return false;
  }
}

/** Numbers that look random and are the same for a seed. */
function randomFrom(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}
