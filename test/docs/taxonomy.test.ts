import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  apiKeyRecord,
  createCalendar,
  createChangeWindow,
  createEventJudge,
  createProductionMatcher,
  createRegisterIndex,
  createZone,
  registerFields,
  registerReading,
  renderTaxonomy,
  TAXONOMY,
  type TaxonomyField,
} from '../../src/enrich/index.ts';
import type { AuditEvent } from '../../src/model/event.ts';
import type { FlatRecord } from '../../src/model/record.ts';
import {
  aDeployment,
  aJudge,
  aKey,
  aKeyQuestion,
  anEntry,
  anEnvironment,
  anEvent,
  aQueued,
  aUser,
  bySystem,
  lookups,
} from '../enrich/sample.ts';

function typeOf(value: unknown): string {
  return Array.isArray(value) && value.every((item) => typeof item === 'string') ? 'list of strings' : typeof value;
}

function expectInTable(source: TaxonomyField['source'], record: FlatRecord): void {
  const types = new Map(TAXONOMY.filter((row) => row.source === source).map(({ field, type }) => [field, type]));
  for (const [field, value] of Object.entries(record))
    expect([field, typeOf(value)]).toEqual([field, types.get(field)]);
}

const register = {
  sha256: '',
  entries: [
    anEntry({
      match: { account: 'mira' },
      ...{ owner: 'platform', system: 'CI', breaks: 'releases', may: ['read'] as const, rotateDays: 90 },
      ...{ networks: ['192.0.2.0/24'], environments: ['Prod'], hours: 'business' as const },
    }),
  ],
};
const judge = aJudge(undefined, register);
const byKey = { apiKeyId: 'apikeys-aaa', apiKeyHint: 'API-AA', comments: 'Hotfix' } satisfies Partial<AuditEvent>;
const known = lookups(
  {
    queued: aQueued(),
    serverVersion: '2026.1.1',
    variableSetHasSensitive: true,
    detailsRefused: 'HTTP 403',
    categoryName: 'Document modified',
    ownIds: new Set(['Users-7']),
  },
  {
    users: [aUser()],
    apiKeys: [aKey()],
    environments: [anEnvironment()],
    spaces: [{ id: 'Spaces-1', name: 'Default' }],
  },
);
const variableChange = {
  evidence: 'diff',
  variables: [
    { name: 'Db.Password', change: 'value', isSensitive: true, scope: {} },
    { name: 'Token', change: 'made_plain', isSensitive: true, scope: {} },
  ],
} as const;
const documentChange = {
  evidence: 'diff',
  operations: [{ op: 'replace', path: '/Days', value: 30, before: 90 }],
} as const;

/** A judge by which 7 March 2026 lies in a freeze and every evening in a change window. */
const judgeOfTimes = createEventJudge({
  calendar: createCalendar({
    zone: createZone('UTC'),
    freezes: [{ fromMs: Date.UTC(2026, 2, 7), toMs: Date.UTC(2026, 2, 8), name: 'Stocktaking' }],
  }),
  changeWindows: [
    createChangeWindow({
      ...{ name: 'evenings', owner: 'mira', ticket: 'CHG-1', match: null, zone: null, duringFreeze: false },
      weekly: Array.from({ length: 7 }, () => [{ fromMinute: 20 * 60, toMinute: 22 * 60 }]),
      ...{ fromMs: () => null, toMs: () => null },
    }),
  ],
  production: createProductionMatcher(undefined),
});

/** The record of an event that is the first to show everything it shows. */
function recordOf(event: AuditEvent): FlatRecord {
  const { record, firstSeenPairs } = judge(event, known);
  return { ...record, ...Object.fromEntries(firstSeenPairs.map(({ fact }) => [`FirstSeen.${fact}`, true])) };
}

const records = [
  recordOf(aDeployment('DeploymentQueued', 'Prod', { ...byKey, occurredAt: '2026-03-07T10:00:00.000Z' })),
  recordOf(aDeployment('DeploymentStarted', 'Prod', bySystem)),
  recordOf(anEvent({ relatedDocumentIds: ['variableset-Projects-5', 'RunbookRuns-4'], variableChange })),
  recordOf(anEvent({ relatedDocumentIds: ['Users-7'], documentChange })),
  judgeOfTimes(aDeployment('DeploymentQueued', 'Prod', { occurredAt: '2026-03-07T10:00:00.000Z' }), known).record,
  judgeOfTimes(aDeployment('DeploymentQueued', 'Prod', { occurredAt: '2026-03-09T21:00:00.000Z' }), known).record,
  recordOf(anEvent({ category: 'LoginFailed', ...bySystem, ...byKey, message: 'Login failed for user mira' })),
];

describe('docs/taxonomy.md', () => {
  test('is what the table in the code says', async () => {
    await expect(renderTaxonomy()).toMatchFileSnapshot('../../docs/taxonomy.md');
  });

  test("names every field of an event's record, with its type", () => {
    for (const record of records) expectInTable('audit', record);
  });

  test('names no field that no record holds', () => {
    const held = new Set(records.flatMap((record) => Object.keys(record)));

    expect(TAXONOMY.filter(({ source, field }) => source === 'audit' && !held.has(field))).toEqual([]);
  });

  test("names exactly the fields of an API key's record", () => {
    const key = aKey({ expiresAt: '2027-01-01T00:00:00.000Z', accessLevel: 'FullAccess', actorType: 'User' });
    const question = aKeyQuestion({
      key,
      access: { userId: key.userId, systemPermissions: [], spacePermissions: {}, isComplete: true },
      powers: { powers: ['deploy'], isComplete: true },
      rotation: { state: 'stalled', successorId: 'apikeys-bbb', overlapDays: 9 },
      replacesId: 'apikeys-000',
      isMonitorKey: true,
      enabledAgainAt: '2026-01-01T00:00:00.000Z',
    });
    const recorded = { ...key, lastUsed: { known: true, at: '2026-01-01T00:00:00.000Z' } } as const;
    const said = registerReading(createRegisterIndex(register, createZone('UTC')), {
      ...{ instance: 'default', key, user: aUser(), powers: ['deploy'] },
    });

    const record = {
      ...apiKeyRecord(question).record,
      ...apiKeyRecord({ ...question, key: recorded }).record,
      ...registerFields(said, question.nowMs),
    };

    expectInTable('api_key', record);
    expect(Object.keys(record).sort()).toEqual(
      TAXONOMY.filter(({ source }) => source === 'api_key')
        .map(({ field }) => field)
        .sort(),
    );
  });

  test('names each field once per source', () => {
    const names = TAXONOMY.map(({ source, field }) => `${source} ${field}`);

    expect(new Set(names).size).toBe(names.length);
  });

  test('covers records of arbitrary events, hostile ones too', () => {
    const text = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.constantFrom('__proto__', '<!channel>', '\u001b[2J', "' created ", '{{7*7}}'),
    );
    const id = fc.oneof(
      text,
      fc.constantFrom(
        'Projects-1',
        'Environments-2',
        'users-system',
        'Users-1',
        'variableset-Projects-1',
        '__proto__-1',
        'constructor',
        '-',
      ),
    );
    const event = fc.record({
      category: fc.constantFrom('DeploymentStarted', 'LoginFailed', 'Modified', '__proto__'),
      userId: fc.option(id),
      username: fc.option(text),
      identityEstablishedWith: fc.option(
        fc.oneof(
          text,
          text.map((purpose) => `API key '${purpose}' created now`),
        ),
      ),
      message: fc.option(text),
      messageReferences: fc.array(fc.record({ documentId: id, start: fc.integer(), length: fc.integer() })),
      relatedDocumentIds: fc.array(id),
      spaceId: fc.option(id),
    });

    fc.assert(
      fc.property(event, (fields) => {
        const { record } = judge(anEvent(fields), known);

        expectInTable('audit', record);
        expect(judge(anEvent(fields), known).record).toEqual(record);
      }),
      { numRuns: 300 },
    );
  });
});
