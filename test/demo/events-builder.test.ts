import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  apiKeyActor,
  apiKeyCreated,
  apiKeyDeleted,
  apiKeyRejected,
  applyEdits,
  auditEvent,
  type DeploymentFacts,
  deploymentFailed,
  deploymentQueued,
  deploymentStarted,
  deploymentSucceeded,
  documentCreated,
  documentDeleted,
  documentModified,
  loginBanned,
  loginFailed,
  loginSucceeded,
  machineHealthy,
  rateLimitExceeded,
  releaseCreated,
  runbookRunQueued,
  runbookRunStarted,
  runbookRunSucceeded,
  sessionActor,
  systemActor,
  userCreated,
  variable,
  variableSetModified,
  type WireEvent,
  type WireVariableSet,
} from '../../src/demo/index.ts';

const ada = { id: 'Users-7', username: 'ada.moor', isService: false };
const actor = sessionActor(ada, '198.51.100.7');
const at = '2026-03-05T21:28:50.784Z';

/** The words each reference cuts out of the message. */
function references(event: WireEvent): Record<string, string> {
  return Object.fromEntries(
    event.MessageReferences.map(({ ReferencedDocumentId, StartIndex, Length }) => [
      ReferencedDocumentId,
      event.Message.slice(StartIndex, StartIndex + Length),
    ]),
  );
}

function deployment(names: {
  project: string;
  release: string;
  environment: string;
  tenant?: string;
}): DeploymentFacts {
  return {
    id: 'Deployments-1',
    spaceId: 'Spaces-1',
    project: { id: 'Projects-2', name: names.project },
    release: { id: 'Releases-3', name: names.release },
    environment: { id: 'Environments-4', name: names.environment },
    taskId: 'ServerTasks-5',
    channelId: 'Channels-6',
    ...(names.tenant === undefined ? {} : { tenant: { id: 'Tenants-8', name: names.tenant } }),
  };
}

describe('deployment events', () => {
  test('a queued deployment reads as a recorded one does', () => {
    const facts = deployment({
      project: 'Tide Tables',
      release: '2.10.257',
      environment: 'Development',
      tenant: 'North',
    });

    const event = deploymentQueued({ id: 'Events-1', at, actor, deployment: facts });

    expect(event.Message).toBe(
      'Scheduled to deploy Tide Tables release 2.10.257 to Development at Thursday, 05 March 2026 9:28 PM +00:00 for North',
    );
    expect(event.RelatedDocumentIds).toEqual([
      'Deployments-1',
      'Projects-2',
      'Releases-3',
      'Environments-4',
      'Tenants-8',
      'ServerTasks-5',
      'Channels-6',
    ]);
    expect(event.Occurred).toBe('2026-03-05T21:28:50.784+00:00');
    expect(event).toMatchObject({
      UserId: 'Users-7',
      IdentityEstablishedWith: 'Session cookie',
      IpAddress: '198.51.100.7',
    });
  });

  test('only the queued event knows who; the others are the server’s', () => {
    const facts = deployment({ project: 'Tide Tables', release: '1.0', environment: 'Production' });

    const events = [deploymentStarted, deploymentSucceeded, deploymentFailed].map((build) =>
      build({ id: 'Events-1', at, deployment: facts }),
    );

    expect(events.map((event) => event.Message)).toEqual([
      'Deploy to Production started for Tide Tables release 1.0 to Production',
      'Deploy to Production succeeded for Tide Tables release 1.0 to Production',
      'Deploy to Production failed for Tide Tables release 1.0 to Production',
    ]);
    for (const event of events) {
      expect(event).toMatchObject({ UserId: 'users-system', UserAgent: 'Server', IpAddress: null, ApiKeyId: null });
    }
  });

  test('references cut out the names, whatever the names hold', () => {
    const name = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 30 });
    fc.assert(
      fc.property(name, name, name, name, (project, release, environment, tenant) => {
        const facts = deployment({ project, release, environment, tenant });
        const named = {
          'Projects-2': project,
          'Releases-3': release,
          'Environments-4': environment,
          'Tenants-8': tenant,
        };

        const queued = deploymentQueued({ id: 'Events-1', at, actor, deployment: facts });
        const started = deploymentStarted({ id: 'Events-2', at, deployment: facts });

        expect(references(queued)).toEqual(named);
        expect(references(started)).toEqual({ ...named, 'Deployments-1': `Deploy to ${environment} for ${tenant}` });
      }),
    );
  });

  test('names are escaped in the HTML of the message', () => {
    const facts = deployment({ project: '<b>&', release: '1', environment: 'Dev' });

    const event = deploymentStarted({ id: 'Events-1', at, deployment: facts });

    expect(event.MessageHtml).toContain("<a href='#/projects/Projects-2'>&lt;b&gt;&amp;</a>");
  });
});

test('an API key is named by purpose and by creation to the second', () => {
  const key = { id: 'apikeys-1', purpose: "Ada's script", hint: 'API-ADA...', createdAt: '2026-01-02T03:04:05.678Z' };

  const withKey = apiKeyActor(ada, key, '203.0.113.7');

  expect(withKey.identity).toBe("API key 'Ada's script' created Fri, 02 Jan 2026 03:04:05 GMT");
  expect(withKey).toMatchObject({ apiKeyId: 'apikeys-1', apiKeyHint: 'API-ADA...' });
});

test('every builder of other events names its documents and keeps to its level', () => {
  const head = { id: 'Events-1', at, actor };
  const named = { id: 'Users-7', name: 'ada.moor' };
  const project = { id: 'Projects-2', name: 'Tide Tables' };
  const release = { id: 'Releases-3', name: '1.0' };
  const machine = { id: 'Machines-1', name: 'web-1' };
  const system = [
    loginFailed({ id: 'Events-1', at, username: 'ada.moor', userId: 'Users-7', ipAddress: null }),
    loginSucceeded({ id: 'Events-1', at, user: ada, ipAddress: '198.51.100.7' }),
    userCreated({ ...head, user: named }),
    apiKeyCreated({ ...head, key: { id: 'apikeys-1', purpose: 'test' }, owner: named }),
  ];
  const ofSpace = [
    releaseCreated({ ...head, release, project, channelId: 'Channels-1', spaceId: 'Spaces-1' }),
    machineHealthy({ id: 'Events-1', at, machine, environmentId: 'Environments-4', spaceId: 'Spaces-1' }),
    documentModified({ ...head, documentType: 'Project', document: project, spaceId: 'Spaces-1' }),
  ];

  expect(system.map((event) => event.SpaceId)).toEqual([null, null, null, null]);
  expect(ofSpace.map((event) => event.SpaceId)).toEqual(['Spaces-1', 'Spaces-1', 'Spaces-1']);
  for (const event of system) expect(references(event)['Users-7']).toBe('ada.moor');
  expect(ofSpace.map(references)).toEqual([
    { 'Releases-3': '1.0', 'Projects-2': 'Tide Tables' },
    { 'Machines-1': 'web-1' },
    { 'Projects-2': 'Tide Tables' },
  ]);
  expect(ofSpace[1]).toMatchObject({ UserId: systemActor.userId });
});

test('an event of any other category can be built from its message', () => {
  const run = { id: 'RunbookRuns-1', name: 'Rotate certificates' };

  const event = auditEvent(
    { id: 'Events-1', at, actor },
    { category: 'RunbookRunStarted', related: [run.id], message: ['Run of ', run, ' started'], spaceId: 'Spaces-1' },
  );

  expect(event).toMatchObject({ Category: 'RunbookRunStarted', Message: 'Run of Rotate certificates started' });
  expect(references(event)).toEqual({ 'RunbookRuns-1': 'Rotate certificates' });
  expect(event.Links.Self).toBe('/api/events/Events-1');
});

test('a failed sign-in of an unknown account relates to nobody but names it', () => {
  const event = loginFailed({ id: 'Events-1', at, username: 'root', userId: null, ipAddress: '203.0.113.9' });

  expect(event.RelatedDocumentIds).toEqual([]);
  expect(event.Message).toContain('root');
  expect(event.IpAddress).toBe('203.0.113.9');
});

test('a refused key names its owner only where there is one, and never a key', () => {
  const head = { id: 'Events-1', at, ipAddress: '203.0.113.9', userAgent: 'curl/8.7.1' };
  const owner = { id: 'Users-7', name: 'ada.moor' };

  const known = apiKeyRejected({ ...head, owner });
  const unknown = apiKeyRejected({ ...head, owner: null });

  expect(known).toMatchObject({ Category: 'LoginFailed', RelatedDocumentIds: ['Users-7'], ApiKeyId: null });
  expect(unknown.RelatedDocumentIds).toEqual([]);
  expect(unknown.Message).toBe('Login failed using an API key');
});

test('a ban is about the account, a rejection by the rate limit about nobody’s document', () => {
  const head = { id: 'Events-1', at, ipAddress: '203.0.113.9' };

  const ban = loginBanned({ ...head, user: { id: 'Users-7', username: 'ada.moor', isService: false } });
  const limit = rateLimitExceeded({ ...head, username: 'ada.moor' });

  expect(references(ban)).toEqual({ 'Users-7': 'ada.moor' });
  expect([ban.SpaceId, limit.SpaceId]).toEqual([null, null]);
  expect(limit.Message).toBe('Rate limit policy Authenticated requests exceeded for ada.moor from 203.0.113.9');
});

test('a runbook run is asked for by somebody and reported by the server, with the same documents', () => {
  const run = {
    id: 'RunbookRuns-1',
    spaceId: 'Spaces-1',
    runbook: { id: 'Runbooks-3', name: 'Restart' },
    project: { id: 'Projects-2', name: 'Tide Tables' },
    environment: { id: 'Environments-4', name: 'Production' },
  };

  const queued = runbookRunQueued({ id: 'Events-1', at, actor, run });
  const later = [runbookRunStarted({ id: 'Events-2', at, run }), runbookRunSucceeded({ id: 'Events-3', at, run })];

  expect(queued.UserId).toBe(actor.userId);
  for (const event of later) {
    expect(event.UserId).toBe(systemActor.userId);
    expect(event.RelatedDocumentIds).toEqual(queued.RelatedDocumentIds);
    expect(references(event)['Environments-4']).toBe('Production');
  }
});

test('documents come and go, keys too, and what an edit changed stands beside what was there before', () => {
  const head = { id: 'Events-1', at, actor };
  const facts = { documentType: 'Team', document: { id: 'Teams-1', name: 'Readers' }, spaceId: null };
  const key = { id: 'apikeys-x', purpose: 'nightly' };

  const created = documentCreated({ ...head, ...facts });
  const deleted = documentDeleted({ ...head, ...facts, related: ['Users-7'] });
  const revoked = apiKeyDeleted({ ...head, key, owner: { id: 'Users-7', name: 'ada.moor' } });
  const edited = documentModified({
    ...head,
    ...facts,
    differences: [{ path: '/Days', op: 'replace', value: 30 }],
    before: { Days: 90 },
  });

  expect(created).toMatchObject({ Category: 'Created', Message: 'Team Readers was created' });
  expect(deleted).toMatchObject({ Category: 'Deleted', RelatedDocumentIds: ['Teams-1', 'Users-7'] });
  expect(revoked).toMatchObject({ Category: 'Deleted', RelatedDocumentIds: ['apikeys-x', 'Users-7'] });
  expect(edited.ChangeDetails).toEqual({
    DocumentContext: { Id: 'Teams-1', Name: 'Readers', Days: 90 },
    Differences: [{ path: '/Days', op: 'replace', value: 30 }],
  });
});

describe('variable sets', () => {
  const scope = { Environment: ['Environments-4'] };
  const before: WireVariableSet = {
    Id: 'variableset-Projects-2',
    OwnerId: 'Projects-2',
    SpaceId: 'Spaces-1',
    Version: 4,
    Variables: [
      variable({ id: 'a', name: 'Log', value: 'Info' }),
      variable({ id: 'b', name: 'Password', value: 'hunter2-fake' }, { isSensitive: true, scope }),
    ],
  };
  const head = { id: 'Events-1', at, actor, before, owner: { id: 'Projects-2', name: 'Tide Tables' } };

  test('each kind of edit becomes the JSON Patch that leads to the set after it', () => {
    const edits = [
      { kind: 'value', name: 'Log', value: 'Debug' },
      { kind: 'scope', name: 'Log', scope },
      { kind: 'rename', name: 'Log', newName: 'Log:Level' },
      { kind: 'make_plain', name: 'Password', value: 'shown' },
      { kind: 'add', variable: variable({ id: 'c', name: 'New', value: '1' }) },
    ] as const;
    for (const edit of edits) {
      const { DocumentContext, Differences } = variableSetModified({ ...head, edits: [edit] }).ChangeDetails;
      const patched = structuredClone(DocumentContext) as Record<string, unknown>;
      for (const { path, value } of Differences as { path: string; value: unknown }[]) {
        const keys = path.slice(1).split('/');
        const last = keys.pop() ?? '';
        const parent = keys.reduce((at, key) => at[key] as Record<string, unknown>, patched);
        parent[last] = value;
      }

      const after = applyEdits(before, [edit]);

      const masked = (set: unknown) =>
        JSON.stringify(set, (key, value) => (key === 'Variables' ? value.map(withoutSecretValue) : value));
      expect(masked(patched)).toBe(masked(after));
    }
    function withoutSecretValue(each: { IsSensitive: boolean }) {
      return each.IsSensitive ? { ...each, Value: '*' } : each;
    }
  });

  test('a sensitive value never shows, only a hash that differs before and after and from event to event', () => {
    const edits = [{ kind: 'value', name: 'Password', value: 'hunter2-fake' }] as const;

    const first = JSON.stringify(variableSetModified({ ...head, edits }));
    const second = JSON.stringify(variableSetModified({ ...head, id: 'Events-2', edits }));
    const hashes = [first, second].flatMap((text) => text.match(/[A-Za-z0-9+/]{43}=/g) ?? []);

    expect(first).not.toContain('hunter2');
    expect(new Set(hashes).size).toBe(4);
  });

  test('a removal is a patch without a value', () => {
    const { Differences } = variableSetModified({
      ...head,
      edits: [{ kind: 'remove', name: 'Password' }],
    }).ChangeDetails;

    expect(Differences).toEqual([
      { path: '/Variables/1', op: 'remove' },
      { path: '/Version', op: 'replace', value: 5 },
    ]);
  });

  test('an edit of a variable that is not there is a mistake of the caller', () => {
    expect(() => variableSetModified({ ...head, edits: [{ kind: 'remove', name: 'Nothing' }] })).toThrow('Nothing');
  });
});
