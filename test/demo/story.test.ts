import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  buildStory,
  type SimulatedOctopus,
  STORY,
  type Story,
  startSimulatedOctopus,
  storyAnchor,
  type WireEvent,
} from '../../src/demo/index.ts';

const NOW = Date.parse('2026-11-23T07:40:00Z');
const SIX_HOURS_MS = 6 * 3_600_000;

let story: Story;
beforeAll(() => {
  story = buildStory({ nowMs: NOW });
});

function occurred(event: WireEvent): number {
  return Date.parse(event.Occurred);
}

function ofDeployment(id: string): readonly WireEvent[] {
  return story.events.filter((event) => event.RelatedDocumentIds.includes(id));
}

describe('storyAnchor', () => {
  test('is the latest Monday 07:40 in London, in winter and in summer', () => {
    const anchorOf = (now: string) => new Date(storyAnchor(Date.parse(now))).toISOString();

    expect(anchorOf('2026-11-23T07:40:00Z')).toBe('2026-11-23T07:40:00.000Z');
    expect(anchorOf('2026-11-23T07:39:59Z')).toBe('2026-11-16T07:40:00.000Z');
    expect(anchorOf('2026-11-29T23:59:59Z')).toBe('2026-11-23T07:40:00.000Z');
    expect(anchorOf('2026-07-15T12:00:00Z')).toBe('2026-07-13T06:40:00.000Z');
    expect(anchorOf('2026-03-30T12:00:00Z')).toBe('2026-03-30T06:40:00.000Z');
    expect(anchorOf('2026-09-01T12:00:00Z')).toBe('2026-08-31T06:40:00.000Z');
  });
});

describe('the story', () => {
  test('is the same for the same moment and seed, and another for another seed', () => {
    const again = buildStory({ nowMs: NOW });
    const other = buildStory({ nowMs: NOW, seed: STORY.seed + 1 });

    expect(JSON.stringify(again.events)).toBe(JSON.stringify(story.events));
    expect(again.state.apiKeys).toEqual(story.state.apiKeys);
    expect(JSON.stringify(other.events)).not.toBe(JSON.stringify(story.events));
  });

  test('tells six to ten thousand events in ninety days, each with an id of its own, none in the future', () => {
    const times = story.events.map(occurred);

    expect(times.length).toBeGreaterThan(6000);
    expect(times.length).toBeLessThan(10_000);
    expect(new Set(story.events.map((event) => event.Id)).size).toBe(times.length);
    expect(Math.max(...times)).toBeLessThan(NOW);
    expect(Math.min(...times)).toBeGreaterThan(NOW - 90 * 86_400_000);
    expect(times).toEqual([...times].sort((a, b) => a - b));
  });

  test('has the findings it is told to have, whatever the seed and the hour', () => {
    const expected = {
      off_hours_production_deploy: 16,
      sensitive_variable_edit: 8,
      repeated_auth_failures: 3,
      unused_api_key: 2,
    };
    const summer = buildStory({ nowMs: Date.parse('2026-07-15T14:00:00Z'), seed: 5 });

    expect(story.expected).toEqual(expected);
    expect(summer.expected).toEqual(expected);
  });

  test('has a fresh deployment at night by a person’s own key, queued and started, and one by a trigger', () => {
    const fresh = story.expectedSubjects.off_hours_production_deploy
      .map(ofDeployment)
      .filter((events) => events.some((event) => occurred(event) > NOW - SIX_HOURS_MS));
    const queued = fresh.map((events) => events.find((event) => event.Category === 'DeploymentQueued'));

    expect(queued).toMatchObject([
      { IsService: false, ApiKeyId: expect.stringMatching(/^apikeys-/) },
      { UserId: 'users-system', ApiKeyId: null },
    ]);
    for (const events of fresh) expect(events.map((event) => event.Category)).toContain('DeploymentStarted');
  });

  test('has a fresh edit of a secret of production and a fresh burst of failed sign-ins', () => {
    const edit = story.events.find((event) => event.Id === story.expectedSubjects.sensitive_variable_edit.at(-1));
    const failures = story.events.filter(
      (event) => event.Category === 'LoginFailed' && occurred(event) > NOW - SIX_HOURS_MS,
    );

    expect(edit && occurred(edit)).toBeGreaterThan(NOW - SIX_HOURS_MS);
    expect(JSON.stringify(edit?.ChangeDetails.DocumentContext)).toContain(
      '"Scope":{"Environment":["Environments-13"]}',
    );
    expect(failures).toHaveLength(8);
    expect(new Set(failures.flatMap((event) => event.RelatedDocumentIds))).toEqual(new Set(['Users-110']));
    expect(occurred(failures.at(-1) as WireEvent) - occurred(failures[0] as WireEvent)).toBeLessThan(600_000);
  });

  test('has a deployment that was queued by day and started at night, and late ones that are not production', () => {
    const scheduled = [...story.state.deployments.values()].filter((each) => each.queueTime !== null);
    const preProduction = story.events.filter(
      (event) => event.RelatedDocumentIds.includes('Environments-22') && /T2[0-3]:/.test(event.Occurred),
    );

    expect(scheduled.map((each) => each.id)).toEqual([
      story.expectedSubjects.off_hours_production_deploy.find((id) => id === scheduled[0]?.id),
    ]);
    expect(preProduction.length).toBeGreaterThan(0);
  });

  test('has keys of every fate', () => {
    const { apiKeys, users } = story.state;
    const daysAgo = (instant: string | null) => (instant === null ? null : (NOW - Date.parse(instant)) / 86_400_000);
    const fate = (purpose: string) => {
      const key = apiKeys.find((each) => each.purpose === purpose);
      return key && { ...key, age: daysAgo(key.createdAt), idle: daysAgo(key.lastUsedAt) };
    };

    expect(fate('Nightly catalogue sync')?.idle).toBeGreaterThan(90);
    expect(fate('PowerShell at home')).toMatchObject({ idle: null, isLastUsedKnown: true });
    expect(fate('PowerShell at home')?.age).toBeGreaterThan(14);
    expect(fate('Trying the new CLI')).toMatchObject({ idle: null });
    expect(fate('Trying the new CLI')?.age).toBeLessThan(14);
    expect(fate('Wall dashboard')).toMatchObject({ idle: null, isLastUsedKnown: false });
    expect(daysAgo(fate('Migration weekend')?.expiresAt ?? null)).toBeGreaterThan(0);
    expect(users.find((user) => user.id === fate('Build scripts')?.userId)?.isActive).toBe(false);
    expect(daysAgo(fate('Octowatch')?.expiresAt ?? null)).toBeLessThan(-60);
  });

  test('no key signs an event after its recorded last use or before it was made', () => {
    const keys = new Map(story.state.apiKeys.map((key) => [key.id, key]));
    const signed = story.events.filter((event) => event.ApiKeyId !== null);

    const impossible = signed.filter((event) => {
      const key = keys.get(event.ApiKeyId ?? '');
      if (!key?.lastUsedAt) return true;
      return occurred(event) > Date.parse(key.lastUsedAt) || occurred(event) < Date.parse(key.createdAt);
    });

    expect(signed.length).toBeGreaterThan(1000);
    expect(impossible).toEqual([]);
  });

  test('holds text that must break neither chat nor terminals', () => {
    expect(story.events.some((event) => event.Message.includes('<!channel> *x* <http://evil.example|click>'))).toBe(
      true,
    );
    expect(story.events.some((event) => event.UserAgent.includes('\u001b['))).toBe(true);
  });

  test('references cut out the right words in every event', () => {
    const names = new Map<string, string>(
      [...story.state.environments, ...story.state.spaces].map((each) => [each.id, each.name]),
    );
    for (const user of story.state.users) names.set(user.id, user.username);
    const cuts = story.events.flatMap((event) =>
      event.MessageReferences.map(({ ReferencedDocumentId, StartIndex, Length }) => ({
        id: ReferencedDocumentId,
        words: event.Message.slice(StartIndex, StartIndex + Length),
      })),
    );

    const known = cuts.filter(({ id, words }) => names.has(id) && !words.includes(' '));

    expect(known.length).toBeGreaterThan(4000);
    expect(known.filter(({ id, words }) => names.get(id) !== words)).toEqual([]);
  });
});

describe('the story’s server', () => {
  let server: SimulatedOctopus;
  beforeAll(async () => {
    server = await startSimulatedOctopus({ state: buildStory({ nowMs: NOW }).state });
  });
  afterAll(() => server.close());

  async function get(path: string) {
    const response = await fetch(server.url + path, { headers: { 'X-Octopus-ApiKey': STORY.monitorApiKey } });
    return { status: response.status, body: JSON.parse(await response.text()) };
  }

  test('knows the monitor, which sees every event and may change nothing', async () => {
    const me = (await get('/api/users/me')).body;
    const permissions = (await get(`/api/users/${me.Id}/permissions`)).body;
    const events = (await get('/api/events?spaces=all&includeSystem=true&take=1')).body;

    expect(me).toMatchObject({ Id: STORY.monitorUserId, Username: 'octowatch', IsService: true });
    expect([...permissions.SystemPermissions, ...Object.keys(permissions.SpacePermissions)]).toEqual(
      expect.arrayContaining([expect.stringMatching(/View$/)]),
    );
    expect(JSON.stringify(permissions)).not.toMatch(/Administer|Edit|Delete|Create/);
    expect(events.TotalResults).toBe(story.events.length);
  });

  test('shows users, spaces, environments, keys, deployments and variable sets, these without secrets', async () => {
    const users = (await get('/api/users/all')).body;
    const spaces = (await get('/api/spaces/all')).body;
    const environments = (await get('/api/Spaces-3/environments/all')).body;
    const keys = (await get('/api/users/Users-104/apikeys')).body;
    const [deploymentId = ''] = story.expectedSubjects.off_hours_production_deploy;
    const spaceId = story.state.deployments.get(deploymentId)?.spaceId;
    const deployment = (await get(`/api/${spaceId}/deployments/${deploymentId}`)).body;
    const set = (await get('/api/Spaces-1/variables/variableset-Projects-42')).body;

    expect(users).toHaveLength(17);
    expect(spaces.map((space: { Name: string }) => space.Name)).toEqual(['Bookshop', 'Warehouse', 'Data Platform']);
    expect(environments.map((each: { Name: string }) => each.Name)).toEqual(['Development', 'Prod EU']);
    expect(keys.Items[0]).toMatchObject({ IsLastUsedTimestampKnown: true, ActorType: 'User' });
    expect(deployment.DeployedById).toMatch(/^Users-|^users-system$/);
    expect(JSON.stringify(set)).not.toContain('demo-5');
  });

  test('shows the diff of a variable set on the event itself but not on a lean page', async () => {
    const id = story.expectedSubjects.sensitive_variable_edit.at(-1);

    const single = (await get(`/api/events/${id}`)).body;
    const lean = (await get(`/api/events?ids=${id}&excludeDifference=true`)).body.Items[0];

    expect(single.ChangeDetails.Differences[0].path).toBe('/Variables/4/Value');
    expect(lean.ChangeDetails).toEqual({ DocumentContext: null, Differences: null });
  });
});
