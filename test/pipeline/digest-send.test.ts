import { hostname } from 'node:os';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { toInstant } from '../../src/lib/clock.ts';
import { type Mailbox, openMailbox } from '../notify/email-server.ts';
import { addFinding, type DigestStage, startDigestStage } from '../support/digest-stage.ts';

const NEVER = new AbortController().signal;
const SUNDAY = '2026-11-22T08:00:00.000Z';

let mailbox: Mailbox;
let mood: 'well' | 'away' | 'refuses bob';

beforeEach(async () => {
  mood = 'well';
  mailbox = await openMailbox({
    disabledCommands: ['STARTTLS', 'AUTH'],
    onConnect: (_, done) => done(mood === 'away' ? tell(421, 'away') : undefined),
    onRcptTo: ({ address }, _, done) =>
      done(mood === 'refuses bob' && address.startsWith('bob') ? tell(550, 'nobody here') : undefined),
  });
  onTestFinished(() => mailbox.close());
});

function tell(responseCode: number, text: string): Error {
  return Object.assign(new Error(text), { responseCode });
}

function start(now: string, more: Partial<Parameters<typeof startDigestStage>[0]> = {}): DigestStage {
  return startDigestStage({ now, smtpPort: mailbox.port, ...more });
}

const subjects = () => mailbox.mails.map((mail) => mail.parsed.subject ?? '');
const recipients = () => mailbox.mails.flatMap((mail) => mail.envelope);
/** The two ends that the mail names. */
const spans = () =>
  mailbox.mails.map((mail) =>
    /(\w+ \d+ \w+ \d+ \d\d:\d\d) to (\w+ \d+ \w+ \d+ \d\d:\d\d)/.exec(mail.parsed.text ?? '')?.slice(1),
  );
const DIGESTS =
  'SELECT g.local_date, g.recipient, d.state FROM _digests g JOIN _deliveries d USING (delivery_id) ORDER BY 1, 2';

describe('the first digest', () => {
  it('goes out after the first start and covers the day before the last DIGEST_AT', async () => {
    const stage = start('2026-11-22T10:30:00.000Z');
    stage.readTo('2026-11-22T10:29:00.000Z');

    await stage.start().sendDue(NEVER);

    expect(subjects()).toEqual(['Octopus audit to Sun 22 Nov 08:00 (Europe/London): all quiet, coverage 100 %']);
    expect(spans()).toEqual([['Sat 21 Nov 2026 08:00', 'Sun 22 Nov 2026 08:00']]);
  });

  it('goes out once per recipient, whatever restarts, and is accounted for in view and journal', async () => {
    const stage = start(SUNDAY, { recipients: ['alice@example.com', 'bob@example.com'] });
    stage.readTo(SUNDAY);

    for (let restart = 0; restart < 3; restart++) await stage.start().sendDue(NEVER);

    expect(recipients().sort()).toEqual(['alice@example.com', 'bob@example.com']);
    expect(stage.rows('SELECT channel, kind, state, attempts, finding_id FROM deliveries')).toEqual(
      [1, 2].map(() => ({ channel: 'email', kind: 'digest', state: 'sent', attempts: 1, finding_id: null })),
    );
    const entries = stage.rows("SELECT object, detail FROM journal WHERE action = 'digest_sent'");
    expect(entries.map((entry) => entry['object'])).toEqual(['2026-11-22', '2026-11-22']);
    expect(JSON.stringify(entries) + JSON.stringify(stage.log)).not.toContain('example.com');
  });
});

describe('two processes on one database', () => {
  it('send one mail per date and recipient', async () => {
    const people = Array.from({ length: 6 }, (_, index) => `person${index}@example.com`);
    const stage = start('2026-11-22T08:00:30.000Z', { recipients: people });
    stage.readTo('2026-11-22T08:00:30.000Z');
    const processes = [stage.start(), stage.start(), stage.start()];

    await Promise.all(processes.map((one) => one.sendDue(NEVER)));
    await Promise.all(processes.map((one) => one.sendOneShot(NEVER)));

    expect(recipients().sort()).toEqual(people);
  });

  it('leave a mail that is on its way to the process that has it', async () => {
    const stage = start(SUNDAY);
    stage.readTo(SUNDAY);
    stage.store.transaction(() =>
      stage.store.digests.owe(
        { localDate: '2026-11-22', toAt: SUNDAY },
        [{ channel: 'email', recipient: 'alice@example.com' }],
        stage.clock.now(),
      ),
    );
    stage.store.deliveries.claim([1], 'elsewhere/1/x', stage.clock.now(), 60_000);
    const digester = stage.start();

    await digester.sendDue(NEVER);
    const nextMs = digester.nextDueMs();
    const sentBefore = recipients().length;
    stage.clock.advance(60_000);
    await digester.sendDue(NEVER);

    // Its claim has lapsed without a word: the process died.
    expect(sentBefore).toBe(0);
    expect(toInstant(nextMs)).toBe('2026-11-22T08:01:00.000Z');
    expect(recipients()).toEqual(['alice@example.com']);
  });

  it('do not begin a further digest while one is on its way: it covers only what that one does not', async () => {
    const stage = start('2026-11-23T08:00:00.000Z');
    stage.readTo('2026-11-23T08:00:00.000Z');
    const { store, clock } = stage;
    const target = { channel: 'email', recipient: 'alice@example.com' };
    store.digests.owe({ localDate: '2026-11-22', toAt: SUNDAY }, [target], clock.now());
    store.deliveries.claim([1], 'elsewhere/1/x', clock.now(), 60_000);
    const digester = stage.start();

    await digester.sendDue(NEVER);
    const whileOnItsWay = stage.rows('SELECT local_date FROM _digests');
    store.deliveries.markSent([1], toInstant(clock.now()));
    clock.advance(5_000);
    await digester.sendDue(NEVER);

    expect(whileOnItsWay).toEqual([{ local_date: '2026-11-22' }]);
    expect(spans()).toEqual([['Sun 22 Nov 2026 08:00', 'Mon 23 Nov 2026 08:00']]);
  });

  it('take over at their start what a process of this host that died held', async () => {
    const stage = start(SUNDAY);
    stage.readTo(SUNDAY);
    const target = { channel: 'email', recipient: 'alice@example.com' };
    stage.store.digests.owe({ localDate: '2026-11-22', toAt: SUNDAY }, [target], stage.clock.now());
    stage.store.deliveries.claim([1], `${hostname()}/999999999/x`, stage.clock.now(), 60_000);

    stage.store.deliveries.recover(toInstant(stage.clock.now()));
    await stage.start().sendDue(NEVER);

    expect(recipients()).toEqual(['alice@example.com']);
  });
});

describe('day after day', () => {
  it('each digest begins where the last one ended, also over the day the clocks go back', async () => {
    const stage = start('2026-10-23T12:00:00.000Z', { at: { hour: 1, minute: 30 } });

    await stage.live(stage.start(), '2026-10-27T12:00:00.000Z');

    expect(spans()).toEqual([
      ['Thu 22 Oct 2026 01:30', 'Fri 23 Oct 2026 01:30'],
      ['Fri 23 Oct 2026 01:30', 'Sat 24 Oct 2026 01:30'],
      ['Sat 24 Oct 2026 01:30', 'Sun 25 Oct 2026 01:30'],
      ['Sun 25 Oct 2026 01:30', 'Mon 26 Oct 2026 01:30'],
      ['Mon 26 Oct 2026 01:30', 'Tue 27 Oct 2026 01:30'],
    ]);
    expect(stage.rows('SELECT from_at, to_at FROM _digests ORDER BY to_at').slice(2, 4)).toEqual([
      { from_at: '2026-10-24T00:30:00.000Z', to_at: '2026-10-25T00:30:00.000Z' },
      { from_at: '2026-10-25T00:30:00.000Z', to_at: '2026-10-26T01:30:00.000Z' },
    ]);
  });

  it('one goes out on the day New York skips its time', async () => {
    const zone = 'America/New_York';
    const stage = start('2026-03-07T12:00:00.000Z', { zone, at: { hour: 2, minute: 30 } });

    await stage.live(stage.start(), '2026-03-09T12:00:00.000Z');

    expect(stage.rows('SELECT local_date, to_at FROM _digests ORDER BY 1')).toEqual([
      { local_date: '2026-03-07', to_at: '2026-03-07T07:30:00.000Z' },
      { local_date: '2026-03-08', to_at: '2026-03-08T07:30:00.000Z' },
      { local_date: '2026-03-09', to_at: '2026-03-09T06:30:00.000Z' },
    ]);
    expect(mailbox.mails).toHaveLength(3);
  });

  it('one goes out a date, also when DIGEST_AT is moved to later on the day', async () => {
    const stage = start('2026-11-22T08:05:00.000Z');
    await stage.live(stage.start(), '2026-11-22T08:30:00.000Z');

    await stage.live(stage.start({ at: { hour: 9, minute: 0 } }), '2026-11-23T12:00:00.000Z');

    expect(spans().map((span) => span?.[1])).toEqual(['Sun 22 Nov 2026 08:00', 'Mon 23 Nov 2026 09:00']);
    expect(spans()[1]?.[0]).toBe('Sun 22 Nov 2026 08:00');
  });

  it('what was found between the end of one and its sending is new in that one alone', async () => {
    const stage = start('2026-11-22T08:01:00.000Z');
    const late = { firstSeenAt: '2026-11-22T07:59:30.000Z', createdAt: '2026-11-22T08:00:40.000Z' };
    const finding = addFinding(stage.store, stage.instanceId, { ...late, level: 'low' });
    const digester = stage.start();

    await stage.live(digester, '2026-11-23T08:05:00.000Z');

    const [sunday, monday] = ['2026-11-22', '2026-11-23'].map((date) => {
      const closing = digester.schedule.of(date);
      return closing ? digester.preview(closing) : null;
    });
    expect(mailbox.mails.map((mail) => /^New \(1\)$/m.test(mail.parsed.text ?? ''))).toEqual([true, false]);
    expect(sunday?.opened.map((one) => one.findingId)).toEqual([finding]);
    expect(monday?.opened).toEqual([]);
    expect(monday?.stillOpen.map((one) => one.findingId)).toEqual([finding]);
  });

  it('a reply thread is made of them, and each has an id of its own', async () => {
    const stage = start(SUNDAY);
    await stage.live(stage.start(), '2026-11-24T09:00:00.000Z');

    const [first, second, third] = mailbox.mails.map(({ parsed }) => parsed);
    expect(new Set([first?.messageId, second?.messageId, third?.messageId]).size).toBe(3);
    expect([second?.inReplyTo, third?.inReplyTo]).toEqual([first?.messageId, second?.messageId]);
  });
});

describe('an outage', () => {
  it('of the monitor for three days is covered by one mail, with what was found late', async () => {
    const stage = start(SUNDAY);
    await stage.live(stage.start(), '2026-11-22T12:00:00.000Z');
    stage.at('2026-11-25T15:00:00.000Z');
    const digester = stage.start();
    await digester.sendDue(NEVER);
    const sentBeforeRead = mailbox.mails.length;
    addFinding(stage.store, stage.instanceId, {
      title: 'Somebody came by night',
      firstSeenAt: '2026-11-23T02:00:00.000Z',
      createdAt: '2026-11-25T15:00:00.000Z',
    });

    await stage.live(digester, '2026-11-25T16:00:00.000Z');

    expect(sentBeforeRead).toBe(1);
    expect(spans()).toEqual([
      ['Sat 21 Nov 2026 08:00', 'Sun 22 Nov 2026 08:00'],
      ['Sun 22 Nov 2026 08:00', 'Wed 25 Nov 2026 08:00'],
    ]);
    expect(mailbox.mails[1]?.parsed.text).toContain('Somebody came by night');
  });

  it('of the mail server for three days is covered by one mail once it is back, and no older one stays pending', async () => {
    const stage = start('2026-11-22T07:00:00.000Z');
    const digester = stage.start();
    await stage.live(digester, '2026-11-22T09:00:00.000Z');
    mood = 'away';
    for (const day of [23, 24]) {
      stage.at(`2026-11-${day}T08:00:00.000Z`);
      await stage.live(digester, `2026-11-${day}T08:03:00.000Z`);
    }
    const whileAway = stage.rows(DIGESTS);
    stage.at('2026-11-25T08:00:00.000Z');
    await stage.live(digester, '2026-11-25T08:30:00.000Z');
    const triedOften = Number(
      stage.rows("SELECT max(attempts) AS n FROM deliveries WHERE state = 'pending'")[0]?.['n'],
    );

    mood = 'well';
    await stage.live(digester, '2026-11-25T09:00:00.000Z');

    expect(whileAway.at(-1)).toMatchObject({ local_date: '2026-11-24', state: 'pending' });
    expect(whileAway.filter((row) => row['state'] === 'pending')).toHaveLength(1);
    // From 1 s on, doubling, up to every five minutes.
    expect(triedOften).toBeGreaterThan(8);
    expect(triedOften).toBeLessThan(20);
    expect(spans().slice(2)).toEqual([['Sun 22 Nov 2026 08:00', 'Wed 25 Nov 2026 08:00']]);
    expect(stage.rows(`SELECT * FROM (${DIGESTS}) WHERE state <> 'sent'`)).toEqual([]);
    // What is being told needs no telling that it could not be told.
    expect(mailbox.mails.at(-1)?.parsed.text).not.toContain('to email');
  });

  it('of Slack keeps no mail back; the mail says what Slack was not told', async () => {
    const stage = start(SUNDAY);
    const { store, instanceId } = stage;
    const finding = addFinding(store, instanceId, { level: 'high', firstSeenAt: '2026-11-22T03:00:00.000Z' });
    store.deliveries.owe(finding, 'slack', 'alert', false, '2026-11-22T03:00:00.000Z');
    store.deliveries.claim([1], 'me', stage.clock.now(), 60_000);
    store.deliveries.markRetry([1], 'me', 'no connection (ECONNREFUSED)', '2026-11-22T08:04:00.000Z', null);

    await stage.live(stage.start(), '2026-11-22T08:01:00.000Z');

    expect(subjects()).toEqual([expect.stringMatching(/1 high needs action/)]);
    expect(mailbox.mails[0]?.parsed.text).toMatch(/1 message to slack[\s\S]*ECONNREFUSED/);
  });
});

describe('a mail that is refused for good', () => {
  it('is failed and tried no more; the others get theirs; the next one covers its day and names it', async () => {
    const stage = start('2026-11-21T12:00:00.000Z', { recipients: ['alice@example.com', 'bob@example.com'] });
    const digester = stage.start();
    await stage.live(digester, '2026-11-21T13:00:00.000Z');
    mood = 'refuses bob';
    await stage.live(digester, '2026-11-22T20:00:00.000Z');
    const afterRefusal = stage.rows(`SELECT * FROM (${DIGESTS}) WHERE local_date = '2026-11-22'`);

    mood = 'well';
    await stage.live(digester, '2026-11-23T09:00:00.000Z');

    expect(afterRefusal.map((row) => [row['recipient'], row['state']])).toEqual([
      ['alice@example.com', 'sent'],
      ['bob@example.com', 'failed'],
    ]);
    expect(stage.rows("SELECT attempts, last_error FROM deliveries WHERE state = 'failed'")).toEqual([
      { attempts: 1, last_error: expect.stringContaining('550') },
    ]);
    expect(stage.log).toContainEqual(
      expect.objectContaining({ level: 'error', text: 'the digest was refused for good' }),
    );
    const last = mailbox.mails.slice(-2);
    const fromOf = (name: string) =>
      /(\w+ \d+ \w+) \d+ 08:00 to Mon/.exec(
        last.find((mail) => mail.envelope[0]?.startsWith(name))?.parsed.text ?? '',
      )?.[1];
    expect([fromOf('alice'), fromOf('bob')]).toEqual(['Sun 22 Nov', 'Sat 21 Nov']);
    for (const mail of last) expect(mail.parsed.text).toMatch(/1 message to email/);
  });
});

describe('a digest whose time is not read yet', () => {
  it('waits for it, and goes out as soon as it is', async () => {
    const stage = start(SUNDAY);
    stage.readTo('2026-11-22T07:59:50.000Z');
    const digester = stage.start();

    await digester.sendDue(NEVER);
    const waitsMs = digester.nextDueMs() - stage.clock.now();
    stage.at('2026-11-22T08:01:00.000Z');
    stage.readTo('2026-11-22T08:00:55.000Z');
    await digester.sendDue(NEVER);

    expect(waitsMs).toBe(5_000);
    expect(subjects()).toEqual([expect.stringContaining('all quiet, coverage 100 %')]);
  });

  it('goes out after half an hour all the same, and says what was not read', async () => {
    const stage = start('2026-11-22T07:00:00.000Z');
    stage.readTo('2026-11-22T02:00:00.000Z');
    const digester = stage.start();
    await stage.live(digester, '2026-11-22T08:29:00.000Z', { isReading: false });
    const before = mailbox.mails.length;

    await stage.live(digester, '2026-11-22T08:31:00.000Z', { isReading: false });

    // The one of the day before was read to its end.
    expect(before).toBe(1);
    expect(subjects().slice(1)).toEqual([expect.stringContaining('coverage only 75 %')]);
    expect(mailbox.mails[1]?.parsed.text).toContain('Gap Sun 22 Nov 02:00 to 08:00');
  });

  it('goes out at once when the instance cannot be read', async () => {
    const stage = start(SUNDAY);
    stage.readTo('2026-11-22T02:00:00.000Z');
    stage.store.instances.markFailed(stage.instanceId, '2026-11-22T02:01:00.000Z', 'no connection');

    await stage.start().sendDue(NEVER);

    expect(subjects()).toHaveLength(1);
  });

  it('goes out at once in a one-shot command, which has read what it could', async () => {
    const stage = start(SUNDAY);

    const result = await stage.start().sendOneShot(NEVER);

    expect(result).toEqual({ sent: 1, refused: 0, postponed: 0 });
    expect(subjects()).toEqual([expect.stringContaining('coverage only 0 %')]);
  });
});

describe('a stop', () => {
  it('while the mail server hangs leaves the digest pending and nobody holding it', async () => {
    const hanging = await openMailbox({ disabledCommands: ['STARTTLS', 'AUTH'], onConnect: () => undefined });
    onTestFinished(() => hanging.close());
    const stage = start(SUNDAY, { smtpPort: hanging.port });
    stage.readTo(SUNDAY);
    const stop = new AbortController();
    setTimeout(() => stop.abort(new Error('stopped')), 100);

    await stage.start().sendDue(stop.signal);

    expect(stage.rows('SELECT state, attempts, claimed_by FROM _deliveries')).toEqual([
      { state: 'pending', attempts: 0, claimed_by: null },
    ]);
    await stage.start({ smtpPort: mailbox.port }).sendDue(NEVER);
    expect(mailbox.mails).toHaveLength(1);
  });
});

describe('a digest a person asks for', () => {
  it('is sent once, also one of an old date; what was refused before is tried again', async () => {
    const stage = start('2026-11-24T12:00:00.000Z', { recipients: ['alice@example.com', 'bob@example.com'] });
    stage.readTo('2026-11-24T12:00:00.000Z');
    const digester = stage.start();
    const old = digester.schedule.of('2026-11-22');
    if (!old) throw new Error('there is no such date');
    mood = 'refuses bob';

    const outcomes = [];
    outcomes.push(await digester.sendNow(old, NEVER));
    outcomes.push(await digester.sendNow(old, NEVER));
    mood = 'well';
    outcomes.push(await digester.sendNow(old, NEVER));
    outcomes.push(await digester.sendNow(old, NEVER));

    expect(outcomes.map((one) => one.map(({ outcome }) => outcome))).toEqual([
      ['sent', 'failed'],
      ['sent before', 'failed'],
      ['sent before', 'sent'],
      ['sent before', 'sent before'],
    ]);
    expect(outcomes[0]?.[1]?.reason).toContain('550');
    expect(recipients()).toEqual(['alice@example.com', 'bob@example.com']);
  });

  it('of an old date is not left pending when the mail server is away: nobody would try it again', async () => {
    const stage = start('2026-11-24T12:00:00.000Z');
    stage.readTo('2026-11-24T12:00:00.000Z');
    const digester = stage.start();
    mood = 'away';

    const old = await digester.sendNow({ localDate: '2026-11-22', atMs: Date.parse(SUNDAY) }, NEVER);
    const last = await digester.sendNow(digester.schedule.last(stage.clock.now()), NEVER);

    expect([old, last].flat().map((one) => one.outcome)).toEqual(['pending', 'pending']);
    expect(stage.rows(DIGESTS)).toEqual([
      { local_date: '2026-11-24', recipient: 'alice@example.com', state: 'pending' },
    ]);
  });

  it('is looked at as it was sent, whatever happened since', async () => {
    const stage = start(SUNDAY);
    const { store, instanceId } = stage;
    const finding = addFinding(store, instanceId, { level: 'high', firstSeenAt: '2026-11-22T03:00:00.000Z' });
    const digester = stage.start();
    await stage.live(digester, '2026-11-22T08:30:00.000Z');
    const closing = digester.schedule.last(stage.clock.now());
    const before = digester.preview(closing);

    stage.at('2026-11-24T12:00:00.000Z');
    stage.readTo('2026-11-24T12:00:00.000Z');
    store.findings.resolve(finding, 'ended', '2026-11-22T09:00:00.000Z');
    addFinding(store, instanceId, { firstSeenAt: '2026-11-22T04:00:00.000Z', createdAt: '2026-11-23T09:00:00.000Z' });

    const again = digester.preview(closing);
    expect(again).toEqual({
      ...before,
      // The one thing that has changed is how it ended.
      needsAction: [{ ...before.needsAction[0], resolution: 'ended' }],
    });
    expect(before.needsAction.map((one) => one.findingId)).toEqual([finding]);
  });
});

describe('recipients that change', () => {
  it('leave nothing pending for who is gone, and a new one begins with the day before', async () => {
    const stage = start('2026-11-22T07:00:00.000Z', { recipients: ['bob@example.com'] });
    mood = 'refuses bob';
    await stage.live(stage.start(), '2026-11-22T09:00:00.000Z');
    mood = 'away';
    await stage.live(stage.start(), '2026-11-23T09:00:00.000Z');
    mood = 'well';

    await stage.live(stage.start({ recipients: ['carol@example.com'] }), '2026-11-24T09:00:00.000Z');

    expect(stage.rows("SELECT * FROM deliveries WHERE state = 'pending'")).toEqual([]);
    expect(recipients()).toEqual(['carol@example.com', 'carol@example.com']);
    expect(spans().map((span) => span?.[0])).toEqual(['Sun 22 Nov 2026 08:00', 'Mon 23 Nov 2026 08:00']);
  });
});
