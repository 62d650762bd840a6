import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createZone } from '../../src/lib/zone.ts';
import type { DigestCoverage, DigestReport } from '../../src/model/digest.ts';
import type { Channel } from '../../src/model/message.ts';
import { createSlackChannel } from '../../src/notify/index.ts';
import { describeAlive } from '../../src/pipeline/digest-alive.ts';
import { addFinding, startDigestStage } from '../support/digest-stage.ts';
import { type SlackReceiver, startSlackReceiver } from '../support/slack-receiver.ts';

const NEVER = new AbortController().signal;
const DIGESTS = 'SELECT channel, kind, state FROM deliveries ORDER BY delivery_id';

let slack: SlackReceiver;

beforeEach(async () => {
  slack = await startSlackReceiver();
});
afterEach(() => slack.close());

function channel(name = 'slack'): Channel {
  return createSlackChannel({ name, webhookUrl: slack.url(name), requestTimeoutMs: 500 });
}

describe('without mail, a Slack channel', () => {
  it('is told once a day in one line that the monitor lives, whatever restarts', async () => {
    const stage = startDigestStage({ now: '2026-11-22T07:00:00.000Z', aliveChannels: [channel(), channel('ops')] });
    const { store, instanceId } = stage;
    for (const level of ['critical', 'high', 'high', 'low'] as const)
      addFinding(store, instanceId, { level, rule: `${level}`, firstSeenAt: '2026-11-20T03:00:00.000Z' });
    await stage.start().sendDue(NEVER);
    stage.readTo('2026-11-22T06:59:00.000Z');

    await stage.live(stage.start(), '2026-11-22T12:00:00.000Z');
    await stage.live(stage.start(), '2026-11-23T12:00:00.000Z');

    const line = (name: string) => slack.accepted(name);
    expect(line('slack').slice(-2)).toEqual([
      expect.stringContaining(
        'Octowatch is alive: covered to 08:00 Europe/London, no gaps; open: 1 critical, 2 high, 1 low',
      ),
      expect.stringContaining('Octowatch is alive: covered to 08:00 Europe/London, no gaps'),
    ]);
    // The first one is of the day before.
    expect(line('slack')).toHaveLength(3);
    expect(line('ops')).toHaveLength(3);
    expect(stage.rows(DIGESTS)).toEqual(
      [1, 2, 3].flatMap(() => ['slack', 'ops'].map((name) => ({ channel: name, kind: 'digest', state: 'sent' }))),
    );
  });

  it('is told nothing of a time before the first start', async () => {
    const historyFrom = '2026-11-22T09:00:00.000Z';
    const stage = startDigestStage({ now: '2026-11-22T09:00:10.000Z', historyFrom, aliveChannels: [channel()] });
    const digester = stage.start();

    await digester.sendDue(NEVER);
    await digester.sendOneShot(NEVER);
    const nextMs = digester.nextDueMs();
    await stage.live(digester, '2026-11-23T09:00:00.000Z');

    expect(new Date(nextMs).toISOString()).toBe('2026-11-23T08:00:00.000Z');
    expect(slack.accepted('slack')).toHaveLength(1);
  });

  it('that is dead gets the line when it is back, not again after that, and no line of an older day', async () => {
    const stage = startDigestStage({ now: '2026-11-22T07:59:00.000Z', aliveChannels: [channel()] });
    stage.store.digests.owe(
      { localDate: '2026-11-21', toAt: '2026-11-21T08:00:00.000Z' },
      [{ channel: 'slack', recipient: '' }],
      stage.clock.now(),
    );
    const digester = stage.start();
    slack.always({ status: 503 });
    await stage.live(digester, '2026-11-22T08:10:00.000Z');
    const whileDead = stage.rows(DIGESTS);
    slack.always(null);
    slack.next({ status: 429, headers: { 'retry-after': '600' } });
    await stage.live(digester, '2026-11-22T08:17:00.000Z');
    const whileLimited = slack.accepted('slack').length;

    await stage.live(digester, '2026-11-22T12:00:00.000Z');

    expect(whileDead).toEqual([{ channel: 'slack', kind: 'digest', state: 'pending' }]);
    expect(whileLimited).toBe(0);
    expect(slack.accepted('slack')).toHaveLength(1);
    expect(stage.rows(DIGESTS)).toEqual([{ channel: 'slack', kind: 'digest', state: 'sent' }]);
  });

  it('gets it a second after what it was told last', async () => {
    const stage = startDigestStage({ now: '2026-11-22T08:00:00.200Z', aliveChannels: [channel()] });
    stage.readTo('2026-11-22T08:00:00.000Z');
    const finding = addFinding(stage.store, stage.instanceId, { firstSeenAt: '2026-11-22T07:00:00.000Z' });
    stage.store.deliveries.owe(finding, 'slack', 'alert', false, '2026-11-22T08:00:00.000Z');
    stage.store.deliveries.markSent([1], '2026-11-22T08:00:00.100Z');

    await stage.start().sendDue(NEVER);

    expect(stage.rows("SELECT sent_at FROM deliveries WHERE kind = 'digest'")).toEqual([
      { sent_at: '2026-11-22T08:00:01.100Z' },
    ]);
  });
});

describe('the line that the monitor lives', () => {
  const coverage = (facts: Partial<DigestCoverage> = {}): DigestCoverage => ({
    instance: 'default',
    coveredToAt: '2026-07-22T06:59:00.000Z',
    share: 1,
    windows: 1,
    failedWindows: 0,
    gaps: [],
    eventsStored: 0,
    serverTotal: 0,
    setAside: 0,
    visibility: null,
    unseen: [],
    addresses: null,
    ...facts,
  });
  const report = (facts: Partial<DigestReport> = {}): DigestReport => ({
    localDate: '2026-07-22',
    fromAt: '2026-07-21T07:00:00.000Z',
    toAt: '2026-07-22T07:00:00.000Z',
    timeZone: 'Europe/London',
    isTimeZoneAssumed: false,
    instances: ['default'],
    needsAction: [],
    opened: [],
    stillOpen: [],
    resolved: [],
    trend: [],
    staged: [],
    keys: [],
    rotations: [],
    exceptions: [],
    undelivered: [],
    coverage: [coverage()],
    production: { environments: [], spacesWithout: [] },
    monitorVersion: 'test',
    chainHead: null,
    coverageStatement: null,
    ...facts,
  });
  const gap = (fromAt: string, toAt: string) => ({
    fromAt: `2026-07-${fromAt}:00.000Z`,
    toAt: `2026-07-${toAt}:00.000Z`,
  });

  it.each<[string, Partial<DigestReport>, string]>([
    ['a quiet day', {}, 'Octowatch is alive: covered to 07:59 Europe/London, no gaps; open: none'],
    [
      'what was not read at the end is no gap',
      { coverage: [coverage({ gaps: [gap('22T06:59', '22T07:00')] })] },
      'Octowatch is alive: covered to 07:59 Europe/London, no gaps; open: none',
    ],
    [
      'gaps, and reading that stands on another day',
      {
        coverage: [
          coverage({
            coveredToAt: '2026-07-21T11:30:00.000Z',
            gaps: [gap('21T08:00', '21T09:00'), gap('21T11:30', '22T07:00')],
          }),
        ],
      },
      'Octowatch is alive: covered to 2026-07-21 12:30 Europe/London, 1 gap; open: none',
    ],
    [
      'several instances, one never read',
      { coverage: [coverage({ instance: 'eu' }), coverage({ instance: 'us', coveredToAt: null })] },
      'Octowatch is alive: eu covered to 07:59 Europe/London, us never read, no gaps; open: none',
    ],
    ['no instance', { coverage: [] }, 'Octowatch is alive: nothing was read yet, no gaps; open: none'],
    [
      'messages nobody got, and no zone',
      { isTimeZoneAssumed: true, undelivered: [{ channel: 'ops', state: 'failed', count: 2, lastError: 'HTTP 404' }] },
      'Octowatch is alive: covered to 07:59 Europe/London, no gaps; open: none; 2 messages undelivered; OCTOWATCH_TIMEZONE is not set',
    ],
  ])('%s', (_, facts, expected) => {
    expect(describeAlive(report(facts), createZone('Europe/London'))).toBe(expected);
  });

  it('counts an API key once, and a critical one as a finding, too', () => {
    const finding = (findingId: number, level: 'critical' | 'low', acknowledgedBy: string | null = null) => ({
      findingId,
      instance: 'default',
      rule: 'r',
      ruleTitle: 'R',
      level,
      title: 't',
      firstSeenAt: '2026-07-22T01:00:00.000Z',
      lastSeenAt: '2026-07-22T01:00:00.000Z',
      eventCount: 1,
      createdAt: '2026-07-22T01:00:00.000Z',
      acknowledgedBy,
      resolution: null,
    });
    const key = (findingId: number, level: 'critical' | 'low') => ({
      keyId: `apikeys-${findingId}`,
      purpose: 'p',
      hint: null,
      problem: 'x',
      level,
      findingId,
    });
    const facts = {
      needsAction: [finding(1, 'critical')],
      opened: [finding(3, 'low')],
      stillOpen: [finding(4, 'low', 'bob')],
      keys: [{ owner: 'alice', instance: 'default', keys: [key(1, 'critical'), key(2, 'low')] }],
    };

    expect(describeAlive(report(facts), createZone('Europe/London'))).toContain('open: 1 critical, 1 low, 2 API keys');
  });
});
