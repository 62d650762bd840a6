import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { loadConfig } from '../../src/config.ts';
import { apiKeyActor, deploymentQueued, loginSucceeded } from '../../src/demo/index.ts';
import { loadRulePack } from '../../src/detect/index.ts';
import { createEventJudge } from '../../src/enrich/index.ts';
import { backtest } from '../../src/pipeline/backtest.ts';
import { openStore } from '../../src/store/index.ts';
import { alice, deployer, deployKey, deployment, emptyServer, NOON, started } from '../support/small-history.ts';
import { type Stage, startStage } from '../support/stage.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const STAGING = { id: 'Environments-2', name: 'Staging' };
const oldKey = { id: 'apikeys-OLD', purpose: 'old pipeline', hint: 'API-OLDP', createdAt: '2025-03-01T09:00:00.000Z' };

/** One rule for each answer of the register, so that signals show what records held. */
const RULES = [
  ...['InNetwork', 'InEnvironment', 'InHours', 'IsRegistered'].map((name) =>
    ruleOf(`not_${name.toLowerCase()}`, 'service: audit', `ApiKey.${name}`),
  ),
  ruleOf('unregistered', 'category: api_key', 'Registered'),
].join('---\n');

function ruleOf(name: string, source: string, field: string): string {
  return `title: Without ${field}
name: ${name}
status: test
logsource: { product: octopus, ${source} }
detection: { selection: { ${field}: false }, condition: selection }
level: low
octowatch:
  summary: without ${field}
  why: a test
  examples:
    fires: [{ name: a, records: [{ at: "+00:00", ${field}: false }], expect: [${name}] }]
    quiet: [{ name: b, records: [{ at: "+00:00", ${field}: true }] }]
`;
}

const KEYS = `keys:
  - match: { account: svc-deploy, purpose: nightly* }
    owner: platform team
    system: CI
    networks: [203.0.113.0/24]
    environments: [Staging]
    hours: { mon-sun: "06:00-20:00" }
    rotate: 30d
  - match: { account: nobody-* }
    owner: unassigned
`;

async function stageWith(keys: string | null): Promise<Stage> {
  const state = emptyServer(() => NOON);
  state.apiKeys = [deployKey, oldKey].map((key) => ({
    ...key,
    userId: deployer.id,
    ...{
      expiresAt: null,
      lastUsedAt: null,
      isLastUsedKnown: false,
      accessLevel: 'FullAccess' as const,
      actorType: 'User' as const,
    },
  }));
  const stage = await startStage({ state, env: { OCTOWATCH_RULES: 'mine' } });
  mkdirSync(path.join(stage.folder, 'mine'));
  writeFileSync(path.join(stage.folder, 'mine', 'register.yml'), RULES);
  if (keys !== null) writeFileSync(path.join(stage.folder, 'keys.yml'), keys);
  return stage;
}

function byKey(id: string, at: number, number: number, ipAddress = '203.0.113.5', key = deployKey, to = STAGING) {
  return deploymentQueued({ id, at, actor: apiKeyActor(deployer, key, ipAddress), deployment: deployment(number, to) });
}

const SIGNALS = "SELECT rule || ' ' || event_id FROM signals WHERE rule LIKE 'not!_%' ESCAPE '!' ORDER BY 1";

/** What the same rules and register find in the stored events. */
async function replayed(stage: Stage): Promise<unknown[]> {
  const config = loadConfig({ env: { OCTOWATCH_RULES: 'mine' }, cwd: stage.folder, needs: 'rules' });
  const source = openStore(stage.db, { monitorVersion: 'test' });
  const replay = await backtest({
    source,
    pack: loadRulePack(config.rulesPaths),
    judge: createEventJudge(config),
    calendar: config.calendar.describe(),
    fromInstant: '2026-01-01T00:00:00.000Z',
  });
  const signals = replay.db.prepare(SIGNALS).pluck().all();
  replay.close();
  source.close();
  return signals;
}

describe('the key register', () => {
  it('says of each act with a key whether network, environment and hours are as they should be, live as in a replay', async () => {
    const stage = await stageWith(KEYS);
    stage.state.addEvent(byKey('Events-1', NOON - 3 * HOUR, 1));
    stage.state.addEvent(byKey('Events-2', NOON - 3 * HOUR, 2, '198.51.100.9'));
    stage.state.addEvent(
      byKey('Events-3', NOON - 3 * HOUR, 3, '203.0.113.5', deployKey, { id: 'Environments-1', name: 'Production' }),
    );
    stage.state.addEvent(started('Events-4', NOON - 2 * HOUR, 3));
    stage.state.addEvent(byKey('Events-5', NOON - 12 * HOUR, 5));
    stage.state.addEvent(byKey('Events-6', NOON - 3 * HOUR, 6, '198.51.100.9', oldKey));

    await stage.runOnce();

    const found = [
      'not_inenvironment Events-3',
      'not_inenvironment Events-4',
      'not_inhours Events-5',
      'not_innetwork Events-2',
      'not_isregistered Events-6',
    ];
    expect(stage.column(SIGNALS)).toEqual(found);
    expect(await replayed(stage)).toEqual(found);
  });

  it('does not judge networks where a proxy hides them, not in a replay either', async () => {
    const stage = await stageWith(KEYS);
    for (let index = 0; index < 30; index++) {
      const at = NOON - 20 * HOUR + index * MINUTE;
      stage.state.addEvent(loginSucceeded({ id: `Events-${100 + index}`, at, user: alice, ipAddress: '10.0.0.1' }));
    }
    stage.state.addEvent(byKey('Events-1', NOON - 3 * HOUR, 1, '10.0.0.1'));
    stage.state.addEvent(byKey('Events-2', NOON - 12 * HOUR, 2, '10.0.0.1'));

    await stage.runOnce();

    expect(stage.column(SIGNALS)).toEqual(['not_inhours Events-2']);
    expect(await replayed(stage)).toEqual(['not_inhours Events-2']);
  });

  it('stands beside the ledger in view api_keys, and a key without an entry is found', async () => {
    const stage = await stageWith(KEYS.replace('platform team', 'unassigned'));

    await stage.runOnce();

    expect(
      stage.rows(
        'SELECT key_id, is_registered, owner, system, register_drift, rotation_due_at FROM api_keys ORDER BY key_id',
      ),
    ).toEqual([
      {
        key_id: 'apikeys-DEPLOY',
        ...{ is_registered: 1, owner: null, system: 'CI', rotation_due_at: '2026-02-04T09:00:00.000Z' },
        register_drift: '["nobody answers for it: its owner is unassigned"]',
      },
      {
        key_id: 'apikeys-OLD',
        ...{ is_registered: 0, owner: null, system: null, rotation_due_at: null, register_drift: null },
      },
    ]);
    expect(stage.column("SELECT event_id FROM signals WHERE rule = 'unregistered'")).toEqual(['apikeys-OLD']);
  });

  it('may not be there: then nothing is said of keys and acts', async () => {
    const stage = await stageWith(null);
    stage.state.addEvent(byKey('Events-6', NOON - 3 * HOUR, 6, '198.51.100.9', oldKey));

    await stage.runOnce();

    expect(stage.column('SELECT DISTINCT is_registered FROM api_keys')).toEqual([null]);
    expect(stage.column('SELECT rule FROM signals')).toEqual([]);
  });

  it('that is taken away takes its answers with it, and findings about it end', async () => {
    const stage = await stageWith(KEYS);
    await stage.runOnce();
    const before = stage.finding('unregistered');
    writeFileSync(path.join(stage.folder, 'keys.yml'), 'keys:\n  - { match: { account: "*" }, owner: me }\n');
    stage.clock.advance(HOUR);

    await stage.runOnce();

    expect(before).toMatchObject({ status: 'open' });
    expect(stage.finding('unregistered')).toMatchObject({ status: 'resolved', resolution: 'configuration_changed' });
    expect(stage.rows('SELECT owner, system, rotation_due_at FROM api_keys')).toEqual([
      { owner: 'me', system: null, rotation_due_at: null },
      { owner: 'me', system: null, rotation_due_at: null },
    ]);
  });

  it('with entries about no key is warned of at the start, once the keys are known', async () => {
    const stage = await stageWith(KEYS);
    const warnings = () =>
      stage.log.filter(({ text }) => text === 'an entry of the key register has no effect').map(({ data }) => data);
    await stage.runOnce();
    const first = warnings();

    await stage.runOnce();

    expect(first).toEqual([]);
    expect(warnings()).toEqual([{ entry: 'keys.yml:9 (account `nobody-*`) is about no key' }]);
  });
});
