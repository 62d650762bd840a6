import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import type { CheckResult } from '../../src/pipeline/doctor.ts';
import { MONITOR_KEY, queuedByAlice } from '../support/small-history.ts';
import { type Stage, startStage } from '../support/stage.ts';
import { octowatch } from './octowatch.ts';

async function start(): Promise<Stage> {
  const stage = await startStage();
  stage.state.now = Date.now;
  stage.state.addEvent(queuedByAlice('Events-1', Date.now() - 86_400_000, 1));
  return stage;
}

const run = (stage: Stage, args: readonly string[], env: Record<string, string> = {}) =>
  octowatch(['doctor', ...args], {
    cwd: stage.folder,
    env: {
      OCTOPUS_URL: stage.server.url,
      OCTOPUS_API_KEY: MONITOR_KEY,
      OCTOWATCH_TIMEZONE: 'Europe/London',
      ...env,
    },
  });

describe('octowatch doctor', () => {
  it('exits 0 where nothing failed, and says what was seen in a list', async () => {
    const stage = await start();
    const { code, stdout } = await run(stage, []);

    expect(code).toBe(0);
    expect(stdout).toMatch(/^This machine\nok {7}configuration: /);
    expect(stdout).toMatch(/^Instance default$/m);
    expect(stdout).toMatch(/^\d+ checks: \d+ ok, \d+ warnings?, 0 failed, \d+ skipped$/m);
  });

  it('exits 3 where something failed, with the same checks as JSON', async () => {
    const stage = await start();
    stage.state.revokeKey(MONITOR_KEY);
    const { code, stderr, stdout } = await run(stage, ['--format', 'json']);
    const results = JSON.parse(stdout) as CheckResult[];

    expect(code).toBe(3);
    expect(results.filter((one) => one.status === 'failed').map((one) => [one.check, one.instance])).toEqual([
      ['key', 'default'],
    ]);
    for (const one of results) expect(Object.keys(one)).toEqual(['check', 'instance', 'status', 'seen', 'fix']);
    expect(stdout + stderr).not.toContain(MONITOR_KEY);
  });

  it('exits 2 with every mistake of the configuration, and asks nobody anything', async () => {
    const stage = await start();
    writeFileSync(path.join(stage.folder, 'octowatch.yaml'), 'timezone: Europe/Nowhere\n');
    const { code, stderr } = await run(stage, [], { OCTOWATCH_POLL_INTERVAL: 'often', OCTOWATCH_TIMEZONE: '' });

    expect(code).toBe(2);
    expect(stderr).toContain('Europe/Nowhere');
    expect(stderr).toContain('OCTOWATCH_POLL_INTERVAL');
    expect(stage.server.requests).toEqual([]);
  });

  it('refuses --send-test beside --health', async () => {
    const stage = await start();

    expect(await run(stage, ['--health', '--send-test'])).toMatchObject({ code: 2 });
  });
});
