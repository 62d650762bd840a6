import { describe, expect, it } from 'vitest';
import { failedSignIn, healthCheck, NOON, queuedByAlice, smallHistory, started } from '../support/small-history.ts';
import { startStage } from '../support/stage.ts';

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

describe('reading the audit log', () => {
  it('a second run on the same history adds no event, signal, finding, quarantine row or message', async () => {
    const stage = await startStage({ state: smallHistory() });
    await stage.runOnce();
    const before = stage.dump();
    const told = stage.printed.length;

    const second = await stage.runOnce();

    expect(second.isComplete).toBe(true);
    expect(stage.dump()).toBe(before);
    expect(stage.printed).toHaveLength(told);
    expect(told).toBeGreaterThan(3);
  });

  it('an event that is committed late, behind the watermark, is stored and found by the overlap', async () => {
    const stage = await startStage();
    await stage.runOnce();
    stage.clock.advance(5 * MINUTE);
    stage.state.addEvent(queuedByAlice('Events-1', NOON - 12 * MINUTE, 1));

    await stage.runOnce();

    expect(stage.column('SELECT event_id FROM events')).toEqual(['Events-1']);
  });

  it('an event that is committed hours late is found by the daily re-read', async () => {
    const stage = await startStage();
    await stage.runOnce();
    stage.state.addEvent(queuedByAlice('Events-1', NOON - 10 * HOUR, 1));
    stage.clock.advance(HOUR);
    await stage.runOnce();
    const afterAnHour = stage.column('SELECT count(*) FROM events')[0];

    stage.clock.advance(DAY);
    await stage.runOnce();

    expect(afterAnHour).toBe(0);
    expect(stage.finding('off_hours_production_deploy')).toMatchObject({ level: 'medium', event_count: 1 });
  });

  it('rows that appear while pages are read shift them, and none is lost or doubled', async () => {
    const stage = await startStage();
    stage.state.maxTake = 4;
    for (let index = 0; index < 30; index++)
      stage.state.addEvent(healthCheck(`Events-${index}`, NOON - HOUR + index * MINUTE));
    let added = 0;
    stage.state.onRequest = ({ path, query }) => {
      if (!path.endsWith('/api/events') || Number(query['skip']) === 0 || added >= 6) return;
      added += 1;
      stage.state.addEvent(healthCheck(`Events-${100 + added}`, NOON - 2 * MINUTE + added));
    };

    await stage.runOnce();

    const ids = stage.column('SELECT event_id FROM events');
    expect(added).toBe(6);
    expect(new Set(ids).size).toBe(ids.length);
    for (let index = 0; index < 30; index++) expect(ids).toContain(`Events-${index}`);
  });

  it('a failure in the middle of the back-fill leaves what was read, and the next run goes on from there', async () => {
    const stage = await startStage();
    for (let day = 1; day <= 4; day++) stage.state.addEvent(healthCheck(`Events-${day}`, NOON - day * DAY - HOUR));
    let refuse = true;
    const third = new Date(NOON - 3 * DAY).toISOString().slice(0, 10);
    stage.state.onRequest = ({ query }) => {
      if (refuse && query['from']?.startsWith(third))
        stage.server.faults.next({ kind: 'status', status: 400, body: { ErrorMessage: 'no' } });
    };
    const first = await stage.runOnce();
    const afterFirst = stage.column("SELECT window_from FROM coverage WHERE purpose = 'first' AND outcome = 'read'");
    refuse = false;

    const second = await stage.runOnce();

    expect([first.isComplete, second.isComplete]).toEqual([false, true]);
    expect(afterFirst).toHaveLength(2);
    const from = stage.eventRequests().map((one) => new Date(one.from).toISOString());
    for (const done of afterFirst) expect(from).not.toContain(done);
    expect(stage.column('SELECT count(*) FROM events')).toEqual([4]);
  });

  it('after an outage of three days the last day is read first, and the hole behind it afterwards', async () => {
    const stage = await startStage();
    await stage.runOnce();
    stage.clock.advance(3 * DAY);
    stage.state.addEvent(healthCheck('Events-1', NOON + DAY));
    stage.state.addEvent(healthCheck('Events-2', NOON + 3 * DAY - HOUR));

    await stage.runOnce();

    const purposes = stage.column(
      "SELECT purpose FROM _coverage WHERE finished_at > '2026-03-03' ORDER BY coverage_id",
    );
    expect(purposes[0]).toBe('tail');
    expect(purposes).toContain('outage');
    expect(stage.column('SELECT event_id FROM events ORDER BY 1')).toEqual(['Events-1', 'Events-2']);
  });

  it('a window with more events than fit into one is halved until it fits', async () => {
    const stage = await startStage();
    for (let index = 0; index < 5200; index++)
      stage.state.addEvent(healthCheck(`Events-${index}`, NOON - 20 * HOUR + index * 10 * SECOND));

    await stage.runOnce();

    expect(stage.column('SELECT count(*) FROM events')).toEqual([5200]);
    expect(Number(stage.column('SELECT max(events_seen) FROM coverage')[0])).toBeLessThanOrEqual(5000);
  });

  it('a server that hangs is given up, and the next run asks for half the window', async () => {
    const stage = await startStage({ requestTimeoutMs: 150, env: { OCTOWATCH_BACKFILL: '1d' } });
    await stage.runOnce();
    stage.clock.advance(HOUR);
    stage.server.faults.next({ path: /\/api\/events\?.*skip=0/, times: 1000, kind: 'hang' });
    const hung = await stage.runOnce();
    stage.server.faults.clear();

    const healed = await stage.runOnce();

    const [asked] = stage.eventRequests().filter((one) => Date.parse(one.to) - Date.parse(one.from) > MINUTE);
    expect([hung.isComplete, healed.isComplete]).toEqual([false, true]);
    expect(Date.parse(asked?.to ?? '') - Date.parse(asked?.from ?? '')).toBeLessThan(45 * MINUTE);
    expect(stage.finding('monitor_poll_failing')).toMatchObject({ status: 'resolved', resolution: 'ended' });
  });

  it('a server without the parameters for all spaces is read all the same', async () => {
    const stage = await startStage({ state: smallHistory() });
    stage.state.onRequest = ({ query }) => {
      if (query['spaces'] !== undefined)
        stage.server.faults.next({ kind: 'status', status: 400, body: { ErrorMessage: 'unknown parameter' } });
    };

    const { isComplete } = await stage.runOnce();

    expect(isComplete).toBe(true);
    expect(Number(stage.column('SELECT count(*) FROM events')[0])).toBeGreaterThan(3);
    expect(stage.log.some((line) => line.level === 'warn' && line.text.includes('spaces=all'))).toBe(true);
  });

  it('a server under a virtual directory is read', async () => {
    const stage = await startStage({ state: smallHistory(), virtualDirectory: '/octopus' });

    const { isComplete } = await stage.runOnce();

    expect(isComplete).toBe(true);
    expect(stage.finding('off_hours_production_deploy')).toBeDefined();
  });
});

describe('elements with missing and wrong fields', () => {
  it('are stored with those fields absent and counted, or set aside masked and once, and the page goes on', async () => {
    const stage = await startStage();
    const at = NOON - HOUR;
    stage.state.addElement(
      {
        Id: 'Events-1',
        Category: 'Created',
        Occurred: new Date(at).toISOString(),
        Username: 7,
        RelatedDocumentIds: 'x',
      },
      at,
    );
    stage.state.addElement({ Id: 'Events-2', Category: 'Created', Message: 'the secret is hunter2' }, at);
    stage.state.addElement('hunter2', at);
    stage.state.addEvent(healthCheck('Events-4', at));

    await stage.runOnce();
    await stage.runOnce();

    expect(stage.column('SELECT event_id FROM events ORDER BY 1')).toEqual(['Events-1', 'Events-4']);
    expect(Number(stage.column('SELECT max(fields_absent) FROM coverage')[0])).toBeGreaterThanOrEqual(2);
    const quarantined = stage.rows('SELECT reason, raw FROM quarantine');
    expect(quarantined).toHaveLength(2);
    expect(JSON.stringify(quarantined)).not.toContain('hunter2');
  });
});

describe('a server that refuses or fails', () => {
  const fault = (status: number, headers: Record<string, string> = {}) => ({
    kind: 'status' as const,
    status,
    headers,
    body: { ErrorMessage: 'no' },
  });

  it.each([401, 403])('%i is told at once, is not tried again, and ends as resolved', async (status) => {
    const stage = await startStage();
    await stage.runOnce();
    stage.server.faults.next({ path: /\/api\/events/, times: 50, ...fault(status) });

    const refused = await stage.runOnce();
    const asked = stage.server.requests.filter((one) => one.path.endsWith('/api/events')).length;
    stage.server.faults.clear();
    await stage.runOnce();

    expect(refused.isComplete).toBe(false);
    expect(asked).toBeLessThanOrEqual(2);
    expect(stage.finding('monitor_poll_failing')).toMatchObject({
      level: 'high',
      status: 'resolved',
      resolution: 'ended',
    });
    expect(stage.rows("SELECT 1 FROM findings WHERE rule = 'monitor_poll_failing'")).toHaveLength(1);
  });

  it.each([
    ['429 with Retry-After', { ...fault(429, { 'Retry-After': '7' }), times: 1 }],
    ['500', { ...fault(500), times: 2 }],
    ['a reset', { kind: 'reset' as const, times: 2 }],
    ['a truncated body', { kind: 'truncate' as const, times: 2 }],
    ['half a body, then silence', { kind: 'stall' as const, times: 1 }],
  ])('%s is tried again within the same run', async (_, problem) => {
    const stage = await startStage({ state: smallHistory(), requestTimeoutMs: 300 });
    stage.server.faults.next({ path: /\/api\/events\?/, ...problem });
    const startedMs = stage.clock.now();

    const { isComplete } = await stage.runOnce();

    expect(isComplete).toBe(true);
    expect(stage.finding('repeated_auth_failures')).toBeDefined();
    if ('headers' in problem && problem.headers['Retry-After'])
      expect(stage.clock.now() - startedMs).toBeGreaterThanOrEqual(7000);
  });
});

describe('failed sign-ins, counted over polls', () => {
  const at = (minute: number) => NOON - 2 * HOUR + minute * MINUTE;

  it('four are none, and a fifth within ten minutes in a later poll is one finding', async () => {
    const stage = await startStage();
    for (const minute of [0, 1, 2, 3]) stage.state.addEvent(failedSignIn(`Events-${minute}`, at(minute)));
    stage.clock.advance(-2 * HOUR + 4 * MINUTE);
    await stage.runOnce();
    const afterFour = stage.finding('repeated_auth_failures');
    stage.clock.advance(4 * MINUTE);
    stage.state.addEvent(failedSignIn('Events-4', at(7)));

    await stage.runOnce();

    expect(afterFour).toBeUndefined();
    expect(stage.finding('repeated_auth_failures')).toMatchObject({ subject: 'carol', event_count: 5 });
  });

  it('five over more than ten minutes are none', async () => {
    const stage = await startStage();
    for (const minute of [0, 3, 6, 9, 12]) stage.state.addEvent(failedSignIn(`Events-${minute}`, at(minute)));

    await stage.runOnce();

    expect(stage.finding('repeated_auth_failures')).toBeUndefined();
  });

  it('a late one that completes the five is found', async () => {
    const stage = await startStage();
    for (const minute of [0, 1, 8, 9]) stage.state.addEvent(failedSignIn(`Events-${minute}`, at(minute)));
    stage.clock.advance(-2 * HOUR + 10 * MINUTE);
    await stage.runOnce();
    stage.clock.advance(2 * MINUTE);
    stage.state.addEvent(failedSignIn('Events-100', at(4)));

    await stage.runOnce();

    expect(stage.finding('repeated_auth_failures')).toMatchObject({
      event_count: 5,
      first_seen_at: new Date(at(0)).toISOString(),
    });
  });
});

describe('a started event without its queued one', () => {
  it('is judged again when the queued event comes: actor, level and title', async () => {
    const stage = await startStage();
    const night = NOON + 15 * HOUR;
    stage.clock.advance(20 * HOUR);
    stage.state.addEvent(started('Events-2', night, 7));
    await stage.runOnce();
    const unknown = stage.finding('off_hours_production_deploy');
    stage.state.addEvent(queuedByAlice('Events-1', NOON + 2 * HOUR, 7));
    stage.clock.advance(DAY);

    await stage.runOnce();

    expect(unknown).toMatchObject({ level: 'medium' });
    expect(String(unknown?.['title'])).toContain('(unknown)');
    expect(stage.finding('off_hours_production_deploy')).toMatchObject({
      finding_id: unknown?.['finding_id'],
      level: 'low',
      event_count: 1,
    });
    expect(String(stage.finding('off_hours_production_deploy')?.['title'])).toContain('alice');
  });
});
