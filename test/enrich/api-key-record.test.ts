import { describe, expect, test } from 'vitest';
import { type ApiKeyQuestion, apiKeyRecord } from '../../src/enrich/index.ts';
import { aKey, aUser } from './sample.ts';

const NOW = '2026-03-03T12:00:00.000Z';
const daysBefore = (days: number, ms = 0) => new Date(Date.parse(NOW) - days * 86_400_000 + ms).toISOString();

function judged(key: Parameters<typeof aKey>[0], question: Partial<ApiKeyQuestion> = {}) {
  return apiKeyRecord({
    key: aKey(key),
    user: aUser(),
    nowMs: Date.parse(NOW),
    lastAuditedWriteAt: null,
    unusedAfterDays: 90,
    ...question,
  });
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

describe('the record of a key', () => {
  test('holds every fact that is known', () => {
    const { record } = judged(
      {
        ...usedAt(daysBefore(3)),
        createdAt: daysBefore(30, -1),
        expiresAt: daysBefore(-20),
        accessLevel: 'ReadOnly',
        actorType: 'AiAgent',
      },
      { user: aUser({ isService: true, isActive: false }) },
    );

    expect(record).toEqual({
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
      AccessLevel: 'ReadOnly',
      ActorType: 'AiAgent',
    });
  });

  test('has no key for what is not known', () => {
    const { record } = judged({ purpose: null, hint: null, createdAt: null }, { user: null });

    expect(record).toEqual({ KeyId: 'apikeys-aaa', UserId: 'Users-11', NeverExpires: true, UseState: 'unknown' });
  });
});
