import { describe, expect, it } from 'vitest';
import { daysAgo, keyOf } from '../support/keys.ts';
import { deployer, emptyServer, NOON } from '../support/small-history.ts';
import { type Stage, startStage } from '../support/stage.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

async function stageWith(...keys: ReturnType<typeof keyOf>[]): Promise<Stage> {
  const state = emptyServer(() => NOON);
  state.apiKeys = keys;
  const stage = await startStage({ state });
  await stage.runOnce();
  return stage;
}

async function readAgain(stage: Stage, after: number = HOUR): Promise<void> {
  stage.clock.advance(after);
  await stage.runOnce();
}

function history(stage: Stage) {
  return stage
    .rows('SELECT key_id, change, before, after FROM _api_key_changes ORDER BY change_id')
    .map(({ key_id: key, change, before, after }) => [key, change, before, after]);
}

function setUser(stage: Stage, id: string, facts: object): void {
  stage.state.users = stage.state.users.map((user) => (user.id === id ? { ...user, ...facts } : user));
}

const refuse = (stage: Stage, path: RegExp, status = 403) =>
  stage.server.faults.next({ kind: 'status', status, body: {}, path, times: 1000 });

describe('the history of keys', () => {
  it('begins empty: what the first reading shows was there before', async () => {
    const stage = await stageWith(keyOf('A'));

    await readAgain(stage);

    expect(history(stage)).toEqual([]);
    expect(stage.rows('SELECT first_seen_at, read_at FROM api_keys')).toEqual([
      { first_seen_at: daysAgo(0), read_at: new Date(NOON + HOUR).toISOString() },
    ]);
  });

  it('says when a key appears, changes, goes and returns', async () => {
    const stage = await stageWith(keyOf('A'));

    stage.state.apiKeys.push(keyOf('B'));
    await readAgain(stage);
    stage.state.apiKeys = [keyOf('A', { purpose: 'renamed', accessLevel: 'ReadOnly', expiresAt: daysAgo(-9) })];
    await readAgain(stage);
    stage.state.apiKeys = [...stage.state.apiKeys, keyOf('B')];
    await readAgain(stage);

    expect(history(stage)).toEqual([
      ['apikeys-B', 'appeared', null, null],
      [
        'apikeys-A',
        'changed',
        '{"purpose":"purpose of A","expires_at":null,"access_level":"FullAccess"}',
        `{"purpose":"renamed","expires_at":"${daysAgo(-9)}","access_level":"ReadOnly"}`,
      ],
      ['apikeys-B', 'gone', null, null],
      ['apikeys-B', 'returned', null, null],
    ]);
  });

  it('calls nothing changed when a newer server begins to tell more', async () => {
    const state = emptyServer(() => NOON);
    state.serverVersion = '2023.1.9794';
    state.apiKeys = [keyOf('A')];
    const stage = await startStage({ state });
    await stage.runOnce();

    stage.state.serverVersion = '2026.3.15600';
    await readAgain(stage);

    expect(history(stage)).toEqual([]);
    expect(stage.column('SELECT access_level FROM api_keys')).toEqual(['FullAccess']);
  });

  it.each([
    ['its keys', /Users-3\/apikeys/],
    ['the users', /\/api\/users(\/all)?(\?|$)/],
  ])('learns nothing from a reading in which %s failed', async (_what, path) => {
    const stage = await stageWith(keyOf('A'), keyOf('B'));
    stage.state.apiKeys = [keyOf('A'), keyOf('C')];
    refuse(stage, path);

    await readAgain(stage);

    expect(history(stage)).toEqual([]);
    expect(stage.column('SELECT key_id FROM api_keys ORDER BY 1')).toEqual(['apikeys-A', 'apikeys-B']);
  });

  it('calls no key new that an earlier reading could not have shown', async () => {
    const state = emptyServer(() => NOON);
    state.apiKeys = [keyOf('A')];
    const stage = await startStage({ state });
    refuse(stage, /Users-3\/apikeys/);
    await stage.runOnce();
    stage.server.faults.clear();

    await readAgain(stage);

    expect(stage.column('SELECT key_id FROM api_keys')).toEqual(['apikeys-A']);
    expect(history(stage)).toEqual([]);
  });

  it('calls no key new whose account an incomplete list left out', async () => {
    const state = emptyServer(() => NOON);
    state.apiKeys = [keyOf('A')];
    const stage = await startStage({ state });
    const users = state.users;
    // A user without an id cannot be read, and then the list is not whole.
    stage.state.users = users.map((user) => (user.id === deployer.id ? { ...user, id: '' } : user));
    await stage.runOnce();

    stage.state.users = users;
    await readAgain(stage);

    expect(stage.column('SELECT count(*) FROM _api_keys')).toEqual([1]);
    expect(history(stage)).toEqual([]);
  });

  it('calls the keys of a new account new', async () => {
    const stage = await stageWith(keyOf('A'));
    const [, alice] = stage.state.users;
    if (!alice) throw new Error('no alice');
    stage.state.users.push({ ...alice, id: 'Users-77', username: 'newcomer' });
    stage.state.apiKeys.push(keyOf('N', { userId: 'Users-77' }));

    await readAgain(stage);

    expect(history(stage)).toEqual([['apikeys-N', 'appeared', null, null]]);
  });

  it('says of each key when its owner is disabled and enabled again', async () => {
    const stage = await stageWith(keyOf('A'));

    setUser(stage, deployer.id, { isActive: false });
    await readAgain(stage);
    setUser(stage, deployer.id, { isActive: true });
    await readAgain(stage);
    await readAgain(stage, 2 * DAY);

    expect(history(stage).map(([, change]) => change)).toEqual(['owner_disabled', 'owner_enabled']);
    expect(stage.rows("SELECT disabled_seen_at, enabled_again_at FROM accounts WHERE user_id = 'Users-3'")).toEqual([
      {
        disabled_seen_at: new Date(NOON + HOUR).toISOString(),
        enabled_again_at: new Date(NOON + 2 * HOUR).toISOString(),
      },
    ]);
  });

  it('ends the keys of an account that is deleted', async () => {
    const stage = await stageWith(keyOf('A'));
    stage.state.users = stage.state.users.filter((user) => user.id !== deployer.id);
    stage.state.apiKeys = [];

    await readAgain(stage);

    expect(history(stage)).toEqual([['apikeys-A', 'gone', null, null]]);
    expect(stage.column('SELECT key_id FROM api_keys')).toEqual([]);
  });
});

describe('a rotation', () => {
  const old = keyOf('OLD', { purpose: 'release bot', lastUsedAt: daysAgo(0) });
  const successor = keyOf('NEW', { purpose: 'Release Bot', createdAt: new Date(NOON + HOUR / 2).toISOString() });

  it('is seen from its beginning to its end', async () => {
    const stage = await stageWith(old);
    const state = () => stage.rows("SELECT rotation_state, successor_id FROM api_keys WHERE key_id = 'apikeys-OLD'")[0];

    stage.state.apiKeys = [old, successor];
    await readAgain(stage);
    const atFirst = state();
    await readAgain(stage, 8 * DAY);
    const later = state();
    stage.state.apiKeys = [{ ...old, lastUsedAt: new Date(NOON + 5 * DAY).toISOString() }, successor];
    await readAgain(stage);
    const used = state();
    stage.state.apiKeys = [successor];
    await readAgain(stage);

    expect([atFirst, later, used].map((one) => one?.['rotation_state'])).toEqual([
      'overlapping',
      'stalled',
      'old_key_used',
    ]);
    expect(atFirst).toMatchObject({ successor_id: 'apikeys-NEW' });
    expect(history(stage)).toEqual([
      ['apikeys-NEW', 'appeared', null, null],
      ['apikeys-OLD', 'successor', null, 'apikeys-NEW'],
      ['apikeys-OLD', 'gone', null, null],
      ['apikeys-OLD', 'rotation_finished', null, 'apikeys-NEW'],
    ]);
  });

  it('is seen where one reading showed the old key and the next the new one', async () => {
    const stage = await stageWith(old);
    stage.state.apiKeys = [successor];

    await readAgain(stage);

    expect(history(stage).map(([key, change]) => [key, change])).toEqual([
      ['apikeys-NEW', 'appeared'],
      ['apikeys-OLD', 'gone'],
      ['apikeys-OLD', 'rotation_finished'],
    ]);
  });

  it('is finished once, by expiry, and not again when the expired key is cleared away', async () => {
    const ending = { ...old, expiresAt: new Date(NOON + DAY).toISOString() };
    const stage = await stageWith(ending);
    stage.state.apiKeys = [ending, successor];
    await readAgain(stage);
    await readAgain(stage, 2 * DAY);
    stage.state.apiKeys = [successor];

    await readAgain(stage);

    expect(history(stage).map(([, change]) => change)).toEqual(['appeared', 'successor', 'rotation_finished', 'gone']);
  });

  it('goes on while the list of its account cannot be read', async () => {
    const stage = await stageWith(old);
    stage.state.apiKeys = [old, successor];
    await readAgain(stage);
    stage.state.apiKeys = [successor];
    refuse(stage, /Users-3\/apikeys/);

    await readAgain(stage);

    expect(stage.column("SELECT rotation_state FROM api_keys WHERE key_id = 'apikeys-OLD'")).toEqual(['overlapping']);
    expect(history(stage).map(([, change]) => change)).toEqual(['appeared', 'successor']);
  });
});
