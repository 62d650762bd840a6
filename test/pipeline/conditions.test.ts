import { describe, expect, it, onTestFinished } from 'vitest';
import { monitorAccess } from '../../src/demo/index.ts';
import { startSlackReceiver } from '../support/slack-receiver.ts';
import { failedSignIn, healthCheck, NOON, queuedByAlice, smallHistory } from '../support/small-history.ts';
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
  return stage.rows('SELECT finding_id, level, status, resolution FROM findings WHERE rule = ?', rule);
}

describe('what the monitor finds about itself', () => {
  it('monitor_poll_failing opens once while the server fails, keeps its number, and ends when it answers', async () => {
    const stage = await startStage();
    await stage.runOnce();
    stage.server.faults.next({ times: 10_000, kind: 'status', status: 503, body: 'down' });
    await stage.runOnce();
    await stage.runOnce();
    const failing = about(stage, 'monitor_poll_failing');
    stage.server.faults.clear();

    await stage.runOnce();

    expect(failing).toEqual([{ finding_id: 1, level: 'high', status: 'open', resolution: null }]);
    expect(about(stage, 'monitor_poll_failing')).toEqual([
      { finding_id: 1, level: 'high', status: 'resolved', resolution: 'ended' },
    ]);
    expect(stage.printed.filter((text) => text.includes('monitor_poll_failing'))).toHaveLength(2);
  });

  it('monitor_visibility_shrunk opens when permissions are taken, ends when they are back, and the time between is read again', async () => {
    const stage = await startStage();
    await stage.runOnce();
    const whole = monitorAccess(['Spaces-1']);
    stage.state.permissions.set('Users-1', {
      ...whole,
      SystemPermissions: whole.SystemPermissions.filter((one) => one !== 'EventView'),
    });
    stage.clock.advance(HOUR);
    stage.state.addEvent(failedSignIn('Events-1', NOON + 30 * MINUTE));
    await stage.runOnce();
    await stage.runOnce();
    const blind = {
      findings: about(stage, 'monitor_visibility_shrunk'),
      events: stage.column('SELECT count(*) FROM events')[0],
    };
    stage.state.permissions.set('Users-1', whole);
    stage.clock.advance(2 * HOUR);

    await stage.runOnce();

    expect(blind).toEqual({
      findings: [{ finding_id: 1, level: 'high', status: 'open', resolution: null }],
      events: 0,
    });
    expect(about(stage, 'monitor_visibility_shrunk')).toEqual([
      { finding_id: 1, level: 'high', status: 'resolved', resolution: 'ended' },
    ]);
    expect(stage.column('SELECT event_id FROM events')).toEqual(['Events-1']);
  });

  it('more permissions than before are no finding', async () => {
    const stage = await startStage();
    await stage.runOnce();
    const whole = monitorAccess(['Spaces-1']);
    stage.state.permissions.set('Users-1', { ...whole, SystemPermissions: [...whole.SystemPermissions, 'TeamView2'] });

    await stage.runOnce();

    expect(about(stage, 'monitor_visibility_shrunk')).toEqual([]);
  });

  it('monitor_incomplete opens only when the difference stays after the daily re-read, and ends when it has closed', async () => {
    const stage = await startStage();
    const proxy = await countOneMore(stage);
    await proxy.runOnce();
    const atFirst = about(stage, 'monitor_incomplete');
    stage.clock.advance(DAY + HOUR);
    await proxy.runOnce();
    const afterReread = about(stage, 'monitor_incomplete');
    proxy.tellTruth();
    stage.clock.advance(DAY + HOUR);

    await proxy.runOnce();

    expect(atFirst).toEqual([]);
    expect(stage.column("SELECT count(*) > 0 FROM coverage WHERE outcome = 'short'")).toEqual([1]);
    expect(afterReread).toEqual([{ finding_id: 1, level: 'medium', status: 'open', resolution: null }]);
    expect(about(stage, 'monitor_incomplete')).toEqual([
      { finding_id: 1, level: 'medium', status: 'resolved', resolution: 'ended' },
    ]);
  });

  it('monitor_key_expiring names the own key, is graver near the end, and ends when a new key is used', async () => {
    const stage = await startStage({ state: smallHistory() });
    await stage.runOnce();
    const soon = about(stage, 'monitor_key_expiring');
    stage.state.apiKeys = stage.state.apiKeys.map((key) =>
      key.id === 'apikeys-MON' ? { ...key, expiresAt: '2027-01-01T00:00:00.000Z' } : key,
    );
    await stage.runOnce();
    const renewed = about(stage, 'monitor_key_expiring');
    stage.state.apiKeys = stage.state.apiKeys.map((key) =>
      key.id === 'apikeys-MON' ? { ...key, expiresAt: new Date(NOON + 2 * DAY).toISOString() } : key,
    );

    await stage.runOnce();

    expect(soon).toMatchObject([{ level: 'medium', status: 'open' }]);
    expect(renewed).toMatchObject([{ status: 'resolved', resolution: 'ended' }]);
    expect(about(stage, 'monitor_key_expiring')[1]).toMatchObject({ level: 'high', status: 'open' });
  });

  it('monitor_clock_skew opens above a minute and ends when the clocks agree; events are found all the same', async () => {
    const stage = await startStage();
    stage.state.clockSkewMs = 10 * MINUTE;
    stage.state.addEvent(healthCheck('Events-1', NOON + 9 * MINUTE));
    await stage.runOnce();
    const skewed = about(stage, 'monitor_clock_skew');
    stage.state.clockSkewMs = 0;

    await stage.runOnce();

    expect(skewed).toEqual([{ finding_id: 1, level: 'low', status: 'open', resolution: null }]);
    expect(stage.column('SELECT event_id FROM events')).toEqual(['Events-1']);
    expect(about(stage, 'monitor_clock_skew')).toMatchObject([{ status: 'resolved', resolution: 'ended' }]);
  });

  it('monitor_delivery_failing opens when a receiver refuses for good, and ends when it takes a message again', async () => {
    const slack = await startSlack();
    const stage = await startStage({ slackUrl: slack.url() });
    stage.state.addEvent(queuedByAlice('Events-1', NOON - 10 * HOUR, 1));
    slack.always({ status: 404 });
    const refused = await stage.runOnce();
    const dead = stage.rows("SELECT state, last_error FROM deliveries WHERE state = 'failed'");
    const open = about(stage, 'monitor_delivery_failing');
    slack.always(null);
    stage.clock.advance(MINUTE);

    await stage.runOnce();
    await stage.runOnce();

    expect(refused.isComplete).toBe(false);
    expect(dead).toHaveLength(1);
    expect(String(dead[0]?.['last_error'])).toContain('404');
    expect(String(dead[0]?.['last_error'])).not.toContain(slack.url());
    expect(open).toMatchObject([{ level: 'high', status: 'open' }]);
    expect(about(stage, 'monitor_delivery_failing')).toMatchObject([{ status: 'resolved', resolution: 'ended' }]);
    expect(slack.accepted().some((text) => text.includes('monitor_delivery_failing'))).toBe(true);
  });
});

describe('the outbox', () => {
  const queued = (stage: Stage, count: number, atMs: number) => {
    for (let index = 1; index <= count; index++)
      stage.state.addEvent(queuedByAlice(`Events-${index}`, atMs + index * 1000, index));
  };

  it('a 429 is obeyed, a 500 is tried again, and each finding is told once', async () => {
    const slack = await startSlack();
    const stage = await startStage({ slackUrl: slack.url() });
    queued(stage, 3, NOON - 10 * HOUR);
    slack.next({ status: 429, headers: { 'Retry-After': '3' } }, { status: 500 });
    const startedMs = stage.clock.now();

    const { isComplete } = await stage.runOnce();

    expect(isComplete).toBe(true);
    expect(stage.clock.now() - startedMs).toBeGreaterThanOrEqual(3000);
    expect([...slack.timesTold().values()]).toEqual([1, 1, 1]);
    expect(stage.column('SELECT DISTINCT state FROM deliveries')).toEqual(['sent']);
  });

  it('what a dead receiver did not take stays pending, is no failure of the run, and goes out with the next one', async () => {
    const slack = await startSlack();
    const stage = await startStage({ slackUrl: slack.url() });
    queued(stage, 2, NOON - 10 * HOUR);
    slack.always({ status: 503 });
    const dead = await stage.runOnce();
    const pending = stage.column("SELECT count(*) FROM deliveries WHERE state = 'pending'")[0];
    slack.always(null);

    await stage.runOnce();

    expect([dead.isComplete, pending]).toEqual([true, 2]);
    expect([...slack.timesTold().values()]).toEqual([1, 1]);
  });

  it('a Retry-After that is too long for one run is still obeyed by the next', async () => {
    const slack = await startSlack();
    const stage = await startStage({ slackUrl: slack.url() });
    queued(stage, 1, NOON - 10 * HOUR);
    slack.next({ status: 429, headers: { 'Retry-After': '600' } });
    await stage.runOnce();
    await stage.runOnce();
    const early = slack.arrivals();
    stage.clock.advance(11 * MINUTE);

    await stage.runOnce();

    expect(early).toBe(1);
    expect([...slack.timesTold().values()]).toEqual([1]);
  });

  it('more than ten become one summary that names each with rule and title, under one message number', async () => {
    const slack = await startSlack();
    const stage = await startStage({ slackUrl: slack.url() });
    queued(stage, 12, NOON - 10 * HOUR);

    await stage.runOnce();

    expect(slack.accepted()).toHaveLength(1);
    for (let index = 1; index <= 12; index++) expect(slack.accepted()[0]).toContain(`4.2.${index} to Production`);
    expect(slack.accepted()[0]).toContain('off_hours_production_deploy');
    expect(stage.column('SELECT count(DISTINCT message_id) FROM deliveries')).toEqual([1]);
    expect(slack.timesTold().size).toBe(12);
  });

  it('only findings of the least level go to Slack, and a low one is in the database only', async () => {
    const slack = await startSlack();
    const stage = await startStage({ slackUrl: slack.url(), env: { SLACK_MIN_LEVEL: 'high' } });
    queued(stage, 1, NOON - 10 * HOUR);

    await stage.runOnce();

    expect(slack.arrivals()).toBe(0);
    expect(stage.finding('off_hours_production_deploy')).toMatchObject({ level: 'medium', status: 'open' });
    expect(stage.column('SELECT count(*) FROM deliveries')).toEqual([0]);
  });

  it('the heartbeat is sent after a complete cycle, and not after one that failed', async () => {
    const beats = await startSlack();
    const stage = await startStage({ env: { OCTOWATCH_HEARTBEAT_URL: beats.url('beat') } });
    await stage.runOnce().catch(() => undefined);
    const afterGood = beats.arrivals('beat');
    stage.server.faults.next({ times: 10_000, kind: 'status', status: 503, body: 'down' });

    await stage.runOnce();

    expect([afterGood, beats.arrivals('beat')]).toEqual([1, 1]);
  });
});

/** Puts a server in between that counts one event more than it gives, for windows in the past. */
async function countOneMore(stage: Stage) {
  const { createServer } = await import('node:http');
  let isLying = true;
  const proxy = createServer(async (request, response) => {
    const headers = { 'X-Octopus-ApiKey': String(request.headers['x-octopus-apikey']) };
    const answer = await fetch(`${stage.server.url}${request.url}`, { headers });
    let text = await answer.text();
    if (isLying && /\/api\/events\?/.test(request.url ?? '')) {
      const page = JSON.parse(text) as { TotalResults: number };
      text = JSON.stringify({ ...page, TotalResults: page.TotalResults + 1 });
    }
    response.writeHead(answer.status, { 'Content-Type': 'application/json', Date: answer.headers.get('Date') ?? '' });
    response.end(text);
  });
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void proxy.close());
  const address = proxy.address();
  const octopusUrl = `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}`;
  return {
    runOnce: () => stage.createApp({ octopusUrl }).runOnce(),
    tellTruth() {
      isLying = false;
    },
  };
}
