import { describe, expect, test } from 'vitest';
import { createInventoryIndex, unknownIds } from '../../src/enrich/index.ts';
import {
  aDeployment,
  aJudge,
  aKey,
  anEnvironment,
  anEvent,
  anInventory,
  aQueued,
  aUser,
  bySystem,
  lookups,
} from './sample.ts';

const judge = aJudge();

describe('a queued deployment', () => {
  test('becomes a record of who, what, where and when', () => {
    const event = aDeployment('DeploymentQueued', 'Prod', { occurredAt: '2026-07-03T17:30:00.000Z' });

    const { record, derived, variableEdits, isDetailOwed } = judge(
      event,
      lookups({}, { spaces: [{ id: 'Spaces-1', name: 'Default' }] }),
    );

    expect(record).toEqual({
      Instance: 'default',
      Id: 'Events-501',
      Category: 'DeploymentQueued',
      UserId: 'Users-11',
      Username: 'mira',
      IsService: false,
      IdentityEstablishedWith: 'Session cookie',
      UserAgent: 'OctopusClient-js/2026.1.100',
      Occurred: '2026-07-03T17:30:00.000Z',
      Message: 'Deploy to Prod started for Teapot release 1.4.2 to Prod for Ravenna',
      IpAddress: '192.0.2.10',
      Network: '192.0.2.0/24',
      'Client.Kind': 'OctopusClient-js',
      SpaceId: 'Spaces-1',
      RelatedDocumentIds: event.relatedDocumentIds,
      'Actor.Kind': 'human',
      'Actor.Name': 'mira',
      'Space.Name': 'Default',
      'Project.Id': 'Projects-5',
      'Project.Name': 'Teapot',
      'Environment.Id': 'Environments-2',
      'Environment.Name': 'Prod',
      'Environment.IsProduction': true,
      'Release.Version': '1.4.2',
      'Tenant.Name': 'Ravenna',
      'Deployment.Id': 'Deployments-70',
      DocumentTypes: ['Deployments', 'Projects', 'Releases', 'Environments', 'Tenants', 'ServerTasks', 'Channels'],
      LocalTime: '18:30',
      LocalDay: 'Friday',
      OffHours: true,
      OffHoursReason: 'night',
      'Calendar.Name': 'default',
    });
    expect(derived).toEqual({
      actorKind: 'human',
      actorName: 'mira',
      apiKeyId: null,
      apiKeyPurpose: null,
      projectId: 'Projects-5',
      projectName: 'Teapot',
      environmentId: 'Environments-2',
      environmentName: 'Prod',
      isProduction: true,
      isOffHours: true,
      offHoursReason: 'night',
      calendar: null,
      changeWindow: null,
      ticket: null,
      freeze: null,
      releaseVersion: '1.4.2',
      tenantName: 'Ravenna',
      deploymentId: 'Deployments-70',
      subjectAccount: null,
      variableSetId: null,
    });
    expect([variableEdits, isDetailOwed]).toEqual([[], false]);
  });

  test('has no key for a fact that is not known', () => {
    const bare = anEvent({
      userId: null,
      username: null,
      isService: null,
      identityEstablishedWith: null,
      userAgent: null,
      ipAddress: null,
      spaceId: null,
      message: null,
    });

    const { record } = judge(bare, lookups());

    expect(record).toEqual({
      Instance: 'default',
      Id: 'Events-501',
      Category: 'Modified',
      Occurred: '2026-03-03T10:15:00.000Z',
      RelatedDocumentIds: [],
      DocumentTypes: [],
      LocalTime: '10:15',
      LocalDay: 'Tuesday',
      OffHours: false,
      'Calendar.Name': 'default',
    });
  });
});

describe('the network of an event', () => {
  test('is not known where addresses are those of a proxy, which the address itself still shows', () => {
    const event = aDeployment('DeploymentQueued', 'Prod');

    const { record } = judge(event, lookups({ areAddressesTrusted: false }));

    expect(record).toHaveProperty('IpAddress', '192.0.2.10');
    expect(record).not.toHaveProperty('Network');
  });
});

describe('a started deployment', () => {
  const started = aDeployment('DeploymentStarted', 'Prod', bySystem);

  test('has the actor, key, address and client of the queued event', () => {
    const queued = aQueued({
      actorKind: 'service',
      actorName: 'ci',
      apiKeyId: 'apikeys-aaa',
      apiKeyPurpose: 'Nightly build',
      isOffHours: true,
      offHoursReason: 'night',
    });

    const { record, derived } = judge(started, lookups({ queued }, { apiKeys: [aKey()] }));

    expect(record).toMatchObject({
      UserId: 'users-system',
      Username: 'system',
      'Actor.Kind': 'service',
      'Actor.Name': 'ci',
      'ApiKey.Id': 'apikeys-aaa',
      'ApiKey.Purpose': 'Nightly build',
      'ApiKey.Hint': 'API-AA',
      IpAddress: '192.0.2.77',
      UserAgent: 'octo/9',
      'Deployment.IsQueueKnown': true,
      'Deployment.QueuedInHours': false,
    });
    expect(derived).toMatchObject({
      actorKind: 'service',
      actorName: 'ci',
      apiKeyId: 'apikeys-aaa',
      apiKeyPurpose: 'Nightly build',
    });
  });

  test('says that it was queued in hours', () => {
    const { record } = judge(started, lookups({ queued: aQueued() }));

    expect(record['Deployment.QueuedInHours']).toBe(true);
  });

  test('has no actor at all when the queued event is not known', () => {
    const { record, derived } = judge(started, lookups());

    expect(Object.keys(record).filter((field) => /^(Actor|ApiKey)\.|QueuedInHours/.test(field))).toEqual([]);
    expect(record['Deployment.IsQueueKnown']).toBe(false);
    expect([derived.actorKind, derived.actorName]).toEqual([null, null]);
  });

  test('is the system when the server queued it, as the queued event itself is', () => {
    const queuedBySystem = judge(aDeployment('DeploymentQueued', 'Prod', bySystem), lookups()).record;
    const { record } = judge(started, lookups({ queued: aQueued({ actorKind: 'system', actorName: 'system' }) }));

    expect([queuedBySystem['Actor.Kind'], record['Actor.Kind']]).toEqual(['system', 'system']);
    expect('Deployment.IsQueueKnown' in queuedBySystem).toBe(false);
  });

  test('keeps its own actor should a server name one', () => {
    const { record } = judge(
      aDeployment('DeploymentStarted', 'Prod'),
      lookups({ queued: aQueued({ actorName: 'other' }) }),
    );

    expect(record['Actor.Name']).toBe('mira');
  });
});

describe('names read from the message', () => {
  const message = 'Scheduled 🐙 to Prod';
  const withReference = (start: number, length: number) =>
    anEvent({
      message,
      relatedDocumentIds: ['Environments-2'],
      messageReferences: [{ documentId: 'Environments-2', start, length }],
    });
  const inventory = { environments: [anEnvironment()] };

  test('counts offsets in UTF-16 units', () => {
    const { record } = judge(withReference(message.indexOf('Prod'), 4), lookups({}, inventory));

    expect(record['Environment.Name']).toBe('Prod');
  });

  test.each([
    ['before the message', -1, 4],
    ['beyond its end', message.length - 2, 4],
    ['of no length', 3, 0],
    ['of a negative length', 9, -4],
    ['that are no integers', 1.5, 2],
    ['that are no numbers', Number.NaN, 4],
    ['that cut a character in two', message.indexOf('🐙') + 1, 4],
    ['of blanks only', 9, 1],
  ])('falls back to the inventory for offsets %s', (_, start, length) => {
    const known = judge(withReference(start, length), lookups({}, inventory));
    const unknown = judge(withReference(start, length), lookups());

    expect(known.record).toMatchObject({ 'Environment.Name': 'Staging', 'Environment.IsProduction': false });
    expect(unknown.record['Environment.Id']).toBe('Environments-2');
    expect('Environment.Name' in unknown.record || 'Environment.IsProduction' in unknown.record).toBe(false);
  });

  test('takes ids by prefix wherever they stand, and from references when there are no related documents', () => {
    const event = aDeployment('DeploymentQueued', 'Prod');
    const shuffled = { ...event, relatedDocumentIds: [...event.relatedDocumentIds].reverse() };
    const empty = { ...event, relatedDocumentIds: [] };

    for (const other of [shuffled, empty]) {
      expect(judge(other, lookups()).record).toMatchObject({
        'Project.Name': 'Teapot',
        'Environment.Id': 'Environments-2',
        'Deployment.Id': 'Deployments-70',
      });
    }
  });

  test('does not mistake one kind of document for another whose name begins alike', () => {
    const event = anEvent({ relatedDocumentIds: ['ProjectGroups-1', 'ProjectTriggers-2', 'DeploymentTargets-3'] });

    const { record } = judge(event, lookups());

    expect(['Project.Id' in record, 'Deployment.Id' in record]).toEqual([false, false]);
  });

  test('does not name a project after another that the message mentions', () => {
    const event = anEvent({
      message: 'Beta was cloned from Alpha',
      relatedDocumentIds: ['Projects-1', 'Projects-2'],
      messageReferences: [{ documentId: 'Projects-2', start: 21, length: 5 }],
    });

    expect(judge(event, lookups()).record).toMatchObject({ 'Project.Id': 'Projects-2', 'Project.Name': 'Alpha' });
  });
});

describe('environment of an event', () => {
  const environments = [
    anEnvironment({ id: 'Environments-1', name: 'Dev' }),
    anEnvironment({ id: 'Environments-3', name: 'Production' }),
  ];

  test('is the one that the message names', () => {
    const event = anEvent({
      message: 'Moved to Dev',
      relatedDocumentIds: ['Environments-3', 'Environments-1'],
      messageReferences: [{ documentId: 'Environments-1', start: 9, length: 3 }],
    });

    expect(judge(event, lookups({}, { environments })).record['Environment.Name']).toBe('Dev');
  });

  test('is production before others when the message names none', () => {
    const event = anEvent({ relatedDocumentIds: ['Environments-1', 'Environments-3'] });

    expect(judge(event, lookups({}, { environments })).record).toMatchObject({
      'Environment.Id': 'Environments-3',
      'Environment.IsProduction': true,
    });
  });

  test('is production by the name it had then, and by what the inventory says now', () => {
    const renamedSince = judge(
      aDeployment('DeploymentQueued', 'Prod'),
      lookups({}, { environments: [anEnvironment({ name: 'Retired' })] }),
    );
    const renamedForAnHour = judge(
      aDeployment('DeploymentQueued', 'Sandbox'),
      lookups({}, { environments: [anEnvironment({ name: 'Prod' })] }),
    );

    expect(renamedSince.record['Environment.IsProduction']).toBe(true);
    expect(renamedForAnHour.record).toMatchObject({ 'Environment.Name': 'Sandbox', 'Environment.IsProduction': true });
  });

  test('is judged by configured slugs and tags through the inventory, and left open when it is not there', () => {
    const byTag = aJudge(['Stage/Prod']);
    const event = aDeployment('DeploymentQueued', 'Blue');

    const known = byTag(event, lookups({}, { environments: [anEnvironment({ name: 'Blue', tags: ['Stage/Prod'] })] }));
    const unknown = byTag(event, lookups());

    expect(known.derived.isProduction).toBe(true);
    expect(unknown.derived.isProduction).toBeNull();
  });
});

describe('document types', () => {
  test.each([
    ['Users-1', 'Users'],
    ['users-system', 'Users'],
    ['apikeys-I6x', 'ApiKeys'],
    ['variableset-Projects-1', 'VariableSets'],
    ['variableset-Projects-1-s-3-ABCDE', 'VariableSetSnapshots'],
    ['userroles-projectdeployer', 'UserRoles'],
    ['teams-administrators', 'Teams'],
    ['RunbookRuns-4', 'RunbookRuns'],
    ['Subscriptions-2', 'Subscriptions'],
    ['deploymentfreezes-3', 'DeploymentFreezes'],
    ['certificates-1', 'Certificates'],
    ['Accounts-7', 'Accounts'],
    ['auditstream-configuration', 'AuditStreams'],
    ['eventarchives-2019-01-01', 'EventArchives'],
    ['constructor-1', 'constructor'],
  ])('reads %s as %s', (id, type) => {
    expect(judge(anEvent({ relatedDocumentIds: [id, id] }), lookups()).record['DocumentTypes']).toEqual([type]);
  });
});

describe("an event about the monitor's own account or key", () => {
  const ownIds = new Set(['Users-7', 'apikeys-own']);
  const isTouched = (fields: Parameters<typeof anEvent>[0]) =>
    judge(anEvent(fields), lookups({ ownIds })).record['Monitor.IsTouched'];

  test('is one, by its documents or what its message refers to', () => {
    expect(isTouched({ relatedDocumentIds: ['teams-1', 'Users-7'] })).toBe(true);
    expect(isTouched({ category: 'Deleted', relatedDocumentIds: ['apikeys-own'] })).toBe(true);
    expect(isTouched({ messageReferences: [{ documentId: 'Users-7', start: 0, length: 1 }] })).toBe(true);
  });

  test('is none when it signs in, or when the event is about others', () => {
    expect(isTouched({ category: 'LoginSucceeded', relatedDocumentIds: ['Users-7'] })).toBeUndefined();
    expect(isTouched({ category: 'LoginFailed', relatedDocumentIds: ['Users-7'] })).toBeUndefined();
    expect(isTouched({ relatedDocumentIds: ['Users-77'] })).toBeUndefined();
  });
});

describe('unknownIds', () => {
  const index = createInventoryIndex(
    anInventory({ users: [aUser()], spaces: [{ id: 'Spaces-1', name: 'Default' }], environments: [anEnvironment()] }),
  );

  test('names users, spaces and environments that the inventory does not hold, each once', () => {
    const event = anEvent({
      spaceId: 'Spaces-9',
      relatedDocumentIds: [
        'Environments-2',
        'Environments-8',
        'Environments-8',
        'Users-77',
        'users-system',
        'Projects-1',
      ],
    });

    expect(unknownIds(event, index)).toEqual(['Spaces-9', 'Environments-8', 'Users-77']);
    expect(unknownIds(aDeployment('DeploymentQueued', 'Prod'), index)).toEqual([]);
  });

  test('looks at the environments of a variable scope too', () => {
    const variableChange = {
      evidence: 'diff',
      variables: [{ name: 'a', change: 'scope', isSensitive: null, scope: { Environment: ['Environments-6'] } }],
    } as const;

    expect(unknownIds(anEvent({ variableChange }), index)).toEqual(['Environments-6']);
  });

  test('does not look for what was just deleted', () => {
    expect(unknownIds(anEvent({ category: 'Deleted', relatedDocumentIds: ['Users-77'] }), index)).toEqual([]);
  });

  test('knows nothing before the first reading', () => {
    expect(unknownIds(anEvent(), createInventoryIndex(null))).toEqual(['Users-11', 'Spaces-1']);
  });
});
