import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { AuditEvent } from '../../src/model/event.ts';
import type { Inventory } from '../../src/model/inventory.ts';
import { aJudge, aKey, anEvent, aUser, bySystem, lookups } from './sample.ts';

const judge = aJudge();

function attributed(event: Partial<AuditEvent>, inventory: Partial<Inventory> = {}) {
  const { record, derived } = judge(anEvent(event), lookups({}, inventory));
  return { id: record['ApiKey.Id'], purpose: record['ApiKey.Purpose'], hint: record['ApiKey.Hint'], derived };
}

const identity = (purpose: string) => `API key '${purpose}' created Tue, 22 Jul 2025 17:46:35 GMT`;

describe('API key of an event', () => {
  test('is found by its id, whatever the text says', () => {
    const found = attributed(
      { apiKeyId: 'apikeys-bbb', identityEstablishedWith: identity('Old name') },
      { apiKeys: [aKey(), aKey({ id: 'apikeys-bbb', purpose: 'New name', hint: 'API-BB' })] },
    );

    expect(found).toMatchObject({ id: 'apikeys-bbb', purpose: 'New name', hint: 'API-BB' });
  });

  test('keeps the id and the purpose of the text when the inventory no longer holds the key', () => {
    const found = attributed(
      { apiKeyId: 'apikeys-gone', apiKeyHint: 'API-GO', identityEstablishedWith: identity('Nightly build') },
      { apiKeys: [aKey()] },
    );

    expect(found).toMatchObject({ id: 'apikeys-gone', purpose: 'Nightly build', hint: 'API-GO' });
  });

  test('is found by its hint among the keys of the same user only', () => {
    const keys = [aKey(), aKey({ id: 'apikeys-ccc', userId: 'Users-12', hint: 'API-CC' })];

    expect(attributed({ apiKeyHint: 'API-AA' }, { apiKeys: keys }).id).toBe('apikeys-aaa');
    expect(attributed({ apiKeyHint: 'API-CC' }, { apiKeys: keys }).id).toBeUndefined();
  });

  test('is found by user, purpose and the second of creation on older servers', () => {
    const keys = [
      aKey({ id: 'apikeys-1', createdAt: '2025-07-22T17:46:34.999Z' }),
      aKey({ id: 'apikeys-2', createdAt: '2025-07-22T17:46:35.999Z' }),
      aKey({ id: 'apikeys-3', purpose: 'Other' }),
      aKey({ id: 'apikeys-4', userId: 'Users-12' }),
    ];

    const found = attributed({ identityEstablishedWith: identity('Nightly build') }, { apiKeys: keys });

    expect(found).toMatchObject({ id: 'apikeys-2', purpose: 'Nightly build' });
    expect(found.derived).toMatchObject({ apiKeyId: 'apikeys-2', apiKeyPurpose: 'Nightly build' });
  });

  test('has a purpose and no id when two keys cannot be told apart', () => {
    const found = attributed(
      { identityEstablishedWith: identity('Nightly build') },
      { apiKeys: [aKey({ id: 'apikeys-1' }), aKey({ id: 'apikeys-2' })] },
    );

    expect(found).toMatchObject({ id: undefined, purpose: 'Nightly build' });
    expect(found.derived).toMatchObject({ apiKeyId: null, apiKeyPurpose: 'Nightly build' });
  });

  test.each([
    "Mira's key",
    "' created Mon, 01 Jan 2024 00:00:00 GMT",
    "a' created b' created c",
    '',
    'two\nlines',
    '<!channel>',
  ])('is found for the purpose %j', (purpose) => {
    const found = attributed({ identityEstablishedWith: identity(purpose) }, { apiKeys: [aKey({ purpose })] });

    expect(found).toMatchObject({ id: 'apikeys-aaa', purpose });
  });

  test('is found for any purpose at all', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 60 }), (purpose) => {
        const found = attributed({ identityEstablishedWith: identity(purpose) }, { apiKeys: [aKey({ purpose })] });

        expect(found).toMatchObject({ id: 'apikeys-aaa', purpose });
      }),
    );
  });

  test.each(['Session cookie', '', 'API key', "API key 'x'", 'Bearer token', null])('is absent for %j', (text) => {
    expect(attributed({ identityEstablishedWith: text }, { apiKeys: [aKey()] })).toMatchObject({
      id: undefined,
      purpose: undefined,
    });
  });

  test('has a purpose and no id when the time in the text cannot be read', () => {
    const found = attributed(
      { identityEstablishedWith: "API key 'Nightly build' created some day" },
      { apiKeys: [aKey()] },
    );

    expect(found).toMatchObject({ id: undefined, purpose: 'Nightly build' });
  });
});

describe('actor', () => {
  const kindOf = (event: Partial<AuditEvent>, inventory: Partial<Inventory> = {}) =>
    judge(anEvent(event), lookups({}, inventory)).record['Actor.Kind'];

  test('is the system for the server itself', () => {
    const { record, derived } = judge(anEvent(bySystem), lookups());

    expect([record['Actor.Kind'], record['Actor.Name']]).toEqual(['system', 'system']);
    expect(derived).toMatchObject({ actorKind: 'system', actorName: 'system' });
  });

  test('is an agent by its key or by its account, before it is a service', () => {
    const agentKey = { apiKeys: [aKey({ actorType: 'AiAgent' })] };
    const agentUser = { users: [aUser({ isService: true, serviceAccountType: 'Agent' })] };

    expect(kindOf({ apiKeyId: 'apikeys-aaa', isService: true }, agentKey)).toBe('agent');
    expect(kindOf({ isService: true }, agentUser)).toBe('agent');
  });

  test('is a service by the event or by the inventory', () => {
    expect(kindOf({ isService: true })).toBe('service');
    expect(kindOf({ isService: null }, { users: [aUser({ isService: true })] })).toBe('service');
    expect(kindOf({ isService: false }, { users: [aUser({ isService: true })] })).toBe('service');
  });

  test('is human otherwise, and absent where nothing tells', () => {
    expect(kindOf({})).toBe('human');
    expect(kindOf({ isService: null }, { users: [aUser()] })).toBe('human');
    expect(kindOf({ isService: null })).toBeUndefined();
    expect(kindOf({ userId: null, username: null })).toBeUndefined();
  });

  test('takes its name from the inventory when the event has none', () => {
    const named = judge(anEvent({ username: null }), lookups({}, { users: [aUser({ username: 'mira.old' })] }));
    const nameless = judge(anEvent({ username: null }), lookups());

    expect(named.record['Actor.Name']).toBe('mira.old');
    expect('Actor.Name' in nameless.record).toBe(false);
  });
});
