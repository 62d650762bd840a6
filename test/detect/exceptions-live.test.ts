import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { loadConfig } from '../../src/config.ts';
import { acknowledge, loadRulePack, reopenLapsed } from '../../src/detect/index.ts';
import { createEventJudge } from '../../src/enrich/index.ts';
import { createZone } from '../../src/lib/zone.ts';
import { backtest } from '../../src/pipeline/backtest.ts';
import { openStore } from '../../src/store/index.ts';
import { CHECKOUT } from '../support/checkout.ts';
import { startEvaluation } from '../support/evaluation.ts';
import {
  alice,
  deployer,
  emptyServer,
  failedSignIn,
  NOON,
  queuedByAlice,
  queuedByKey,
} from '../support/small-history.ts';
import { type Stage, startStage } from '../support/stage.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
/** Sunday evening, outside business hours. */
const SUNDAY = NOON - 16 * HOUR;

/** A stage whose rules are the shipped ones and an exception, which is in force from 1 to 3 March in Berlin. */
async function stageWith(exception: string, state = emptyServer(() => NOON)): Promise<Stage> {
  const stage = await startStage({
    state,
    env: { OCTOWATCH_RULES: `${path.join(CHECKOUT, 'rules')},mine`, OCTOWATCH_TIMEZONE: 'Europe/Berlin' },
  });
  mkdirSync(path.join(stage.folder, 'mine'));
  writeFileSync(path.join(stage.folder, 'mine', 'exception.yml'), exception);
  return stage;
}

function exception(rule: string, selection: string, category = 'service: audit'): string {
  return `title: Night of releases
name: night_of_releases
logsource: { product: octopus, ${category} }
filter: { rules: [${rule}], s: { ${selection} }, condition: not s }
octowatch: { owner: ann, approved_by: bob, reason: planned, from: 2026-03-01, expires: 2026-03-03 }
`;
}

const OF_ALICE = exception('off_hours_production_deploy', 'Actor.Name: alice');
/** Signals of the rules that exceptions are made for here; other rules look at the same events. */
const SIGNALS = `SELECT event_id, suppressed_by FROM signals
  WHERE rule IN ('off_hours_production_deploy', 'failed_sign_in') ORDER BY signal_id`;
const signals = (stage: Stage) => stage.rows(SIGNALS);

describe('an exception, live', () => {
  it('hides what it is about in its days: stored and counted, no finding and no word of it', async () => {
    const stage = await stageWith(OF_ALICE);
    stage.state.addEvent(queuedByAlice('Events-1', SUNDAY, 1));
    stage.state.addEvent(queuedByKey('Events-2', SUNDAY, 2));
    stage.state.addEvent(queuedByAlice('Events-3', SUNDAY - 2 * DAY, 3));

    await stage.runOnce();

    expect(signals(stage).sort(byEvent)).toEqual([
      { event_id: 'Events-1', suppressed_by: 'night_of_releases' },
      { event_id: 'Events-2', suppressed_by: null },
      { event_id: 'Events-3', suppressed_by: null },
    ]);
    expect(stage.findings()).toHaveLength(2);
    expect(stage.column('SELECT event_id FROM finding_events ORDER BY 1')).toEqual(['Events-2', 'Events-3']);
    const [loaded] = stage.rows("SELECT detail FROM journal WHERE action = 'rules_loaded'");
    expect(JSON.parse(String(loaded?.['detail']))).toHaveProperty('night_of_releases');
  });

  it('acts by the time of the event: after its end nothing from its days comes up, late events of them are hidden still', async () => {
    const stage = await stageWith(OF_ALICE);
    stage.state.addEvent(queuedByAlice('Events-1', SUNDAY, 1));
    await stage.runOnce();
    stage.clock.advance(37 * HOUR);
    // Committed late: the daily second look finds it when the exception is over.
    stage.state.addEvent(queuedByAlice('Events-2', NOON - 8 * HOUR, 2));
    // 00:30 in Berlin on the day after the last, half an hour after the end.
    stage.state.addEvent(queuedByAlice('Events-3', Date.parse('2026-03-03T23:30:00Z'), 3));
    stage.state.addEvent(queuedByAlice('Events-4', Date.parse('2026-03-03T22:30:00Z'), 4));

    await stage.runOnce();
    stage.clock.advance(DAY);
    await stage.runOnce();

    expect(signals(stage).sort(byEvent)).toEqual([
      { event_id: 'Events-1', suppressed_by: 'night_of_releases' },
      { event_id: 'Events-2', suppressed_by: 'night_of_releases' },
      { event_id: 'Events-3', suppressed_by: null },
      { event_id: 'Events-4', suppressed_by: 'night_of_releases' },
    ]);
    expect(stage.column('SELECT event_id FROM finding_events')).toEqual(['Events-3']);
    expect(stage.printed.join('')).not.toContain('4.2.1');
  });

  it('keeps what it hides out of correlations', async () => {
    const stage = await stageWith(exception('failed_sign_in', 'Subject.Account: carol'));
    for (let index = 0; index < 6; index++) {
      stage.state.addEvent(failedSignIn(`Events-1${index}`, SUNDAY + index * 60_000, 'carol'));
      stage.state.addEvent(failedSignIn(`Events-2${index}`, SUNDAY + index * 60_000, 'dave'));
    }

    await stage.runOnce();

    const repeated = stage.findings().filter(({ rule }) => rule === 'repeated_auth_failures');
    expect(repeated).toMatchObject([{ subject: 'dave' }]);
    expect(signals(stage).filter((one) => one['suppressed_by'] !== null)).toHaveLength(6);
  });

  it('hides a state for as long as it is in force now: counted once for each key, told again when it ends', async () => {
    const state = emptyServer(() => NOON);
    const key = {
      ...{
        userId: deployer.id,
        hint: 'API-FICT',
        expiresAt: null,
        isLastUsedKnown: true,
        accessLevel: 'FullAccess' as const,
      },
      ...{ actorType: 'User' as const, createdAt: '2025-01-01T00:00:00.000Z', lastUsedAt: '2025-06-01T00:00:00.000Z' },
    };
    state.apiKeys = [
      { ...key, id: 'apikeys-A', purpose: 'break glass' },
      { ...key, id: 'apikeys-B', purpose: 'other', userId: alice.id },
    ];
    const stage = await stageWith(
      exception('unused_api_key', 'Purpose: break glass', 'category: api_key').replace('2026-03-01', '2026-03-03'),
      state,
    );
    const open = () =>
      stage.column("SELECT subject FROM findings WHERE rule = 'unused_api_key' AND status = 'open' ORDER BY 1");

    await stage.runOnce();
    const before = open();
    stage.clock.advance(DAY);
    await stage.runOnce();
    await stage.runOnce();
    const within = open();
    stage.clock.advance(DAY);
    await stage.runOnce();

    expect(before).toEqual(['apikeys-A', 'apikeys-B']);
    expect(within).toEqual(['apikeys-B']);
    expect(open()).toEqual(['apikeys-A', 'apikeys-B']);
    expect(stage.rows('SELECT event_id FROM signals WHERE suppressed_by IS NOT NULL')).toEqual([
      { event_id: 'apikeys-A' },
    ]);
  });

  it('is the same in a backtest, whenever that is run', async () => {
    const stage = await stageWith(OF_ALICE);
    stage.state.addEvent(queuedByAlice('Events-1', SUNDAY, 1));
    stage.state.addEvent(queuedByAlice('Events-2', SUNDAY - 2 * DAY, 2));
    await stage.runOnce();
    const env = { OCTOWATCH_RULES: `${path.join(CHECKOUT, 'rules')},mine`, OCTOWATCH_TIMEZONE: 'Europe/Berlin' };
    const config = loadConfig({ env, cwd: stage.folder, needs: 'rules' });
    const source = openStore(stage.db, { monitorVersion: 'test' });

    const replayed = await backtest({
      source,
      pack: loadRulePack(config.rulesPaths, {}, { zone: createZone(config.timeZone) }),
      judge: createEventJudge({ calendar: config.calendar, production: config.production }),
      calendar: '',
      fromInstant: '2026-01-01T00:00:00.000Z',
    });

    const rows = replayed.db.prepare<[], Record<string, unknown>>(SIGNALS).all().sort(byEvent);
    replayed.close();
    source.close();
    expect(rows).toEqual(signals(stage).sort(byEvent));
    expect(rows).toEqual([
      { event_id: 'Events-1', suppressed_by: 'night_of_releases' },
      { event_id: 'Events-2', suppressed_by: null },
    ]);
  });
});

describe('an acknowledged finding', () => {
  const burst = (prefix: string, from: number) =>
    [0, 1, 2, 3, 4].map((index) => failedSignIn(`Events-${prefix}${index}`, from + index * 60_000));
  const found = (evaluation: ReturnType<typeof startEvaluation>) =>
    evaluation.rows('SELECT finding_id, event_count, status, previous_finding_id FROM findings ORDER BY 1');
  const said = { by: 'ann', note: 'n', until: null };

  it('stops growing: the next signal within its window opens another that links to it', () => {
    const evaluation = startEvaluation();
    const { store } = evaluation;
    evaluation.feed(...burst('1', NOON - 10 * HOUR));
    store.transaction(() => acknowledge(store, 1, said, NOON));

    evaluation.feed(...burst('2', NOON - 9 * HOUR));

    expect(found(evaluation)).toEqual([
      { finding_id: 1, event_count: 5, status: 'acknowledged', previous_finding_id: null },
      expect.objectContaining({ finding_id: 2, status: 'open', previous_finding_id: 1 }),
    ]);
    expect(evaluation.rows('SELECT finding_id FROM deliveries')).toEqual([{ finding_id: 2 }]);
  });

  it('is open again from the local day on that was said, once, and grows again', () => {
    const evaluation = startEvaluation();
    const { store } = evaluation;
    const zone = createZone('America/New_York');
    evaluation.feed(...burst('1', NOON - 10 * HOUR));
    store.transaction(() => acknowledge(store, 1, { ...said, until: '2026-03-04' }, NOON));
    const reopen = (at: string) => store.transaction(() => reopenLapsed(store, Date.parse(at), zone));

    expect(reopen('2026-03-04T04:59:59.999Z')).toEqual([]);
    expect(reopen('2026-03-04T05:00:00.000Z')).toEqual([1]);
    expect(reopen('2026-03-04T05:00:01.000Z')).toEqual([]);

    evaluation.feed(...burst('2', NOON - 9 * HOUR));
    expect(found(evaluation)).toEqual([{ finding_id: 1, event_count: 10, status: 'open', previous_finding_id: null }]);
    expect(evaluation.rows('SELECT acknowledged_by, acknowledged_until FROM findings')).toEqual([
      { acknowledged_by: null, acknowledged_until: null },
    ]);
    expect(evaluation.rows("SELECT object FROM journal WHERE action = 'finding_reopened'")).toEqual([{ object: '1' }]);
  });

  it('that has ended in the meantime stays so', () => {
    const evaluation = startEvaluation();
    const { store } = evaluation;
    evaluation.feed(...burst('1', NOON - 10 * HOUR));
    store.transaction(() => acknowledge(store, 1, { ...said, until: '2026-03-04' }, NOON));
    store.findings.resolve(1, 'ended', '2026-03-03T00:00:00.000Z');

    const reopened = store.transaction(() =>
      reopenLapsed(store, Date.parse('2026-04-01T00:00:00Z'), createZone('UTC')),
    );

    expect(reopened).toEqual([]);
    expect(evaluation.rows('SELECT status, acknowledged_by FROM findings')).toEqual([
      { status: 'resolved', acknowledged_by: 'ann' },
    ]);
  });
});

function byEvent(a: Record<string, unknown>, b: Record<string, unknown>): number {
  return String(a['event_id']) < String(b['event_id']) ? -1 : 1;
}
