import { describe, expect, it, onTestFinished } from 'vitest';
import { monitorAccess } from '../../src/demo/index.ts';
import { openStore } from '../../src/store/index.ts';
import { startSlackReceiver } from '../support/slack-receiver.ts';
import { healthCheck, NOON, queuedByAlice, smallHistory } from '../support/small-history.ts';
import { type Stage, startStage } from '../support/stage.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

async function startSlack() {
  const slack = await startSlackReceiver();
  onTestFinished(() => slack.close());
  return slack;
}

function about(stage: Stage, rule: string) {
  return stage.rows('SELECT finding_id, level, status FROM findings WHERE rule = ?', rule);
}

describe('a condition of the monitor that grows worse', () => {
  it('rises with its finding, which keeps its number and is told of once more', async () => {
    const slack = await startSlack();
    const stage = await startStage({ state: smallHistory(), slackUrl: slack.url() });
    await stage.runOnce();
    const early = about(stage, 'monitor_key_expiring');
    const told = slack.timesTold().get(Number(early[0]?.['finding_id']));
    stage.clock.advance(7 * DAY);

    await stage.runOnce();
    await stage.runOnce();

    expect(early).toMatchObject([{ level: 'medium', status: 'open' }]);
    expect(about(stage, 'monitor_key_expiring')).toEqual([{ ...early[0], level: 'high' }]);
    expect(told).toBe(1);
    expect(slack.timesTold().get(Number(early[0]?.['finding_id']))).toBe(2);
    expect(slack.accepted().some((text) => text.startsWith('[HIGH]') && text.includes('expires in 2 days'))).toBe(true);
    expect(
      stage.column("SELECT kind FROM deliveries JOIN findings USING (finding_id) WHERE rule = 'monitor_key_expiring'"),
    ).toEqual(['alert', 'repeat']);
  });
});

describe('time in which the monitor saw less', () => {
  it('is read again from before the last good look, by the clock of the server', async () => {
    const stage = await startStage();
    // The server is an hour behind; what happens now has a time that lies, by the monitor's clock, before its last look.
    stage.state.clockSkewMs = -HOUR;
    await stage.runOnce();
    const whole = monitorAccess(['Spaces-1']);
    const { EventView: _, ...rest } = whole.SpacePermissions;
    stage.state.permissions.set('Users-1', { ...whole, SpacePermissions: rest });
    stage.clock.advance(2 * HOUR);
    stage.state.addEvent(healthCheck('Events-1', NOON - HOUR + MINUTE));
    await stage.runOnce();
    const seenBlind = stage.column('SELECT event_id FROM events');
    stage.state.permissions.set('Users-1', whole);

    await stage.runOnce();

    expect(seenBlind).toEqual([]);
    expect(stage.column('SELECT event_id FROM events')).toEqual(['Events-1']);
  });
});

describe('a channel that takes nothing for a while', () => {
  it('is a finding after fifteen minutes, not before, and none any more when it took what was pending', async () => {
    const slack = await startSlack();
    const stage = await startStage({ slackUrl: slack.url() });
    stage.state.addEvent(queuedByAlice('Events-1', NOON - 10 * HOUR, 1));
    slack.always({ status: 500 });
    await stage.runOnce();
    const young = about(stage, 'monitor_delivery_failing');
    stage.clock.advance(16 * MINUTE);
    await stage.runOnce();
    await stage.runOnce();
    const stalled = about(stage, 'monitor_delivery_failing');
    slack.always(null);

    await stage.runOnce();

    expect(young).toEqual([]);
    expect(stalled).toMatchObject([{ level: 'high', status: 'open' }]);
    expect(about(stage, 'monitor_delivery_failing')).toEqual([{ ...stalled[0], status: 'resolved' }]);
    expect(stage.column("SELECT count(*) FROM deliveries WHERE state <> 'sent' AND kind = 'alert'")).toEqual([0]);
  });
});

describe('the heartbeat', () => {
  it('is not sent by a run that read nothing because another process does', async () => {
    const beats = await startSlack();
    const stage = await startStage({ env: { OCTOWATCH_HEARTBEAT_URL: beats.url('beat') } });
    await stage.runOnce();
    const store = openStore(stage.db, { monitorVersion: 'test', nowMs: NOON });
    store.transaction(() => store.leases.take(1, 'another-host.example/1/x', stage.clock.now(), HOUR));
    store.close();

    const { isComplete } = await stage.runOnce();

    expect(isComplete).toBe(true);
    expect(beats.arrivals('beat')).toBe(1);
    expect(stage.log.map((line) => line.text)).toContain('another process reads this instance');
    expect(stage.column('SELECT holder FROM _leases')).toEqual(['another-host.example/1/x']);
  });
});
