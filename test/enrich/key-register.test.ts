import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import {
  createInventoryIndex,
  createRegisterIndex,
  createZone,
  type Lookups,
  registerFields,
  registerReading,
} from '../../src/enrich/index.ts';
import type { AuditEvent } from '../../src/model/event.ts';
import type { ApiKey } from '../../src/model/inventory.ts';
import type { KeyIdentity, MayWord, RegisterEntry } from '../../src/model/register.ts';
import {
  aDeployment,
  aJudge,
  aKey,
  anEntry,
  anEnvironment,
  anEvent,
  anInventory,
  aQueued,
  aUser,
  bySystem,
  lookups,
} from './sample.ts';

type Match = RegisterEntry['match'];

const LONDON = createZone('Europe/London');

function index(...entries: RegisterEntry[]) {
  return createRegisterIndex({ sha256: '', entries }, LONDON);
}

function aKeyOf(fields: Partial<KeyIdentity> = {}): KeyIdentity {
  return {
    instance: 'default',
    account: 'svc-build',
    purpose: 'Nightly build',
    id: 'apikeys-aaa',
    hint: 'API-AA',
    ...fields,
  };
}

/** The place of the entry about a key; `none` without one, `unknown` where it cannot be told. */
function found(matches: readonly Match[], key: KeyIdentity): string {
  const answer = index(...matches.map((match, at) => anEntry({ match, place: `${at}` }))).find(key);
  return answer === undefined ? 'unknown' : (answer?.entry.place ?? 'none');
}

describe('an entry of the key register', () => {
  test.each<[string, Match, boolean]>([
    ['its account, whatever the case', { account: 'SVC-Build' }, true],
    ['a pattern of its account', { account: 'svc-*' }, true],
    ['a pattern within its purpose', { purpose: '*ly b*' }, true],
    ['account and purpose', { account: 'svc-build', purpose: 'nightly build' }, true],
    ['its id', { id: 'apikeys-aaa' }, true],
    ['its hint', { hint: 'API-A*' }, true],
    ['any purpose on its instance', { instance: 'def*', purpose: '*' }, true],
    ['another purpose', { account: 'svc-build', purpose: 'Nightly' }, false],
    ['another account', { account: 'svc', purpose: 'Nightly build' }, false],
    ['another instance', { instance: 'eu', account: 'svc-build' }, false],
    ['another id', { id: 'apikeys-aa' }, false],
    ['a key without a purpose', { purpose: '' }, false],
  ])('by %s matches: %s', (_, match, isMatch) => {
    expect(found([match], aKeyOf())).toBe(isMatch ? '0' : 'none');
  });

  it('that names the whole id decides by it alone, and on its instance only', () => {
    const match = { id: 'apikeys-aaa', account: 'somebody', purpose: 'else' };

    expect(found([match], aKeyOf())).toBe('0');
    expect(found([{ ...match, instance: 'eu' }], aKeyOf())).toBe('none');
    expect(found([{ ...match, id: 'apikeys-*' }], aKeyOf())).toBe('none');
  });

  it('for which too little is known of a key leaves it open, unless what is known speaks against it', () => {
    const nameless = aKeyOf({ id: null, hint: null });

    expect(found([{ id: 'apikeys-aaa' }], nameless)).toBe('unknown');
    expect(found([{ id: 'apikeys-aaa', account: 'other' }], nameless)).toBe('none');
    expect(found([{ account: 'svc-build' }, { id: 'apikeys-aaa' }], nameless)).toBe('0');
    expect(found([{ hint: 'API-AA' }, { account: 'svc-build' }], nameless)).toBe('unknown');
  });

  it('is the first that matches, in any register: the others are as if they were not there', () => {
    const text = fc.stringMatching(/^[ab]{0,3}$/);
    const pattern = fc.stringMatching(/^[abAB*]{1,4}$/);
    const match = fc.record(
      { instance: pattern, account: pattern, purpose: pattern, hint: pattern },
      { requiredKeys: [] },
    );
    const key = fc.record({ instance: text, account: text, purpose: text, hint: text, id: fc.constant('x') });

    fc.assert(
      fc.property(fc.array(match, { maxLength: 6 }), key, (matches, one) => {
        const alone = matches.findIndex((each) => found([each], one) === '0');

        expect(found(matches, one)).toBe(alone < 0 ? 'none' : `${alone}`);
      }),
      { numRuns: 500 },
    );
  });

  it('matches by a pattern what the same pattern with a star for any text says', () => {
    const text = fc.stringMatching(/^[abAB.]{0,6}$/);
    const pattern = fc.stringMatching(/^[abAB.*]{1,6}$/);
    const likeRegExp = (of: string) =>
      new RegExp(
        `^${of
          .split('*')
          .map((part) => part.replaceAll('.', '\\.'))
          .join('.*')}$`,
        'is',
      );

    fc.assert(
      fc.property(pattern, text, (purpose, is) => {
        expect(found([{ purpose }], aKeyOf({ purpose: is }))).toBe(likeRegExp(purpose).test(is) ? '0' : 'none');
      }),
      { numRuns: 1000 },
    );
  });

  it('without a key is told, and why: it is about none, or one before it takes them all', () => {
    const register = index(
      anEntry({ place: 'keys.yml:3', match: { account: 'svc-*' } }),
      anEntry({ place: 'keys.yml:5', match: { account: 'svc-build', purpose: 'Night*' } }),
      anEntry({ place: 'keys.yml:8', match: { id: 'apikeys-gone' } }),
    );

    expect(register.idleEntries([aKeyOf()])).toEqual([
      'keys.yml:5 (account `svc-build`, purpose `Night*`) is never reached: keys.yml:3 comes first',
      'keys.yml:8 (id `apikeys-gone`) is about no key',
    ]);
  });
});

describe('a key of the ledger', () => {
  const NOW = Date.UTC(2026, 2, 2, 12);
  const reading = (
    entry: Partial<RegisterEntry> & Pick<RegisterEntry, 'match'>,
    key: Partial<ApiKey> = {},
    powers?: readonly string[],
  ) =>
    registerReading(index(anEntry(entry)), {
      ...{ instance: 'default', key: aKey(key), user: aUser({ username: 'svc-build' }), powers },
    });
  const drift = (...of: Parameters<typeof reading>) => JSON.parse(reading(...of).registerDrift ?? '[]') as string[];
  const match = { account: 'svc-build' };

  it('has no fields without a register, and one field without an entry', () => {
    const question = { instance: 'default', key: aKey(), user: aUser(), powers: undefined };
    const none = registerReading(null, question);
    const unregistered = registerReading(index(), question);

    expect(registerFields(none, NOW)).toEqual({});
    expect(none.isRegistered).toBeNull();
    expect(registerFields(unregistered, NOW)).toEqual({ Registered: false });
    expect(unregistered.isRegistered).toBe(false);
  });

  it('has what its entry answers, and nothing of what that does not say', () => {
    const said = reading({ match, system: 'CI', breaks: 'releases', hours: 'business', networks: ['10.0.0.0/8'] });

    expect(registerFields(said, NOW)).toEqual({
      Registered: true,
      RegisteredOwner: 'platform',
      RegisteredSystem: 'CI',
      RegisteredBreaks: 'releases',
    });
    expect(JSON.parse(said.registerEntry ?? '')).toEqual({
      ...{ place: 'keys.yml:3', owner: 'platform', system: 'CI', breaks: 'releases' },
      ...{ hours: 'business hours', networks: ['10.0.0.0/8'] },
    });
  });

  it.each([
    ['2025-09-03T12:00:00.000Z', 0, '2026-03-02T12:00:00.000Z'],
    ['2025-09-03T12:00:00.001Z', -1, '2026-03-02T12:00:00.001Z'],
    ['2025-08-02T12:00:00.000Z', 32, '2026-01-29T12:00:00.000Z'],
  ])('made at %s and replaced every 180 days is overdue by %i whole days', (createdAt, days, dueAt) => {
    const said = reading({ match, rotateDays: 180 }, { createdAt });

    expect(registerFields(said, NOW)).toMatchObject({ RotateEveryDays: 180, RotationOverdueDays: days });
    expect(said.rotationDueAt).toBe(dueAt);
  });

  it('whose creation is not known is not overdue', () => {
    const said = reading({ match, rotateDays: 180 }, { createdAt: null });

    expect(registerFields(said, NOW)).not.toHaveProperty('RotationOverdueDays');
    expect(said).toMatchObject({ isRegistered: true, rotationDueAt: null, registerDrift: null });
  });

  it.each<[readonly MayWord[] | null, readonly string[] | undefined, string[]]>([
    [['read'], ['deploy', 'edit_variables'], ['it may deploy, edit variables; the register says read']],
    [['deploy'], ['deploy', 'deploy_production'], ['it may deploy to production; the register says deploy']],
    [['deploy_production'], ['deploy', 'deploy_production'], []],
    [['deploy_all_spaces'], ['deploy', 'deploy_all_spaces'], []],
    [['administer'], ['administer', 'manage_users', 'deploy'], []],
    [
      ['deploy', 'edit_variables'],
      ['administer', 'manage_users', 'deploy_production'],
      ['it may administer the server; the register says deploy, edit variables'],
    ],
    [['read'], [], []],
    [['read'], undefined, []],
    [null, ['administer'], []],
  ])('that may be for %j and can %j drifts: %j', (may, powers, sentences) => {
    expect(drift({ match, may }, {}, powers)).toEqual(sentences);
  });

  it('that nobody answers for drifts', () => {
    expect(drift({ match, owner: null })).toEqual(['nobody answers for it: its owner is unassigned']);
  });

  it('whose entry names its whole id drifts where account or purpose differ; by patterns it would be another key', () => {
    const expected = { account: 'svc-deploy', purpose: 'Night*', hint: 'API-BB' };

    expect(drift({ match: { id: 'apikeys-aaa', ...expected } })).toEqual([
      'its account is `svc-build`; the register says `svc-deploy`',
      'its hint is `API-AA`; the register says `API-BB`',
    ]);
    expect(reading({ match: { id: 'apikeys-*', ...expected } }).isRegistered).toBe(false);
  });

  it('with a hostile purpose cannot forge a line of a sentence', () => {
    const [sentence] = drift({ match: { id: 'apikeys-aaa', purpose: 'x' } }, { purpose: 'a\nb\u001b[2J' });

    expect(sentence).toBe('its purpose is `a b\\u{1b}[2J`; the register says `x`');
  });
});

describe('an act with a key', () => {
  const inventory = {
    users: [aUser({ username: 'svc-build' })],
    apiKeys: [aKey()],
    environments: [anEnvironment({ name: 'Blue', slug: 'blue-1', tags: ['tier/front'] })],
  };
  const byKey = { apiKeyId: 'apikeys-aaa', username: 'svc-build' } satisfies Partial<AuditEvent>;
  const fields = (
    entry: Partial<RegisterEntry>,
    event: Partial<AuditEvent> = {},
    asked: Partial<Lookups> = {},
  ): Record<string, unknown> => {
    const judge = aJudge(undefined, { sha256: '', entries: [anEntry({ match: { account: 'svc-build' }, ...entry })] });
    const act =
      event.category === undefined
        ? aDeployment('DeploymentQueued', 'Staging', { ...byKey, ...event })
        : aDeployment(event.category, 'Staging', event);
    const { record } = judge(act, lookups(asked, inventory));
    const own = ['ApiKey.IsRegistered', 'ApiKey.Owner', 'ApiKey.InNetwork', 'ApiKey.InEnvironment', 'ApiKey.InHours'];
    return Object.fromEntries(own.flatMap((field) => (field in record ? [[field, record[field]]] : [])));
  };
  const registered = { 'ApiKey.IsRegistered': true, 'ApiKey.Owner': 'platform' };

  it('has none of the fields without a register, or when no key was used', () => {
    const { record } = aJudge()(anEvent(byKey), lookups({}, inventory));

    expect(Object.keys(record).filter((field) => /IsRegistered|Owner|\.In[A-Z]/.test(field))).toEqual([]);
    expect(fields({}, { apiKeyId: null })).toEqual({});
  });

  it('of a key without an entry is not registered, and says no more', () => {
    expect(fields({ match: { account: 'other' }, networks: ['10.0.0.0/8'] })).toEqual({ 'ApiKey.IsRegistered': false });
  });

  it('of an entry that says nothing but the owner is judged by nothing else', () => {
    expect(fields({})).toEqual(registered);
    expect(fields({ owner: null })).toEqual({ 'ApiKey.IsRegistered': true });
  });

  it('is matched on its own instance', () => {
    const match = { instance: 'eu', account: '*' };

    expect(fields({ match })).toEqual({ 'ApiKey.IsRegistered': false });
    expect(fields({ match }, {}, { instance: 'eu' })).toEqual(registered);
  });

  it('of a key the ledger does not hold is matched by what the event tells', () => {
    const event = {
      apiKeyId: null,
      identityEstablishedWith: "API key 'Long gone' created Fri, 22 Jul 2022 17:46:35 GMT",
    };

    expect(fields({ match: { account: 'svc-build', purpose: 'Long *' } }, event)).toEqual(registered);
    expect(fields({ match: { id: 'apikeys-gone' } }, event)).toEqual({});
    expect(fields({ match: { purpose: 'Other' } }, event)).toEqual({ 'ApiKey.IsRegistered': false });
  });

  it.each([
    ['192.0.2.10', true],
    ['::ffff:192.0.2.10', true],
    ['2001:db8::1', true],
    ['198.51.100.7', false],
    ['2001:db9::1', false],
    ['192.0.2.10:4711', undefined],
    ['unknown', undefined],
    [null, undefined],
  ])('from %s is in the networks: %s', (ipAddress, isIn) => {
    const networks = ['192.0.2.0/24', '2001:db8::/32'];

    expect(fields({ networks }, { ipAddress })['ApiKey.InNetwork']).toBe(isIn);
    expect(fields({ networks }, { ipAddress }, { areAddressesTrusted: false })).not.toHaveProperty('ApiKey.InNetwork');
  });

  it.each([
    [['Staging'], true],
    [['stag*'], true],
    [['Blue'], true],
    [['blue-1'], true],
    [['tier/*'], true],
    [['Environments-2'], true],
    [['Production', 'Environments-1'], false],
  ])('in an environment called Staging then and Blue now is in %j: %s', (environments, isIn) => {
    expect(fields({ environments })['ApiKey.InEnvironment']).toBe(isIn);
  });

  it('in an environment that the inventory does not hold is in it by its name, and else it cannot be told', () => {
    const event = anEvent({ ...byKey, relatedDocumentIds: ['Environments-9'] });
    const judged = (environments: string[]) =>
      aJudge(undefined, { sha256: '', entries: [anEntry({ match: { account: '*' }, environments })] })(
        event,
        lookups({}, inventory),
      ).record;

    expect(judged(['Environments-9'])['ApiKey.InEnvironment']).toBe(true);
    expect(judged(['Staging'])).not.toHaveProperty('ApiKey.InEnvironment');
  });

  it.each([
    ['2026-07-03T08:59:00.000Z', true],
    ['2026-07-03T09:00:00.000Z', false],
    ['2026-07-04T06:30:00.000Z', false],
    ['2026-01-02T08:59:00.000Z', true],
  ])('at %s is within 06:00 to 10:00 of a working day in London: %s', (occurredAt, isIn) => {
    const hours = [0, 1, 2, 3, 4, 5, 6].map((day) => (day < 5 ? [{ fromMinute: 360, toMinute: 600 }] : []));

    expect(fields({ hours }, { occurredAt })['ApiKey.InHours']).toBe(isIn);
  });

  it('of a deployment that starts is judged by when and from where it was queued', () => {
    const queued = aQueued({
      ...{ apiKeyId: 'apikeys-aaa', apiKeyPurpose: 'Nightly build', actorName: 'svc-build' },
      ...{ occurredAt: '2026-07-03T17:59:00.000Z', isOffHours: false, ipAddress: '192.0.2.77' },
    });
    const event = { ...bySystem, category: 'DeploymentStarted', occurredAt: '2026-07-04T02:00:00.000Z' };

    expect(fields({ hours: 'business', networks: ['192.0.2.0/24'] }, event, { queued })).toEqual({
      ...registered,
      'ApiKey.InNetwork': true,
      'ApiKey.InHours': true,
    });
    expect(fields({ hours: 'business' }, event, { queued: null })).toEqual({});
  });

  it('is judged alike however often it is asked for, and its index knows keys of other instances apart', () => {
    const known = createInventoryIndex(anInventory(inventory));
    const judge = aJudge(undefined, { sha256: '', entries: [anEntry({ match: { instance: 'a', account: '*' } })] });
    const ask = (instance: string) => judge(anEvent(byKey), lookups({ instance, inventory: known })).record;

    expect([ask('a'), ask('b'), ask('a')].map((record) => record['ApiKey.IsRegistered'])).toEqual([true, false, true]);
  });
});
