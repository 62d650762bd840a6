import { describe, expect, it } from 'vitest';
import { apiKeyActor, deploymentQueued, unrestricted } from '../../src/demo/index.ts';
import { daysAgo, keyOf } from '../support/keys.ts';
import {
  alice,
  deployer,
  deployment,
  emptyServer,
  NOON,
  passwordEdit,
  queuedByAlice,
} from '../support/small-history.ts';
import { type Stage, startStage } from '../support/stage.ts';

const DAY_MS = 86_400_000;
const at = (days: number) => NOON - days * DAY_MS;

const robot = keyOf('ROBOT', { purpose: 'release robot', createdAt: daysAgo(300), lastUsedAt: daysAgo(30) });
const reader = keyOf('READER', { purpose: 'wall dashboard', lastUsedAt: daysAgo(0), accessLevel: 'ReadOnly' });
const twins = ['A', 'B'].map((name) => keyOf(`TWIN-${name}`, { purpose: 'backup job', lastUsedAt: daysAgo(2) }));
const agent = keyOf('AGENT', {
  userId: alice.id,
  purpose: 'coding agent',
  lastUsedAt: daysAgo(1),
  actorType: 'AiAgent',
});

/** Keys of each kind on a server of some version, with 40 days of history. */
async function stageOf(serverVersion: string): Promise<Stage> {
  const state = emptyServer(() => NOON);
  state.serverVersion = serverVersion;
  state.apiKeys = [robot, reader, ...twins, agent];
  state.permissions.set(deployer.id, {
    ...(state.permissions.get('Users-1') as NonNullable<ReturnType<typeof state.permissions.get>>),
    SystemPermissions: [],
    SpacePermissions: { DeploymentCreate: [unrestricted('Spaces-1')] },
  });
  state.addEvent(queuedByAlice('Events-1', at(40), 1));
  const byKey = (id: string, key: typeof robot, days: number, number: number) =>
    deploymentQueued({
      id,
      at: at(days),
      actor: apiKeyActor(deployer, key, '203.0.113.5'),
      deployment: deployment(number, { id: 'Environments-2', name: 'Staging' }),
    });
  state.addEvent(byKey('Events-2', robot, 30, 2));
  state.addEvent(byKey('Events-3', twins[0] ?? robot, 2, 3));
  const stage = await startStage({ state, env: { OCTOWATCH_BACKFILL: '90d' } });
  await stage.runOnce();
  return stage;
}

function ledger(stage: Stage) {
  const rows = stage.rows(
    `SELECT key_id, state, state_reason, last_used_at, last_used_source, audit_idle_days, owner_kind, powers,
       is_powers_complete, access_level FROM api_keys`,
  );
  return (id: string) => rows.find((row) => row['key_id'] === `apikeys-${id}`);
}

describe.each(['2021.3.12725', '2023.1.9794'])('a server of version %s', (version) => {
  it('does not know when keys are used: the ledger says what the audit log shows, and how far back it reaches', async () => {
    const key = ledger(await stageOf(version));

    expect(key('ROBOT')).toMatchObject({
      state: 'unknown',
      last_used_at: daysAgo(30),
      last_used_source: 'audit',
      audit_idle_days: 30,
      state_reason: `This server does not record when keys are used; no audited write for 30 days; the last known was at ${daysAgo(30)}; reads are not audited.`,
    });
    expect(key('READER')).toMatchObject({
      state: 'unknown',
      last_used_at: null,
      last_used_source: null,
      audit_idle_days: 40,
      state_reason:
        'This server does not record when keys are used; no audited write in the 40 days of stored history; reads are not audited.',
    });
  });

  it('does not tell twins apart: neither is called idle for longer than both are', async () => {
    const key = ledger(await stageOf(version));

    for (const id of ['TWIN-A', 'TWIN-B']) {
      expect(key(id)).toMatchObject({ state: 'unknown', last_used_at: null, audit_idle_days: 2 });
      expect(key(id)?.['state_reason']).toContain('may have been made with it');
    }
  });

  it('knows no read-only keys and no agents, but what accounts may do', async () => {
    const key = ledger(await stageOf(version));

    expect(key('READER')).toMatchObject({ powers: '["deploy_production","deploy"]', access_level: null });
    expect(key('AGENT')).toMatchObject({ owner_kind: 'human', is_powers_complete: 1 });
    expect(key('ROBOT')).toMatchObject({ owner_kind: 'service' });
  });

  it('gives no key to whoever looks for unused ones', async () => {
    const stage = await stageOf(version);

    expect(stage.column('SELECT count(*) FROM api_keys WHERE idle_days IS NOT NULL')).toEqual([0]);
    expect(stage.finding('unused_api_key')).toBeUndefined();
  });
});

describe('a server of version 2026.3', () => {
  it('knows use, access and agents', async () => {
    const key = ledger(await stageOf('2026.3.15600'));

    expect(key('ROBOT')).toMatchObject({ state: 'used', last_used_source: 'server', audit_idle_days: null });
    expect(key('READER')).toMatchObject({ powers: '[]', access_level: 'ReadOnly' });
    expect(key('AGENT')).toMatchObject({ owner_kind: 'agent' });
    expect(key('TWIN-A')).toMatchObject({ last_used_at: daysAgo(2), audit_idle_days: null });
  });

  it('does not know the use of keys older than its knowledge: then the audit log speaks', async () => {
    const state = emptyServer(() => NOON);
    state.apiKeys = [keyOf('OLD', { isLastUsedKnown: false })];
    state.addEvent(queuedByAlice('Events-1', at(3), 1));
    const stage = await startStage({ state });

    await stage.runOnce();

    expect(ledger(stage)('OLD')).toMatchObject({
      state: 'unknown',
      audit_idle_days: 3,
      state_reason:
        'The server does not know when this key was last used; no audited write in the 3 days of stored history; reads are not audited.',
    });
  });
});

describe('the powers in the ledger', () => {
  it('stay as last read when permissions cannot be read, and follow them when they can', async () => {
    const stage = await stageOf('2026.3.15600');
    const refusal = { kind: 'status', status: 403, body: {}, path: /Users-3\/permissions/, times: 1000 } as const;
    stage.server.faults.next(refusal);
    stage.clock.advance(DAY_MS);
    await stage.runOnce();
    const refused = ledger(stage)('ROBOT');
    stage.server.faults.clear();
    stage.state.permissions.delete(deployer.id);
    stage.clock.advance(DAY_MS);

    await stage.runOnce();

    expect(refused).toMatchObject({ powers: '["deploy_production","deploy"]' });
    expect(ledger(stage)('ROBOT')?.['powers']).toContain('administer');
    expect(stage.rows("SELECT system_permissions, is_access_complete FROM accounts WHERE user_id = 'Users-3'")).toEqual(
      [{ system_permissions: expect.stringContaining('AdministerSystem'), is_access_complete: 1 }],
    );
  });

  it('are not known of an account whose permissions were never readable', async () => {
    const state = emptyServer(() => NOON);
    state.apiKeys = [keyOf('A')];
    const stage = await startStage({ state });
    const refusal = { kind: 'status', status: 403, body: {}, path: /Users-3\/permissions/, times: 1000 } as const;
    stage.server.faults.next(refusal);

    const { isComplete } = await stage.runOnce();

    expect(isComplete).toBe(true);
    expect(ledger(stage)('A')).toMatchObject({ state: 'never_used', powers: null, is_powers_complete: null });
    expect(stage.rows("SELECT system_permissions, space_permissions FROM accounts WHERE user_id = 'Users-3'")).toEqual([
      { system_permissions: null, space_permissions: null },
    ]);
  });

  it('are called unused only when 100 days of history show no use of them', async () => {
    const state = emptyServer(() => NOON);
    const admin = keyOf('ADMIN', { userId: alice.id, lastUsedAt: daysAgo(0) });
    const young = keyOf('YOUNG', { userId: alice.id, createdAt: daysAgo(60), lastUsedAt: daysAgo(0) });
    state.apiKeys = [admin, young];
    const actor = apiKeyActor(alice, admin, '192.0.2.10');
    state.addEvent(queuedByAlice('Events-1', at(100), 1));
    state.addEvent(deploymentQueued({ id: 'Events-2', at: at(95), actor, deployment: deployment(2) }));
    const edit = passwordEdit('Events-3', at(5));
    state.addEvent({ ...edit, UserId: alice.id, ApiKeyId: admin.id, ApiKeyHint: admin.hint });
    const stage = await startStage({ state, env: { OCTOWATCH_BACKFILL: '120d' } });
    const unused = () => stage.rows('SELECT key_id, unused_powers FROM api_keys ORDER BY 1');

    await stage.runOnce();
    const before = unused();
    state.addEvent(deploymentQueued({ id: 'Events-4', at: at(0) + 1000, actor, deployment: deployment(4) }));
    stage.clock.advance(60_000);
    await stage.runOnce();

    expect(before).toEqual([
      { key_id: 'apikeys-ADMIN', unused_powers: '["deploy_production","manage_users"]' },
      { key_id: 'apikeys-YOUNG', unused_powers: null },
    ]);
    expect(unused()[0]).toEqual({ key_id: 'apikeys-ADMIN', unused_powers: '["manage_users"]' });
  });

  it('say nothing of silence while a part of the past is still to be read', async () => {
    const stage = await stageOf('2023.1.9794');
    stage.clock.advance(3 * DAY_MS);
    stage.server.faults.next({ kind: 'status', status: 403, body: {}, path: /from=/, times: 1000 });

    await stage.runOnce();

    expect(ledger(stage)('READER')).toMatchObject({ state: 'unknown', audit_idle_days: null });
    expect(ledger(stage)('READER')?.['state_reason']).toContain('not known');
  });
});

describe('an instance with 300 accounts', () => {
  it('is read whole, and one list that fails costs its own keys only', async () => {
    const state = emptyServer(() => NOON);
    const [, person] = state.users;
    if (!person) throw new Error('no person');
    const users = Array.from({ length: 300 }, (_, n) => ({ ...person, id: `Users-${n + 100}`, username: `user${n}` }));
    state.users.push(...users);
    // The server gives at most 30 rows a page; the first account holds more.
    state.maxTake = 30;
    const many = Array.from({ length: 65 }, (_, n) =>
      keyOf(`M${n}`, { userId: 'Users-100', createdAt: daysAgo(n + 1) }),
    );
    const singles = users.slice(1).map(({ id }) => keyOf(id, { userId: id }));
    state.apiKeys = [...many, ...singles];
    const stage = await startStage({ state });
    stage.server.faults.next({ kind: 'status', status: 403, body: {}, path: /Users-222\/apikeys/, times: 10 });

    const { isComplete } = await stage.runOnce();

    expect(isComplete).toBe(true);
    expect(stage.column('SELECT count(*) FROM api_keys')).toEqual([65 + 298]);
    expect(stage.column("SELECT count(*) FROM api_keys WHERE user_id = 'Users-100'")).toEqual([65]);
    expect(stage.column('SELECT count(*) FROM api_keys WHERE powers IS NULL')).toEqual([0]);
    expect(stage.server.requests.filter(({ path }) => path.endsWith('/permissions'))).toHaveLength(300);
  });
});
