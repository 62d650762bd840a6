import { hostname } from 'node:os';
import { describe, expect, it } from 'vitest';
import type { Level } from '../../src/model/finding.ts';
import type { Channel, Notice, SendResult } from '../../src/model/message.ts';
import { createSlackChannel } from '../../src/notify/index.ts';
import { createDeliverer } from '../../src/pipeline/deliver.ts';
import { newHolder, openStore, type Store } from '../../src/store/index.ts';
import { startSlackReceiver } from '../support/slack-receiver.ts';
import { NOON } from '../support/small-history.ts';
import { steppingClock } from '../support/stepping-clock.ts';

const MINUTE = 60_000;
const NOW = new Date(NOON).toISOString();
const NEVER = new AbortController().signal;

/** A database with findings that are owed to a channel, and a deliverer of its own process. */
function startOutbox(levels: readonly Level[], options: { isCatchUp?: boolean; holder?: string } = {}) {
  const store = openStore(':memory:', { monitorVersion: 'test', nowMs: NOON });
  const clock = steppingClock(NOON);
  const { instance_id: instanceId } = store.instances.ensure('default', 'https://octopus.example.com', 60_000);
  levels.forEach((level, index) => {
    const id = store.findings.open(newFinding(instanceId, index, level));
    store.deliveries.owe(id, 'chat', 'alert', options.isCatchUp ?? false, NOW);
  });
  const quiet = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };
  const deliverer = createDeliverer({
    store,
    context: {
      store,
      configSha256: 'test',
      monitorVersion: 'test',
      calendar: '',
      supersedes: new Map(),
      channelsFor: () => [],
    },
    clock,
    random: () => 0.5,
    log: quiet,
    holder: options.holder ?? newHolder(),
    timeZone: 'UTC',
    octopusUrlOf: () => 'https://octopus.example.com',
    keyRules: [],
    localDateOf: (epochMs) => new Date(epochMs).toISOString().slice(0, 10),
  });
  const states = () =>
    store.db.prepare('SELECT delivery_id, message_id, state, attempts FROM deliveries ORDER BY delivery_id').all();
  return { store, clock, deliverer, states, instanceId };
}

function newFinding(instanceId: number, index: number, level: Level): Parameters<Store['findings']['open']>[0] {
  const report = {
    ruleTitle: 'A rule',
    why: 'Because.',
    respond: [],
    falsePositives: [],
    facts: [],
    objectId: null,
    openedBy: 'x',
    isStable: true,
  };
  return {
    instanceId,
    rule: `rule_${index}`,
    fingerprint: `fingerprint-${index}`,
    isState: false,
    level,
    title: `Title ${index}`,
    subject: `subject-${index}`,
    firstSeenAt: NOW,
    lastSeenAt: NOW,
    report: JSON.stringify(report),
    ruleSha256: 'x',
    configSha256: 'x',
    monitorVersion: 'test',
    createdAt: NOW,
  };
}

/** A channel that answers as told and remembers what it was given. */
function channel(answer: (notice: Notice) => SendResult | Promise<SendResult> = () => ({ outcome: 'sent' })) {
  const notices: Notice[] = [];
  const made: Channel = {
    name: 'chat',
    minIntervalMs: 1000,
    keysOnceADay: false,
    fitting: () => 15,
    async send(notice) {
      notices.push(notice);
      return answer(notice);
    },
  };
  return { ...made, notices };
}

describe('draining the outbox', () => {
  it('keeps the distance between messages that the receiver asks for', async () => {
    const { clock, deliverer } = startOutbox(['medium', 'medium', 'medium']);
    const chat = channel();

    const result = await deliverer.drain(chat, NEVER);

    expect(result).toEqual({ sent: 3, refused: 0, pausedUntilMs: null });
    expect(clock.now() - NOON).toBe(2000);
  });

  it('folds a flood into one message whose number all of its findings carry', async () => {
    const { deliverer, states } = startOutbox([...Array<Level>(11).fill('medium'), 'high']);
    const chat = channel();

    await deliverer.drain(chat, NEVER);

    expect(chat.notices.map((one) => one.kind)).toEqual(['alert', 'summary']);
    expect(states().slice(0, 11)).toEqual(
      Array.from({ length: 11 }, (_, index) => ({ delivery_id: index + 1, message_id: 1, state: 'sent', attempts: 1 })),
    );
    expect(states()[11]).toMatchObject({ delivery_id: 12, message_id: 12, state: 'sent' });
  });

  it('stops at a failure that may heal, doubles the wait with each, and goes on when it is over', async () => {
    const { clock, deliverer, states } = startOutbox(['medium', 'medium']);
    let isDown = true;
    const chat = channel(() =>
      isDown ? { outcome: 'retry', reason: 'down', retryAfterMs: null } : { outcome: 'sent' },
    );

    const waits: number[] = [];
    for (let attempt = 0; attempt < 3; attempt++) {
      const { pausedUntilMs } = await deliverer.drain(chat, NEVER);
      waits.push((pausedUntilMs ?? 0) - clock.now());
      clock.advance(waits.at(-1) ?? 0);
    }
    isDown = false;
    await deliverer.drain(chat, NEVER);

    expect(waits).toEqual([1125, 2250, 4500]);
    expect(states()).toMatchObject([{ state: 'sent' }, { state: 'sent' }]);
  });

  it('obeys a Retry-After across a restart, while what waits for its back-off only is due at once', async () => {
    const { store, clock, deliverer, states } = startOutbox(['medium', 'medium']);
    const answers: SendResult[] = [
      { outcome: 'retry', reason: 'too many', retryAfterMs: 10 * MINUTE },
      { outcome: 'retry', reason: 'down', retryAfterMs: null },
    ];
    const chat = channel(() => answers.shift() ?? { outcome: 'sent' });
    await deliverer.drain(chat, NEVER);
    await deliverer.drain(chat, NEVER);

    store.deliveries.recover(new Date(clock.now()).toISOString());
    await deliverer.drain(chat, NEVER);

    expect(states()).toMatchObject([{ state: 'pending' }, { state: 'sent' }]);
    clock.advance(10 * MINUTE);
    await deliverer.drain(chat, NEVER);
    expect(states()).toMatchObject([
      { state: 'sent', attempts: 2 },
      { state: 'sent', attempts: 2 },
    ]);
  });

  it('goes on behind a message that is refused for good, which stays as a dead letter with its reason', async () => {
    const { store, deliverer } = startOutbox(['medium', 'medium']);
    const chat = channel((notice) =>
      notice.kind === 'alert' && notice.report.findingId === 1
        ? { outcome: 'failed', reason: 'gone' }
        : { outcome: 'sent' },
    );

    const result = await deliverer.drain(chat, NEVER);

    expect(result).toEqual({ sent: 1, refused: 1, pausedUntilMs: null });
    expect(store.db.prepare('SELECT state, last_error, sent_at IS NULL AS never FROM deliveries').all()).toEqual([
      { state: 'failed', last_error: 'gone', never: 1 },
      { state: 'sent', last_error: null, never: 0 },
    ]);
    expect(store.deliveries.due('chat', '2099-01-01T00:00:00.000Z')).toEqual([]);
  });

  it('is not held up for ever by a receiver that takes the message and never answers', async () => {
    const { deliverer, states } = startOutbox(['medium']);
    const slack = await startSlackReceiver();
    slack.always('hang');
    const chat = createSlackChannel({ name: 'chat', webhookUrl: slack.url(), requestTimeoutMs: 100 });

    const { pausedUntilMs } = await deliverer.drain(chat, NEVER);

    expect(pausedUntilMs).toBe(NOON + 1125);
    expect(states()).toEqual([{ delivery_id: 1, message_id: null, state: 'pending', attempts: 1 }]);
    await slack.close();
  });

  it('lets catch-up wait while time that was never read lies behind, unless it cannot be read', async () => {
    const { store, deliverer, instanceId } = startOutbox(['medium'], { isCatchUp: true });
    const chat = channel();
    store.backlog.add(instanceId, 'first', '2026-01-01T00:00:00.000Z', '2026-02-01T00:00:00.000Z');

    const waiting = await deliverer.drain(chat, NEVER);
    store.instances.markFailed(instanceId, NOW, 'down');
    const unreadable = await deliverer.drain(chat, NEVER);

    expect([waiting.sent, unreadable.sent]).toEqual([0, 1]);
  });

  it('tells catch-up when all is read, and does not wait for time that is read a second time', async () => {
    const { store, deliverer, instanceId } = startOutbox(['medium'], { isCatchUp: true });
    store.backlog.add(instanceId, 'reread', '2026-02-28T00:00:00.000Z', '2026-03-02T00:00:00.000Z');

    const { sent } = await deliverer.drain(channel(), NEVER);

    expect(sent).toBe(1);
  });
});

describe('claims of messages', () => {
  const at = (ms: number) => new Date(NOON + ms).toISOString();

  it('of a living process are left alone until they lapse', async () => {
    const { store, clock, deliverer } = startOutbox(['medium']);
    const alive = `${hostname()}/${process.ppid}/other`;
    store.deliveries.claim([1], alive, NOON, MINUTE);
    store.deliveries.recover(at(0));
    const chat = channel();

    const before = await deliverer.drain(chat, NEVER);
    clock.advance(MINUTE);
    const after = await deliverer.drain(chat, NEVER);

    expect([before.sent, after.sent]).toEqual([0, 1]);
  });

  it('of a dead process of this host are freed at the next start; those of another host are not', () => {
    const { store } = startOutbox(['medium', 'medium']);
    store.deliveries.claim([1], `${hostname()}/999999999/dead`, NOON, MINUTE);
    store.deliveries.claim([2], 'another-host.example/999999999/unknown', NOON, MINUTE);

    store.deliveries.recover(at(0));

    expect(store.deliveries.due('chat', at(0)).map((one) => one.delivery_id)).toEqual([1]);
  });

  it('of two processes never overlap, and a message is numbered by what it carries', () => {
    const { store } = startOutbox(['medium', 'medium', 'medium']);

    const first = store.deliveries.claim([1], 'host-a/1/x', NOON, MINUTE);
    const second = store.deliveries.claim([1, 2, 3], 'host-b/2/y', NOON, MINUTE);

    expect([first, second]).toEqual([[1], [2, 3]]);
    expect(store.db.prepare('SELECT delivery_id, message_id FROM deliveries').all()).toEqual([
      { delivery_id: 1, message_id: 1 },
      { delivery_id: 2, message_id: 2 },
      { delivery_id: 3, message_id: 2 },
    ]);
  });

  it('that lapsed while the answer was awaited do not undo what another process sent meanwhile', () => {
    const { store, states } = startOutbox(['medium']);
    store.deliveries.claim([1], 'host-a/1/x', NOON, MINUTE);
    store.deliveries.claim([1], 'host-b/2/y', NOON + MINUTE, MINUTE);
    store.deliveries.markSent([1], at(MINUTE));

    store.deliveries.markRetry([1], 'host-a/1/x', 'no answer in time', at(2 * MINUTE), null);

    expect(states()).toEqual([{ delivery_id: 1, message_id: 1, state: 'sent', attempts: 1 }]);
  });

  it('are renewed while the request runs', () => {
    const { store } = startOutbox(['medium']);
    store.deliveries.claim([1], 'host-a/1/x', NOON, MINUTE);

    store.deliveries.renew([1], 'host-a/1/x', at(2 * MINUTE));
    store.deliveries.renew([1], 'host-b/2/y', at(9 * MINUTE));

    expect(store.deliveries.claim([1], 'host-b/2/y', NOON + 2 * MINUTE - 1, MINUTE)).toEqual([]);
    expect(store.deliveries.claim([1], 'host-b/2/y', NOON + 2 * MINUTE, MINUTE)).toEqual([1]);
  });
});
