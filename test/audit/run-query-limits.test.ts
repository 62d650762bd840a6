import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runQuery, streamQuery } from '../../src/audit/index.ts';
import { makeDatabase } from './database.ts';

const COUNT_TO = (last: string) =>
  `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${last}) SELECT i, printf('%0200d', i) FROM n`;

describe('streamQuery', () => {
  let made: ReturnType<typeof makeDatabase>;

  beforeAll(() => {
    made = makeDatabase('CREATE VIEW events AS SELECT 1 AS event_id');
  });
  afterAll(() => made.remove());

  it('sends rows no faster than they are taken: the clock of a query stands still while its reader is busy', async () => {
    const query = await streamQuery({ dbFile: made.dbFile, sql: COUNT_TO('20000'), maxRows: 0, deadlineMs: 3000 });
    let count = 0;

    for await (const batch of query.batches) {
      if (count === 0) await sleep(3500);
      count += batch.length;
    }

    expect(count).toBe(20_000);
    expect(query.summary()).toMatchObject({ rowCount: 20_000, cut: null });
  });

  it('ends an answer without end at the deadline, however fast it is read', async () => {
    const query = await streamQuery({ dbFile: made.dbFile, sql: COUNT_TO('9e18'), maxRows: 0, deadlineMs: 800 });
    const reading = (async () => {
      for await (const _ of query.batches);
    })();

    await expect(reading).rejects.toThrow('the query was stopped after 0.8 s');
    expect(query.summary().rowCount).toBeGreaterThan(0);
  });

  it('ends its process when the reading is left off', async () => {
    const query = await streamQuery({ dbFile: made.dbFile, sql: COUNT_TO('9e18'), maxRows: 0 });

    for await (const batch of query.batches) if (batch.length > 0) break;

    expect(query.summary().rowCount).toBeLessThan(5000);
  });

  it('ends its process when the program that asked is killed', async () => {
    const script = `
      import { streamQuery } from ${JSON.stringify(new URL('../../src/audit/index.ts', import.meta.url).href)};
      const endless = 'WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n';
      const query = await streamQuery({ dbFile: ${JSON.stringify(made.dbFile)}, sql: endless, deadlineMs: 60000 });
      const { execFileSync } = await import('node:child_process');
      process.stdout.write(execFileSync('pgrep', ['-P', String(process.pid), '-f', 'query-child'], { encoding: 'utf8' }));
      for await (const batch of query.batches);`;
    const asking = spawn(process.execPath, ['--input-type=module-typescript', '-e', script], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const [printed] = await once(asking.stdout, 'data');
    const pid = Number(String(printed).trim().split('\n')[0]);
    expect(isAlive(pid)).toBe(true);

    asking.kill('SIGKILL');
    for (let tries = 0; tries < 100 && isAlive(pid); tries += 1) await sleep(50);

    expect(isAlive(pid)).toBe(false);
  });

  it.each([
    ['whole numbers', 5, 'integer'],
    ['decimal numbers', 1.5, 'real'],
    ['large integers', 9007199254740993n, 'integer'],
    ['text', '5', 'text'],
    ['nothing', null, 'null'],
  ] as const)('binds %s as what they are', async (_, value, type) => {
    const { rows } = await runQuery({
      dbFile: made.dbFile,
      sql: 'SELECT typeof(:v), CAST(:v AS TEXT)',
      params: { v: value },
    });

    expect(rows).toEqual([[type, value === null ? null : String(value)]]);
  });

  it.each([
    ['SELECT :from, @to', {}, 'there is no value for :from, :to', 'Give it with --param from=… --param to=….'],
    [
      'SELECT :user',
      { usr: 1 },
      'there is no value for :user; there is no :usr in the statement',
      'Did you mean --param user=…?',
    ],
    ['SELECT :a', { a: 1, b: 2 }, 'there is no :b in the statement', 'It takes :a.'],
    ["SELECT ':a' -- :b", { a: 1 }, 'there is no :a in the statement', 'It takes no parameters.'],
    ['SELECT ?', { a: 1 }, 'the statement has a parameter without a name, ?', 'Write :name in its place.'],
  ])('says what is wrong with the parameters of %j', async (sql, params, message, hint) => {
    await expect(runQuery({ dbFile: made.dbFile, sql, params })).rejects.toMatchObject({ message, hint });
  });

  it.each([
    ['SELECT "alice"', 'no such column: "alice"', "A text stands in single quotes: 'like this'."],
    [
      "SELECT 'evnt_id', evnt_id FROM events",
      "line 1: SELECT 'evnt_id', evnt_id FROM events\n                          ^",
      'Did you mean event_id?',
    ],
    [
      'SELECT count(*)\nFROM events WHERE cuont(1)',
      'line 2: FROM events WHERE cuont(1)\n                          ^',
      null,
    ],
  ])('points at the place: %s', async (sql, said, hint) => {
    const failure = await runQuery({ dbFile: made.dbFile, sql }).catch((error: unknown) => error);

    expect((failure as Error).message).toContain(said);
    expect((failure as { hint: string | null }).hint).toEqual(hint === null ? null : expect.stringContaining(hint));
  });
});

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
