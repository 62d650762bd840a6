import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import Database from 'better-sqlite3';
import { describe, expect, it } from 'vitest';
import { COMPILE_CACHE } from '../support/child.ts';
import { type Instances, startInstances } from '../support/instances.ts';
import { manualClock } from '../support/manual-clock.ts';
import { startSlackReceiver } from '../support/slack-receiver.ts';
import { emptyServer, healthCheck, NOON, queuedByAlice } from '../support/small-history.ts';
import { twoServers } from '../support/two-servers.ts';

const BIN = fileURLToPath(new URL('../../bin/octowatch.js', import.meta.url));
const ALWAYS = 1_000_000;
const HOUR = 3_600_000;

async function until(isSo: () => boolean, whatMs = 20_000) {
  for (const endMs = Date.now() + whatMs; !isSo(); await pause(5)) {
    if (Date.now() > endMs) throw new Error('it did not come to that');
  }
}

/** The program as people start it, on the servers and the database of the stage. */
function startProgram(stage: Instances) {
  const child = spawn(process.execPath, [BIN, 'run'], {
    cwd: stage.folder,
    env: {
      ...{ PATH: process.env['PATH'], NODE_COMPILE_CACHE: COMPILE_CACHE },
      ...{ OCTOWATCH_DB: stage.db, OCTOWATCH_TIMEZONE: 'UTC', OCTOWATCH_BACKFILL: '1d' },
      ...stage.env,
    },
    stdio: 'ignore',
  });
  return { child, ended: once(child, 'close') };
}

describe('an instance that does not answer', () => {
  it('delays no event of another by a poll interval, and the end of the program by no more than its grace', async () => {
    const [hanging, asking, busy, well] = Array.from({ length: 4 }, () => emptyServer(Date.now));
    if (!hanging || !asking || !busy || !well) throw new Error('four servers are needed');
    const stage = await startInstances({ hanging, asking, busy, well }, { isLive: true });
    const intervalMs = 1000;
    stage.configure(['hanging', 'asking', 'busy', 'well'], `pollInterval: ${intervalMs / 1000}s\n`);
    const tooMany = { kind: 'status', status: 429, times: ALWAYS } as const;
    stage.servers['hanging']?.faults.next({ kind: 'hang', times: ALWAYS });
    stage.servers['asking']?.faults.next({ ...tooMany, headers: { 'Retry-After': '30' } });
    stage.servers['busy']?.faults.next(tooMany);
    const { child, ended } = startProgram(stage);
    const isRead = () => {
      try {
        return stage.column("SELECT 1 FROM _instances WHERE name = 'well' AND last_read_at IS NOT NULL").length > 0;
      } catch {
        return false;
      }
    };
    await until(isRead);
    const database = new Database(stage.db, { readonly: true });
    const find = database.prepare<[string]>("SELECT 1 FROM events WHERE instance = 'well' AND event_id = ?");

    const delaysMs: number[] = [];
    for (let number = 1; number <= 5; number++) {
      // At another moment of the interval each time.
      await pause(number * 170);
      const id = `Events-${number}`;
      const appearedMs = Date.now();
      well.addEvent(healthCheck(id, appearedMs));
      await until(() => find.get(id) !== undefined);
      delaysMs.push(Date.now() - appearedMs);
    }
    const others = stage.rows("SELECT name, watermark_at FROM _instances WHERE name <> 'well' ORDER BY name");
    database.close();
    const stoppedMs = Date.now();
    child.kill('SIGTERM');
    const [code] = await ended;

    // An interval, and what one cycle takes on a busy machine; whoever waited for the others would wait for seconds.
    expect(Math.max(...delaysMs)).toBeLessThan(intervalMs + 700);
    expect(others).toEqual(['asking', 'busy', 'hanging'].map((name) => ({ name, watermark_at: null })));
    for (const name of ['asking', 'busy', 'hanging']) expect(stage.servers[name]?.requests.length).toBeGreaterThan(0);
    expect(code).toBe(0);
    expect(Date.now() - stoppedMs).toBeLessThan(5000);
  }, 60_000);

  it('delays no alert of another in a one-shot run, which delivers what is found as each reading ends', async () => {
    const states = twoServers();
    const stage = await startInstances(states);
    let release = () => {};
    const gate = new Promise<void>((resolve) => {
      release = resolve;
    });
    states.main.onRequest = () => gate;

    const running = stage.runOnce();
    await until(() => stage.printed.join('').includes('berta deployed Till'));
    const whileMainHangs = stage.printed.join('');
    release();
    const { isComplete } = await running;

    expect(whileMainHangs).not.toContain('alice');
    expect(stage.printed.join('')).toContain('alice deployed Web Shop');
    expect(isComplete).toBe(true);
    expect(stage.column("SELECT finding_id FROM deliveries WHERE state <> 'sent'")).toEqual([]);
    expect(stage.rows('SELECT count(*) AS n, count(DISTINCT finding_id) AS findings FROM deliveries')[0]).toSatisfy(
      (row) => row.n === row.findings,
    );
  });

  it('has a dead channel tried for ten seconds in all, however many instances a one-shot run reads', async () => {
    const states = twoServers();
    const slack = await startSlackReceiver();
    slack.always({ status: 503 });
    const stage = await startInstances(states, { slackUrl: slack.url() });
    let release = () => {};
    const gate = new Promise<void>((resolve) => {
      release = resolve;
    });
    states.main.onRequest = () => gate;

    const running = stage.runOnce();
    await until(() => slack.arrivals() >= 4);
    const arrivals = slack.arrivals();
    release();
    await running;
    await slack.close();

    expect(slack.arrivals() - arrivals).toBeLessThanOrEqual(2);
    expect(stage.column('SELECT DISTINCT state FROM deliveries')).toEqual(['pending']);
  });

  it('keeps the heartbeat back: it says that all are read', async () => {
    const states = twoServers();
    const receiver = await startSlackReceiver();
    const stage = await startInstances(states, { env: { OCTOWATCH_HEARTBEAT_URL: receiver.url('beat') } });
    const clock = manualClock(NOON);
    states.eu.now = clock.now;
    states.main.now = clock.now;
    let release = () => {};
    const gate = new Promise<void>((resolve) => {
      release = resolve;
    });
    states.main.onRequest = () => gate;
    const app = stage.createApp({ isOneShot: false, clock });
    const euReads = () => stage.servers['eu']?.requests.filter((one) => one.path.endsWith('/api/events')).length ?? 0;

    const running = app.runForever();
    await until(
      () => stage.column("SELECT 1 FROM _instances WHERE name = 'eu' AND last_read_at IS NOT NULL").length > 0,
    );
    const before = euReads();
    await clock.advance(61_000);
    await until(() => euReads() > before);
    const whileMainHangs = receiver.arrivals('beat');
    release();
    for (let minute = 0; receiver.arrivals('beat') === 0 && minute < 50; minute++) {
      await clock.advance(61_000);
      await pause(50);
    }
    const later = receiver.arrivals('beat');
    app.stop();
    await running;
    await receiver.close();

    expect(whileMainHangs).toBe(0);
    expect(later).toBeGreaterThan(0);
  }, 30_000);
});

describe('what goes wrong with one instance', () => {
  /** One cycle of each, main first; what happened on eu must be found whatever becomes of main. */
  async function runBoth(stage: Instances) {
    const { isComplete } = await stage.runOnce();
    return {
      isComplete,
      read: stage.column('SELECT DISTINCT instance FROM events ORDER BY 1'),
      failing: stage.rows("SELECT instance, status FROM findings WHERE rule = 'monitor_poll_failing'"),
      told: stage.printed.join('').includes('berta deployed Till'),
    };
  }

  it('stays with it: its key is refused', async () => {
    const stage = await startInstances(twoServers());
    const body = { ErrorMessage: 'The API key was not valid.' };
    stage.servers['main']?.faults.next({ kind: 'status', status: 401, body, times: ALWAYS });

    const result = await runBoth(stage);

    expect(result).toEqual({
      isComplete: false,
      read: ['eu'],
      failing: [{ instance: 'main', status: 'open' }],
      told: true,
    });
  });

  it('stays with it: its address does not resolve', async () => {
    const stage = await startInstances(twoServers());
    stage.configure([{ name: 'main', url: 'https://octopus.invalid' }, 'eu']);

    const result = await runBoth(stage);

    expect(result).toEqual({
      isComplete: false,
      read: ['eu'],
      failing: [{ instance: 'main', status: 'open' }],
      told: true,
    });
  });

  it('stays with it: its server is another one than before', async () => {
    const states = twoServers();
    const stage = await startInstances(states);
    await stage.runOnce();
    stage.clock.advance(HOUR);
    states.main.installationId = '11111111-2222-4333-8444-555555555555';
    states.eu.addEvent(queuedByAlice('Events-50', stage.clock.now() - 1000, 50));

    const { isComplete } = await stage.runOnce();

    expect(isComplete).toBe(false);
    expect(stage.column("SELECT event_id FROM events WHERE event_id = 'Events-50'")).toEqual(['Events-50']);
    expect(stage.column("SELECT instance FROM findings WHERE rule = 'monitor_poll_failing'")).toEqual(['main']);
  });

  it('stays with it: the daemon goes on with the others when its row of the database cannot be written', async () => {
    const states = twoServers();
    const stage = await startInstances(states);
    await stage.runOnce();
    const database = new Database(stage.db);
    database.exec(`CREATE TRIGGER broken BEFORE INSERT ON _leases
      WHEN new.instance_id = (SELECT instance_id FROM _instances WHERE name = 'main')
      BEGIN SELECT RAISE(ABORT, 'the page is damaged'); END`);
    database.close();
    const clock = manualClock(NOON + HOUR);
    states.main.now = clock.now;
    states.eu.now = clock.now;
    states.eu.addEvent(healthCheck('Events-50', NOON + HOUR - 1000));
    const app = stage.createApp({ isOneShot: false, clock });

    const running = app.runForever();
    await until(() => stage.column("SELECT 1 FROM events WHERE event_id = 'Events-50'").length > 0);
    await clock.advance(61_000);
    states.eu.addEvent(healthCheck('Events-51', clock.now()));
    for (
      let minute = 0;
      minute < 20 && stage.column("SELECT 1 FROM events WHERE event_id = 'Events-51'").length === 0;
      minute++
    ) {
      await clock.advance(61_000);
      await pause(50);
    }
    app.stop();
    await running;

    expect(stage.column("SELECT event_id FROM events WHERE event_id IN ('Events-50', 'Events-51') ORDER BY 1")).toEqual(
      ['Events-50', 'Events-51'],
    );
    expect(stage.column('SELECT action FROM journal ORDER BY entry_id DESC LIMIT 1')).toEqual(['stopped']);
  }, 30_000);
});
