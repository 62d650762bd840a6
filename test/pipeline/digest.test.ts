import { describe, expect, it } from 'vitest';
import { createProductionMatcher } from '../../src/enrich/index.ts';
import { buildDigest, type DigestQuestion } from '../../src/pipeline/digest.ts';
import type { Store } from '../../src/store/index.ts';
import { openStore } from '../../src/store/index.ts';
import { addFinding, addWindow } from '../support/digest-stage.ts';

const FROM = '2026-11-21T08:00:00.000Z';
const TO = '2026-11-22T08:00:00.000Z';

function start() {
  const store = openStore(':memory:', { monitorVersion: 'test', nowMs: Date.parse(TO) });
  const { instance_id: id } = store.instances.ensure('default', 'https://octopus.example.com', 60_000);
  const find = (facts: Parameters<typeof addFinding>[2]) => addFinding(store, id, facts);
  return { store, id, find, digest: (more: Partial<DigestQuestion> = {}) => digestOf(store, more) };
}

function digestOf(store: Store, more: Partial<DigestQuestion> = {}) {
  return buildDigest(store, {
    localDate: '2026-11-22',
    fromAt: FROM,
    toAt: TO,
    timeZone: 'Europe/London',
    isTimeZoneAssumed: false,
    instances: null,
    production: createProductionMatcher(),
    exceptions: [],
    monitorVersion: 'test',
    ...more,
  });
}

const ids = (findings: readonly { findingId: number }[]) => findings.map((one) => one.findingId);

describe('where a finding stands in the digest', () => {
  it('is under needs action from medium on, the gravest and then the oldest first, however old', () => {
    const { find, digest } = start();
    const young = find({ level: 'high', firstSeenAt: '2026-11-22T03:00:00.000Z' });
    const medium = find({ level: 'medium', firstSeenAt: '2026-10-01T00:00:00.000Z' });
    const old = find({ level: 'high', firstSeenAt: '2026-11-01T00:00:00.000Z' });
    const critical = find({ level: 'critical', firstSeenAt: '2026-11-22T07:00:00.000Z' });

    const report = digest();

    expect(ids(report.needsAction)).toEqual([critical, old, young, medium]);
    expect([...report.opened, ...report.stillOpen]).toEqual([]);
  });

  it('below that is under new or still open, by when it began', () => {
    const { find, digest } = start();
    const before = find({ level: 'low', firstSeenAt: FROM });
    const within = find({ level: 'informational', firstSeenAt: '2026-11-21T08:00:00.001Z' });
    const last = find({ level: 'low', firstSeenAt: TO });
    find({ level: 'low', firstSeenAt: '2026-11-22T08:00:00.001Z' });

    const report = digest();

    expect(ids(report.opened)).toEqual([last, within]);
    expect(ids(report.stillOpen)).toEqual([before]);
  });

  it('is still open, with a name beside it, once it was acknowledged', () => {
    const { store, find, digest } = start();
    const id = find({ level: 'critical', firstSeenAt: '2026-11-20T03:00:00.000Z' });
    const late = find({ rule: 'late', level: 'high', firstSeenAt: '2026-11-20T03:00:00.000Z' });
    store.acknowledgements.add(id, { by: 'bob', note: 'planned', until: null }, '2026-11-21T10:00:00.000Z');
    store.acknowledgements.add(late, { by: 'bob', note: 'planned', until: null }, '2026-11-22T10:00:00.000Z');

    const report = digest();

    expect(report.stillOpen).toMatchObject([{ findingId: id, acknowledgedBy: 'bob' }]);
    expect(report.needsAction).toMatchObject([{ findingId: late, acknowledgedBy: null }]);
  });

  it('is under resolved when it ended within the time; what was taken in or is history is nowhere', () => {
    const { store, find, digest } = start();
    const [ended, before, superseded, history] = ['a', 'b', 'c', 'd'].map((rule) =>
      find({ rule, firstSeenAt: '2026-11-20T03:00:00.000Z' }),
    ) as [number, number, number, number];
    store.findings.resolve(ended, 'ended', '2026-11-21T12:00:00.000Z');
    store.findings.resolve(before, 'ended', '2026-11-21T07:00:00.000Z');
    store.findings.resolve(superseded, 'superseded', '2026-11-21T12:00:00.000Z', ended);
    store.findings.resolve(history, 'history', '2026-11-21T12:00:00.000Z');

    const report = digest();

    expect(report.resolved.map((one) => [one.findingId, one.resolution])).toEqual([[ended, 'ended']]);
    expect([...report.needsAction, ...report.opened, ...report.stillOpen]).toEqual([]);
  });

  it('of a rule that does not alert yet is only counted', () => {
    const { find, digest } = start();
    find({ rule: 'a_trial', isStable: false, firstSeenAt: '2026-11-22T01:00:00.000Z' });
    find({ rule: 'a_trial', isStable: false, level: 'high', firstSeenAt: '2026-11-22T02:00:00.000Z' });
    find({ rule: 'a_trial', isStable: false, firstSeenAt: '2026-11-20T02:00:00.000Z' });

    const report = digest();

    expect(report.staged).toEqual([{ rule: 'a_trial', findings: 2 }]);
    expect([...report.needsAction, ...report.opened, ...report.stillOpen]).toEqual([]);
    expect(report.trend.every((one) => one.perDay === 0)).toBe(true);
  });
});

describe('one digest after the other', () => {
  it('names each finding as new and as resolved exactly once, however late it was found or soon it ended', () => {
    const { store, find } = start();
    // The first was made at 08:01, the second at 08:05 the day after.
    const spans = [
      { fromAt: FROM, toAt: TO, foundFromAt: '2026-11-21T08:02:00.000Z', foundToAt: '2026-11-22T08:01:00.000Z' },
      {
        fromAt: TO,
        toAt: '2026-11-23T08:00:00.000Z',
        foundFromAt: '2026-11-22T08:01:00.000Z',
        foundToAt: '2026-11-23T08:05:00.000Z',
      },
    ];
    const cases = {
      'found at once': ['2026-11-22T03:00:00.000Z', '2026-11-22T03:01:00.000Z'],
      'found between the end and the making': ['2026-11-22T07:59:59.000Z', '2026-11-22T08:00:40.000Z'],
      'found after the making': ['2026-11-22T07:59:59.000Z', '2026-11-22T08:01:30.000Z'],
      'happened between the end and the making': ['2026-11-22T08:00:20.000Z', '2026-11-22T08:00:50.000Z'],
      'found a day late': ['2026-11-21T20:00:00.000Z', '2026-11-23T02:00:00.000Z'],
    } as const;
    const open = Object.entries(cases).map(([rule, [firstSeenAt, createdAt]]) =>
      find({ rule, level: 'low', firstSeenAt, createdAt }),
    );
    const ended = Object.entries(cases).map(([rule, [firstSeenAt, createdAt]]) => {
      const id = find({ rule: `${rule}, ended`, level: 'low', firstSeenAt, createdAt });
      store.findings.resolve(id, 'ended', new Date(Date.parse(createdAt) + 5_000).toISOString());
      return id;
    });

    const reports = spans.map((span) => digestOf(store, span));

    expect(reports.flatMap((one) => ids(one.opened)).sort((a, b) => a - b)).toEqual(open);
    expect(reports.flatMap((one) => ids(one.resolved)).sort((a, b) => a - b)).toEqual(ended);
  });

  it('is the same when it is made again later, as far as what was open then is concerned', () => {
    const { store, find, digest } = start();
    const id = find({ level: 'high', firstSeenAt: '2026-11-22T03:00:00.000Z' });
    const before = digest({ foundToAt: TO });
    store.findings.resolve(id, 'ended', '2026-11-22T09:00:00.000Z');
    find({ level: 'high', firstSeenAt: '2026-11-22T04:00:00.000Z', createdAt: '2026-11-22T09:00:00.000Z' });

    const again = digest({ foundToAt: TO });

    expect(ids(again.needsAction)).toEqual([id]);
    expect(ids(again.needsAction)).toEqual(ids(before.needsAction));
  });
});

describe('the trend', () => {
  it('holds findings per day against the mean of the seven days before, by when they happened', () => {
    const { id, store, find, digest } = start();
    addWindow(store, id, '2026-10-01T00:00:00.000Z', '2026-10-02T00:00:00.000Z');
    for (let day = 14; day <= 20; day++) find({ level: 'high', firstSeenAt: `2026-11-${day}T12:00:00.000Z` });
    for (let day = 14; day <= 20; day++) find({ level: 'high', firstSeenAt: `2026-11-${day}T13:00:00.000Z` });
    find({ level: 'high', firstSeenAt: '2026-11-14T07:00:00.000Z' });
    for (let hour = 1; hour <= 6; hour++) find({ level: 'high', firstSeenAt: `2026-11-22T0${hour}:00:00.000Z` });

    const ofOneDay = digest().trend.find((one) => one.level === 'high');
    const ofThree = digest({ fromAt: '2026-11-19T08:00:00.000Z' }).trend.find((one) => one.level === 'high');

    expect(ofOneDay).toEqual({ level: 'high', perDay: 6, meanPerDay: 2 });
    // Six of yesterday and four of the two days before it, over three days.
    expect(ofThree?.perDay).toBeCloseTo(10 / 3);
  });

  it('takes the mean over the days that were watched', () => {
    const { id, store, find, digest } = start();
    addWindow(store, id, '2026-11-19T08:00:00.000Z', '2026-11-20T08:00:00.000Z');
    find({ level: 'high', firstSeenAt: '2026-11-20T12:00:00.000Z' });

    expect(digest().trend.find((one) => one.level === 'high')?.meanPerDay).toBe(0.5);
  });
});

describe('API keys', () => {
  function withKeys() {
    const stage = start();
    const { store, id } = stage;
    store.inventory.save(id, {
      readAt: TO,
      users: ['alice', 'bob'].map((username) => ({
        id: `Users-${username}`,
        username,
        displayName: null,
        isActive: true,
        isService: false,
        serviceAccountType: null,
      })),
      apiKeys: [],
      spaces: [
        { id: 'Spaces-1', name: 'Shop' },
        { id: 'Spaces-2', name: 'Lab' },
      ],
      environments: [
        { id: 'Environments-1', spaceId: 'Spaces-1', name: 'Production', slug: null, tags: [] },
        { id: 'Environments-2', spaceId: 'Spaces-2', name: 'Staging', slug: null, tags: [] },
      ],
      access: [],
      freezes: [],
      complete: {
        users: true,
        spaces: true,
        environmentSpaceIds: ['Spaces-1', 'Spaces-2'],
        apiKeyUserIds: [],
        freezes: false,
      },
      problems: [],
    });
    const readings = ['alice', 'alice', 'bob'].map((owner, index) => ({
      key: {
        id: `apikeys-${index}`,
        userId: `Users-${owner}`,
        purpose: `purpose ${index}`,
        hint: `API-${index}`,
        createdAt: null,
        expiresAt: null,
        lastUsed: null,
        accessLevel: null,
        actorType: null,
      },
      state: 'unused' as const,
      stateReason: 'It lies about.',
      lastUsedAt: null,
      lastUsedSource: null,
      idleDays: 100,
      auditIdleDays: null,
      ownerKind: null,
      powers: null,
      isPowersComplete: null,
      unusedPowers: null,
      rotation: null,
    }));
    store.apiKeys.save(id, TO, readings, []);
    return { ...stage, readings };
  }
  const at = '2026-11-20T08:00:00.000Z';

  it('stand under their owners, each once with all that is wrong with it, and not among the other findings', () => {
    const { find, digest } = withKeys();
    find({ rule: 'unused', keyId: 'apikeys-0', firstSeenAt: at, why: 'Not used.' });
    const worse = find({ rule: 'forever', keyId: 'apikeys-0', level: 'high', firstSeenAt: at, why: 'Never ends.' });
    find({ rule: 'unused', keyId: 'apikeys-1', firstSeenAt: at });
    find({ rule: 'unused', keyId: 'apikeys-2', firstSeenAt: at });

    const report = digest();

    expect(report.keys.map(({ owner, keys }) => [owner, keys.map((key) => key.keyId)])).toEqual([
      ['alice', ['apikeys-0', 'apikeys-1']],
      ['bob', ['apikeys-2']],
    ]);
    expect(report.keys[0]?.keys[0]).toEqual({
      keyId: 'apikeys-0',
      purpose: 'purpose 0',
      hint: 'API-0',
      problem: 'Title of forever: Never ends. Title of unused: Not used.',
      level: 'high',
      findingId: worse,
    });
    expect([...report.needsAction, ...report.opened, ...report.stillOpen]).toEqual([]);
  });

  it('that are critical need action by themselves, too; the monitor about its own key is an ordinary finding', () => {
    const { find, digest } = withKeys();
    const critical = find({ rule: 'leaked', keyId: 'apikeys-2', level: 'critical', firstSeenAt: at });
    const own = find({ rule: 'monitor_key_expiring', keyId: 'apikeys-1', level: 'high', firstSeenAt: at });

    const report = digest();

    expect(ids(report.needsAction)).toEqual([critical, own]);
    expect(report.keys.map(({ owner, keys }) => [owner, keys.length])).toEqual([['bob', 1]]);
  });

  it('that somebody took on need no action; one that has gone is under resolved', () => {
    const { store, find, digest } = withKeys();
    const taken = find({ rule: 'unused', keyId: 'apikeys-0', firstSeenAt: at });
    const gone = find({ rule: 'unused', keyId: 'apikeys-1', firstSeenAt: at });
    store.acknowledgements.add(taken, { by: 'bob', note: 'planned', until: null }, '2026-11-21T10:00:00.000Z');
    store.findings.resolve(gone, 'ended', '2026-11-22T01:00:00.000Z');

    const report = digest();

    expect(report.keys).toEqual([]);
    expect(ids(report.stillOpen)).toEqual([taken]);
    expect(ids(report.resolved)).toEqual([gone]);
  });

  it('that are being rotated are told, those first that somebody must look after, and not in a digest of before', () => {
    const { store, id, readings, digest } = withKeys();
    const made = ['2026-11-21T20:00:00.000Z', '2026-11-01T08:00:00.000Z', '2026-11-10T08:00:00.000Z'];
    const states = ['overlapping', 'stalled', 'old_key_used'] as const;
    const rotating = readings.flatMap((reading, index) => {
      const successorId = `apikeys-new-${index}`;
      const rotation = { state: states[index] ?? 'stalled', successorId, overlapDays: 0 };
      const successor = { ...reading, key: { ...reading.key, id: successorId, createdAt: made[index] ?? null } };
      return [{ ...reading, rotation }, successor];
    });
    store.apiKeys.save(id, TO, rotating, []);

    const { rotations } = digest();

    expect(rotations.map(({ keyId, account, state, days }) => [keyId, account, state, days])).toEqual([
      ['apikeys-2', 'bob', 'old_key_used', 12],
      ['apikeys-1', 'alice', 'stalled', 21],
      ['apikeys-0', 'alice', 'overlapping', 0],
    ]);
    expect(digest({ stateAt: '2026-11-20T08:00:00.000Z' }).rotations).toEqual([]);
  });

  it('beside them stands what counts as production, with its space, and which space has none', () => {
    const { digest } = withKeys();

    expect(digest().production).toEqual({ environments: ['Shop / Production'], spacesWithout: ['Lab'] });
  });
});

describe('exceptions', () => {
  const exception = (name: string, expires: string) => ({ name, owner: 'bob', reason: 'r', ticket: null, expires });

  it('are named when they end within fourteen days or hid something in the time covered', () => {
    const { store, id, digest } = start();
    const hide = (suppressedBy: string, occurredAt: string) =>
      store.signals.insert({
        instanceId: id,
        rule: 'a_rule',
        eventId: `Events-${occurredAt}`,
        eventPk: null,
        groupKey: null,
        occurredAt,
        level: 'medium',
        suppressedBy,
      });
    hide('busy', '2026-11-21T08:00:00.001Z');
    hide('busy', TO);
    hide('busy', FROM);
    hide('ended', '2026-11-21T09:00:00.000Z');
    hide('idle', '2026-11-20T09:00:00.000Z');

    const { exceptions } = digest({
      exceptions: [
        exception('busy', '2027-06-01'),
        exception('idle', '2027-06-01'),
        exception('soon', '2026-12-06'),
        exception('later', '2026-12-07'),
        exception('today', '2026-11-22'),
        exception('ended', '2026-11-21'),
        exception('long gone', '2026-11-01'),
      ],
    });

    expect(exceptions.map((one) => [one.name, one.daysLeft, one.hiddenSignals])).toEqual([
      ['ended', -1, 1],
      ['today', 0, 0],
      ['soon', 14, 0],
      ['busy', 191, 2],
    ]);
  });
});

describe('undelivered messages', () => {
  it('are those refused since the last digest and those that wait for longer than a quarter of an hour', () => {
    const { store, find, digest } = start();
    const owe = (channel: string, at: string) => {
      const id = find({ rule: `${channel} ${at}`, level: 'low', firstSeenAt: at });
      store.deliveries.owe(id, channel, 'alert', false, at);
      return store.db
        .prepare<[number], number>('SELECT delivery_id FROM _deliveries WHERE finding_id = ?')
        .pluck()
        .get(id);
    };
    owe('slack', '2026-11-22T07:50:00.000Z');
    const tried = owe('ops', '2026-11-22T07:59:00.000Z') as number;
    store.deliveries.claim([tried], 'me', Date.parse(TO) - 2000, 60_000);
    store.deliveries.markRetry([tried], 'me', 'no connection', TO, null);
    owe('hook', '2026-11-22T07:30:00.000Z');
    const refused = [owe('slack', '2026-11-21T09:00:00.000Z'), owe('slack', '2026-11-21T10:00:00.000Z')] as number[];
    store.deliveries.markFailed(refused, 'HTTP 404', '2026-11-21T11:00:00.000Z');
    const before = owe('slack', '2026-11-20T09:00:00.000Z') as number;
    store.deliveries.markFailed([before], 'HTTP 410', '2026-11-20T11:00:00.000Z');

    expect(digest().undelivered).toEqual([
      { channel: 'hook', state: 'pending', count: 1, lastError: null },
      { channel: 'ops', state: 'pending', count: 1, lastError: 'no connection' },
      { channel: 'slack', state: 'failed', count: 2, lastError: 'HTTP 404' },
    ]);
  });
});
