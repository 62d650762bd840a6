import { describe, expect, test } from 'vitest';
import { type ApiKeyQuestion, apiKeyRecord } from '../../src/enrich/index.ts';
import { aKey, aKeyQuestion, aUser } from './sample.ts';

const NOW = '2026-03-03T12:00:00.000Z';
const daysBefore = (days: number, ms = 0) => new Date(Date.parse(NOW) - days * 86_400_000 + ms).toISOString();

function judged(key: Parameters<typeof aKey>[0], question: Partial<ApiKeyQuestion> = {}) {
  return apiKeyRecord(aKeyQuestion({ key: aKey(key), ...question }));
}

const usedAt = (at: string | null) => ({ lastUsed: { known: true, at } as const });

describe('a key whose use the server knows', () => {
  test('is unused from exactly the limit on, counted in whole days', () => {
    expect(judged(usedAt(daysBefore(90)))).toMatchObject({
      state: 'unused',
      idleDays: 90,
      lastUsedSource: 'server',
      record: { UseState: 'unused', IdleDays: 90 },
    });
    expect(judged(usedAt(daysBefore(90, 1)))).toMatchObject({
      state: 'used',
      idleDays: 89,
      record: { UseState: 'used', IdleDays: 89 },
    });
  });

  test('is never_used when the server recorded no use, idle since it was made', () => {
    const facts = judged({ ...usedAt(null), createdAt: daysBefore(10) });

    expect(facts).toMatchObject({
      state: 'never_used',
      lastUsedAt: null,
      idleDays: 10,
      record: { AgeDays: 10, IdleDays: 10 },
    });
  });

  test('is judged by the server even if the audit log shows a later change, and says so', () => {
    const facts = judged(usedAt(daysBefore(100)), { lastAuditedWriteAt: daysBefore(2) });

    expect(facts).toMatchObject({ state: 'unused', lastUsedAt: daysBefore(100), lastUsedSource: 'server' });
    expect(facts.stateReason).toMatch(/audit log shows a change/);
  });

  test("was used today when the server's clock is ahead", () => {
    expect(judged(usedAt(daysBefore(0, 60_000)))).toMatchObject({ state: 'used', idleDays: 0 });
  });
});

describe('a key whose use the server does not know', () => {
  test.each([[null], [{ known: false } as const]])(
    'is unknown, with the last audited change as a lower bound (%j)',
    (lastUsed) => {
      const facts = judged({ lastUsed }, { lastAuditedWriteAt: daysBefore(200) });

      expect(facts).toMatchObject({
        state: 'unknown',
        lastUsedAt: daysBefore(200),
        lastUsedSource: 'audit',
        idleDays: null,
      });
      expect('IdleDays' in facts.record).toBe(false);
    },
  );

  test('has no last use when the audit log shows none', () => {
    expect(judged({})).toMatchObject({ state: 'unknown', lastUsedAt: null, lastUsedSource: null, idleDays: null });
  });
});

describe('an expired key', () => {
  test.each([usedAt(daysBefore(1)), usedAt(daysBefore(200)), usedAt(null), {}])(
    'is expired whatever its use (%j)',
    (use) => {
      expect(judged({ ...use, expiresAt: NOW })).toMatchObject({
        state: 'expired',
        record: { UseState: 'expired', ExpiresInDays: 0, NeverExpires: false },
      });
    },
  );

  test('counts days to expiry rounded down, also below zero', () => {
    expect(judged({ expiresAt: daysBefore(-20, -1) }).record).toMatchObject({ ExpiresInDays: 19, UseState: 'unknown' });
    expect(judged({ expiresAt: daysBefore(0, -1) }).record).toMatchObject({ ExpiresInDays: -1, UseState: 'expired' });
  });
});

describe('the silence of the audit log about a key whose use the server does not know', () => {
  test.each<[string, Partial<ApiKeyQuestion>, number, string]>([
    [
      'counts from the last audited write',
      { lastAuditedWriteAt: daysBefore(120) },
      120,
      `no audited write for 120 days; the last known was at ${daysBefore(120)}; reads are not audited.`,
    ],
    [
      'is as long as the stored history, where nothing was written in it',
      { historyFromAt: daysBefore(42) },
      42,
      'no audited write in the 42 days of stored history; reads are not audited.',
    ],
    [
      'is as long as the history without a hole, whatever was written before it',
      { historyFromAt: daysBefore(1, -1), lastAuditedWriteAt: daysBefore(60) },
      1,
      `no audited write in the 1 day of stored history; the last known was at ${daysBefore(60)}; reads are not audited.`,
    ],
    [
      'is no longer than the key exists',
      { key: aKey({ createdAt: daysBefore(20) }) },
      20,
      'no audited write in the 20 days since it was made; reads are not audited.',
    ],
    [
      'ends at a write that may have been made with it',
      { possibleWriteAt: daysBefore(5) },
      5,
      'no audited write for 5 days that may have been made with it; reads are not audited.',
    ],
  ])('%s', (_what, question, days, words) => {
    const facts = judged({}, question);

    expect(facts).toMatchObject({ state: 'unknown', idleDays: null, auditIdleDays: days });
    expect(facts.record).toMatchObject({ AuditIdleDays: days });
    expect(facts.stateReason).toBe(`This server does not record when keys are used; ${words}`);
  });

  test('is not told while it is not known from when on events are stored', () => {
    const facts = judged({}, { historyFromAt: null, lastAuditedWriteAt: daysBefore(200) });

    expect(facts.auditIdleDays).toBeNull();
    expect('AuditIdleDays' in facts.record).toBe(false);
    expect(facts.stateReason).toContain('not known');
  });

  test('is no matter where the server knows the use', () => {
    expect('AuditIdleDays' in judged(usedAt(daysBefore(1))).record).toBe(false);
  });
});

describe('whose key it is', () => {
  test.each<[string, Partial<ReturnType<typeof aUser>>, string | null, object, string]>([
    ['a person’s', {}, 'User', { IsPersonal: true, IsAgent: false }, 'human'],
    ['a person’s, on an old server', {}, null, { IsPersonal: true }, 'human'],
    ['a service account’s', { isService: true }, 'User', { IsPersonal: false, IsAgent: false }, 'service'],
    ['an agent’s of a person', {}, 'AiAgent', { IsPersonal: false, IsAgent: true }, 'agent'],
    [
      'an agent’s account’s',
      { isService: true, serviceAccountType: 'Agent' },
      'User',
      { IsPersonal: false, IsAgent: true },
      'agent',
    ],
  ])('%s', (_what, user, actorType, fields, kind) => {
    const { record, ownerKind } = judged({ actorType }, { user: aUser(user) });

    expect(record).toMatchObject(fields);
    expect('IsAgent' in record).toBe('IsAgent' in fields);
    expect(ownerKind).toBe(kind);
  });

  test('is not claimed of an account that nobody knows', () => {
    const { record, ownerKind } = judged({}, { user: null });

    expect('IsPersonal' in record).toBe(false);
    expect(ownerKind).toBeNull();
  });
});

describe('an owner who was enabled again', () => {
  test('revives the keys that are older, and only while the account is enabled', () => {
    const enabledAgainAt = daysBefore(3);
    const field = (key: object, user = {}) =>
      judged(key, { enabledAgainAt, user: aUser(user) }).record['OwnerEnabledAgainDays'];

    expect(field({})).toBe(3);
    expect(field({ createdAt: null })).toBe(3);
    expect(field({ createdAt: daysBefore(1) })).toBeUndefined();
    expect(field({}, { isActive: false })).toBeUndefined();
  });
});

describe('powers that are not used', () => {
  const powers = {
    powers: ['deploy_production', 'deploy', 'edit_variables', 'manage_users'],
    isComplete: true,
  } as const;
  const unused = (key: object, question: Partial<ApiKeyQuestion> = {}) =>
    judged(key, { powers, ...question }).record['UnusedPowers'];

  test('are those whose use would have been audited and was not, in the last 90 days', () => {
    const asked: string[] = [];

    const found = unused(
      {},
      {
        hasUsed(power, since) {
          asked.push(since);
          return power === 'edit_variables';
        },
      },
    );

    expect(found).toEqual(['deploy_production', 'manage_users']);
    expect(new Set(asked)).toEqual(new Set([daysBefore(90)]));
  });

  test('are told only when key and history are old enough and no event may have been its own', () => {
    expect(unused({ createdAt: daysBefore(89) })).toBeUndefined();
    expect(unused({ createdAt: null })).toBeUndefined();
    expect(unused({}, { historyFromAt: daysBefore(89) })).toBeUndefined();
    expect(unused({}, { historyFromAt: null })).toBeUndefined();
    expect(unused({}, { possibleWriteAt: daysBefore(10) })).toBeUndefined();
    expect(unused({}, { possibleWriteAt: daysBefore(100) })).toEqual([
      'deploy_production',
      'edit_variables',
      'manage_users',
    ]);
    expect(unused({}, { powers: null })).toBeUndefined();
  });
});

describe('a purpose', () => {
  test.each(['', '  ', 'build', 'Testing', 'test key', 'TEMP  API-KEY 2', 'my new octopus key', '12345678', null])(
    'says nothing: %j',
    (purpose) => {
      expect(judged({ purpose }).record).toMatchObject({ PurposeIsVague: true });
    },
  );

  test.each(['Nightly build', 'Terraform', 'Jenkins test agents', 'デプロイ用サーバー鍵'])(
    'says something: %j',
    (purpose) => {
      expect(judged({ purpose }).record).toMatchObject({ PurposeIsVague: false });
    },
  );
});

describe('the record of a key', () => {
  test('holds every fact that is known', () => {
    const { record } = judged(
      {
        ...usedAt(daysBefore(3)),
        createdAt: daysBefore(30, -1),
        expiresAt: daysBefore(-20),
        accessLevel: 'FullAccess',
        actorType: 'User',
      },
      {
        user: aUser({ isService: true, isActive: false }),
        access: { userId: 'Users-11', systemPermissions: [], spacePermissions: {}, isComplete: false },
        powers: { powers: ['deploy'], isComplete: false },
        company: { liveKeysOfAccount: 2, isPurposeShared: true },
        rotation: { state: 'overlapping', successorId: 'apikeys-bbb', overlapDays: 2 },
      },
    );

    expect(record).toEqual({
      Instance: 'default',
      KeyId: 'apikeys-aaa',
      Purpose: 'Nightly build',
      Hint: 'API-AA',
      UserId: 'Users-11',
      Username: 'mira',
      IsServiceAccount: true,
      UserIsActive: false,
      AgeDays: 30,
      IdleDays: 3,
      ExpiresInDays: 20,
      NeverExpires: false,
      UseState: 'used',
      AccessLevel: 'FullAccess',
      ActorType: 'User',
      IsPersonal: false,
      IsAgent: false,
      Powers: ['deploy'],
      PowersComplete: false,
      PurposeIsVague: false,
      PurposeIsShared: true,
      LiveKeysOfAccount: 2,
      'Rotation.State': 'overlapping',
      'Rotation.SuccessorId': 'apikeys-bbb',
      'Rotation.OverlapDays': 2,
    });
  });

  test('says which older key it replaces, and whether the monitor reads with it', () => {
    const { record } = judged({}, { replacesId: 'apikeys-old', isMonitorKey: true });

    expect(record).toMatchObject({ 'Rotation.ReplacesId': 'apikeys-old', IsMonitorKey: true });
  });

  test('has no key for what is not known', () => {
    const { record } = judged({ purpose: null, hint: null, createdAt: null }, { user: null, historyFromAt: null });

    expect(record).toEqual({
      Instance: 'default',
      KeyId: 'apikeys-aaa',
      UserId: 'Users-11',
      NeverExpires: true,
      UseState: 'unknown',
      PurposeIsVague: true,
      PurposeIsShared: false,
      LiveKeysOfAccount: 1,
    });
  });
});
