import { readdirSync, readFileSync, renameSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startSimulatedOctopus } from '../../src/demo/index.ts';
import { readRows } from '../support/canonical.ts';
import { createMonitor, makeFolder } from '../support/monitor.ts';
import { MONITOR_KEY, NOON, smallHistory } from '../support/small-history.ts';
import { steppingClock } from '../support/stepping-clock.ts';
import { type Finished, octowatch } from './octowatch.ts';

const { folder, remove } = makeFolder();
const db = path.join(folder, 'octowatch.db');
const env = { OCTOWATCH_DB: db, OCTOWATCH_CHAIN_KEY: 'a fictional key of thirty characters' };
const PERIOD = ['--from', '2026-02-27', '--to', '2026-03-02'];
let exported: Finished;

beforeAll(async () => {
  const server = await startSimulatedOctopus({ state: smallHistory(), apiKey: MONITOR_KEY });
  await createMonitor({ octopusUrl: server.url, db, clock: steppingClock(NOON) }).runOnce();
  await server.close();
  exported = await octowatch(['export', ...PERIOD, '--out', 'pack'], { cwd: folder, env });
});
afterAll(remove);

describe('octowatch export', () => {
  it('writes a pack, says what is in it and the hash of its manifest', () => {
    expect(exported).toMatchObject({ code: 0, stderr: '' });
    expect(exported.stdout).toMatch(/pack: \d+ files, \d+ events, \d+ findings\n/);
    expect(exported.stdout).toContain('not audited by Octopus: reads, sign-outs, variables kept in Git');
    expect(exported.stdout).toMatch(/manifest\.json SHA-256 [0-9a-f]{64}\n/);
    expect(exported.stdout).toContain('The manifest is signed');
    expect(readdirSync(path.join(folder, 'pack'))).toContain('manifest.json');
  });

  it('is in the journal before the first and after the last file, with the hash of the manifest', () => {
    const entries = readRows(db, "SELECT action, detail FROM journal WHERE action LIKE 'export%' ORDER BY entry_id");

    expect(entries.map((one) => one['action'])).toEqual(['export_started', 'exported']);
    expect(JSON.parse(String(entries[1]?.['detail']))).toMatchObject({
      from: '2026-02-27',
      to: '2026-03-02',
      manifest_sha256: /SHA-256 ([0-9a-f]{64})/.exec(exported.stdout)?.[1],
    });
  });

  it('is verified on another machine, with no database', async () => {
    const elsewhere = { cwd: path.join(folder, 'pack'), env: { OCTOWATCH_CHAIN_KEY: env.OCTOWATCH_CHAIN_KEY } };
    const whole = await octowatch(['verify', '--pack', '.'], elsewhere);
    renameSync(path.join(folder, 'pack/rules.json'), path.join(folder, 'pack/other.json'));
    const damaged = await octowatch(['verify', '--pack', '.'], elsewhere);
    renameSync(path.join(folder, 'pack/other.json'), path.join(folder, 'pack/rules.json'));

    expect(whole.code).toBe(0);
    expect(whole.stdout).toContain('The pack is whole');
    expect(whole.stdout).toContain('Period 2026-02-27 to 2026-03-02 (UTC)');
    expect(damaged.code).toBe(3);
    expect(damaged.stdout).toMatch(
      /NOT what was exported[\s\S]*- rules\.json is missing[\s\S]*- other\.json is not in the/,
    );
  });

  it('holds a database in which findings can be explained', async () => {
    const inside = { OCTOWATCH_DB: path.join(folder, 'pack', 'octowatch.db') };
    const before = readFileSync(inside.OCTOWATCH_DB);

    const listed = await octowatch(['query', 'SELECT count(*) AS n FROM findings', '--format', 'csv'], {
      cwd: folder,
      env: inside,
    });

    expect(listed.stdout).toMatch(/^n\r\n[1-9]\d*\r\n$/);
    expect(readFileSync(inside.OCTOWATCH_DB).equals(before)).toBe(true);
  });

  it.each([
    [['--from', '2026-02-30', '--to', '2026-03-02', '--out', 'x'], 'a day that exists'],
    [['--from', '2026-03-02', '--to', '2026-03-01', '--out', 'x'], '--from lies after --to'],
    [[...PERIOD, '--out', 'pack'], 'is not empty'],
    [PERIOD, '--out'],
  ])('of %j is wrong usage', async (args, said) => {
    const result = await octowatch(['export', ...args], { cwd: folder, env });

    expect(result.code).toBe(2);
    expect(result.stderr).toContain(said);
  });
});
