import { setTimeout as pause } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { openStore } from '../../src/store/index.ts';
import { manualClock } from '../support/manual-clock.ts';
import { failedSignIn, healthCheck, NOON, smallHistory } from '../support/small-history.ts';
import { type Stage, startStage } from '../support/stage.ts';

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

const IDS = 'SELECT event_id FROM events ORDER BY cast(substr(event_id, 8) AS integer)';

function windows(stage: Stage, purpose: string): (readonly [unknown, unknown])[] {
  return stage
    .rows('SELECT window_from, window_to FROM _coverage WHERE purpose = ? ORDER BY coverage_id', purpose)
    .map((row) => [row['window_from'], row['window_to']]);
}

function hoursOf(row: Record<string, unknown>): number {
  return (Date.parse(String(row['window_to'])) - Date.parse(String(row['window_from']))) / HOUR;
}

describe('the first poll', () => {
  it('reads the last day, and only then the history behind it, oldest first and without a hole', async () => {
    const stage = await startStage({ state: smallHistory() });

    await stage.runOnce();

    expect(stage.column('SELECT purpose FROM _coverage ORDER BY coverage_id').join(' ')).toBe(
      'tail tail first first first first',
    );
    expect(windows(stage, 'tail')).toEqual([
      ['2026-03-01T11:45:00.000Z', '2026-03-02T11:45:00.000Z'],
      ['2026-03-02T11:45:00.000Z', '2026-03-02T11:59:55.000Z'],
    ]);
    expect(windows(stage, 'first')[0]?.[0]).toBe('2026-02-25T12:00:00.000Z');
    expect(windows(stage, 'first').at(-1)?.[1]).toBe('2026-03-01T12:00:00.000Z');
    expect(stage.rows('SELECT * FROM _backlog')).toEqual([]);
  });

  it('goes back no further than it was told', async () => {
    const stage = await startStage({ env: { OCTOWATCH_BACKFILL: '2d' } });
    stage.state.addEvent(healthCheck('Events-1', NOON - 2 * DAY - MINUTE));
    stage.state.addEvent(healthCheck('Events-2', NOON - 2 * DAY + MINUTE));

    await stage.runOnce();

    expect(stage.column(IDS)).toEqual(['Events-2']);
  });

  it('asks for every space and the system level, and filters by nothing but time', async () => {
    const stage = await startStage();

    await stage.runOnce();

    const asked = stage.server.requests.filter((one) => one.query['from']).map((one) => one.query);
    expect(asked.length).toBeGreaterThan(3);
    for (const query of asked) {
      expect(Object.keys(query).sort().join(' ')).toBe('excludeDifference from includeSystem skip spaces take to');
      expect(query).toMatchObject({ spaces: 'all', includeSystem: 'true', excludeDifference: 'true' });
    }
  });
});

describe('the youngest seconds', () => {
  it('are read but not claimed as covered, and are read again', async () => {
    const stage = await startStage();
    stage.state.addEvent(healthCheck('Events-1', NOON - 2 * SECOND));
    await stage.runOnce();
    const watermark = stage.column('SELECT watermark_at FROM _instances');
    stage.clock.advance(MINUTE);

    await stage.runOnce();

    expect(watermark).toEqual(['2026-03-02T11:59:55.000Z']);
    expect(stage.column(IDS)).toEqual(['Events-1']);
    expect(stage.eventRequests()[0]?.from).toBe('2026-03-02T11:44:55Z');
    expect(stage.column("SELECT events_new FROM _coverage WHERE purpose = 'tail' ORDER BY 1")).toEqual([0, 0, 1]);
  });
});

function acknowledgeAll(db: string): void {
  const store = openStore(db, { monitorVersion: 'test' });
  store.db.exec("UPDATE _findings SET status = 'acknowledged' WHERE status = 'open'");
  store.close();
}

describe('a later poll of the same history', () => {
  it('adds nothing but covered time, and prints nothing, also after the daily re-read', async () => {
    const stage = await startStage({ state: smallHistory() });
    await stage.runOnce();
    // Grave findings that nobody acknowledges are said again; that is not what this is about.
    acknowledgeAll(stage.db);
    const tables = ['events', 'signals', 'findings', 'finding_events', 'deliveries', 'quarantine', 'variable_edits'];
    const all = () => tables.map((table) => stage.rows(`SELECT * FROM ${table}`));
    const [before, printed] = [all(), stage.printed.length];

    stage.clock.advance(HOUR);
    await stage.runOnce();
    stage.clock.advance(DAY);
    await stage.runOnce();

    expect(windows(stage, 'reread').length).toBeGreaterThan(0);
    expect(all()).toEqual(before);
    expect(stage.printed).toHaveLength(printed);
  });
});

describe('rows that vanish while pages are read', () => {
  it('take none of those with them that stay', async () => {
    const stage = await startStage({ env: { OCTOWATCH_BACKFILL: '1h' } });
    for (let index = 0; index < 60; index++)
      stage.state.addEvent(healthCheck(`Events-${index}`, NOON - 30 * MINUTE + index * SECOND));
    stage.state.maxTake = 10;
    let hasGone = false;
    stage.state.onRequest = ({ query }) => {
      if (hasGone || Number(query['skip'] ?? 0) < 20) return;
      hasGone = true;
      stage.state.removeEvents((event) => Number(event.Id.slice(7)) >= 53);
    };

    await stage.runOnce();

    expect(hasGone).toBe(true);
    const stored = new Set(stage.column(IDS));
    for (let index = 0; index < 53; index++) expect(stored).toContain(`Events-${index}`);
  });
});

describe('a window', () => {
  it('of one second is read whole however many events it holds', async () => {
    const stage = await startStage({ env: { OCTOWATCH_BACKFILL: '1m' } });
    for (let index = 0; index < 5100; index++)
      stage.state.addEvent(healthCheck(`Events-${index}`, NOON - 30 * SECOND + (index % 1000)));

    const { isComplete } = await stage.runOnce();

    expect(isComplete).toBe(true);
    expect(stage.column('SELECT count(*) FROM events')).toEqual([5100]);
    expect(stage.rows('SELECT window_from, window_to FROM coverage WHERE events_seen > 5000')).toEqual([
      { window_from: '2026-03-02T11:59:30.000Z', window_to: '2026-03-02T11:59:31.000Z' },
    ]);
  });

  it('that times out is halved by the daemon until the server answers, and every try is in coverage', async () => {
    const clock = manualClock(NOON);
    const stage = await startStage({ requestTimeoutMs: 100 });
    stage.state.now = clock.now;
    stage.state.addEvent(failedSignIn('Events-1', NOON - HOUR));
    // Too slow for anything longer than seven hours.
    stage.state.onRequest = async ({ query: { from = '', to = '' } }) => {
      if (Date.parse(to) - Date.parse(from) > 7 * HOUR) await pause(250);
    };
    const app = stage.createApp({ isOneShot: false, clock });

    const running = app.runForever();
    while (stage.column('SELECT count(*) FROM events')[0] === 0) {
      await pause(5);
      await clock.advance(5 * SECOND);
    }
    app.stop();
    await running;

    const tries = stage.rows("SELECT * FROM _coverage WHERE purpose = 'tail' ORDER BY coverage_id");
    expect(tries.slice(0, 3).map(hoursOf)).toEqual([24, 12, 6]);
    expect(tries.slice(0, 3).map((row) => String(row['outcome']).split(':', 2).join(':'))).toEqual([
      'failed: timeout',
      'failed: timeout',
      'read',
    ]);
  });
});
