import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { AuditEvent } from '../../src/model/event.ts';
import { aJudge, anEvent, bySystem, lookups } from './sample.ts';

const judge = aJudge();

function account(fields: Partial<AuditEvent>, areAddressesTrusted = true) {
  const event = anEvent({
    category: 'LoginFailed',
    ...bySystem,
    spaceId: null,
    message: 'Login failed',
    ipAddress: '198.51.100.4',
    ...fields,
  });
  const { record, derived } = judge(event, lookups({ areAddressesTrusted }));
  expect(derived.subjectAccount).toBe(record['Subject.Account'] ?? null);
  return record['Subject.Account'];
}

describe('account of a failed sign-in', () => {
  test('is the related user before everything else', () => {
    expect(account({ relatedDocumentIds: ['users-system', 'Users-44'], userId: 'Users-1', username: 'Mira' })).toBe(
      'Users-44',
    );
  });

  test('is the acting user, unless that is the system', () => {
    expect(account({ userId: 'Users-1', username: 'Mira' })).toBe('Users-1');
    expect(account({ username: 'Mira' })).toBe('mira');
  });

  test('is the lower-cased name without blanks around it', () => {
    expect(account({ userId: null, username: '  Mira@Example.TEST ' })).toBe('mira@example.test');
  });

  test.each([
    ["Login failed for user 'Mira'", 'mira'],
    ['Login failed for user "Mira O"', 'mira o'],
    ['Login attempt failed for Mira.', 'mira'],
    ['Failed login for user mira@example.test.', 'mira@example.test'],
    ['User mira failed to log in', 'mira'],
    ['mira failed to sign in from 198.51.100.4', 'mira'],
    ["Authentication failed for username 'mira'", 'mira'],
  ])('is read from %j', (message, name) => {
    expect(account({ message })).toBe(name);
  });

  test.each([
    'Login failed',
    "Login failed via API key 'Nightly build'",
    'Login failed for API key',
    'Login failed for the user',
    'Failed login for an unknown user',
    null,
  ])('is the address for %j, and unattributed where addresses cannot be trusted or are missing', (message) => {
    expect(account({ message })).toBe('198.51.100.4');
    expect(account({ message }, false)).toBe('unattributed');
    expect(account({ message, ipAddress: null })).toBe('unattributed');
  });

  test('is never an API key that somebody pasted as a name', () => {
    expect(account({ username: 'API-ABCDEFGHIJKLMNOPQRSTUVWXYZ' }, false)).toBe('unattributed');
    expect(account({ message: "Login failed for user 'API-ABCDEFGHIJKLMNOPQRSTUVWXYZ'" }, false)).toBe('unattributed');
  });

  test('is absent for every other event', () => {
    expect(account({ category: 'LoginSucceeded', username: 'mira' })).toBeUndefined();
  });

  test('is some text, quickly, whatever the message', () => {
    const slow = `login ${'for '.repeat(50_000)}`;
    const started = performance.now();
    account({ message: slow });
    account({ message: `user '${'x'.repeat(100_000)}` });

    expect(performance.now() - started).toBeLessThan(200);
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(account({ message: `Login failed for ${text}` })).toEqual(expect.stringMatching(/./s));
      }),
    );
  });
});
