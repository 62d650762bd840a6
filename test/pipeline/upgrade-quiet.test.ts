import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { deploymentQueued, sessionActor } from '../../src/demo/index.ts';
import { daysAgo, keyOf } from '../support/keys.ts';
import { burstRule, eventRule, oldKeyRule, putRules } from '../support/own-rules.ts';
import { alice, deployment, failedSignIn, MONITOR_KEY, NOON } from '../support/small-history.ts';
import { type Stage, startStage } from '../support/stage.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const KEYS_OF_DEPLOYER = /\/api\/users\/Users-3\/apikeys/;

async function startMine(): Promise<Stage> {
  return startStage({ env: { OCTOWATCH_RULES: 'mine', OCTOWATCH_POLL_INTERVAL: '60s' } });
}

async function startWith(stage: Stage, rules: Readonly<Record<string, string>>): Promise<void> {
  putRules(stage, rules);
  await stage.runOnce();
  stage.clock.advance(MINUTE);
}

/** Level and title of the alerts that were printed since the last call, without what is said of the monitor itself. */
function alerts(stage: Stage): string[] {
  const texts = stage.printed.splice(0).filter((text) => text.startsWith('[') && !text.includes('monitor_'));
  return texts.map((text) => text.split(':')[0] ?? '');
}

const queued = (id: string, at: number) =>
  deploymentQueued({ id, at, actor: sessionActor(alice, '192.0.2.10'), deployment: deployment(Number(id.slice(7))) });
const hits = (stage: Stage) => stage.column("SELECT event_id FROM signals WHERE rule = 'burst' ORDER BY event_id");
const burstFindings = (stage: Stage) =>
  stage.rows("SELECT event_count, status FROM findings WHERE rule = 'burst' ORDER BY finding_id");

function addFailures(stage: Stage, from: number, ...minutesBeforeNoon: number[]): void {
  for (const [index, minutes] of minutesBeforeNoon.entries())
    stage.state.addEvent(failedSignIn(`Events-${from + index}`, NOON - minutes * MINUTE));
}

describe('a rule about events that is new or changed', () => {
  it('finds nothing in what was stored before, though the overlap and the daily reading bring it again', async () => {
    const stage = await startMine();
    stage.state.addEvent(queued('Events-1', NOON - 5 * HOUR));
    stage.state.addEvent(queued('Events-2', NOON - 2 * MINUTE));
    const before = { changed: eventRule('changed', 'Other') };
    const after = { changed: eventRule('changed', 'DeploymentQueued'), added: eventRule('added', 'DeploymentQueued') };
    await startWith(stage, before);

    await startWith(stage, after);
    const tailAgain = stage.eventRequests().some(({ from }) => Date.parse(from) < NOON - 2 * MINUTE);
    stage.clock.advance(DAY);
    await startWith(stage, after);
    const dayAgain = stage.eventRequests().some(({ from }) => Date.parse(from) < NOON - 5 * HOUR);
    const old = stage.findings();
    stage.state.addEvent(queued('Events-3', stage.clock.now() - MINUTE));
    await startWith(stage, after);

    expect([tailAgain, dayAgain]).toEqual([true, true]);
    expect(old).toEqual([]);
    expect(
      stage
        .findings()
        .map((one) => one['rule'])
        .sort(),
    ).toEqual(['added', 'changed']);
  });
});

describe('a correlation that is new or changed', () => {
  it('does not fire from what came before, and holds again where a new event takes part', async () => {
    const stage = await startMine();
    addFailures(stage, 10, 10, 9, 8, 7, 6);
    await startWith(stage, { burst: burstRule('burst', 9) });

    await startWith(stage, { burst: burstRule('burst', 4) });
    const unheeded = hits(stage);
    stage.state.addEvent(failedSignIn('Events-20', stage.clock.now() - 10_000));
    await startWith(stage, { burst: burstRule('burst', 4) });

    expect(unheeded).toEqual([]);
    expect(hits(stage)).toEqual(['Events-20']);
    expect(burstFindings(stage)).toEqual([{ event_count: 6, status: 'open' }]);
  });

  it('counts from the start on when it is new', async () => {
    const stage = await startMine();
    addFailures(stage, 10, 10, 9, 8, 7, 6);
    await startWith(stage, { other: eventRule('other', 'Other') });

    await startWith(stage, { burst: burstRule('burst', 4) });
    addFailures(stage, 20, -1, -1, -1);
    await startWith(stage, { burst: burstRule('burst', 4) });
    const tooFew = burstFindings(stage);
    addFailures(stage, 30, -2);
    stage.clock.advance(MINUTE);
    await startWith(stage, { burst: burstRule('burst', 4) });

    expect(tooFew).toEqual([]);
    expect(burstFindings(stage)).toEqual([{ event_count: 4, status: 'open' }]);
  });

  it('does not fire from what came before when a late event touches the group and takes no part', async () => {
    const stage = await startMine();
    addFailures(stage, 10, 10, 9, 8, 7, 6);
    await startWith(stage, { burst: burstRule('burst', 9) });
    await startWith(stage, { burst: burstRule('burst', 4) });

    addFailures(stage, 20, 200);
    stage.clock.advance(DAY);
    await startWith(stage, { burst: burstRule('burst', 4) });

    expect(stage.column("SELECT event_id FROM events WHERE event_id = 'Events-20'")).toEqual(['Events-20']);
    expect(hits(stage)).toEqual([]);
    expect(burstFindings(stage)).toEqual([]);
  });

  it('fires where a late event makes what came before enough', async () => {
    const stage = await startMine();
    addFailures(stage, 10, 10, 9, 8);
    await startWith(stage, { burst: burstRule('burst', 9) });
    await startWith(stage, { burst: burstRule('burst', 4) });

    addFailures(stage, 20, 12);
    await startWith(stage, { burst: burstRule('burst', 4) });

    expect(hits(stage)).toEqual(['Events-12']);
    expect(burstFindings(stage)).toEqual([{ event_count: 4, status: 'open' }]);
  });

  it.each([
    ['another level', burstRule('burst', 4, 'critical')],
    ['other words', burstRule('burst', 4).replace('title: burst', 'title: many failed sign-ins')],
  ])('goes on with the finding it has when it gets %s in the middle of a burst', async (_what, changed) => {
    const stage = await startMine();
    addFailures(stage, 10, 10, 9, 8, 7, 6);
    await startWith(stage, { burst: burstRule('burst', 4) });

    stage.state.addEvent(failedSignIn('Events-20', stage.clock.now() - 10_000));
    await startWith(stage, { burst: changed });

    expect(hits(stage)).toEqual(['Events-13']);
    expect(burstFindings(stage)).toEqual([{ event_count: 6, status: 'open' }]);
  });
});

describe('a rule about API keys', () => {
  const RULE = { aged: oldKeyRule('aged', 300) };

  it('that is new opens what has long been so without a message, and then alerts as usual', async () => {
    const stage = await startMine();
    stage.state.apiKeys.push(keyOf('OLD'), keyOf('YOUNG', { createdAt: daysAgo(299.5) }));
    await startWith(stage, { other: oldKeyRule('other', 9999) });

    await startWith(stage, RULE);
    const first = { findings: stage.findings().length, alerts: alerts(stage) };
    stage.clock.advance(DAY);
    await startWith(stage, RULE);

    expect(first).toEqual({ findings: 1, alerts: [] });
    expect(stage.rows("SELECT status FROM findings WHERE rule = 'aged'")).toEqual([
      { status: 'open' },
      { status: 'open' },
    ]);
    expect(alerts(stage)).toEqual(['[MEDIUM] aged']);
  });

  it('that is first found by the very first start alerts of all', async () => {
    const stage = await startMine();
    stage.state.apiKeys.push(keyOf('OLD'));

    await startWith(stage, RULE);

    expect(alerts(stage)).toEqual(['[MEDIUM] aged']);
  });

  it.each<[string, Record<string, string>]>([
    ['a lower threshold of its text', { aged: oldKeyRule('aged', 100) }],
    ['a higher level, without a word of those that are open', { aged: oldKeyRule('aged', 300, 'high') }],
  ])('with %s is quiet at first', async (_what, changed) => {
    const stage = await startMine();
    stage.state.apiKeys.push(keyOf('OLD'), keyOf('OLDER', { createdAt: daysAgo(200) }));
    await startWith(stage, RULE);
    const before = alerts(stage);

    await startWith(stage, changed);

    expect(before).toEqual(['[MEDIUM] aged']);
    expect(alerts(stage)).toEqual([]);
    expect(stage.findings().length).toBeGreaterThan(0);
  });

  it('that octowatch.yaml gives another threshold, or switches on, is quiet at first', async () => {
    const stage = await startMine();
    stage.state.apiKeys.push(keyOf('OLD', { createdAt: daysAgo(200) }));
    const rules = { ...RULE, other: oldKeyRule('other', 9999) };
    configure(stage, 'rules: {other: {enabled: true}}');
    await startWith(stage, rules);

    configure(stage, 'rules: {aged: {threshold: 100}}');
    await startWith(stage, rules);
    const lowered = stage.findings().map((one) => one['rule']);
    configure(stage, 'rules: {aged: {enabled: false}}');
    await startWith(stage, rules);
    configure(stage, 'rules: {aged: {threshold: 50}}');
    await startWith(stage, rules);

    expect(lowered).toEqual(['aged']);
    expect(alerts(stage)).toEqual([]);
  });

  it('is quiet until a judging has seen all keys', async () => {
    const stage = await startMine();
    stage.state.apiKeys.push(keyOf('OLD'));
    await startWith(stage, { other: oldKeyRule('other', 9999) });
    const refuseKeys = () =>
      stage.server.faults.next({ kind: 'status', status: 403, path: KEYS_OF_DEPLOYER, times: 9 });

    refuseKeys();
    await startWith(stage, RULE);
    const unseen = stage.findings();
    stage.server.faults.clear();
    await startWith(stage, RULE);

    expect(unseen).toEqual([]);
    expect(stage.findings()).toHaveLength(1);
    expect(alerts(stage)).toEqual([]);
  });

  it('alerts again a day after its first judging began, also where some keys can never be read', async () => {
    const stage = await startMine();
    stage.state.apiKeys.push(keyOf('OLD', { userId: alice.id }));
    await startWith(stage, { other: oldKeyRule('other', 9999) });
    stage.server.faults.next({ kind: 'status', status: 403, path: KEYS_OF_DEPLOYER, times: 999 });

    await startWith(stage, RULE);
    const first = { findings: stage.findings().length, alerts: alerts(stage) };
    stage.clock.advance(DAY);
    stage.state.apiKeys.push(keyOf('ANOTHER', { userId: alice.id }));
    await startWith(stage, RULE);

    expect(first).toEqual({ findings: 1, alerts: [] });
    expect(stage.findings()).toHaveLength(2);
    expect(alerts(stage)).toEqual(['[MEDIUM] aged']);
  });

  it('alerts of what a new instance has, whatever others were judged by', async () => {
    const stage = await startMine();
    stage.state.apiKeys.push(keyOf('OLD'));
    const instances = (...names: string[]) =>
      `instances: [${names.map((name) => `{name: ${name}, url: "${stage.server.url}"}`).join(', ')}]`;
    const env = { OCTOWATCH_RULES: 'mine', OCTOPUS_API_KEY_ONE: MONITOR_KEY, OCTOPUS_API_KEY_TWO: MONITOR_KEY };
    const start = async (rules: Record<string, string>, ...names: string[]) => {
      putRules(stage, rules);
      configure(stage, instances(...names));
      await stage.createApp({ env }).runOnce();
    };
    await start({ other: oldKeyRule('other', 9999) }, 'one');

    await start(RULE, 'one', 'two');

    expect(
      stage
        .findings()
        .map((one) => one['instance'])
        .sort(),
    ).toEqual(['one', 'two']);
    expect(alerts(stage)).toEqual(['[MEDIUM] two · aged']);
    const told = "SELECT d.instance FROM deliveries d JOIN findings f USING (finding_id) WHERE f.rule = 'aged'";
    expect(stage.column(told)).toEqual(['two']);
  });
});

function configure(stage: Stage, yaml: string): void {
  writeFileSync(path.join(stage.folder, 'octowatch.yaml'), yaml);
}
