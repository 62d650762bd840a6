import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import Database from 'better-sqlite3';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { exportPack } from '../../src/audit/export.ts';
import { loadQuestions, verifyPack } from '../../src/audit/index.ts';
import type { Manifest } from '../../src/audit/manifest.ts';
import { hashFile } from '../../src/audit/pack-file.ts';
import { ROWS_OF_PERIOD } from '../../src/audit/pack-plan.ts';
import { startSimulatedOctopus } from '../../src/demo/index.ts';
import { OctowatchError, UsageError } from '../../src/lib/errors.ts';
import { parseLocalDate } from '../../src/lib/local-date.ts';
import { openStore } from '../../src/store/index.ts';
import { readRows } from '../support/canonical.ts';
import { createMonitor, makeFolder } from '../support/monitor.ts';
import { MONITOR_KEY, NOON, queuedByAlice, smallHistory } from '../support/small-history.ts';
import { steppingClock } from '../support/stepping-clock.ts';

const KEY = 'a fictional key of the chain';
const { folder, remove } = makeFolder();
const db = path.join(folder, 'octowatch.db');
const pack = path.join(folder, 'pack');
let manifest: Manifest;
let packs = 0;

const day = (text: string) => parseLocalDate(text) as number;
const lines = (file: string) =>
  readFileSync(file, 'utf8')
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line) as Record<string, unknown>);

function write(out: string, options: Partial<Parameters<typeof exportPack>[0]> = {}): Manifest {
  return exportPack({
    dbFile: db,
    // The day before stays out: there is a deployment on it.
    fromEpochDay: day('2026-02-27'),
    toEpochDay: day('2026-03-02'),
    folder: out,
    version: '1.2.3',
    nowMs: NOON,
    key: null,
    ...options,
  }).manifest;
}

/** A pack of its own, to be damaged. */
function freshPack(options: Partial<Parameters<typeof exportPack>[0]> = {}): string {
  packs += 1;
  const out = path.join(folder, `pack-${packs}`);
  write(out, options);
  return out;
}

beforeAll(async () => {
  const state = smallHistory();
  state.addEvent({
    ...queuedByAlice('Events-30', NOON - 3_600_000, 7),
    Message: '=HYPERLINK("http://evil.example.com") \u001b[31m "quoted"\nnext line \u{1f600}',
  });
  const server = await startSimulatedOctopus({ state, apiKey: MONITOR_KEY });
  await createMonitor({ octopusUrl: server.url, db, clock: steppingClock(NOON) }).runOnce();
  await server.close();
  manifest = write(pack);
});
afterAll(remove);

describe('an audit pack', () => {
  it('holds every file its manifest names, with size and hash, and nothing else', () => {
    const names = readdirSync(pack, { recursive: true, encoding: 'utf8' }).filter(
      (name) => !statSync(path.join(pack, name)).isDirectory(),
    );

    expect(names.toSorted()).toEqual([...manifest.files.map((one) => one.path), 'manifest.json'].toSorted());
    for (const { path: name, bytes, sha256 } of manifest.files) {
      expect(statSync(path.join(pack, name)).size, name).toBe(bytes);
      expect(hashFile(path.join(pack, name)), name).toBe(sha256);
    }
    expect(JSON.parse(readFileSync(path.join(pack, 'manifest.json'), 'utf8'))).toEqual(manifest);
  });

  it('can be read by its owner only', () => {
    const modes = readdirSync(pack, { recursive: true, encoding: 'utf8' }).map(
      (name) => statSync(path.join(pack, name)).mode & 0o077,
    );

    expect([statSync(pack).mode & 0o077, ...modes].filter((mode) => mode !== 0)).toEqual([]);
  });

  it('says who exported it, when, with what, and by which clock', () => {
    expect(manifest.exported).toMatchObject({ at: '2026-03-02T12:00:00.000Z', octowatch: '1.2.3' });
    expect(manifest.exported.osUser).not.toBe('');
    expect(manifest.exported.timeSource).toContain('clocks of the Octopus servers');
    expect(manifest.period).toMatchObject({ from: '2026-02-27T00:00:00.000Z', to: '2026-03-03T00:00:00.000Z' });
    expect(manifest.coverage).toContain('not audited by Octopus: reads, sign-outs, variables kept in Git');
  });

  it('has a database of the period only, which every question answers and SQLite opens read-only', () => {
    const file = path.join(pack, 'octowatch.db');
    const [span] = readRows(file, 'SELECT min(occurred_at) AS first, max(occurred_at) AS last FROM events');

    expect(String(span?.['first']) >= '2026-02-27').toBe(true);
    expect(readRows(db, "SELECT count(*) AS n FROM events WHERE occurred_at < '2026-02-27'")).toEqual([{ n: 1 }]);
    expect(readRows(file, 'SELECT count(*) AS n FROM events')).toEqual(
      readRows(db, "SELECT count(*) AS n FROM events WHERE occurred_at >= '2026-02-27'"),
    );
    expect(readRows(file, 'PRAGMA integrity_check')).toEqual([{ integrity_check: 'ok' }]);
    expect(readRows(file, "SELECT sql FROM sqlite_schema WHERE type = 'view' ORDER BY name")).toEqual(
      readRows(db, "SELECT sql FROM sqlite_schema WHERE type = 'view' ORDER BY name"),
    );
    expect(readdirSync(pack).filter((name) => name.startsWith('octowatch.db'))).toEqual(['octowatch.db']);
  });

  it.skipIf(spawnSync('sqlite3', ['--version']).error)('opens in the sqlite3 program', () => {
    const output = execFileSync(
      'sqlite3',
      ['-readonly', path.join(pack, 'octowatch.db'), 'SELECT count(*) FROM events'],
      {
        encoding: 'utf8',
      },
    );

    expect(Number(output)).toBe(manifest.rows['events']);
  });

  it('leaves no table of the schema to chance', () => {
    const store = openStore(':memory:', { monitorVersion: 'test' });
    const tables = store.db.prepare("SELECT name FROM sqlite_schema WHERE type = 'table'").pluck().all();
    store.close();

    expect(Object.keys(ROWS_OF_PERIOD).toSorted()).toEqual(tables.toSorted());
  });

  it('has an answer of every saved question, about the period where it is about one', () => {
    expect(manifest.answers.map((one) => one.name)).toEqual(loadQuestions().map((question) => question.name));
    for (const answer of manifest.answers) {
      const given = Object.keys(answer.parameters);
      if (given.includes('from')) expect(answer.parameters['from'], answer.name).toBe('2026-02-27');
      if (given.includes('to')) expect(answer.parameters['to'], answer.name).toBe('2026-03-02');
      expect(existsSync(path.join(pack, answer.file))).toBe(true);
    }
    expect(manifest.answers.some((answer) => answer.rows > 0)).toBe(true);
  });

  it('runs no formula in a spreadsheet', () => {
    const cells = manifest.answers.map(({ file }) => readFileSync(path.join(pack, file), 'utf8')).join('\n');

    expect(cells).not.toMatch(/(^|,)"?=HYPERLINK/m);
  });

  it('has every event as a line of JSON, with the document as it was received', () => {
    const events = lines(path.join(pack, 'events.jsonl'));
    const stored = readRows(path.join(pack, 'octowatch.db'), 'SELECT * FROM events ORDER BY occurred_at, event_id');

    expect(events.map((event) => [event['event_id'], event['raw'], event['message']])).toEqual(
      stored.map((row) => [row['event_id'], row['raw'], row['message']]),
    );
    expect(new Set(events.map((event) => typeof event['is_off_hours']))).toEqual(new Set(['boolean']));
  });

  it('has every finding with its evidence, and names evidence outside of the period without its text', () => {
    const findings = lines(path.join(pack, 'findings.jsonl'));
    const burst = findings.find((finding) => finding['rule'] === 'repeated_auth_failures');
    const evidence = (burst?.['evidence'] ?? []) as Record<string, unknown>[];

    expect(findings.length).toBe(manifest.rows['findings']);
    expect(evidence.map((one) => one['event_id'])).toEqual([
      'Events-10',
      'Events-11',
      'Events-12',
      'Events-13',
      'Events-14',
      'Events-15',
    ]);
    expect(evidence[0]?.['event']).toMatchObject({ category: 'LoginFailed' });
    expect(burst?.['why']).not.toBe('');

    const narrow = path.join(folder, 'narrow');
    write(narrow, { fromEpochDay: day('2026-03-02'), toEpochDay: day('2026-03-02') });
    const night = lines(path.join(narrow, 'findings.jsonl')).find(
      (one) => one['rule'] === 'off_hours_production_deploy',
    );
    expect(night?.['evidence']).toEqual(
      expect.arrayContaining([{ event_id: 'Events-4', occurred_at: '2026-03-01T23:00:00.000Z', event: null }]),
    );
  });

  it('has the rules in force with texts that have the hashes findings carry', () => {
    const rules = JSON.parse(readFileSync(path.join(pack, 'rules.json'), 'utf8')) as Record<string, unknown>[];

    for (const finding of lines(path.join(pack, 'findings.jsonl'))) {
      const rule = rules.find((one) => one['rule'] === finding['rule'] && one['sha256'] === finding['rule_sha256']);
      expect(rule, String(finding['rule'])).toBeDefined();
      expect(hashFile(path.join(pack, String(rule?.['file'])))).toBe(finding['rule_sha256']);
    }
    const configurations = JSON.parse(readFileSync(path.join(pack, 'configurations.json'), 'utf8')) as object[];
    expect(configurations).toHaveLength(1);
  });

  it('says what was read of the period', () => {
    const text = readFileSync(path.join(pack, 'coverage/statement.txt'), 'utf8');
    const ledger = readFileSync(path.join(pack, 'coverage/ledger.csv'), 'utf8').trim().split('\r\n');

    expect(text).toContain(manifest.coverage);
    expect(ledger.length - 1).toBe(manifest.rows['coverage']);
  });
});

describe('the Parquet file of a pack, as DuckDB reads it', () => {
  async function ask(sql: string): Promise<Record<string, unknown>[]> {
    const instance = await DuckDBInstance.create(':memory:');
    const connection = await instance.connect();
    try {
      await connection.run("SET TimeZone = 'UTC'");
      const reader = await connection.runAndReadAll(sql);
      return reader.getRowObjectsJson() as Record<string, unknown>[];
    } finally {
      connection.closeSync();
      instance.closeSync();
    }
  }
  const file = `read_parquet('${path.join(pack, 'events.parquet')}')`;

  it('has as many rows as the view, and in each the same values', async () => {
    const stored = readRows(path.join(pack, 'octowatch.db'), 'SELECT * FROM events ORDER BY occurred_at, event_id');
    const columns = Object.keys(stored[0] ?? {});
    const times = columns.filter((column) => column.endsWith('_at'));
    const shown = columns.map((column) =>
      times.includes(column) ? `strftime(${column}, '%Y-%m-%dT%H:%M:%S.%gZ') AS ${column}` : column,
    );

    const read = await ask(`SELECT ${shown.join(', ')} FROM ${file} ORDER BY occurred_at, event_id`);

    expect(read.length).toBe(manifest.rows['events']);
    const flags = columns.filter((column) => column.startsWith('is_'));
    expect(read).toEqual(
      stored.map((row) => ({
        ...row,
        ...Object.fromEntries(flags.map((flag) => [flag, row[flag] === null ? null : row[flag] === 1])),
      })),
    );
  });

  it('has timestamps in UTC, booleans and text as types', async () => {
    const types = await ask(`SELECT column_name, column_type FROM (DESCRIBE SELECT * FROM ${file})`);
    const typeOf = Object.fromEntries(types.map((row) => [row['column_name'], row['column_type']]));

    expect(typeOf).toMatchObject({
      occurred_at: 'TIMESTAMP WITH TIME ZONE',
      received_at: 'TIMESTAMP WITH TIME ZONE',
      is_production: 'BOOLEAN',
      is_off_hours: 'BOOLEAN',
      event_id: 'VARCHAR',
      raw: 'VARCHAR',
    });
    expect(new Set(Object.values(typeOf))).toEqual(new Set(['TIMESTAMP WITH TIME ZONE', 'BOOLEAN', 'VARCHAR']));
  });

  it('is a file with all columns also where there is no event', async () => {
    const out = freshPack({ fromEpochDay: day('2025-01-01'), toEpochDay: day('2025-01-01') });

    const [row] = await ask(
      `SELECT count(*)::INTEGER AS n, count(raw)::INTEGER AS raws FROM read_parquet('${out}/events.parquet')`,
    );

    expect(row).toEqual({ n: 0, raws: 0 });
    expect(verifyPack(out).problems).toEqual([]);
  });

  it('keeps its row groups small, however many rows there are', async () => {
    const many = path.join(folder, 'many.db');
    const copy = new Database(db);
    copy.prepare('VACUUM INTO ?').run(many);
    copy.close();
    const store = openStore(many, { monitorVersion: 'test' });
    store.db.exec(`WITH RECURSIVE n(i) AS (SELECT 1000 UNION ALL SELECT i + 1 FROM n WHERE i < 25999)
      INSERT INTO _events (event_pk, instance_id, event_id, occurred_at, category, is_off_hours, received_at, judged_by)
      SELECT i, 1, 'Events-' || i, '2026-03-01T10:00:00.' || substr('000' || (i % 1000), -3) || 'Z', 'Modified', 0,
        '2026-03-01T10:00:00.000Z', 'x' FROM n`);
    store.close();
    const out = freshPack({ dbFile: many });

    const groups = await ask(
      `SELECT DISTINCT row_group_id::INTEGER AS id, row_group_num_rows::INTEGER AS rows FROM parquet_metadata('${out}/events.parquet') ORDER BY 1`,
    );

    expect(groups.map((group) => group['rows'])).toEqual([20_000, 5_000 + (manifest.rows['events'] ?? 0)]);
    expect(
      (await ask(`SELECT count(DISTINCT event_id)::INTEGER AS n FROM read_parquet('${out}/events.parquet')`))[0],
    ).toEqual({
      n: 25_000 + (manifest.rows['events'] ?? 0),
    });
  });
});

describe('exporting', () => {
  it('refuses a folder that is not empty, and a file, and writes nothing', () => {
    const taken = path.join(folder, 'taken');
    mkdirSync(taken);
    writeFileSync(path.join(taken, 'note.txt'), 'mine');

    expect(() => write(taken)).toThrow(UsageError);
    expect(() => write(taken)).toThrow('is not empty');
    expect(() => write(path.join(taken, 'note.txt'))).toThrow('is not a folder');
    expect(() => write(pack)).toThrow(expect.objectContaining({ hint: expect.stringContaining('pack in it already') }));
    expect(readdirSync(taken)).toEqual(['note.txt']);
  });

  it('writes into an empty folder, and makes one that is missing with those above it', () => {
    const empty = path.join(folder, 'empty');
    mkdirSync(empty);

    expect(write(empty).files.length).toBe(manifest.files.length);
    expect(write(path.join(folder, 'a', 'b')).files.length).toBe(manifest.files.length);
  });

  it('that breaks off leaves no manifest, and the check says so', () => {
    const out = path.join(folder, 'broken-off');

    expect(() =>
      write(out, {
        onProgress: (what) => {
          if (what.startsWith('the answer of')) throw new Error('the disk is full');
        },
      }),
    ).toThrow(OctowatchError);

    expect(readdirSync(out)).not.toContain('manifest.json');
    expect(verifyPack(out).problems[0]).toContain('the export broke off');
  });

  it('does not change the database it reads', () => {
    const before = readRows(db, 'SELECT count(*) AS n, max(entry_id) AS last FROM journal');

    freshPack();

    expect(readRows(db, 'SELECT count(*) AS n, max(entry_id) AS last FROM journal')).toEqual(before);
  });

  it('refuses days in the wrong order and a database that is not there', () => {
    expect(() => write(path.join(folder, 'x'), { fromEpochDay: 3, toEpochDay: 2 })).toThrow('--from lies after --to');
    expect(() => write(path.join(folder, 'x'), { dbFile: path.join(folder, 'none.db') })).toThrow(
      'there is no database',
    );
    expect(existsSync(path.join(folder, 'x'))).toBe(false);
  });
});

describe('verifying a pack', () => {
  it('finds nothing wrong with one that was left alone, and says what it cannot tell', () => {
    const verdict = verifyPack(pack);

    expect(verdict.problems).toEqual([]);
    expect(verdict.unproven).toEqual([
      expect.stringContaining('not signed'),
      expect.stringContaining('not sealed with a key'),
    ]);
  });

  it.each<[string, (out: string) => void, string]>([
    ['a changed byte of an answer', (out) => flip(path.join(out, 'answers/coverage.csv')), 'was changed'],
    ['a changed byte of the Parquet file', (out) => flip(path.join(out, 'events.parquet')), 'was changed'],
    ['a changed byte of the database', (out) => flip(path.join(out, 'octowatch.db')), 'was changed'],
    [
      'a cut file',
      (out) =>
        writeFileSync(path.join(out, 'events.jsonl'), readFileSync(path.join(out, 'events.jsonl')).subarray(0, -1)),
      'bytes, not',
    ],
    ['a further file', (out) => writeFileSync(path.join(out, 'rules/extra.yml'), 'x'), 'not in the manifest'],
    ['a missing file', (out) => execFileSync('rm', [path.join(out, 'findings.jsonl')]), 'findings.jsonl is missing'],
    [
      'a link in place of a file',
      (out) => {
        execFileSync('mv', [path.join(out, 'README.txt'), path.join(folder, `moved-${path.basename(out)}`)]);
        symlinkSync(path.join(folder, `moved-${path.basename(out)}`), path.join(out, 'README.txt'));
      },
      'is a link',
    ],
    ['a manifest that is no JSON', (out) => writeFileSync(path.join(out, 'manifest.json'), '{'), 'cannot be read'],
    [
      'a path that leads out of the pack',
      (out) => rewrite(out, (one) => one.files.push({ path: '../octowatch.db', bytes: 1, sha256: '0'.repeat(64) })),
      'leads out of the pack',
    ],
    [
      'a manifest that counts other rows',
      (out) => rewrite(out, (one) => Object.assign(one.rows, { findings: 99 })),
      'findings',
    ],
    [
      'a manifest without the events',
      (out) => {
        execFileSync('rm', [path.join(out, 'events.jsonl')]);
        rewrite(out, (one) =>
          one.files.splice(
            one.files.findIndex(({ path: name }) => name === 'events.jsonl'),
            1,
          ),
        );
      },
      'does not list events.jsonl',
    ],
  ])('finds %s', (_what, damage, said) => {
    const out = freshPack();
    damage(out);

    expect(verifyPack(out).problems.join('\n')).toContain(said);
  });

  it('finds a manifest that was written anew once it is signed, and a signature that was taken away', () => {
    const out = freshPack({ key: KEY });
    expect(verifyPack(out, { key: KEY })).toMatchObject({
      problems: [],
      unproven: [expect.stringContaining('not sealed')],
    });
    expect(verifyPack(out).unproven[0]).toContain('was not checked');
    expect(verifyPack(out, { key: 'another key' }).problems).toEqual([expect.stringContaining('is not the key')]);

    rewrite(out, (one) => {
      one.exported.osUser = 'somebody else';
    });
    expect(verifyPack(out, { key: KEY }).problems).toEqual(['manifest.json was changed: its signature does not fit']);

    execFileSync('rm', [path.join(out, 'manifest.json.hmac')]);
    expect(verifyPack(out, { key: KEY }).problems).toEqual([expect.stringContaining('manifest.json.hmac is missing')]);

    rewrite(out, (one) => {
      one.signature = null;
    });
    expect(verifyPack(out, { key: KEY }).problems).toEqual([expect.stringContaining('the manifest is not signed')]);
  });

  it.each<[string, string, string]>([
    [
      'an event',
      "UPDATE _events SET username = 'nobody' WHERE event_id = 'Events-10'",
      'event Events-10 is not what link',
    ],
    [
      'the document of an event',
      "UPDATE _event_documents SET raw = replace(raw, 'carol', 'cargo')",
      'is not what link',
    ],
    [
      'the evidence of a finding',
      'UPDATE _finding_events SET occurred_at = occurred_at || 0',
      'finding 1 is not what link',
    ],
    [
      'a journal entry',
      "DROP TRIGGER _journal_is_not_edited; UPDATE _journal SET os_user = 'nobody' WHERE entry_id = 2",
      'journal 2 is not what link',
    ],
    [
      'a link',
      'DROP TRIGGER _chain_is_not_edited; UPDATE _chain SET stored_at = stored_at || 0 WHERE link = 5',
      'link 5 of the chain does not follow',
    ],
    [
      'a missing link',
      'DROP TRIGGER _chain_is_not_cut; DELETE FROM _chain WHERE link = 5',
      'link 5 of the chain is missing',
    ],
  ])('finds %s that was changed, though every hash of the pack was computed anew', (_what, sql, said) => {
    const out = freshPack();
    const file = path.join(out, 'octowatch.db');
    const forged = new Database(file);
    forged.exec(sql);
    forged.close();
    rewrite(out, (one) => {
      const entry = one.files.find(({ path: name }) => name === 'octowatch.db');
      Object.assign(entry ?? {}, { bytes: statSync(file).size, sha256: hashFile(file) });
    });

    expect(verifyPack(out).problems.join('\n')).toContain(said);
  });

  it.skipIf(spawnSync('openssl', ['version']).error)('can be done for the signature with openssl alone', () => {
    const out = freshPack({ key: KEY });

    const output = execFileSync('openssl', ['dgst', '-sha256', '-hmac', KEY, path.join(out, 'manifest.json')], {
      encoding: 'utf8',
    });

    expect(output.trim().endsWith(readFileSync(path.join(out, 'manifest.json.hmac'), 'utf8').trim())).toBe(true);
  });

  it('never writes the key into the pack', () => {
    const out = freshPack({ key: KEY });
    const holding = manifest.files
      .map((one) => one.path)
      .concat('manifest.json', 'manifest.json.hmac')
      .filter((name) => readFileSync(path.join(out, name)).includes(KEY));

    expect(holding).toEqual([]);
  });

  it('of what is no folder says what it wants', () => {
    expect(() => verifyPack(path.join(folder, 'nowhere'))).toThrow(UsageError);
  });
});

function flip(file: string): void {
  const bytes = readFileSync(file);
  const at = Math.floor(bytes.length / 2);
  bytes[at] = (bytes[at] ?? 0) ^ 1;
  writeFileSync(file, bytes);
}

function rewrite(out: string, change: (one: Manifest) => void): void {
  const file = path.join(out, 'manifest.json');
  const one = JSON.parse(readFileSync(file, 'utf8')) as Manifest;
  change(one);
  writeFileSync(file, `${JSON.stringify(one, null, 2)}\n`);
}
