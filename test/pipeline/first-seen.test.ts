import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import {
  apiKeyActor,
  auditEvent,
  deploymentQueued,
  documentModified,
  loginFailed,
  sessionActor,
} from '../../src/demo/index.ts';
import { loadRulePack } from '../../src/detect/index.ts';
import { createCalendar, createEventJudge, createProductionMatcher, createZone } from '../../src/enrich/index.ts';
import { backtest } from '../../src/pipeline/backtest.ts';
import { type Evaluation, startEvaluation } from '../support/evaluation.ts';
import { makeFolder } from '../support/monitor.ts';
import { alice, deployer, deployKey, deployment, NOON } from '../support/small-history.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const HOME = '192.0.2.10';
const AWAY = '198.51.100.7';

let number = 0;

/** Something alice does at the portal. */
function act(at: number, ipAddress = HOME, user = alice) {
  number += 1;
  return auditEvent(
    { id: `Events-${number}`, at, actor: sessionActor(user, ipAddress) },
    { category: 'Modified', related: ['Projects-1'], message: ['Project was modified'], spaceId: 'Spaces-1' },
  );
}

function deploy(at: number, options: { environment?: string; ipAddress?: string; userAgent?: string } = {}) {
  number += 1;
  const actor = apiKeyActor(deployer, deployKey, options.ipAddress ?? HOME, options.userAgent);
  const environment = { id: options.environment ?? 'Environments-1', name: 'Some' };
  return deploymentQueued({ id: `Events-${number}`, at, actor, deployment: deployment(number, environment) });
}

/** What was decided of an event when it was stored. */
function decided(evaluation: Evaluation, event: { readonly Id: string }): unknown {
  const [row] = evaluation.rows(`SELECT first_seen FROM _events WHERE event_id = '${event.Id}'`);
  return typeof row?.['first_seen'] === 'string' ? JSON.parse(row['first_seen']) : null;
}

const START = NOON - 60 * DAY;

/** A history that begins at `START` with alice at home, and is long enough to decide from there. */
function learned(): Evaluation {
  const evaluation = startEvaluation();
  evaluation.feed(act(START));
  return evaluation;
}

describe('what an event is the first to show', () => {
  it('is not decided in the first fourteen days of the history', () => {
    const evaluation = learned();
    const before = act(START + 14 * DAY - 1, AWAY);
    const after = act(START + 14 * DAY, AWAY);
    const elsewhere = act(START + 14 * DAY, '203.0.113.9');

    evaluation.feed(before, after, elsewhere);

    expect(decided(evaluation, before)).toBeNull();
    expect(decided(evaluation, after)).toEqual({ 'FirstSeen.ActorNetwork': false });
    expect(decided(evaluation, elsewhere)).toEqual({ 'FirstSeen.ActorNetwork': true });
  });

  it('is the network, of an account and of a key each for itself, and the kind of client', () => {
    const evaluation = learned();
    const first = deploy(NOON);
    const again = deploy(NOON + HOUR);
    const moved = deploy(NOON + 2 * HOUR, { ipAddress: AWAY, userAgent: 'curl/8.7.1' });
    const neighbour = deploy(NOON + 3 * HOUR, { ipAddress: '198.51.100.200', userAgent: 'curl/9.0.0' });

    evaluation.feed(first, again, moved, neighbour);

    const all = (isNew: boolean) => ({
      'FirstSeen.ActorNetwork': isNew,
      'FirstSeen.KeyNetwork': isNew,
      'FirstSeen.KeyClient': isNew,
    });
    const { 'FirstSeen.KeyClient': _, ...ofFirst } = all(true);
    expect(decided(evaluation, first)).toEqual({ ...ofFirst, 'FirstSeen.ActorEnvironment': true });
    expect(decided(evaluation, again)).toEqual({ ...all(false), 'FirstSeen.ActorEnvironment': false });
    expect(decided(evaluation, moved)).toEqual({ ...all(true), 'FirstSeen.ActorEnvironment': false });
    expect(decided(evaluation, neighbour)).toEqual({ ...all(false), 'FirstSeen.ActorEnvironment': false });
  });

  it('is not the first client that a key is seen with, for a key is made to be used by some program', () => {
    const evaluation = learned();
    const first = deploy(NOON);
    const other = deploy(NOON + 1, { userAgent: 'curl/8.7.1' });
    const stillEarlier = deploy(NOON - HOUR, { userAgent: 'octo/9.0.0' });

    evaluation.feed(first, other);
    evaluation.feed(stillEarlier);

    expect(decided(evaluation, first)).not.toHaveProperty('FirstSeen.KeyClient');
    expect(decided(evaluation, other)).toMatchObject({ 'FirstSeen.KeyClient': true });
    expect(decided(evaluation, stillEarlier)).not.toHaveProperty('FirstSeen.KeyClient');
  });

  it('is the environment of a deployment or a runbook run, and of nothing else', () => {
    const evaluation = learned();
    const queued = deploy(NOON, { environment: 'Environments-2' });
    number += 1;
    const run = auditEvent(
      { id: `Events-${number}`, at: NOON, actor: sessionActor(alice, HOME) },
      {
        category: 'RunbookRunQueued',
        related: ['RunbookRuns-1', 'Environments-1'],
        message: ['Runbook'],
        spaceId: 'Spaces-1',
      },
    );
    number += 1;
    const edit = auditEvent(
      { id: `Events-${number}`, at: NOON, actor: sessionActor(alice, HOME) },
      { category: 'Modified', related: ['Environments-2'], message: ['Environment'], spaceId: 'Spaces-1' },
    );

    evaluation.feed(queued, run, edit);

    expect(decided(evaluation, queued)).toMatchObject({ 'FirstSeen.ActorEnvironment': true });
    expect(decided(evaluation, run)).toMatchObject({ 'FirstSeen.ActorEnvironment': true });
    expect(decided(evaluation, edit)).not.toHaveProperty('FirstSeen.ActorEnvironment');
  });

  it('is neither decided nor learned from sign-ins that failed, and not from what the server did itself', () => {
    const evaluation = learned();
    const failed = loginFailed({
      id: 'Events-90001',
      at: NOON,
      username: 'alice',
      userId: alice.id,
      ipAddress: AWAY,
    });
    const asAlice = { ...failed, Id: 'Events-90002', UserId: alice.id, Username: 'alice' };
    const signedIn = act(NOON + HOUR, AWAY);

    evaluation.feed(failed, asAlice, signedIn);

    expect(decided(evaluation, failed)).toBeNull();
    expect(decided(evaluation, asAlice)).toBeNull();
    expect(decided(evaluation, signedIn)).toEqual({ 'FirstSeen.ActorNetwork': true });
  });

  it('follows the time of events: a late one was first, and what was decided stays', () => {
    const evaluation = learned();
    const stored = act(NOON, AWAY);
    evaluation.feed(stored);
    const late = act(NOON - HOUR, AWAY);
    const between = act(NOON - HOUR / 2, AWAY);

    evaluation.feed(late);
    evaluation.feed(between);

    expect(decided(evaluation, late)).toEqual({ 'FirstSeen.ActorNetwork': true });
    expect(decided(evaluation, between)).toEqual({ 'FirstSeen.ActorNetwork': false });
    expect(decided(evaluation, stored)).toEqual({ 'FirstSeen.ActorNetwork': true });
  });

  it('stays as it was decided when the event comes again', () => {
    const evaluation = learned();
    const away = act(NOON, AWAY);

    evaluation.feed(away);
    evaluation.feed(away, act(NOON + HOUR, AWAY));

    expect(decided(evaluation, away)).toEqual({ 'FirstSeen.ActorNetwork': true });
  });

  it('is nothing that events show which a version stored that did not watch first times', () => {
    const evaluation = learned();
    evaluation.feed(act(NOON - 30 * DAY, AWAY), deploy(NOON - 30 * DAY, { userAgent: 'octo/9.0.0' }));
    evaluation.store.db.exec('DELETE FROM _first_seen; UPDATE _events SET first_seen = NULL');
    const known = act(NOON, AWAY);
    const elsewhere = act(NOON, '203.0.113.9');
    const robot = deploy(NOON, { environment: 'Environments-2', userAgent: 'octo/9.1.0' });

    evaluation.feed(known, elsewhere, robot);

    expect(decided(evaluation, known)).toEqual({ 'FirstSeen.ActorNetwork': false });
    expect(decided(evaluation, elsewhere)).toEqual({ 'FirstSeen.ActorNetwork': true });
    expect(decided(evaluation, robot)).toEqual({
      'FirstSeen.ActorNetwork': false,
      'FirstSeen.KeyNetwork': false,
      'FirstSeen.KeyClient': false,
      'FirstSeen.ActorEnvironment': true,
    });
  });

  it('is not taken as known from a transaction that was rolled back', () => {
    const evaluation = learned();
    const away = act(NOON, AWAY);
    evaluation.feed(act(NOON - HOUR));
    expect(() =>
      evaluation.store.transaction(() => {
        evaluation.feed(away, act(NOON + 1, AWAY));
        throw new Error('power cut');
      }),
    ).toThrow('power cut');

    evaluation.feed(away);

    expect(decided(evaluation, away)).toEqual({ 'FirstSeen.ActorNetwork': true });
  });
});

describe('a rule about what is new', () => {
  const rule = `title: Account from a new network
name: new_network
status: stable
level: high
logsource: { product: octopus, service: audit }
detection:
  selection:
    FirstSeen.ActorNetwork: true
  condition: selection
`;
  const folder = makeFolder();
  afterAll(folder.remove);
  writeFileSync(path.join(folder.folder, 'new-network.yml'), rule);
  const pack = loadRulePack([folder.folder], {}, { areExamplesRequired: false });
  const judge = createEventJudge({
    calendar: createCalendar({ zone: createZone('UTC') }),
    production: createProductionMatcher(undefined),
  });

  it('finds in a backtest what it found live, though the history knows more by then', async () => {
    const evaluation = startEvaluation({}, pack);
    evaluation.feed(act(START));
    evaluation.feed(act(NOON, AWAY), act(NOON + HOUR, AWAY), act(NOON + 2 * HOUR, '203.0.113.9'));
    // Makes all pairs older than the events that were called new.
    evaluation.feed(act(NOON - DAY, AWAY), act(NOON - DAY, '203.0.113.9'));
    const signals = 'SELECT event_id FROM _signals ORDER BY event_id';
    const live = evaluation.rows(signals);

    const replayed = await backtest({
      source: evaluation.store,
      pack,
      judge,
      calendar: '',
      fromInstant: '2025-01-01T00:00:00.000Z',
    });

    expect(live).toHaveLength(4);
    expect(replayed.db.prepare(signals).all()).toEqual(live);
    replayed.close();
  });

  it('judges an event whose details were owed by what was decided when it came', () => {
    const evaluation = startEvaluation({}, pack);
    evaluation.feed(act(START));
    const edit = documentModified({
      ...{ id: 'Events-80001', at: NOON, actor: sessionActor(alice, AWAY), spaceId: null, documentType: 'Team' },
      document: { id: 'teams-1', name: 'Team' },
    });
    const owed = { ...edit, ChangeDetails: { DocumentContext: null, Differences: null } };
    evaluation.feed(owed);
    evaluation.feed(act(NOON - HOUR, AWAY));
    const [row] = evaluation.rows('SELECT event_pk FROM _owed_details');
    const before = evaluation.rows("SELECT * FROM _signals WHERE event_id = 'Events-80001'");

    evaluation.settle(Number(row?.['event_pk']), JSON.stringify(owed), JSON.stringify(edit));

    expect(before).toEqual([]);
    expect(evaluation.rows("SELECT rule FROM _signals WHERE event_id = 'Events-80001'")).toEqual([
      { rule: 'new_network' },
    ]);
    expect(decided(evaluation, edit)).toEqual({ 'FirstSeen.ActorNetwork': true });
  });
});

describe('networks, where all people seem to come from one address', () => {
  const PROXY = '192.0.2.1';

  /** Thirty events behind the proxy on each of these days. */
  function behindProxy(evaluation: Evaluation, fromDay: number, days: number) {
    for (let day = fromDay; day < fromDay + days; day++)
      evaluation.feed(...Array.from({ length: 30 }, (_, n) => act(START + day * DAY + n * 60_000, PROXY)));
  }

  it('are neither decided nor learned, unlike environments and clients', () => {
    const evaluation = startEvaluation();
    behindProxy(evaluation, 0, 20);
    evaluation.feed(deploy(START, { environment: 'Environments-2', ipAddress: PROXY, userAgent: 'curl/8.7.1' }));
    const away = deploy(START + 20 * DAY, { ipAddress: AWAY });

    evaluation.feed(away);

    expect(decided(evaluation, away)).toEqual({ 'FirstSeen.ActorEnvironment': true, 'FirstSeen.KeyClient': true });
    expect(evaluation.rows(`SELECT * FROM _first_seen WHERE value = '198.51.100.0/24'`)).toEqual([]);
  });

  it('are learned anew for fourteen days when the proxy was told to Octopus', () => {
    const evaluation = startEvaluation();
    behindProxy(evaluation, 0, 20);
    const addresses = Array.from({ length: 40 }, (_, n) => act(START + 21 * DAY + n * 60_000, `203.0.${n}.9`));
    evaluation.feed(...addresses);
    for (let day = 22; day < 40; day++)
      evaluation.feed(...[1, 2, 3, 4, 5, 6].map((n) => act(START + day * DAY + n, `203.0.${n}.9`)));
    const soon = act(START + 24 * DAY, AWAY);
    const later = act(START + 40 * DAY, '198.18.0.1');
    const known = act(START + 40 * DAY + 1, AWAY);

    evaluation.feed(soon);
    evaluation.feed(later, known);

    expect(decided(evaluation, soon)).toBeNull();
    expect(decided(evaluation, later)).toEqual({ 'FirstSeen.ActorNetwork': true });
    expect(decided(evaluation, known)).toEqual({ 'FirstSeen.ActorNetwork': false });
  });

  it('are told apart where each day has one address, but not the same', () => {
    const { store } = startEvaluation();
    const days = Array.from({ length: 5 }, (_, day) => new Date(START + day * DAY).toISOString().slice(0, 10));
    days.forEach((day, n) => {
      store.addresses.count(1, day, `203.0.113.${n}`, 40);
    });

    expect(days.map((day) => store.addresses.areTrusted(1, day))).toEqual([false, true, true, true, true]);
  });

  it('are said to be off since the first such day, until they are on again', () => {
    const evaluation = startEvaluation();
    behindProxy(evaluation, 0, 3);
    const dayOf = (day: number) => new Date(START + day * DAY).toISOString().slice(0, 10);

    expect(evaluation.store.addresses.untrustedSince(1, dayOf(2))).toBe(dayOf(0));
    expect(evaluation.store.addresses.untrustedSince(1, dayOf(-1))).toBeNull();

    evaluation.feed(...Array.from({ length: 40 }, (_, n) => act(START + 3 * DAY + n, `203.0.${n}.9`)));
    expect(evaluation.store.addresses.untrustedSince(1, dayOf(3))).toBeNull();
  });
});
