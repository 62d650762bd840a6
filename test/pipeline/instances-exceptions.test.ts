import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, it } from 'vitest';
import { draftsOf } from '../../src/cli/exceptions-drafts.ts';
import { renderException } from '../../src/detect/index.ts';
import { createEventJudge } from '../../src/enrich/index.ts';
import { createZone } from '../../src/lib/zone.ts';
import { targetsOfSubject } from '../../src/pipeline/exception-target.ts';
import { CHECKOUT } from '../support/checkout.ts';
import { type Instances, startInstances } from '../support/instances.ts';
import { NOON } from '../support/small-history.ts';
import { twoServers } from '../support/two-servers.ts';

const SAID = {
  ...{ owner: 'ann', approvedBy: 'bob', reason: 'an agreed release', from: '2026-03-01', expires: '2026-03-31' },
  name: 'agreed_release',
};

/** The exception file that the command `exceptions add --finding` makes. */
function exceptionFrom(stage: Instances, findingId: number): string {
  const app = stage.createApp();
  try {
    const finding = app.store.findings.get(findingId);
    if (!finding) throw new Error('the finding is gone');
    const { config, pack, store } = app;
    const targets = targetsOfSubject({
      ...{ store, pack, finding, keys: config, judge: createEventJudge(config), nowMs: NOON },
    });
    return renderException(draftsOf(targets, SAID, pack, createZone('UTC'), NOON));
  } finally {
    app.close();
  }
}

it.each([
  ['a deployment', 'off_hours_production_deploy'],
  ['a key', 'admin_api_key'],
])('an exception made from a finding about %s hides nothing of the same id on another instance', async (_, rule) => {
  const env = { OCTOWATCH_RULES: `${path.join(CHECKOUT, 'rules')},mine` };
  const stage = await startInstances(twoServers(), { env });
  mkdirSync(path.join(stage.folder, 'mine'));
  await stage.runOnce();
  const [found] = stage.column("SELECT finding_id FROM findings WHERE instance = 'eu' AND rule = ?", rule);

  const file = exceptionFrom(stage, Number(found));
  writeFileSync(path.join(stage.folder, 'mine', 'agreed.yml'), file);
  for (const suffix of ['', '-wal', '-shm']) rmSync(`${stage.db}${suffix}`, { force: true });
  await stage.runOnce();

  expect(stage.rows('SELECT DISTINCT instance, suppressed_by FROM signals WHERE rule = ? ORDER BY 1', rule)).toEqual([
    { instance: 'eu', suppressed_by: 'agreed_release' },
    { instance: 'main', suppressed_by: null },
  ]);
});

it('an exception made where one instance is watched does not name it', async () => {
  const { main } = twoServers();
  const stage = await startInstances({ main });
  await stage.runOnce();
  const [found] = stage.column("SELECT finding_id FROM findings WHERE rule = 'off_hours_production_deploy'");

  const file = exceptionFrom(stage, Number(found));

  expect(file).toContain('Deployments-1');
  expect(file).not.toContain('Instance');
});
