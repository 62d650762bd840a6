import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createProductionMatcher } from '../../src/enrich/index.ts';
import { renderDigest } from '../../src/notify/digest.ts';
import { buildDigest } from '../../src/pipeline/digest.ts';
import { openStore, type Store } from '../../src/store/index.ts';
import { VERSION } from '../../src/version.ts';
import { manualClock } from '../support/manual-clock.ts';
import { burstRule, eventRule, oldKeyRule, putRules } from '../support/own-rules.ts';
import { startSlackReceiver } from '../support/slack-receiver.ts';
import { NOON, smallHistory } from '../support/small-history.ts';
import { type Stage, startStage } from '../support/stage.ts';

const MINE = { OCTOWATCH_RULES: 'mine' };
const TOLD = 'Octowatch ';

/** A stage with the small history, read once with these rules. */
async function startRead(rules: Readonly<Record<string, string>>, slackUrl?: string): Promise<Stage> {
  const stage = await startStage({ state: smallHistory(), env: MINE, ...(slackUrl ? { slackUrl } : {}) });
  putRules(stage, rules);
  await stage.runOnce();
  stage.printed.length = 0;
  stage.clock.advance(60_000);
  return stage;
}

async function restart(stage: Stage, rules: Readonly<Record<string, string>>): Promise<void> {
  putRules(stage, rules);
  await stage.runOnce();
  stage.clock.advance(60_000);
}

/** What was printed of the monitor itself, its line breaks undone. */
const lines = (stage: Stage) =>
  stage.printed.map((text) => text.replace(/\s+/g, ' ').trim()).filter((text) => text.startsWith(TOLD));

/** As if the last start had been one of that version. */
function pretendVersion(stage: Stage, version: string): void {
  const store = openStore(stage.db, { monitorVersion: version });
  store.transaction(() => store.journal.add(new Date(stage.clock.now()).toISOString(), 'started', 'run'));
  store.close();
}

describe('a start after an upgrade', () => {
  it('says nothing when it is the first, nor when nothing has changed', async () => {
    const stage = await startRead({ a: eventRule('a', 'DeploymentQueued') });

    await restart(stage, { a: eventRule('a', 'DeploymentQueued') });

    expect(stage.rows('SELECT * FROM _upgrades')).toEqual([]);
    expect(lines(stage)).toEqual([]);
  });

  it('tells in one line of rules added, changed and removed, with what they would have found', async () => {
    const stage = await startRead({
      kept: eventRule('kept', 'Other'),
      gone: eventRule('gone', 'Other'),
      aged: oldKeyRule('aged', 300),
      changed: eventRule('changed', 'DeploymentQueued'),
    });

    await restart(stage, {
      kept: eventRule('kept', 'Other'),
      aged: oldKeyRule('aged', 100),
      changed: eventRule('changed', '[DeploymentQueued, DeploymentStarted]'),
      new_one: eventRule('new_one', 'LoginFailed'),
      new_two: eventRule('new_two', 'NeverSeen'),
      new_burst: burstRule('new_burst', 5),
    });

    expect(lines(stage)).toEqual([
      `Octowatch ${VERSION}: 3 rules added (new_one: 6 findings in the last 30 days, new_burst: 1, new_two: none), ` +
        '2 changed (changed: 3, before 2, aged: 2 keys, before 1), 1 removed (gone). Nothing stored before this start alerts.',
    ]);
    expect(stage.rows("SELECT finding_id, channel, kind, state FROM deliveries WHERE kind = 'notice'")).toEqual([
      { finding_id: null, channel: 'console', kind: 'notice', state: 'sent' },
    ]);
    expect(stage.log.filter(({ text }) => text === 'this start changed what is detected')).toMatchObject([
      { level: 'info', data: { line: lines(stage)[0] } },
    ]);
  });

  it('journals the versions and the names of the rules', async () => {
    const stage = await startRead({ a: eventRule('a', 'Other') });
    pretendVersion(stage, '0.0.9');

    await restart(stage, { b: eventRule('b', 'Other') });

    const [entry] = stage.rows("SELECT object, detail FROM journal WHERE action = 'upgraded'");
    expect(entry?.['object']).toBe(VERSION);
    expect(JSON.parse(String(entry?.['detail']))).toMatchObject({
      versionBefore: '0.0.9',
      added: ['b'],
      removed: ['a'],
    });
  });

  it('of another version tells also when the rules are the same', async () => {
    const stage = await startRead({ a: eventRule('a', 'Other') });
    pretendVersion(stage, '0.0.9');

    await restart(stage, { a: eventRule('a', 'Other') });
    await restart(stage, { a: eventRule('a', 'Other') });

    expect(lines(stage)).toEqual([`Octowatch ${VERSION} (was 0.0.9): the rules are the same.`]);
  });

  it('names a correlation whose counted rule has changed, and not that rule', async () => {
    const stage = await startRead({ burst: burstRule('burst', 5) });

    await restart(stage, {
      burst: burstRule('burst', 5).replace('level: low', 'level: low\ndescription: Other words.'),
    });

    expect(lines(stage)[0]).toContain(': 1 rule changed (burst: 1 finding in the last 30 days, before 1).');
  });

  it('of rules that are switched off, or were, says so', async () => {
    const stage = await startRead({ a: eventRule('a', 'DeploymentQueued'), b: eventRule('b', 'LoginFailed') });

    await startWith(stage, 'rules: {a: {enabled: false}}');
    await startWith(stage, 'rules: {b: {level: high}}');

    expect(lines(stage)).toEqual([
      `Octowatch ${VERSION}: 1 rule changed (a: switched off).`,
      `Octowatch ${VERSION}: 2 rules changed (b: 6 findings in the last 30 days, before 6, a: 2, was switched off). ` +
        'Nothing stored before this start alerts.',
    ]);
  });

  it('counts exceptions apart', async () => {
    const stage = await startRead({ a: eventRule('a', 'LoginFailed') });

    await restart(stage, { a: eventRule('a', 'LoginFailed'), b: eventRule('b', 'Other'), hidden: exception('a') });

    expect(lines(stage)[0]).toContain(': 1 rule added (b: none), 1 exception added.');
  });

  it('says where there is no history to count in', async () => {
    const stage = await startStage({ env: MINE });
    await restart(stage, { a: eventRule('a', 'Other') });

    await restart(stage, { a: eventRule('a', 'Other'), b: eventRule('b', 'Other'), c: eventRule('c', 'Other') });

    expect(lines(stage)[0]).toContain('(b: no stored history to count in, c: no stored history to count in)');
  });

  it('loses and doubles no line when the process ends at any moment of the start and of the counting', async () => {
    const stage = await startRead({ a: eventRule('a', 'Other') });
    const moments = ['INSERT INTO _upgrades', 'UPDATE _rule_versions', 'UPDATE _upgrades', 'INSERT INTO _notices'];
    putRules(stage, { b: eventRule('b', 'LoginFailed') });
    for (const moment of moments) {
      let times = 0;
      const onStatement = (sql: unknown) => {
        if (!String(sql).trimStart().startsWith(moment)) return;
        times += 1;
        throw new Error(`ended at ${moment}`);
      };
      await stage
        .createApp({ onStatement })
        .runOnce()
        .catch(() => undefined);
      expect(times, moment).toBe(1);
      expect(lines(stage), moment).toEqual([]);
    }

    await stage.runOnce();
    await stage.runOnce();

    expect(lines(stage)).toHaveLength(1);
    expect(lines(stage)[0]).toContain('1 rule added (b: 6 findings in the last 30 days), 1 removed (a)');
    expect(stage.column("SELECT count(*) FROM journal WHERE action = 'upgraded'")).toEqual([1]);
  });

  it('is told in Slack once, when Slack is back, and before what was found since', async () => {
    const slack = await startSlackReceiver();
    onTestFinished(() => slack.close());
    const stage = await startRead({ a: eventRule('a', 'Other') }, slack.url());
    slack.always({ status: 503 });
    await restart(stage, { b: eventRule('b', 'Other') });
    const meanwhile = stage.rows("SELECT kind, state FROM deliveries WHERE kind = 'notice'");
    slack.always(null);

    await stage.runOnce();
    await stage.runOnce();

    expect(meanwhile).toEqual([{ kind: 'notice', state: 'pending' }]);
    expect(slack.accepted().filter((text) => text.startsWith(TOLD))).toEqual([
      `Octowatch ${VERSION}: 1 rule added (b: none), 1 removed (a). Nothing stored before this start alerts.`,
    ]);
  });

  it('is told once by two processes that start together', async () => {
    const stage = await startRead({ a: eventRule('a', 'Other') });
    putRules(stage, { b: eventRule('b', 'Other') });

    await Promise.all([stage.createApp().runOnce(), stage.createApp().runOnce()]);

    expect(lines(stage)).toHaveLength(1);
    expect(stage.column("SELECT count(*) FROM journal WHERE action = 'upgraded'")).toEqual([1]);
  });

  it('is told by a monitor that runs on, which reads meanwhile', async () => {
    const stage = await startRead({ a: eventRule('a', 'Other') });
    putRules(stage, { b: eventRule('b', 'LoginFailed') });
    const clock = manualClock(stage.clock.now());
    stage.state.now = clock.now;
    const before = stage.column('SELECT last_read_at FROM _instances');
    const app = stage.createApp({ isOneShot: false, clock });
    const isRead = () => stage.column('SELECT last_read_at FROM _instances')[0] !== before[0];

    const running = app.runForever();
    while (lines(stage).length === 0 || !isRead()) {
      await pause(5);
      await clock.advance(5_000);
    }
    app.stop();
    await running;

    expect(lines(stage)[0]).toContain('b: 6 findings in the last 30 days');
  });

  it('stands in the next digest', async () => {
    const stage = await startRead({ a: eventRule('a', 'Other') });
    await restart(stage, { b: eventRule('b', 'Other') });

    const store = openStore(stage.db, { monitorVersion: 'test' });
    const { upgrades } = digestAt(store, NOON, stage.clock.now());
    const before = digestAt(store, NOON - 86_400_000, NOON);
    const text = renderDigest(digestAt(store, NOON, stage.clock.now())).text;
    store.close();

    expect(upgrades).toEqual(lines(stage));
    expect(before.upgrades).toBeUndefined();
    expect(text.replace(/\s+/g, ' ')).toContain(lines(stage)[0]);
  });
});

function digestAt(store: Store, fromMs: number, toMs: number) {
  return buildDigest(store, {
    localDate: '2026-03-02',
    fromAt: new Date(fromMs).toISOString(),
    toAt: new Date(toMs).toISOString(),
    timeZone: 'UTC',
    isTimeZoneAssumed: false,
    instances: null,
    production: createProductionMatcher(undefined),
    exceptions: [],
    monitorVersion: VERSION,
  });
}

async function startWith(stage: Stage, yaml: string): Promise<void> {
  writeFileSync(path.join(stage.folder, 'octowatch.yaml'), yaml);
  await stage.runOnce();
  stage.clock.advance(60_000);
}

function exception(rule: string): string {
  return `title: hidden
name: hidden
logsource: { product: octopus, service: audit }
filter: { rules: [${rule}], s: { Actor.Name: alice }, condition: not s }
octowatch: { owner: ann, approved_by: bob, reason: planned, from: 2026-02-20, expires: 2026-04-01 }
`;
}
