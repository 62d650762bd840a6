import { setTimeout as pause } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { manualClock } from '../support/manual-clock.ts';
import { healthCheck, NOON, smallHistory } from '../support/small-history.ts';
import { startStage } from '../support/stage.ts';

const SECOND = 1000;
const HOUR = 3_600_000;

const invalidKey = { kind: 'status', status: 401, body: { ErrorMessage: 'The API key was not valid.' } } as const;

describe('a key that is refused', () => {
  it('costs a one-shot run no more than two requests, and is told at once', async () => {
    const stage = await startStage({ state: smallHistory() });
    stage.server.faults.next({ ...invalidKey, times: 1000 });

    const { isComplete } = await stage.runOnce();

    expect(isComplete).toBe(false);
    expect(stage.server.requests.length).toBeLessThanOrEqual(2);
    expect(stage.finding('monitor_poll_failing')).toMatchObject({ status: 'open', level: 'high' });
    expect(stage.printed.join('')).toContain('monitor_poll_failing');
    expect(stage.clock.now()).toBe(NOON);
  });

  it('is not tried again by the daemon for an hour, and then once', async () => {
    const clock = manualClock(NOON);
    const stage = await startStage();
    stage.state.now = clock.now;
    stage.server.faults.next({ ...invalidKey, times: 1000 });
    const app = stage.createApp({ isOneShot: false, clock });
    const running = app.runForever();
    await until(() => clock.sleeping().includes(HOUR));
    const asked = stage.server.requests.length;

    await clock.advance(HOUR - SECOND);
    await pause(30);
    const withinTheHour = stage.server.requests.length - asked;
    await clock.advance(SECOND);
    await until(() => clock.sleeping().includes(HOUR));
    const after = stage.server.requests.length - asked;
    app.stop();
    await running;

    expect(asked).toBeLessThanOrEqual(2);
    expect(withinTheHour).toBe(0);
    expect(after).toBe(asked);
    expect(stage.column("SELECT status FROM findings WHERE rule = 'monitor_poll_failing'")).toEqual(['open']);
  });
});

describe('a 429', () => {
  it('pauses every request until its Retry-After is over', async () => {
    const stage = await startStage();
    let pausedAtMs = 0;
    const asked: number[] = [];
    stage.state.onRequest = ({ path }) => {
      if (path.endsWith('/apikeys')) asked.push(stage.clock.now());
      if (pausedAtMs > 0 || !path.endsWith('/apikeys')) return;
      pausedAtMs = stage.clock.now();
      stage.server.faults.next({ kind: 'status', status: 429, headers: { 'Retry-After': '30' }, times: 1 });
    };

    const { isComplete } = await stage.runOnce();

    expect(isComplete).toBe(true);
    // What was under way already when the answer came is not taken back; nothing else goes out before its time.
    const early = asked.filter((atMs) => atMs < pausedAtMs + 30 * SECOND);
    expect(early.length).toBeLessThanOrEqual(4);
    expect(asked.length).toBeGreaterThan(early.length);
    expect(stage.clock.now()).toBeGreaterThanOrEqual(pausedAtMs + 30 * SECOND);
  });

  it('that asks for longer than a one-shot run has ends it without another request for events', async () => {
    const stage = await startStage();
    stage.server.faults.next({
      kind: 'status',
      status: 429,
      headers: { 'Retry-After': '900' },
      path: /\/api\/events\?.*from=/,
      times: 100,
    });

    const { isComplete } = await stage.runOnce();

    expect(isComplete).toBe(false);
    expect(stage.eventRequests()).toHaveLength(1);
    expect(stage.clock.now() - NOON).toBeLessThan(60 * SECOND);
  });
});

describe('a server that goes on failing', () => {
  it.each([
    ['500', { kind: 'status', status: 500 } as const],
    ['resets', { kind: 'reset' } as const],
    ['truncated bodies', { kind: 'truncate' } as const],
  ])('with %s is given up within a minute, and what heals is read whole', async (_, fault) => {
    const stage = await startStage();
    stage.state.addEvent(healthCheck('Events-1', NOON - HOUR));
    stage.server.faults.next({ ...fault, path: /from=/, times: 1000 });
    const failed = await stage.runOnce();
    const [tries, tookMs] = [stage.eventRequests().length, stage.clock.now() - NOON];
    const told = stage.finding('monitor_poll_failing')?.['status'];
    stage.server.faults.clear();

    const healed = await stage.runOnce();

    expect([failed.isComplete, healed.isComplete]).toEqual([false, true]);
    expect(tries).toBeGreaterThan(3);
    expect(tries).toBeLessThan(10);
    expect(tookMs).toBeLessThanOrEqual(60 * SECOND);
    expect(told).toBe('open');
    expect(stage.finding('monitor_poll_failing')).toMatchObject({ status: 'resolved', resolution: 'ended' });
    expect(stage.column('SELECT event_id FROM events')).toEqual(['Events-1']);
  });

  it('that shows a page of HTML with 200 is not asked again, and the finding says what stands there', async () => {
    const stage = await startStage();
    const body = '<html><head><title>Sign in to Example</title></head></html>';
    stage.server.faults.next({ kind: 'status', status: 200, body, path: /from=/, times: 1000 });

    const { isComplete } = await stage.runOnce();

    expect(isComplete).toBe(false);
    expect(stage.eventRequests()).toHaveLength(1);
    expect(String(stage.finding('monitor_poll_failing')?.['title'])).toContain('Sign in to Example');
  });
});

async function until(isSo: () => boolean): Promise<void> {
  for (const endMs = Date.now() + 10_000; !isSo(); await pause(5)) {
    if (Date.now() > endMs) throw new Error('it did not come to that');
  }
}
