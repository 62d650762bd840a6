import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type SimulatedOctopus, startSimulatedOctopus } from '../../src/demo/index.ts';
import { newHolder, openStore } from '../../src/store/index.ts';
import { readRows } from '../support/canonical.ts';
import { COMPILE_CACHE } from '../support/child.ts';
import { createMonitor, makeFolder } from '../support/monitor.ts';
import { type SlackReceiver, startSlackReceiver } from '../support/slack-receiver.ts';
import { MONITOR_KEY, NOON, smallHistory } from '../support/small-history.ts';
import { steppingClock } from '../support/stepping-clock.ts';

const BIN = fileURLToPath(new URL('../../bin/octowatch.js', import.meta.url));

let place: ReturnType<typeof makeFolder>;
let octopus: SimulatedOctopus;
let slack: SlackReceiver;
let db: string;

beforeEach(async () => {
  place = makeFolder();
  db = path.join(place.folder, 'octowatch.db');
  // The programs of this file run by the machine's clock: the history keeps its distance to it.
  const shiftMs = Date.now() - NOON;
  const state = smallHistory(Date.now);
  const events = state.rows.map((row) => row.event).filter((event) => event !== null);
  state.removeEvents(() => true);
  // Slack takes a message a second: two findings are enough.
  state.apiKeys = [];
  for (const event of events.filter((one) => /LoginFailed|Modified|MachineHealthy/.test(one.Category))) {
    const at = new Date(Date.parse(event.Occurred) + shiftMs).toISOString().replace('Z', '+00:00');
    state.addEvent({ ...event, Occurred: at });
  }
  octopus = await startSimulatedOctopus({ state, apiKey: MONITOR_KEY });
  slack = await startSlackReceiver();
});

afterEach(async () => {
  await octopus.close();
  await slack.close();
  place.remove();
});

function start(...args: string[]) {
  const child = spawn(process.execPath, [BIN, ...args], {
    cwd: place.folder,
    env: {
      PATH: process.env['PATH'],
      NODE_COMPILE_CACHE: COMPILE_CACHE,
      OCTOPUS_URL: octopus.url,
      OCTOPUS_API_KEY: MONITOR_KEY,
      OCTOWATCH_DB: db,
      OCTOWATCH_TIMEZONE: 'UTC',
      OCTOWATCH_BACKFILL: '5d',
      SLACK_WEBHOOK_URL: slack.url(),
    },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let log = '';
  child.stderr.on('data', (chunk: Buffer) => {
    log += chunk.toString('utf8');
  });
  const ended = once(child, 'close').then(([code, signal]) => ({ code, signal, log }));
  return { child, ended };
}

async function until(isSo: () => boolean) {
  for (const endMs = Date.now() + 15_000; !isSo(); await pause(20)) {
    if (Date.now() > endMs) throw new Error('it did not come to that');
  }
}

function lastReadAt(): unknown {
  try {
    return readRows(db, 'SELECT last_read_at FROM _instances')[0]?.['last_read_at'] ?? null;
  } catch {
    // The tables are not there yet.
    return null;
  }
}

function actions(): unknown[] {
  return readRows(db, 'SELECT action FROM journal ORDER BY entry_id').map((row) => row['action']);
}

describe('octowatch run, told to stop by SIGTERM', () => {
  it('exits 0 within four seconds between two cycles, says so in the journal and leaves no lease', async () => {
    const { child, ended } = start('run');
    await until(() => existsSync(db) && lastReadAt() !== null);

    const askedAtMs = Date.now();
    child.kill('SIGTERM');
    const { code, log } = await ended;

    expect(code, log).toBe(0);
    expect(Date.now() - askedAtMs).toBeLessThan(4000);
    expect(actions().at(-1)).toBe('stopped');
    expect(readRows(db, 'SELECT * FROM _leases')).toEqual([]);
  });

  it('exits 0 within four seconds while Octopus does not answer, and leaves no lease', async () => {
    octopus.faults.next({ kind: 'hang', path: /\/api\/events\?/, times: 100 });
    const { child, ended } = start('run');
    await until(() => octopus.requests.some((request) => request.path === '/api/events'));

    const askedAtMs = Date.now();
    child.kill('SIGTERM');
    const { code, log } = await ended;

    expect(code, log).toBe(0);
    expect(Date.now() - askedAtMs).toBeLessThan(4000);
    expect(actions().at(-1)).toBe('stopped');
    expect(readRows(db, 'SELECT * FROM _leases')).toEqual([]);
    expect(readRows(db, 'SELECT * FROM findings')).toEqual([]);
  });

  it('exits 0 within four seconds while Slack does not answer; the message stays pending', async () => {
    slack.always({ status: 500 });
    await createMonitor({
      octopusUrl: octopus.url,
      db,
      clock: steppingClock(Date.now()),
      slackUrl: slack.url(),
    }).runOnce();
    const arrivedBefore = slack.arrivals();
    slack.always('hang');
    const { child, ended } = start('run');
    await until(() => slack.arrivals() > arrivedBefore);

    const askedAtMs = Date.now();
    child.kill('SIGTERM');
    const { code, log } = await ended;

    expect(code, log).toBe(0);
    expect(Date.now() - askedAtMs).toBeLessThan(4000);
    expect(readRows(db, 'SELECT DISTINCT state FROM deliveries')).toEqual([{ state: 'pending' }]);
    expect(readRows(db, 'SELECT * FROM _deliveries WHERE claimed_by IS NOT NULL')).toEqual([]);
    expect(readRows(db, 'SELECT * FROM _leases')).toEqual([]);
  });
});

describe('two processes on one database', () => {
  it('store each event once and tell each finding once; one reads, the other says who does', async () => {
    octopus.state.onRequest = async () => void (await pause(60));

    const both = await Promise.all([start('run', '--once').ended, start('run', '--once').ended]);

    expect(
      both.map((one) => one.code),
      both.map((one) => one.log).join('\n'),
    ).toEqual([0, 0]);
    const readers = octopus.requests.filter((request) => request.path === '/api').length;
    expect(readers).toBe(1);
    expect(both.filter((one) => one.log.includes('another process reads this instance'))).toHaveLength(1);
    expect(readRows(db, 'SELECT count(*) AS n FROM events')).toEqual([{ n: 8 }]);
    await start('run', '--once').ended;
    expect(readRows(db, 'SELECT DISTINCT state FROM deliveries')).toEqual([{ state: 'sent' }]);
    expect(slack.timesTold()).toEqual(
      new Map([
        [1, 1],
        [2, 1],
      ]),
    );
  });
});

describe('the lease of an instance', () => {
  it('is taken over at once from a process of this host that was killed', async () => {
    octopus.faults.next({ kind: 'hang', path: /\/api\/events\?/, times: 1 });
    const { child, ended } = start('run');
    await until(() => octopus.requests.some((request) => request.path === '/api/events'));
    child.kill('SIGKILL');
    await ended;
    expect(readRows(db, 'SELECT * FROM _leases')).toHaveLength(1);

    const app = createMonitor({ octopusUrl: octopus.url, db, clock: steppingClock(Date.now()), slackUrl: slack.url() });
    const { isComplete } = await app.runOnce();

    expect(isComplete).toBe(true);
    expect(readRows(db, 'SELECT count(*) AS n FROM events')).toEqual([{ n: 8 }]);
  });

  it('stays with a living process of this host and with a process of another host until it lapses', () => {
    const store = openStore(db, { monitorVersion: 'test', nowMs: NOON });
    const { instance_id } = store.instances.ensure('default', octopus.url, 60_000);
    const alive = `${newHolder().split('/')[0]}/${process.ppid}/x`;
    const elsewhere = 'another-host.example/1/x';

    for (const holder of [alive, elsewhere]) {
      expect(store.leases.take(instance_id, holder, NOON, 60_000)).toBeNull();
      expect(store.leases.take(instance_id, newHolder(), NOON + 59_999, 60_000)).toBe(holder);
      const heir = newHolder();
      expect(store.leases.take(instance_id, heir, NOON + 60_000, 60_000)).toBeNull();
      expect(store.leases.isHeldBy(instance_id, holder)).toBe(false);
      store.leases.release(instance_id, heir);
    }
    store.close();
  });

  it('is not released by somebody who lost it', () => {
    const store = openStore(db, { monitorVersion: 'test', nowMs: NOON });
    const { instance_id } = store.instances.ensure('default', octopus.url, 60_000);
    store.leases.take(instance_id, 'another-host.example/1/old', NOON, 1000);
    store.leases.take(instance_id, 'another-host.example/2/new', NOON + 1000, 1000);

    store.leases.release(instance_id, 'another-host.example/1/old');

    expect(store.leases.isHeldBy(instance_id, 'another-host.example/2/new')).toBe(true);
    store.close();
  });
});
