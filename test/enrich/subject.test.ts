import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { AuditEvent } from '../../src/model/event.ts';
import { aJudge, anEvent, aUser, bySystem, lookups } from './sample.ts';

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

function signIn(category: 'LoginFailed' | 'LoginSucceeded', fields: Partial<AuditEvent>) {
  const event = anEvent({ category, ...bySystem, spaceId: null, message: 'Login', ...fields });
  return judge(event, lookups({}, { users: [aUser({ id: 'Users-11', username: 'Mira' })] })).record;
}

describe('the login of a sign-in', () => {
  test('is the same for one that failed and one that succeeded, though one names the account and one the name', () => {
    const failed = signIn('LoginFailed', { message: "Login failed for user 'MIRA'" });
    const succeeded = signIn('LoginSucceeded', {
      userId: 'Users-11',
      username: 'mira',
      relatedDocumentIds: ['Users-11'],
    });

    expect(failed['Subject.Login']).toBe('mira');
    expect(succeeded['Subject.Login']).toBe('mira');
    expect(succeeded).not.toHaveProperty('Subject.Account');
  });

  test('of an account that the inventory does not know is the name that the event has for it', () => {
    const message = 'Login failed for user carol';
    const messageReferences = [{ documentId: 'Users-99', start: 22, length: 5 }];

    expect(signIn('LoginFailed', { message, messageReferences })['Subject.Login']).toBe('carol');
  });

  test('is absent where only an address or a key is known, and of other events', () => {
    expect(signIn('LoginFailed', { message: 'Login failed via API key' })).not.toHaveProperty('Subject.Login');
    expect(signIn('LoginFailed', { username: 'API-AAAABBBBCCCCDDDDEEEE' })).not.toHaveProperty('Subject.Login');
    expect(judge(anEvent(), lookups()).record).not.toHaveProperty('Subject.Login');
  });
});

describe('the method of a failed sign-in', () => {
  test.each<[string, Partial<AuditEvent>]>([
    ['its identity', { identityEstablishedWith: "API key 'nightly' created now" }],
    ['the id of a key', { apiKeyId: 'apikeys-1' }],
    ['the hint of a key', { apiKeyHint: 'API-AA' }],
    ['its message', { message: 'Login failed for Mira: the API key has expired' }],
  ])('is api_key by %s', (_, fields) => {
    expect(signIn('LoginFailed', fields)['SignIn.Method']).toBe('api_key');
  });

  test('is absent where nothing tells, where the account is called so, and of one that succeeded', () => {
    expect(signIn('LoginFailed', {})).not.toHaveProperty('SignIn.Method');
    expect(signIn('LoginFailed', { message: "Login failed for user 'my api key'" })).not.toHaveProperty(
      'SignIn.Method',
    );
    expect(signIn('LoginSucceeded', { apiKeyId: 'apikeys-1' })).not.toHaveProperty('SignIn.Method');
  });
});
