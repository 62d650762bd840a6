import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  apiKeyRecord,
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
  { queued: aQueued(), serverVersion: '2026.1.1', variableSetHasSensitive: true, detailsRefused: 'HTTP 403' },
  {
    users: [aUser()],
    apiKeys: [aKey()],
    environments: [anEnvironment()],
    spaces: [{ id: 'Spaces-1', name: 'Default' }],
  },
);
const variableChange = {
  evidence: 'diff',
  variables: [{ name: 'Db.Password', change: 'value', isSensitive: true, scope: {} }],
} as const;

const records = [
  judge(aDeployment('DeploymentQueued', 'Prod', { ...byKey, occurredAt: '2026-03-07T10:00:00.000Z' }), known).record,
  judge(aDeployment('DeploymentStarted', 'Prod', bySystem), known).record,
  judge(anEvent({ relatedDocumentIds: ['variableset-Projects-5', 'RunbookRuns-4'], variableChange }), known).record,
  judge(anEvent({ category: 'LoginFailed', ...bySystem }), known).record,
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
    const key = aKey({
      lastUsed: { known: true, at: '2026-01-01T00:00:00.000Z' },
      expiresAt: '2027-01-01T00:00:00.000Z',
      accessLevel: 'Custom',
      actorType: 'User',
    });

    const nowMs = Date.UTC(2026, 2, 3);
    const ledger = apiKeyRecord({
      key,
      user: aUser(),
      nowMs,
      lastAuditedWriteAt: null,
      unusedAfterDays: 90,
    });
    const said = registerReading(createRegisterIndex(register, createZone('UTC')), {
      ...{ instance: 'default', key, user: aUser(), powers: ['deploy'] },
    });
    const record = { ...ledger.record, ...registerFields(said, nowMs) };

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
