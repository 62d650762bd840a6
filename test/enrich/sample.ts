import {
  type ApiKeyQuestion,
  createCalendar,
  createEventJudge,
  createInventoryIndex,
  createProductionMatcher,
  createRegisterIndex,
  createZone,
  type Lookups,
  type QueuedDeployment,
} from '../../src/enrich/index.ts';
import type { AuditEvent } from '../../src/model/event.ts';
import type { ApiKey, Environment, Inventory, User } from '../../src/model/inventory.ts';
import type { KeyRegister, RegisterEntry } from '../../src/model/register.ts';

export function anEvent(fields: Partial<AuditEvent> = {}): AuditEvent {
  return {
    id: 'Events-501',
    occurredAt: '2026-03-03T10:15:00.000Z',
    category: 'Modified',
    userId: 'Users-11',
    username: 'mira',
    isService: false,
    identityEstablishedWith: 'Session cookie',
    userAgent: 'OctopusClient-js/2026.1.100',
    ipAddress: '192.0.2.10',
    spaceId: 'Spaces-1',
    message: 'Something was modified',
    messageReferences: [],
    relatedDocumentIds: [],
    comments: null,
    apiKeyId: null,
    apiKeyHint: null,
    variableChange: null,
    documentChange: null,
    raw: '{}',
    ...fields,
  };
}

/** An event of a deployment of Teapot 1.4.2 to the named environment. */
export function aDeployment(category: string, environment: string, fields: Partial<AuditEvent> = {}): AuditEvent {
  const message = `Deploy to ${environment} started for Teapot release 1.4.2 to ${environment} for Ravenna`;
  const at = (text: string, from = 0) => ({ start: message.indexOf(text, from), length: text.length });
  return anEvent({
    category,
    message,
    messageReferences: [
      { documentId: 'Deployments-70', start: 0, length: 'Deploy to '.length + environment.length },
      { documentId: 'Projects-5', ...at('Teapot') },
      { documentId: 'Releases-33', ...at('1.4.2') },
      {
        documentId: 'Environments-2',
        start: message.lastIndexOf(` ${environment} for`) + 1,
        length: environment.length,
      },
      { documentId: 'Tenants-9', ...at('Ravenna') },
    ],
    relatedDocumentIds: [
      'Deployments-70',
      'Projects-5',
      'Releases-33',
      'Environments-2',
      'Tenants-9',
      'ServerTasks-900',
      'Channels-3',
    ],
    ...fields,
  });
}

export const bySystem = {
  userId: 'users-system',
  username: 'system',
  isService: false,
  identityEstablishedWith: '',
  userAgent: 'Server',
  ipAddress: null,
} satisfies Partial<AuditEvent>;

export function aUser(fields: Partial<User> = {}): User {
  return {
    id: 'Users-11',
    username: 'mira',
    displayName: null,
    isActive: true,
    isService: false,
    serviceAccountType: null,
    ...fields,
  };
}

export function aKey(fields: Partial<ApiKey> = {}): ApiKey {
  return {
    id: 'apikeys-aaa',
    userId: 'Users-11',
    purpose: 'Nightly build',
    hint: 'API-AA',
    createdAt: '2025-07-22T17:46:35.250Z',
    expiresAt: null,
    lastUsed: null,
    accessLevel: null,
    actorType: null,
    ...fields,
  };
}

/** A key of a person, judged on a day in March 2026 with a year of history stored and nothing else known. */
export function aKeyQuestion(fields: Partial<ApiKeyQuestion> = {}): ApiKeyQuestion {
  return {
    instance: 'default',
    key: aKey(),
    user: aUser(),
    nowMs: Date.UTC(2026, 2, 3, 12),
    lastAuditedWriteAt: null,
    possibleWriteAt: null,
    historyFromAt: '2025-03-03T00:00:00.000Z',
    unusedAfterDays: 90,
    access: null,
    powers: null,
    company: { liveKeysOfAccount: 1, isPurposeShared: false },
    replacesId: null,
    isMonitorKey: false,
    rotation: null,
    enabledAgainAt: null,
    hasUsed: () => false,
    ...fields,
  };
}

/** An entry of the key register that says nothing but who answers for the key. */
export function anEntry(fields: Partial<RegisterEntry> & Pick<RegisterEntry, 'match'>): RegisterEntry {
  return {
    ...{ place: 'keys.yml:3', owner: 'platform', system: null, purpose: null, stored: null, breaks: null },
    ...{ may: null, networks: null, environments: null, hours: null, rotateDays: null },
    ...fields,
  };
}

export function anEnvironment(fields: Partial<Environment> = {}): Environment {
  return { id: 'Environments-2', spaceId: 'Spaces-1', name: 'Staging', slug: 'staging', tags: [], ...fields };
}

export function anInventory(fields: Partial<Inventory> = {}): Inventory {
  return {
    readAt: '2026-03-01T00:00:00.000Z',
    users: [],
    apiKeys: [],
    access: [],
    spaces: [],
    environments: [],
    freezes: [],
    complete: { users: true, spaces: true, environmentSpaceIds: [], apiKeyUserIds: [], freezes: false },
    problems: [],
    ...fields,
  };
}

export function lookups(fields: Partial<Lookups> = {}, inventory: Partial<Inventory> = {}): Lookups {
  return {
    instance: 'default',
    inventory: createInventoryIndex(anInventory(inventory)),
    queued: null,
    areAddressesTrusted: true,
    categoryName: null,
    ownIds: new Set(),
    serverVersion: null,
    variableSetHasSensitive: null,
    detailsRefused: null,
    ...fields,
  };
}

export function aQueued(fields: Partial<QueuedDeployment> = {}): QueuedDeployment {
  return {
    occurredAt: '2026-03-03T10:00:00.000Z',
    isOffHours: false,
    offHoursReason: null,
    actorKind: 'human',
    actorName: 'mira',
    apiKeyId: null,
    apiKeyPurpose: null,
    ipAddress: '192.0.2.77',
    userAgent: 'octo/9',
    ...fields,
  };
}

/** A judge with office hours in London and, unless patterns are given, production by name; with the entries of a key register, if any. */
export function aJudge(patterns?: readonly string[], register?: KeyRegister) {
  return createEventJudge({
    calendar: createCalendar({ zone: createZone('Europe/London') }),
    production: createProductionMatcher(patterns),
    register: register ? createRegisterIndex(register, createZone('Europe/London')) : null,
  });
}
