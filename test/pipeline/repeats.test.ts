import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { loginFailed } from '../../src/demo/index.ts';
import { ageFindings, loadRulePack } from '../../src/detect/index.ts';
import type { Level } from '../../src/model/finding.ts';
import type { Channel, Notice } from '../../src/model/message.ts';
import { createDeliverer } from '../../src/pipeline/deliver.ts';
import { newHolder } from '../../src/store/index.ts';
import { startEvaluation } from '../support/evaluation.ts';
import { makeFolder } from '../support/monitor.ts';
import { failedSignIn, NOON } from '../support/small-history.ts';
import { steppingClock } from '../support/stepping-clock.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const NEVER = new AbortController().signal;
const quiet = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };

/** Failed sign-ins are findings at once, by account, of a level of choice. */
function packOf(level: Level) {
  const { folder, remove } = makeFolder();
  const file = path.join(folder, 'rule.yml');
  writeFileSync(
    file,
    `title: Failed sign-in\nname: failed\nstatus: stable\nlevel: ${level}\nlogsource: { product: octopus, service: audit }\n` +
      'detection: { s: { Category: LoginFailed }, condition: s }\noctowatch: { subject: [Subject.Account] }\n',
  );
  const pack = loadRulePack([file], {}, { areExamplesRequired: false });
  remove();
  return pack;
}

/** Detection and delivery on one clock, with a channel that accepts everything and remembers it. */
function start(level: Level = 'medium', metAt?: string) {
  const clock = steppingClock(NOON);
  const evaluation = startEvaluation({ chat: 'informational' }, packOf(level), {
    now: () => clock.now(),
    ...(metAt ? { metAt } : {}),
  });
  const deliverer = createDeliverer({
    store: evaluation.store,
    context: evaluation.context,
    clock,
    random: () => 0.5,
    log: quiet,
    holder: newHolder(),
    timeZone: 'UTC',
    octopusUrlOf: () => 'https://octopus.example.com',
    keyRules: [],
    localDateOf: (epochMs) => new Date(epochMs).toISOString().slice(0, 10),
  });
  const notices: Notice[] = [];
  const chat: Channel = {
    name: 'chat',
    minIntervalMs: 0,
    keysOnceADay: false,
    fitting: (reports) => reports.length,
    async send(notice) {
      notices.push(notice);
      return { outcome: 'sent' };
    },
  };
  let events = 0;
  return {
    ...evaluation,
    clock,
    /** Failed sign-ins of one account, one a second, the last at the present moment. */
    fail(count = 1, from = '198.51.100.7', agoMs = 0) {
      const made = Array.from({ length: count }, (_, index) => {
        events += 1;
        const at = clock.now() - agoMs - (count - 1 - index) * 1000;
        return loginFailed({ id: `Events-${events}`, at, username: 'carol', userId: null, ipAddress: from });
      });
      evaluation.feed(...made);
    },
    /** What is said when time has gone on. */
    async after(ms: number): Promise<Notice[]> {
      clock.advance(ms);
      notices.length = 0;
      await deliverer.drain(chat, NEVER);
      return [...notices];
    },
  };
}

const kinds = (notices: readonly Notice[]) => notices.map((one) => one.kind);

describe('a finding that grows', () => {
  it('is said again after an hour, then four, then daily, each time with what is new', async () => {
    const monitor = start();
    monitor.fail();
    const said = [kinds(await monitor.after(0))];

    for (const waitMs of [HOUR, 4 * HOUR, 8 * HOUR, 16 * HOUR]) {
      monitor.fail(2);
      said.push(kinds(await monitor.after(waitMs - 1)));
      const due = await monitor.after(1);
      said.push(kinds(due));
      if (due[0]?.kind === 'repeat')
        expect(due[0].growth).toMatchObject({ newEvents: waitMs === 16 * HOUR ? 4 : 2, novelties: [] });
    }

    expect(said).toEqual([['alert'], [], ['repeat'], [], ['repeat'], [], [], [], ['repeat']]);
  });

  it('counts the interval from its last message, and says nothing when nothing came', async () => {
    const monitor = start();
    monitor.fail();
    await monitor.after(0);

    const quietDays = await monitor.after(3 * DAY);
    monitor.fail();
    const grown = await monitor.after(0);

    expect(kinds(quietDays)).toEqual([]);
    expect(grown).toMatchObject([{ kind: 'alert', report: { findingId: 2 } }]);
  });

  it('is said at once when an address is in it that was not before', async () => {
    const monitor = start();
    monitor.fail();
    await monitor.after(0);

    monitor.fail(1, '203.0.113.9');
    const [notice] = await monitor.after(MINUTE);

    expect(notice).toMatchObject({ kind: 'repeat', growth: { newEvents: 1, novelties: ['address 203.0.113.9'] } });
    monitor.fail(1, '203.0.113.9');
    expect(kinds(await monitor.after(MINUTE))).toEqual([]);
  });

  it('does not flood its channel when each of its events has another address', async () => {
    const monitor = start();
    monitor.fail();
    await monitor.after(0);
    let messages = 0;

    for (let minute = 0; minute < 60; minute++) {
      monitor.fail(1, `203.0.113.${minute}`);
      messages += (await monitor.after(MINUTE)).length;
    }

    expect(messages).toBeGreaterThanOrEqual(5);
    expect(messages).toBeLessThanOrEqual(12);
  });

  it('is not said again when it grew through back-fill', async () => {
    const monitor = start();
    monitor.fail();
    await monitor.after(0);

    monitor.fail(3, '203.0.113.9', 7 * HOUR);

    expect(kinds(await monitor.after(2 * HOUR))).toEqual([]);
    expect(monitor.rows('SELECT event_count FROM findings')).toEqual([{ event_count: 4 }]);
  });

  it('is said again only where it was told of, and not once somebody has acknowledged it', async () => {
    const monitor = start();
    monitor.fail();
    await monitor.after(0);
    monitor.fail();
    monitor.store.db.exec("UPDATE _findings SET status = 'acknowledged'");
    monitor.store.deliveries.removePending(1);

    expect(kinds(await monitor.after(DAY))).toEqual([]);
  });
});

describe('a grave finding that nobody acknowledges', () => {
  it.each<[Level, number]>([
    ['critical', HOUR],
    ['high', 8 * HOUR],
  ])('of level %s is said again after %i ms, then daily', async (level, firstMs) => {
    const monitor = start(level);
    monitor.fail();
    const said = [kinds(await monitor.after(0))];

    for (const waitMs of [firstMs - MINUTE, MINUTE, DAY - MINUTE, MINUTE, DAY])
      said.push(kinds(await monitor.after(waitMs)));

    expect(said).toEqual([['alert'], [], ['reminder'], [], ['reminder'], ['reminder']]);
  });

  it('of level medium is not', async () => {
    const monitor = start('medium');
    monitor.fail();
    await monitor.after(0);

    expect(kinds(await monitor.after(30 * DAY))).toEqual([]);
  });

  it('is not once it is acknowledged', async () => {
    const monitor = start('critical');
    monitor.fail();
    await monitor.after(0);
    monitor.store.db.exec("UPDATE _findings SET status = 'acknowledged'");

    expect(kinds(await monitor.after(2 * DAY))).toEqual([]);
  });
});

describe('findings come to an end', () => {
  it('by themselves at level low, a week after their last event, without a word', async () => {
    const monitor = start('low');
    monitor.fail();
    await monitor.after(0);

    await monitor.after(7 * DAY);
    const early = ageFindings(monitor.context, monitor.clock.now());
    const late = ageFindings(monitor.context, monitor.clock.now() + 1);

    expect([early, late]).toEqual([0, 1]);
    expect(monitor.rows('SELECT status, resolution FROM findings')).toEqual([
      { status: 'resolved', resolution: 'aged' },
    ]);
    expect(kinds(await monitor.after(0))).toEqual([]);
  });

  it('not by themselves at level medium', () => {
    const monitor = start('medium');
    monitor.fail();

    expect(ageFindings(monitor.context, NOON + 300 * DAY)).toBe(0);
  });

  it('as history when the first back-fill finds them more than a week back, and nobody is told', async () => {
    const monitor = start('high', new Date(NOON).toISOString());

    monitor.fail(1, '198.51.100.7', 7 * DAY + 1);
    monitor.feed(failedSignIn('Events-900', NOON - 6 * DAY, 'dave'));

    expect(monitor.rows('SELECT subject, status, resolution FROM findings ORDER BY subject')).toEqual([
      { subject: 'carol', status: 'resolved', resolution: 'history' },
      { subject: 'dave', status: 'open', resolution: null },
    ]);
    expect(await monitor.after(0)).toMatchObject([{ kind: 'alert', report: { subject: 'dave' } }]);
  });

  it('are open again when they grow out of the history into the present', async () => {
    const monitor = start('high', new Date(NOON).toISOString());
    monitor.fail(1, '198.51.100.7', 7 * DAY + HOUR);

    monitor.fail(1, '198.51.100.7', 7 * DAY - HOUR);

    expect(monitor.rows('SELECT status, resolution, event_count FROM findings')).toEqual([
      { status: 'open', resolution: null, event_count: 2 },
    ]);
  });

  it('not as history when the monitor was there and could not read', () => {
    const monitor = start('high', new Date(NOON - 30 * DAY).toISOString());

    monitor.fail(1, '198.51.100.7', 9 * DAY);

    expect(monitor.rows('SELECT status FROM findings')).toEqual([{ status: 'open' }]);
  });
});
