import { setTimeout as pause } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { auditEvent, deploymentQueued, documentModified, sessionActor } from '../../src/demo/index.ts';
import { openStore, type ServerWords } from '../../src/store/index.ts';
import { judgedRecord } from '../support/judged.ts';
import { daysAgo, keyOf } from '../support/keys.ts';
import { manualClock } from '../support/manual-clock.ts';
import { alice, deployer, deployment, healthCheck, NOON } from '../support/small-history.ts';
import { type Stage, startStage } from '../support/stage.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const WORDS = /\/api\/events\/(categories|documenttypes)/;

function words(stage: Stage): ServerWords {
  const store = openStore(stage.db, { monitorVersion: 'test' });
  try {
    return store.serverWords.load(1);
  } finally {
    store.close();
  }
}

describe("the server's own words", () => {
  it('are read with the inventory and name the category of each event', async () => {
    const stage = await startStage();
    stage.state.addEvent(healthCheck('Events-1', NOON - HOUR));

    await stage.runOnce();

    expect(judgedRecord(stage.db, 'Events-1')['Category.Name']).toBe('Machine found healthy');
    expect(words(stage).documentTypes.get('Users')).toBe('User');
    expect(words(stage).readAt).not.toBeNull();
  });

  it.each<[string, unknown]>([
    ['a refusal', null],
    ['an empty list', []],
    ['something else', { Items: 7 }],
    ['a bad element', [{ Id: 'Created', Name: 'Somebody made it' }, { Id: 7 }]],
  ])('stay as they were for %s, and the rest goes on', async (_, body) => {
    const stage = await startStage();
    await stage.runOnce();
    const before = words(stage);
    const answer = body === null ? { status: 403 } : { status: 200, body };
    stage.server.faults.next({ kind: 'status', ...answer, path: WORDS, times: 2 });

    const { isComplete } = await stage.runOnce();

    expect(isComplete).toBe(true);
    expect(words(stage)).toEqual(before);
    expect(stage.log.filter(({ text }) => text.includes('own words'))).toHaveLength(2);
  });

  it('are absent while they were never read', async () => {
    const stage = await startStage();
    stage.state.addEvent(healthCheck('Events-1', NOON - HOUR));
    stage.server.faults.next({ kind: 'status', status: 404, path: WORDS, times: 2 });

    await stage.runOnce();

    expect(judgedRecord(stage.db, 'Events-1')).not.toHaveProperty('Category.Name');
    expect(words(stage)).toEqual({ categories: new Map(), documentTypes: new Map(), readAt: null });
  });
});

describe("the monitor's own account and key", () => {
  it('are known before the first event is judged, and are found again after a restart', async () => {
    const stage = await startStage();
    const team = { id: 'teams-1', name: 'Watchers' };
    const edit = (id: string, related: string) =>
      documentModified({
        ...{ id, at: NOON - HOUR, actor: sessionActor(alice, '192.0.2.10'), spaceId: null, documentType: 'Team' },
        ...{ document: team, related: [related] },
      });
    stage.state.addEvent(edit('Events-1', 'Users-1'));
    stage.state.addEvent(edit('Events-2', deployer.id));

    await stage.runOnce();

    expect(judgedRecord(stage.db, 'Events-1')['Monitor.IsTouched']).toBe(true);
    expect(judgedRecord(stage.db, 'Events-2')).not.toHaveProperty('Monitor.IsTouched');
    expect(stage.column('SELECT own_ids FROM _instances')).toEqual(['["Users-1"]']);
  });

  it('include keys it had before, and those of another account no longer', async () => {
    const store = openStore(':memory:', { monitorVersion: 'test' });
    const { instance_id: id } = store.instances.ensure('default', 'https://octopus.example.com', 60_000);

    store.instances.rememberOwn(id, 'Users-1', 'apikeys-1');
    store.instances.rememberOwn(id, 'Users-1', 'apikeys-2');
    store.instances.rememberOwn(id, 'Users-1', null);
    expect(store.instances.ownIds(id)).toEqual(['Users-1', 'apikeys-2', 'apikeys-1']);
    expect(store.instances.ownKeyId(id)).toBe('apikeys-2');

    store.instances.rememberOwn(id, 'Users-2', 'apikeys-3');
    expect(store.instances.ownIds(id)).toEqual(['Users-2', 'apikeys-3']);
    store.close();
  });
});

describe('what is new', () => {
  const queued = (id: string, at: number, number: number, network: number) =>
    deploymentQueued({
      ...{ id, at, actor: sessionActor(alice, `198.51.${network}.7`) },
      deployment: deployment(number),
    });

  it('is decided in the back-fill, oldest first, and for the live tail not before all of it was read', async () => {
    const stage = await startStage({ env: { OCTOWATCH_BACKFILL: '30d' } });
    stage.state.addEvent(queued('Events-1', NOON - 29 * DAY, 1, 1));
    stage.state.addEvent(queued('Events-2', NOON - 5 * DAY, 2, 2));
    stage.state.addEvent(queued('Events-3', NOON - HOUR, 3, 3));

    await stage.runOnce();
    stage.clock.advance(10 * MINUTE);
    stage.state.addEvent(queued('Events-4', NOON + MINUTE, 4, 4));
    stage.state.addEvent(queued('Events-5', NOON + 2 * MINUTE, 5, 3));
    await stage.runOnce();

    const facts = stage.rows('SELECT event_id, first_seen FROM _events ORDER BY event_id');
    const both = (network: boolean) =>
      JSON.stringify({ 'FirstSeen.ActorNetwork': network, 'FirstSeen.ActorEnvironment': false });
    expect(facts).toEqual([
      { event_id: 'Events-1', first_seen: null },
      { event_id: 'Events-2', first_seen: both(true) },
      { event_id: 'Events-3', first_seen: null },
      { event_id: 'Events-4', first_seen: both(true) },
      { event_id: 'Events-5', first_seen: both(false) },
    ]);
  });

  it('says once per start that addresses tell nothing behind a proxy', async () => {
    const clock = manualClock(NOON);
    const stage = await startStage();
    stage.state.now = clock.now;
    for (let n = 1; n <= 25; n++) {
      stage.state.addEvent(
        auditEvent(
          { id: `Events-${n}`, at: NOON - HOUR + n * 1000, actor: sessionActor(alice, '192.0.2.1') },
          { category: 'Modified', related: ['Projects-1'], message: ['Project was modified'], spaceId: 'Spaces-1' },
        ),
      );
    }
    const app = stage.createApp({ isOneShot: false, clock });

    const running = app.runForever();
    while (Number(stage.column("SELECT count(*) FROM _coverage WHERE purpose = 'tail'")[0] ?? 0) < 3) {
      await pause(5);
      await clock.advance(5000);
    }
    app.stop();
    await running;

    const told = stage.log.filter(({ text }) => text === 'facts about addresses are off');
    expect(told).toEqual([
      expect.objectContaining({
        level: 'warn',
        data: { instance: 'default', since: '2026-03-02', notice: expect.stringContaining('off since 2026-03-02') },
      }),
    ]);
  });
});

describe('the keys of a reading', () => {
  it('are judged in the next cycle when events could not be read in the one that read them', async () => {
    const clock = manualClock(NOON);
    const stage = await startStage();
    stage.state.now = clock.now;
    const app = stage.createApp({ isOneShot: false, clock });
    const running = app.runForever();
    const goOn = async (untilMs: number) => {
      while (clock.now() < untilMs) {
        await pause(10);
        await clock.advance(20_000);
      }
    };

    await goOn(NOON + 57 * MINUTE);
    stage.state.apiKeys = [keyOf('IDLE', { lastUsedAt: daysAgo(200) })];
    stage.server.faults.next({ kind: 'status', status: 403, body: {}, path: /[?&]to=/, times: 5 });
    await goOn(NOON + 80 * MINUTE);
    app.stop();
    await running;

    expect(stage.column("SELECT status FROM findings WHERE rule = 'monitor_poll_failing'")).toEqual(['resolved']);
    expect(stage.column("SELECT count(*) FROM findings WHERE rule = 'unused_api_key'")).toEqual([1]);
  });
});
