import { afterEach, describe, expect, test } from 'vitest';
import {
  createSimulatedState,
  loginFailed,
  type SimulatedOctopus,
  startSimulatedOctopus,
} from '../../src/demo/index.ts';
import { event, get, ids, KEY, START, serverWithEvents } from './fixtures.ts';

let server: SimulatedOctopus;
afterEach(() => server.close());

async function walk(firstPath: string): Promise<string[]> {
  const found: string[] = [];
  for (let path: string | undefined = firstPath; path !== undefined; ) {
    const { body } = await get(server, path);
    found.push(...body.Items.map((item: { Id: string }) => item.Id));
    path = body.Links['Page.Next'];
  }
  return found;
}

describe('GET /api/events', () => {
  test('a walk along Page.Next meets each event exactly once, newest first', async () => {
    server = await serverWithEvents(95);

    const found = await walk('/api/events?spaces=all&includeSystem=true');

    expect(found).toEqual(Array.from({ length: 95 }, (_, index) => `Events-${94 - index}`));
    expect(server.requests).toHaveLength(4);
  });

  test('a walk also meets each event once when the server gives fewer rows than asked', async () => {
    server = await serverWithEvents(40, { init: { maxTake: 7 } });

    const found = await walk('/api/events?take=500');

    expect(new Set(found).size).toBe(40);
    expect(found).toHaveLength(40);
  });

  test('the envelope counts pages from zero and omits Page.Next on the last', async () => {
    server = await serverWithEvents(61);

    const first = (await get(server, '/api/events')).body;
    const last = (await get(server, '/api/events?skip=60')).body;

    expect(first).toMatchObject({
      ItemType: 'Event',
      TotalResults: 61,
      ItemsPerPage: 30,
      NumberOfPages: 3,
      LastPageNumber: 2,
    });
    expect(first.Links['Page.Last']).toBe('/api/events?skip=60&asCsv=false&take=30');
    expect(first.Links).not.toHaveProperty(['Page.Previous']);
    expect(last.Links).not.toHaveProperty(['Page.Next']);
    expect(last.Links['Page.Previous']).toBe('/api/events?skip=30&asCsv=false&take=30');
  });

  test('`from` is inclusive and `to` exclusive', async () => {
    server = await serverWithEvents(10);

    const found = await ids(server, '/api/events?from=2026-03-02T09:00:03Z&to=2026-03-02T09:00:06Z');

    expect(found).toEqual(['Events-5', 'Events-4', 'Events-3']);
  });

  test('a time without an offset is taken as the server’s, one with an offset as what it says', async () => {
    server = await serverWithEvents(10);

    const withoutOffset = await ids(server, '/api/events?from=2026-03-02T09:00:08');
    const withOffset = await ids(server, '/api/events?from=2026-03-02T19:00:08%2B10:00');

    expect(withoutOffset).toEqual(['Events-9', 'Events-8']);
    expect(withOffset).toEqual(withoutOffset);
  });

  test('a plus sign that was not encoded makes the time unreadable', async () => {
    server = await serverWithEvents(1);

    const { status, body } = await get(server, '/api/events?from=2026-03-02T19:00:08+10:00');

    expect(status).toBe(400);
    expect(body.ErrorMessage).toContain('from');
  });

  test('links render times the American way in whole seconds, so page two has other bounds than were asked', async () => {
    server = await serverWithEvents(5);

    const { body } = await get(
      server,
      '/api/events?take=2&from=2026-03-02T19:00:01.500%2B10:00&to=2026-03-02T19:00:04.500%2B10:00&excludeDifference=true',
    );

    expect(body.TotalResults).toBe(3);
    expect(body.Links['Page.Next']).toBe(
      '/api/events?skip=2&from=3%2F2%2F2026%207%3A00%3A01%20PM%20%2B10%3A00&to=3%2F2%2F2026%207%3A00%3A04%20PM%20%2B10%3A00&asCsv=false&take=2&excludeDifference=true',
    );
    expect(await ids(server, body.Links['Page.Next'])).toEqual(['Events-1']);
  });

  test('events of one instant come in the reverse order of their commit, and a late commit finds its place', async () => {
    server = await serverWithEvents(3);
    server.state.addEvent(event(50, START + 1000));
    server.state.addEvent(event(51, START + 1000));

    const found = await ids(server, '/api/events');

    expect(found).toEqual(['Events-2', 'Events-51', 'Events-50', 'Events-1', 'Events-0']);
  });

  test('a row that comes between two pages is repeated on the second, none is skipped', async () => {
    server = await serverWithEvents(6);
    server.state.onRequest = ({ query }) => {
      if (query['skip'] === '3') server.state.addEvent(event(6));
    };

    const first = await ids(server, '/api/events?take=3&skip=0');
    const second = await ids(server, '/api/events?take=3&skip=3');

    expect([...first, ...second]).toEqual(['Events-5', 'Events-4', 'Events-3', 'Events-3', 'Events-2', 'Events-1']);
  });

  test('what happens at the level of the system shows only when asked for', async () => {
    server = await serverWithEvents(1);
    server.state.addEvent(
      loginFailed({ id: 'Events-90', at: START, username: 'nobody', userId: null, ipAddress: null }),
    );

    const plain = await ids(server, '/api/events');
    const everything = await ids(server, '/api/events?spaces=all&includeSystem=true');
    const ofSpace = await ids(server, '/api/Spaces-1/events?includeSystem=true');
    server.state.heedsScopeParameters = false;
    server.state.scopeWithoutParameters = 'spaces_and_system';
    const plainOnAnother = await ids(server, '/api/events');

    expect(plain).toEqual(['Events-0']);
    expect(everything).toEqual(['Events-90', 'Events-0']);
    expect(ofSpace).toEqual(['Events-0']);
    expect(plainOnAnother).toEqual(['Events-90', 'Events-0']);
  });

  test('filters narrow by category, by user, by document and by id', async () => {
    server = await serverWithEvents(3);
    const failed = loginFailed({ id: 'Events-90', at: START, username: 'ada', userId: 'Users-9', ipAddress: null });
    server.state.addEvent(failed);
    const all = '/api/events?spaces=all&includeSystem=true';

    expect(await ids(server, `${all}&eventCategories=LoginFailed,Modified`)).toEqual(['Events-90']);
    expect(await ids(server, `${all}&regardingAny=Users-9,Users-8`)).toEqual(['Events-90']);
    expect(await ids(server, `${all}&eventGroups=MachineHealthChanged&take=1`)).toEqual(['Events-2']);
    expect(await ids(server, `${all}&documentTypes=Machines&ids=Events-1,Events-90`)).toEqual(['Events-1']);
    expect(await ids(server, `${all}&users=Users-1`)).toEqual([]);
  });

  test('a row that is no event is shown as it is', async () => {
    server = await serverWithEvents(1);
    server.state.addElement({ Id: 7, Occurred: null }, START + 500, 'Spaces-1');

    const { body } = await get(server, '/api/events');

    expect(body.Items[0]).toEqual({ Id: 7, Occurred: null });
  });

  test('events that retention deleted are gone', async () => {
    server = await serverWithEvents(4);
    server.state.removeEvents((each) => Date.parse(each.Occurred) < START + 2000);

    expect(await ids(server, '/api/events')).toEqual(['Events-3', 'Events-2']);
  });
});

test('API keys come newest first, thirty to a page, and environments ten', async () => {
  const state = createSimulatedState({
    apiKeys: Array.from({ length: 31 }, (_, index) => ({
      id: `apikeys-${index}`,
      userId: 'Users-1',
      purpose: 'test',
      hint: 'API-TES...',
      createdAt: new Date(START + index * 1000).toISOString(),
      expiresAt: null,
      lastUsedAt: null,
      isLastUsedKnown: true,
      accessLevel: 'ReadOnly' as const,
      actorType: 'User' as const,
    })),
    environments: Array.from({ length: 11 }, (_, index) => {
      const slug = `stage-${index}`;
      return { id: `Environments-${index}`, spaceId: 'Spaces-1', name: slug, slug, tags: [] };
    }),
  });
  server = await startSimulatedOctopus({ state, apiKey: KEY });

  const keys = await get(server, '/api/users/Users-1/apikeys');
  const environments = await get(server, '/api/Spaces-1/environments');
  const allEnvironments = await get(server, '/api/default/environments/all');

  expect(keys.body.Items).toHaveLength(30);
  expect(keys.body.Items[0].Id).toBe('apikeys-30');
  expect(await ids(server, keys.body.Links['Page.Next'])).toEqual(['apikeys-0']);
  expect(environments.body).toMatchObject({ TotalResults: 11, ItemsPerPage: 10 });
  expect(allEnvironments.body).toHaveLength(11);
});
