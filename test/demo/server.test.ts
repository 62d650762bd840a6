import { afterEach, describe, expect, test } from 'vitest';
import {
  createSimulatedState,
  fullAccess,
  loginFailed,
  monitorAccess,
  type SimulatedOctopus,
  startSimulatedOctopus,
  unrestricted,
} from '../../src/demo/index.ts';
import { event, get, ids, KEY, START, serverWithEvents } from './fixtures.ts';

let server: SimulatedOctopus;
afterEach(() => server.close());

describe('who may ask', () => {
  test('the root document is there without a key, everything else asks for one', async () => {
    server = await serverWithEvents(0);

    const root = await fetch(`${server.url}/api`);
    const events = await fetch(`${server.url}/api/events`);

    expect(await root.json()).toMatchObject({ Application: 'Octopus Deploy', Version: '2026.3.15600' });
    expect(events.status).toBe(401);
    expect(await events.text()).toContain('You must be logged in');
  });

  test('a key that is unknown, revoked or of a disabled user is refused', async () => {
    server = await serverWithEvents(0);

    const unknown = await get(server, '/api/users/me', { 'X-Octopus-ApiKey': 'API-OTHER' });
    server.state.users = server.state.users.map((user) => ({ ...user, isActive: false }));
    const disabled = await get(server, '/api/users/me');
    server.state.users = server.state.users.map((user) => ({ ...user, isActive: true }));
    const enabledAgain = await get(server, '/api/users/me');
    server.state.revokeKey(KEY);
    const revoked = await get(server, '/api/users/me');

    expect([unknown.status, disabled.status, enabledAgain.status, revoked.status]).toEqual([401, 401, 200, 401]);
    expect(revoked.body.ErrorMessage).toMatch(/^The API key you provided was not valid/);
  });

  test('a listed key works until it expires', async () => {
    let now = START;
    const key = {
      id: 'apikeys-1',
      userId: 'Users-1',
      purpose: 'test',
      hint: 'API-TES...',
      createdAt: '2026-01-01T00:00:00.000Z',
      expiresAt: new Date(START + 1000).toISOString(),
      lastUsedAt: null,
      isLastUsedKnown: true,
      accessLevel: 'ReadOnly' as const,
      actorType: 'User' as const,
    };
    const credentials = new Map([[KEY, { userId: 'Users-1', keyId: key.id }]]);
    server = await startSimulatedOctopus({
      state: createSimulatedState({ apiKeys: [key], credentials, now: () => now }),
    });

    const before = await get(server, '/api/users/me');
    now += 1000;
    const after = await get(server, '/api/users/me');

    expect([before.status, after.status]).toEqual([200, 401]);
  });

  test('without UserView nobody but oneself is shown, and the refusal names the permission', async () => {
    server = await serverWithEvents(0);
    server.state.permissions.set('Users-1', { ...monitorAccess(['Spaces-1']), SystemPermissions: [] });

    const all = await get(server, '/api/users/all');
    const own = await get(server, '/api/users/Users-1/apikeys');

    expect(all.status).toBe(403);
    expect(all.body.ErrorMessage).toContain('Missing permission: UserView');
    expect(own.status).toBe(200);
  });
});

describe('what is shown', () => {
  test('events outside the reader’s permissions are left out without a word', async () => {
    server = await serverWithEvents(1);
    const { state } = server;
    state.spaces.push({ id: 'Spaces-2', name: 'Other', slug: 'other' });
    state.addEvent(event(2, START, 'Spaces-2'));
    state.addEvent(loginFailed({ id: 'Events-3', at: START, username: 'ada', userId: null, ipAddress: null }));
    const path = '/api/events?spaces=all&includeSystem=true';

    state.permissions.set('Users-1', monitorAccess(['Spaces-1', 'Spaces-2']));
    const allowed = await ids(server, path);
    state.permissions.set('Users-1', { ...monitorAccess(['Spaces-1']), SystemPermissions: [] });
    const shrunk = await ids(server, path);
    state.permissions.set('Users-1', {
      ...monitorAccess([]),
      SystemPermissions: [],
      SpacePermissions: {
        EventView: [{ ...unrestricted('Spaces-1'), RestrictedToEnvironmentIds: ['Environments-9'] }],
      },
    });
    const restricted = await ids(server, path);
    const single = await get(server, '/api/events/Events-0');
    state.permissions.set('Users-1', { ...monitorAccess([]), SystemPermissions: [] });
    const refused = await get(server, path);

    expect(allowed).toEqual(['Events-3', 'Events-2', 'Events-0']);
    expect(shrunk).toEqual(['Events-0']);
    expect(restricted).toEqual([]);
    expect(single.status).toBe(404);
    expect(refused.status).toBe(403);
    expect(refused.body.ErrorMessage).toContain('Missing permission: EventView');
  });

  test('permissions are reported as they are held', async () => {
    server = await serverWithEvents(0);

    const { body } = await get(server, '/api/users/Users-1/permissions');

    expect(body).toEqual(fullAccess(['Spaces-1']));
  });

  test('an older server has neither key usage nor keys on events, and before 2023 no address', async () => {
    server = await serverWithEvents(1, { init: { serverVersion: '2023.1.9626' } });
    const of2023 = (await get(server, '/api/events')).body.Items[0];
    server.state.serverVersion = '2022.4.8471';
    const of2022 = (await get(server, '/api/events')).body.Items[0];
    server.state.serverVersion = '2026.3.15600';
    const of2026 = await get(server, '/api/events');

    expect(of2023).toHaveProperty('IpAddress', null);
    expect(of2023).not.toHaveProperty('ApiKeyId');
    expect(of2022).not.toHaveProperty('IpAddress');
    expect(of2026.body.Items[0]).toHaveProperty('ApiKeyId', null);
    expect(of2026.headers.get('Octopus-RateLimit-Policy')).toBe('l=200;rpm=600');
  });

  test('the policy for keys and the audit stream follow the state, and are not known to servers without them', async () => {
    server = await serverWithEvents(0, { init: { userApiKeysEnabled: false, isAuditStreamActive: true } });
    const policy = (await get(server, '/api/authentication')).body;
    const stream = (await get(server, '/api/audit-stream')).body;
    server.state.serverVersion = '2021.3.12725';
    const oldPolicy = (await get(server, '/api/authentication')).body;
    const oldStream = await get(server, '/api/audit-stream');

    expect(policy).toMatchObject({ UserApiKeysEnabled: false, ApiKeyMaxExpiryDays: 366 });
    expect(stream).toMatchObject({ Active: true });
    expect(oldPolicy).not.toHaveProperty('UserApiKeysEnabled');
    expect(oldStream.status).toBe(404);
  });

  test('the lists of categories, groups, document types and agents are plain arrays', async () => {
    server = await serverWithEvents(1);

    const categories = (await get(server, '/api/events/categories')).body;
    const groups = (await get(server, '/api/events/groups')).body;
    const types = (await get(server, '/api/events/documenttypes')).body;
    const agents = (await get(server, '/api/events/agents')).body;

    expect(categories).toContainEqual({ Id: 'DeploymentQueued', Name: 'Deployment queued', Links: null });
    expect(groups[0].EventCategories).toEqual(['Created', 'Modified', 'Deleted']);
    expect(types).toContainEqual({ Id: 'Users', Name: 'User', Links: null });
    expect(agents).toEqual([{ Id: 'Server', Name: 'Octopus Server task', Links: null }]);
  });

  test('what does not exist is 404, and nothing can be written', async () => {
    server = await serverWithEvents(0);

    const missing = await get(server, '/api/Spaces-1/variables/variableset-Projects-1');
    const elsewhere = await get(server, '/api/Spaces-9/environments');
    const written = await fetch(`${server.url}/api/events`, { method: 'POST', headers: { 'X-Octopus-ApiKey': KEY } });

    expect(missing).toMatchObject({ status: 404, body: { ErrorMessage: expect.any(String) } });
    expect(elsewhere.status).toBe(404);
    expect(written.status).toBe(405);
  });
});

describe('the transport', () => {
  test('below a virtual directory everything, links too, carries it', async () => {
    server = await serverWithEvents(31, { virtualDirectory: 'octopus/' });

    const { body } = await get(server, '/api/events');
    const outside = await fetch(new URL('/api', server.url));

    expect(server.url).toMatch(/:\d+\/octopus$/);
    expect(body.Links['Page.Next']).toBe('/octopus/api/events?skip=30&asCsv=false&take=30');
    expect(body.Items[0].Links.Self).toBe('/octopus/api/events/Events-30');
    expect(outside.status).toBe(404);
  });

  test('the Date header shows the server’s clock with its error', async () => {
    server = await serverWithEvents(0, { init: { now: () => START, clockSkewMs: -120_000 } });

    const { headers } = await get(server, '/api');

    expect(headers.get('Date')).toBe('Mon, 02 Mar 2026 08:58:00 GMT');
  });

  test('answers are compressed for those who accept it, when the server does', async () => {
    server = await serverWithEvents(3, { init: { gzip: true } });

    const { headers, body } = await get(server, '/api/events', { 'Accept-Encoding': 'gzip' });

    expect(headers.get('Content-Encoding')).toBe('gzip');
    expect(body.TotalResults).toBe(3);
  });

  test('each request is recorded, without its key', async () => {
    server = await serverWithEvents(0);

    await get(server, '/api/events?take=5&from=2026-03-02T09:00:00Z', { 'User-Agent': 'octowatch-test' });

    expect(server.requests).toEqual([
      {
        method: 'GET',
        path: '/api/events',
        query: { take: '5', from: '2026-03-02T09:00:00Z' },
        at: expect.any(Number),
        userAgent: 'octowatch-test',
      },
    ]);
  });
});
