import { describe, expect, it } from 'vitest';
import { loginFailed, loginSucceeded } from '../../src/demo/index.ts';
import { alice, deployer, emptyServer, NOON } from '../support/small-history.ts';
import { startStage } from '../support/stage.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

type Key = ReturnType<typeof emptyServer>['apiKeys'][number];

function daysAgo(days: number): string {
  return new Date(NOON - days * DAY).toISOString();
}

function key(id: string, facts: Partial<Key> = {}): Key {
  return {
    id,
    userId: deployer.id,
    purpose: `purpose of ${id}`,
    hint: 'API-FICT',
    createdAt: daysAgo(400),
    expiresAt: null,
    lastUsedAt: null,
    isLastUsedKnown: true,
    accessLevel: 'FullAccess',
    actorType: 'User',
    ...facts,
  };
}

describe('the ledger of API keys', () => {
  it('says of each key whether it is used, and only live keys of live accounts are found unused', async () => {
    const state = emptyServer(() => NOON);
    const [, aliceAsUser] = state.users;
    if (!aliceAsUser) throw new Error('no alice');
    state.users = [
      ...state.users,
      { ...aliceAsUser, id: 'Users-9', username: 'erin', displayName: 'Erin', isActive: false },
    ];
    state.apiKeys = [
      key('apikeys-USED', { lastUsedAt: daysAgo(89) }),
      key('apikeys-UNUSED', { lastUsedAt: daysAgo(90) }),
      key('apikeys-NEVER', { createdAt: daysAgo(14) }),
      key('apikeys-NEW', { createdAt: daysAgo(13) }),
      key('apikeys-UNKNOWN', { isLastUsedKnown: false }),
      key('apikeys-EXPIRED', { lastUsedAt: daysAgo(200), expiresAt: daysAgo(1) }),
      key('apikeys-ERIN', { userId: 'Users-9', lastUsedAt: daysAgo(200) }),
    ];
    const stage = await startStage({ state });

    await stage.runOnce();

    const states = stage.rows('SELECT key_id, state FROM api_keys ORDER BY key_id');
    expect(Object.fromEntries(states.map((row) => [row['key_id'], row['state']]))).toEqual({
      'apikeys-ERIN': 'unused',
      'apikeys-EXPIRED': 'expired',
      'apikeys-NEVER': 'never_used',
      'apikeys-NEW': 'never_used',
      'apikeys-UNKNOWN': 'unknown',
      'apikeys-UNUSED': 'unused',
      'apikeys-USED': 'used',
    });
    const found = stage.column("SELECT event_id FROM signals WHERE rule = 'unused_api_key' ORDER BY 1");
    expect(found).toEqual(['apikeys-NEVER', 'apikeys-UNUSED']);
  });

  it('opens the finding on the day the grace of a key that was never used ends', async () => {
    const state = emptyServer(() => NOON);
    state.apiKeys = [key('apikeys-NEW', { createdAt: daysAgo(13) })];
    const stage = await startStage({ state });
    await stage.runOnce();
    const before = stage.finding('unused_api_key');
    stage.clock.advance(DAY);

    await stage.runOnce();

    expect(before).toBeUndefined();
    expect(stage.finding('unused_api_key')).toMatchObject({ level: 'medium', status: 'open' });
  });

  it.each([403, 500])(
    'learns nothing from a list that fails with %i, but the other users are judged',
    async (status) => {
      const state = emptyServer(() => NOON);
      state.apiKeys = [
        key('apikeys-SVC', { lastUsedAt: daysAgo(100) }),
        key('apikeys-ALICE', { userId: alice.id, lastUsedAt: daysAgo(100) }),
      ];
      const stage = await startStage({ state });
      const body = { ErrorMessage: 'You do not have permission' };
      stage.server.faults.next({ kind: 'status', status, body, path: /Users-3\/apikeys/, times: 1000 });

      const { isComplete } = await stage.runOnce();

      expect(isComplete).toBe(true);
      expect(stage.column('SELECT key_id FROM api_keys')).toEqual(['apikeys-ALICE']);
      expect(stage.column("SELECT event_id FROM signals WHERE rule = 'unused_api_key'")).toEqual(['apikeys-ALICE']);
      expect(stage.log.some((line) => line.text === 'part of the inventory could not be read')).toBe(true);
    },
  );

  it('ends no finding when the list of users fails, for the owner may still be there', async () => {
    const state = emptyServer(() => NOON);
    state.apiKeys = [key('apikeys-SVC', { lastUsedAt: daysAgo(100) })];
    const stage = await startStage({ state });
    await stage.runOnce();
    stage.server.faults.next({
      kind: 'status',
      status: 403,
      body: {},
      path: /\/api\/users(\/all)?(\?|$)/,
      times: 1000,
    });

    await stage.runOnce();

    expect(stage.finding('unused_api_key')).toMatchObject({ status: 'open' });
    expect(stage.column('SELECT key_id FROM api_keys')).toEqual(['apikeys-SVC']);
  });

  it('ends the finding when the owner is disabled', async () => {
    const state = emptyServer(() => NOON);
    state.apiKeys = [key('apikeys-SVC', { lastUsedAt: daysAgo(100) })];
    const stage = await startStage({ state });
    await stage.runOnce();
    stage.state.users = stage.state.users.map((user) =>
      user.id === deployer.id ? { ...user, isActive: false } : user,
    );
    stage.clock.advance(MINUTE);

    await stage.runOnce();

    expect(stage.finding('unused_api_key')).toMatchObject({ status: 'resolved', resolution: 'ended' });
  });
});

describe('the inventory of places', () => {
  it('keeps environments of every space with their tags, and what has gone for the events that name it', async () => {
    const stage = await startStage();
    stage.state.spaces.push({ id: 'Spaces-2', name: 'Second', slug: 'second' });
    stage.state.environments.push({
      id: 'Environments-9',
      spaceId: 'Spaces-2',
      name: 'Blue',
      slug: 'blue',
      tags: ['tier/front'],
    });
    // The monitor of the small server sees the first space only.
    stage.state.permissions.clear();
    await stage.runOnce();
    stage.state.environments = stage.state.environments.filter((one) => one.id !== 'Environments-2');
    stage.clock.advance(MINUTE);

    await stage.runOnce();

    expect(
      stage.rows('SELECT environment_id, space_id, tags, gone_at IS NOT NULL AS is_gone FROM _environments ORDER BY 1'),
    ).toEqual([
      { environment_id: 'Environments-1', space_id: 'Spaces-1', tags: '[]', is_gone: 0 },
      { environment_id: 'Environments-2', space_id: 'Spaces-1', tags: '[]', is_gone: 1 },
      { environment_id: 'Environments-9', space_id: 'Spaces-2', tags: '["tier/front"]', is_gone: 0 },
    ]);
  });
});

describe('addresses behind a proxy', () => {
  it('that an earlier poll has shown to be a proxy’s do not stand for an account in a later one', async () => {
    const stage = await startStage();
    for (let index = 0; index < 30; index++) {
      const at = NOON - 20 * HOUR + index * MINUTE;
      stage.state.addEvent(loginSucceeded({ id: `Events-${index}`, at, user: alice, ipAddress: '10.0.0.1' }));
    }
    await stage.runOnce();
    stage.clock.advance(HOUR);
    for (let index = 0; index < 5; index++) {
      const at = NOON + 40 * MINUTE + index * MINUTE;
      const event = loginFailed({
        id: `Events-${100 + index}`,
        at,
        username: 'x',
        userId: null,
        ipAddress: '10.0.0.1',
      });
      stage.state.addEvent({ ...event, Message: 'Login failed', MessageReferences: [] });
    }

    await stage.runOnce();

    expect(stage.finding('repeated_auth_failures')).toMatchObject({ subject: 'unattributed', event_count: 5 });
    expect(stage.column('SELECT DISTINCT account FROM auth_failures')).toEqual(['unattributed']);
  });
});
