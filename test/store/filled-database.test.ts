import { spawnSync } from 'node:child_process';
import { statSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { describeViews } from '../../src/audit/index.ts';
import { startSimulatedOctopus } from '../../src/demo/index.ts';
import { OctowatchError } from '../../src/lib/errors.ts';
import { openStore } from '../../src/store/index.ts';
import { readRows } from '../support/canonical.ts';
import { createMonitor, makeFolder } from '../support/monitor.ts';
import { MONITOR_KEY, NOON, smallHistory } from '../support/small-history.ts';
import { steppingClock } from '../support/stepping-clock.ts';

const INSTANT = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;
const isTime = (column: string) => /_at$|^at$|^window_(from|to)$/.test(column);

describe('a database the program has worked on', () => {
  const { folder, remove } = makeFolder();
  const db = path.join(folder, 'octowatch.db');

  beforeAll(async () => {
    const state = smallHistory();
    const clock = steppingClock(NOON);
    const server = await startSimulatedOctopus({ state, apiKey: MONITOR_KEY });
    await createMonitor({ octopusUrl: server.url, db, clock }).runOnce();
    state.apiKeys = [];
    await createMonitor({ octopusUrl: server.url, db, clock }).runOnce();
    state.apiKeys = smallHistory().apiKeys;
    await createMonitor({ octopusUrl: server.url, db, clock }).runOnce();
    await server.close();
  });
  afterAll(remove);

  it('has rows in every view, and every time in the one form', () => {
    for (const { view, columns } of describeViews(db)) {
      const rows = readRows(db, `SELECT * FROM ${view}`);
      expect(rows.length, view).toBeGreaterThan(0);
      for (const { name } of columns.filter((column) => isTime(column.name))) {
        const times = rows.map((row) => row[name]).filter((time) => time !== null);
        for (const time of times) expect(time, `${view}.${name}`).toMatch(INSTANT);
      }
    }
  });

  it('keeps every table private: their names begin with an underscore', () => {
    const tables = readRows(db, "SELECT name FROM sqlite_schema WHERE type = 'table'").map((row) =>
      String(row['name']),
    );

    expect(tables.filter((name) => !/^(_|sqlite_)/.test(name))).toEqual([]);
  });

  it('can be read and written by its owner only, its log beside it too', () => {
    const store = openStore(db, { monitorVersion: 'test', nowMs: NOON });
    store.transaction(() => store.journal.add('2026-03-02T12:00:00.000Z', 'tested'));

    const modes = ['', '-wal', '-shm'].map((suffix) => statSync(`${db}${suffix}`).mode & 0o777);

    expect(modes).toEqual([0o600, 0o600, 0o600]);
    store.close();
  });

  it('is written durably and holds references', () => {
    const store = openStore(db, { monitorVersion: 'test', nowMs: NOON });

    const pragmas = ['journal_mode', 'synchronous', 'foreign_keys'].map((name) =>
      store.db.pragma(name, { simple: true }),
    );

    expect(pragmas).toEqual(['wal', 2, 1]);
    store.close();
  });

  it('is left alone by a further start: migrations are applied once', () => {
    const before = readRows(db, 'SELECT * FROM _migrations');

    openStore(db, { monitorVersion: 'test', nowMs: NOON + 1000 }).close();

    expect(readRows(db, 'SELECT * FROM _migrations')).toEqual(before);
    expect(readRows(db, 'SELECT count(*) AS n FROM events')).toEqual([{ n: 12 }]);
  });

  // Not every machine has the program; where it is missing the property rests on the machines that have it.
  it.skipIf(spawnSync('sqlite3', ['--version']).error)('is whole to the sqlite3 program, which shows its rows', () => {
    const views = describeViews(db).map((one) => one.view);
    const questions = views.map((view) => `SELECT '${view}', count(*) > 0 FROM (SELECT * FROM ${view});`);

    const run = spawnSync('sqlite3', ['-readonly', db, 'PRAGMA integrity_check;', ...questions], { encoding: 'utf8' });

    expect(run.stderr).toBe('');
    expect(run.stdout.trim().split('\n')).toEqual(['ok', ...views.map((view) => `${view}|1`)]);
  });
});

describe('what cannot be a database', () => {
  const { folder, remove } = makeFolder();
  afterAll(remove);

  it('is refused with what to check', () => {
    expect(() => openStore(folder, { monitorVersion: 'test' })).toThrow(OctowatchError);
    expect(() => openStore(folder, { monitorVersion: 'test' })).toThrow(/cannot open the database/);
  });
});
