import { afterEach, describe, expect, test } from 'vitest';
import type { ApiKey } from '../../src/model/inventory.ts';
import { matchOwnKey, readInventory, readOwnAccess, readOwnKeys, readServerFacts } from '../../src/octopus/index.ts';
import { closeAll, numberOf, pageOf, sendJson, serve, startClient, startServer } from './support.ts';

afterEach(closeAll);

type Row = Readonly<Record<string, unknown>>;

const ada = { Id: 'Users-1', Username: 'ada.example', DisplayName: 'Ada', IsActive: true, IsService: false };
const robot = { Id: 'Users-2', Username: 'robot', IsActive: false, IsService: true, ServiceAccountType: 'Agent' };
const guest = { Id: 'Users-3', Username: 'guest' };

function keyJson(id: string, overrides: Row = {}): Row {
  return {
    Id: `apikeys-${id}`,
    Purpose: `purpose of ${id}`,
    UserId: 'Users-1',
    ApiKey: { HasValue: true, Hint: 'API-FIC', NewValue: null },
    Created: '2030-01-02T03:04:05.678+00:00',
    Expires: null,
    ...overrides,
  };
}

const permissions = {
  SystemPermissions: ['UserView', 'EventView'],
  SpacePermissions: {
    DeploymentCreate: [
      {
        SpaceId: 'Spaces-1',
        RestrictedToEnvironmentIds: ['Environments-2', 'Environments-1'],
        RestrictedToProjectIds: ['Projects-1'],
      },
      { SpaceId: 'Spaces-2', RestrictedToEnvironmentIds: [] },
    ],
    VariableEdit: [],
    RunbookRunCreate: null,
    ProjectView: [{ SpaceId: 'Spaces-1' }],
  },
  IsPermissionsComplete: true,
};

const whole: Record<string, unknown> = {
  '/api/users/all': [ada, robot],
  '/api/users/Users-1/permissions': permissions,
  '/api/users/Users-1/apikeys': pageOf([keyJson('a'), keyJson('b')], 0, 30),
  '/api/users/Users-2/apikeys': pageOf([], 0, 30),
  '/api/spaces/all': [{ Id: 'Spaces-1', Name: 'Default' }],
  '/api/Spaces-1/environments/all': [
    { Id: 'Environments-1', SpaceId: 'Spaces-1', Name: 'Prod', Slug: 'prod', EnvironmentTags: ['Stage/Live'] },
    { Id: 'Environments-2', Name: 'Dev' },
  ],
};

async function inventoryOf(answers: Record<string, unknown>, userIds?: readonly string[]) {
  const { url, calls } = await startServer(serve(answers));
  const options = userIds === undefined ? {} : { userIds };
  return { inventory: await readInventory(startClient(url, { giveUpAfterMs: 3000 }), options), calls };
}

describe('readInventory', () => {
  test('reads users, keys, spaces and environments', async () => {
    const { inventory } = await inventoryOf(whole);

    expect(inventory).toEqual({
      readAt: '2031-05-06T12:00:00.000Z',
      users: [
        {
          id: 'Users-1',
          username: 'ada.example',
          displayName: 'Ada',
          isActive: true,
          isService: false,
          serviceAccountType: null,
        },
        {
          id: 'Users-2',
          username: 'robot',
          displayName: null,
          isActive: false,
          isService: true,
          serviceAccountType: 'Agent',
        },
      ],
      apiKeys: ['a', 'b'].map((id) => ({
        id: `apikeys-${id}`,
        userId: 'Users-1',
        purpose: `purpose of ${id}`,
        hint: 'API-FIC',
        createdAt: '2030-01-02T03:04:05.678Z',
        expiresAt: null,
        lastUsed: null,
        accessLevel: null,
        actorType: null,
      })),
      access: [
        {
          userId: 'Users-1',
          systemPermissions: ['EventView', 'UserView'],
          spacePermissions: {
            DeploymentCreate: [
              { spaceId: 'Spaces-1', environmentIds: ['Environments-1', 'Environments-2'] },
              { spaceId: 'Spaces-2', environmentIds: [] },
            ],
          },
          isComplete: true,
        },
      ],
      spaces: [{ id: 'Spaces-1', name: 'Default' }],
      environments: [
        { id: 'Environments-1', spaceId: 'Spaces-1', name: 'Prod', slug: 'prod', tags: ['Stage/Live'] },
        { id: 'Environments-2', spaceId: 'Spaces-1', name: 'Dev', slug: null, tags: [] },
      ],
      freezes: [],
      complete: {
        users: true,
        spaces: true,
        environmentSpaceIds: ['Spaces-1'],
        apiKeyUserIds: ['Users-1', 'Users-2'],
        freezes: true,
      },
      problems: [],
    });
  });

  test('reads all pages of the keys of a user, a few users at a time', async () => {
    const users = Array.from({ length: 20 }, (_, n) => ({ ...ada, Id: `Users-${n}`, Username: `user${n}` }));
    let open = 0;
    let most = 0;
    const { url } = await startServer((call, response) => {
      if (call.path.endsWith('/permissions')) return sendJson(response, permissions);
      if (!call.path.endsWith('/apikeys')) return serve({ ...whole, '/api/users/all': users })(call, response);
      open += 1;
      most = Math.max(most, open);
      const keys = Array.from({ length: 7 }, (_, n) => keyJson(`${call.path.split('/')[3]}-${n}`));
      setTimeout(() => {
        open -= 1;
        sendJson(response, pageOf(keys, numberOf(call, 'skip'), 3));
      }, 5);
    });

    const inventory = await readInventory(startClient(url));

    expect(inventory.apiKeys).toHaveLength(140);
    expect(inventory.complete.apiKeyUserIds).toEqual(users.map(({ Id }) => Id));
    expect(inventory.access.map(({ userId }) => userId)).toEqual(users.map(({ Id }) => Id));
    expect(most).toBe(4);
  });

  test('reads the keys of some users only when told so', async () => {
    const { inventory, calls } = await inventoryOf(whole, ['Users-2']);

    expect(inventory.users).toHaveLength(2);
    expect(inventory.complete.apiKeyUserIds).toEqual(['Users-2']);
    expect(calls.map(({ path }) => path)).not.toContain('/api/users/Users-1/apikeys');
  });

  test.each([403, 404, 500])('goes on when the keys of one user are refused with %i', async (status) => {
    const { inventory } = await inventoryOf({ ...whole, '/api/users/Users-1/apikeys': status });

    expect(inventory.complete.apiKeyUserIds).toEqual(['Users-2']);
    expect(inventory.problems).toHaveLength(1);
    expect(inventory.problems[0]).toContain('ada.example');
  });

  test('says nothing of the user guest, whose keys cannot be read', async () => {
    const answers = { ...whole, '/api/users/all': [ada, guest], '/api/users/Users-3/apikeys': 404 };

    const { inventory } = await inventoryOf(answers);

    expect(inventory.complete.apiKeyUserIds).toEqual(['Users-1']);
    expect(inventory.problems).toEqual([]);
  });

  test('does not ask for every user when the server is down', async () => {
    const users = Array.from({ length: 40 }, (_, n) => ({ ...ada, Id: `Users-${n + 100}`, Username: `user${n}` }));
    const failing = Object.fromEntries(users.map(({ Id }) => [`/api/users/${Id}/apikeys`, 500]));

    const { inventory, calls } = await inventoryOf({ ...whole, ...failing, '/api/users/all': users });

    expect(inventory.complete.apiKeyUserIds).toEqual([]);
    expect(new Set(calls.map(({ path }) => path).filter((path) => path.endsWith('/apikeys'))).size).toBeLessThan(10);
    expect(inventory.problems.join()).toContain('given up');
  });

  test('stops when the key is refused', async () => {
    const { url } = await startServer(serve({ ...whole, '/api/users/Users-2/apikeys': 401 }));

    await expect(readInventory(startClient(url))).rejects.toMatchObject({ kind: 'unauthorized' });
  });

  test('reads page by page where there is no list of all', async () => {
    const { '/api/users/all': _u, '/api/spaces/all': _s, ...rest } = whole;
    const users = Array.from({ length: 45 }, (_, n) => ({ ...robot, Id: `Users-${n + 10}` }));
    const { url } = await startServer((call, response) => {
      if (call.path === '/api/users') return sendJson(response, pageOf(users, numberOf(call, 'skip'), 30));
      serve({ ...rest, '/api/spaces': pageOf([{ Id: 'Spaces-1', Name: 'Default' }], 0, 30) })(call, response);
    });

    const inventory = await readInventory(startClient(url));

    expect(inventory.users).toHaveLength(45);
    expect(inventory.complete.users).toBe(true);
    expect(inventory.complete.environmentSpaceIds).toEqual(['Spaces-1']);
  });

  test('leaves out what it cannot read, and then calls the list incomplete', async () => {
    const answers = {
      ...whole,
      '/api/users/all': [ada, { Id: 7 }, null],
      '/api/users/Users-1/apikeys': pageOf([keyJson('a'), keyJson('b', { Expires: 'never' })], 0, 30),
      '/api/Spaces-1/environments/all': [{ Name: 'No id' }],
    };

    const { inventory } = await inventoryOf(answers);

    expect(inventory.users.map(({ id }) => id)).toEqual(['Users-1']);
    expect(inventory.apiKeys.map(({ id }) => id)).toEqual(['apikeys-a']);
    expect(inventory.complete).toEqual({
      ...{ users: false, spaces: true, environmentSpaceIds: [], apiKeyUserIds: [], freezes: true },
    });
    expect(inventory.problems).toHaveLength(3);
  });

  test('calls a list incomplete that holds fewer elements than the server counts', async () => {
    const answers = { ...whole, '/api/users/Users-1/apikeys': { ...pageOf([keyJson('a')], 0, 30), TotalResults: 2 } };

    const { inventory } = await inventoryOf(answers);

    expect(inventory.complete.apiKeyUserIds).toEqual(['Users-2']);
  });

  test('reads a server without spaces', async () => {
    const { '/api/spaces/all': _s, ...rest } = whole;

    const { inventory } = await inventoryOf({
      ...rest,
      '/api/environments/all': [{ Id: 'Environments-1', Name: 'Prod' }],
    });

    expect(inventory.spaces).toEqual([]);
    expect(inventory.environments).toMatchObject([{ id: 'Environments-1', spaceId: null }]);
    expect(inventory.complete).toMatchObject({ spaces: true, environmentSpaceIds: [''] });
    expect(inventory.problems).toEqual([]);
  });

  test('calls nothing complete when spaces are forbidden', async () => {
    const { inventory } = await inventoryOf({ ...whole, '/api/spaces/all': 403, '/api/environments/all': [] });

    expect(inventory.complete).toMatchObject({ spaces: false, environmentSpaceIds: [] });
    expect(inventory.problems.join()).toContain('spaces');
  });
});

describe('what holders of keys may do', () => {
  const path = '/api/users/Users-1/permissions';

  test('is asked of holders of keys only', async () => {
    const { calls } = await inventoryOf(whole);

    expect(calls.map((call) => call.path).filter((one) => one.endsWith('/permissions'))).toEqual([path]);
  });

  test.each([
    403,
    404,
    500,
    { SystemPermissions: 'all' },
    { ...permissions, SpacePermissions: { DeploymentCreate: [7] } },
  ])('stays unknown when the answer is %j, and nothing else is lost', async (answer) => {
    const { inventory } = await inventoryOf({ ...whole, [path]: answer });

    expect(inventory.access).toEqual([]);
    expect(inventory.apiKeys).toHaveLength(2);
    expect(inventory.complete.apiKeyUserIds).toEqual(['Users-1', 'Users-2']);
    expect(inventory.problems).toEqual([expect.stringContaining('1 of 1 unknown')]);
  });

  test('is marked when the server hides a part of it', async () => {
    const { inventory } = await inventoryOf({ ...whole, [path]: { ...permissions, IsPermissionsComplete: false } });

    expect(inventory.access[0]?.isComplete).toBe(false);
  });

  test('stops everything when the key is refused', async () => {
    const { url } = await startServer(serve({ ...whole, [path]: 401 }));

    await expect(readInventory(startClient(url))).rejects.toMatchObject({ kind: 'unauthorized' });
  });

  const users = Array.from({ length: 40 }, (_, n) => ({ ...ada, Id: `Users-${n + 100}`, Username: `user${n}` }));
  const keys = users.map(({ Id }) => [`/api/users/${Id}/apikeys`, pageOf([keyJson(Id)], 0, 30)]);
  const crowd = { ...whole, '/api/users/all': users, ...Object.fromEntries(keys) };
  const asked = (calls: readonly { readonly path: string }[]) =>
    new Set(calls.map((call) => call.path).filter((one) => one.endsWith('/permissions')));

  test.each([429, 500])('is not asked of everybody when the server answers %i', async (status) => {
    const failing = users.map(({ Id }) => [`/api/users/${Id}/permissions`, status]);

    const { inventory, calls } = await inventoryOf({ ...crowd, ...Object.fromEntries(failing) });

    expect(asked(calls).size).toBeLessThan(10);
    expect(inventory.complete.apiKeyUserIds).toHaveLength(40);
    expect(inventory.problems).toEqual([expect.stringMatching(/40 of 40 unknown; given up after 3 failures in a row/)]);
  });

  test('is one problem when it is forbidden of everybody', async () => {
    const forbidden = users.map(({ Id }) => [`/api/users/${Id}/permissions`, 403]);

    const { inventory, calls } = await inventoryOf({ ...crowd, ...Object.fromEntries(forbidden) });

    expect(asked(calls).size).toBe(40);
    expect(inventory.problems).toHaveLength(1);
  });

  test('is not asked of a server that has already failed at the keys', async () => {
    const failing = users.slice(1).map(({ Id }) => [`/api/users/${Id}/apikeys`, 500]);

    const { calls } = await inventoryOf({ ...crowd, ...Object.fromEntries(failing) });

    expect(asked(calls).size).toBe(0);
  });
});

describe('the last use of a key', () => {
  test.each<[string, Row, ApiKey['lastUsed']]>([
    ['is not told by old servers', {}, null],
    [
      'is a time',
      { LastUsedTimeStamp: '2031-01-01T00:00:00Z', IsLastUsedTimestampKnown: true },
      { known: true, at: '2031-01-01T00:00:00.000Z' },
    ],
    ['is never', { LastUsedTimeStamp: null, IsLastUsedTimestampKnown: true }, { known: true, at: null }],
    ['is not known', { LastUsedTimeStamp: null, IsLastUsedTimestampKnown: false }, { known: false }],
    ['is not known when only half is told', { LastUsedTimeStamp: null }, { known: false }],
  ])('%s', async (_what, fields, expected) => {
    const answers = { ...whole, '/api/users/Users-1/apikeys': pageOf([keyJson('a', fields)], 0, 30) };

    const { inventory } = await inventoryOf(answers);

    expect(inventory.apiKeys[0]?.lastUsed).toEqual(expected);
  });

  test.each([
    ['API-FICTIONALFULLKEYASPLAINTEXT', null],
    [{ Hint: 'API-FICTIONALFULLKEYASHINT000' }, 'API-FICT…'],
    [{ Hint: 'API-FIC...' }, 'API-FIC...'],
    [{ Hint: null }, null],
    [null, null],
  ])('never brings a whole key along: %j gives the hint %j', async (field, hint) => {
    const answers = { ...whole, '/api/users/Users-1/apikeys': pageOf([keyJson('a', { ApiKey: field })], 0, 30) };

    const { inventory } = await inventoryOf(answers);

    expect(inventory.apiKeys[0]?.hint).toBe(hint);
  });
});

describe('readServerFacts', () => {
  test('tells version and installation', async () => {
    const { url } = await startServer(serve({ '/api': { Version: '2031.1.2', InstallationId: 'a-b-c' } }));

    expect(await readServerFacts(startClient(url))).toEqual({ version: '2031.1.2', installationId: 'a-b-c' });
  });

  test('refuses another program', async () => {
    const { url } = await startServer(serve({ '/api': { hello: 'world' } }));

    await expect(readServerFacts(startClient(url))).rejects.toMatchObject({ kind: 'bad_answer' });
  });
});

describe('readOwnAccess', () => {
  const permissions = {
    SystemPermissions: ['UserView', 'EventView'],
    SpacePermissions: {
      EventView: [
        { SpaceId: 'Spaces-2', RestrictedToProjectIds: [] },
        { SpaceId: 'Spaces-1', RestrictedToProjectIds: ['Projects-2', 'Projects-1'] },
      ],
    },
    IsPermissionsComplete: true,
  };

  test('tells the same whatever the order the server answers in', async () => {
    const { url } = await startServer(serve({ '/api/users/me': ada, '/api/users/Users-1/permissions': permissions }));

    expect(await readOwnAccess(startClient(url))).toEqual({
      access: {
        userId: 'Users-1',
        username: 'ada.example',
        systemPermissions: ['EventView', 'UserView'],
        spacePermissions: {
          EventView: [
            '{"RestrictedToProjectIds":["Projects-1","Projects-2"],"SpaceId":"Spaces-1"}',
            '{"SpaceId":"Spaces-2"}',
          ],
        },
        isComplete: true,
      },
    });
  });

  test.each([[403], [{ SystemPermissions: 'all' }]])('says why when permissions are %j', async (answer) => {
    const { url } = await startServer(serve({ '/api/users/me': ada, '/api/users/Users-1/permissions': answer }));

    expect(await readOwnAccess(startClient(url))).toMatchObject({
      access: null,
      userId: 'Users-1',
      reason: expect.stringContaining('permissions'),
    });
  });
});

describe('readOwnKeys', () => {
  test('gives nothing rather than a part', async () => {
    const path = '/api/users/Users-1/apikeys';
    const good = await startServer(serve({ [path]: pageOf([keyJson('a')], 0, 30) }));
    const part = await startServer(serve({ [path]: { ...pageOf([keyJson('a')], 0, 30), TotalResults: 3 } }));
    const forbidden = await startServer(serve({ [path]: 403 }));

    expect(await readOwnKeys(startClient(good.url), 'Users-1')).toHaveLength(1);
    expect(await readOwnKeys(startClient(part.url), 'Users-1')).toBeNull();
    expect(await readOwnKeys(startClient(forbidden.url), 'Users-1')).toBeNull();
  });
});

describe('matchOwnKey', () => {
  const ours = 'API-FICTIONALKEY0000000000001';

  function keysOf(hints: readonly (string | null)[]): ApiKey[] {
    return hints.map((hint, n) => ({
      id: `apikeys-${n}`,
      userId: 'Users-1',
      purpose: null,
      hint,
      createdAt: null,
      expiresAt: null,
      lastUsed: null,
      accessLevel: null,
      actorType: null,
    }));
  }

  test.each<[(string | null)[], string | null]>([
    [['API-FIC', 'API-ZZZ'], 'apikeys-0'],
    [['API-ZZZ...', 'API-FIC...'], 'apikeys-1'],
    [['API-ZZZ…', 'API-FIC…'], 'apikeys-1'],
    [[null], 'apikeys-0'],
    [['API-'], 'apikeys-0'],
    [['API-FIC', 'API-FICT'], null],
    [['API-FIC', null], null],
    [['API-ZZZ'], null],
    [[], null],
  ])('among keys with the hints %j finds %j', (hints, expected) => {
    expect(matchOwnKey(keysOf(hints), ours)?.id ?? null).toBe(expected);
  });
});
