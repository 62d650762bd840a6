import { describe, expect, it } from 'vitest';
import { type Evaluation, startEvaluation } from '../support/evaluation.ts';
import { failedSignIn, NOON, queuedByAlice, queuedByKey, started } from '../support/small-history.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
/** A Saturday midnight long before the time of judging. */
const T = NOON - 9 * DAY + 12 * HOUR;

function burst(prefix: string, from: number, account = 'carol') {
  return [0, 1, 2, 3, 4].map((index) => failedSignIn(`Events-${prefix}${index}`, from + index * MINUTE, account));
}

function findings(evaluation: Evaluation) {
  return evaluation.rows(
    `SELECT finding_id, event_count, status, resolution, superseded_by, previous_finding_id FROM findings ORDER BY finding_id`,
  );
}

describe('a finding', () => {
  it('grows while signals come within its window of one another, also from poll to poll', () => {
    const evaluation = startEvaluation();
    evaluation.feed(...burst('1', T));
    evaluation.feed(...burst('2', T + 23 * HOUR));

    evaluation.feed(...burst('3', T + 46 * HOUR));

    expect(findings(evaluation)).toMatchObject([{ finding_id: 1, event_count: 15, status: 'open' }]);
    expect(evaluation.rows('SELECT first_seen_at, last_seen_at FROM findings')).toEqual([
      { first_seen_at: new Date(T).toISOString(), last_seen_at: new Date(T + 46 * HOUR + 4 * MINUTE).toISOString() },
    ]);
    expect(evaluation.rows("SELECT finding_id FROM deliveries WHERE kind = 'alert'")).toEqual([{ finding_id: 1 }]);
  });

  it('ends where its window ends: what comes a millisecond later opens another that links to it', () => {
    const inside = startEvaluation();
    const outside = startEvaluation();
    const lastMs = T + 4 * MINUTE;

    inside.feed(...burst('1', T), ...burst('2', lastMs + DAY));
    outside.feed(...burst('1', T), ...burst('2', lastMs + DAY + 1));

    expect(findings(inside)).toMatchObject([{ event_count: 10 }]);
    expect(findings(outside)).toMatchObject([
      { finding_id: 1, event_count: 5, previous_finding_id: null },
      { finding_id: 2, event_count: 5, previous_finding_id: 1 },
    ]);
  });

  it('takes in a late signal that lies before it, and moves its beginning', () => {
    const evaluation = startEvaluation();
    evaluation.feed(...burst('2', T + 20 * HOUR));

    evaluation.feed(...burst('1', T));

    expect(findings(evaluation)).toMatchObject([{ finding_id: 1, event_count: 10 }]);
    expect(evaluation.rows('SELECT first_seen_at FROM findings')).toEqual([
      { first_seen_at: new Date(T).toISOString() },
    ]);
  });

  it('is merged into the older one by a late signal that joins both; what was not told of it yet need not be', () => {
    const evaluation = startEvaluation();
    evaluation.feed(...burst('1', T));
    evaluation.feed(...burst('3', T + 40 * HOUR));
    expect(evaluation.rows('SELECT finding_id FROM deliveries ORDER BY 1')).toEqual([
      { finding_id: 1 },
      { finding_id: 2 },
    ]);

    evaluation.feed(...burst('2', T + 20 * HOUR));

    expect(findings(evaluation)).toMatchObject([
      { finding_id: 1, event_count: 15, status: 'open', superseded_by: null },
      { finding_id: 2, status: 'resolved', resolution: 'superseded', superseded_by: 1 },
    ]);
    expect(evaluation.rows('SELECT finding_id FROM deliveries')).toEqual([{ finding_id: 1 }]);
    expect(evaluation.rows('SELECT DISTINCT finding_id FROM _signals WHERE finding_id IS NOT NULL')).toEqual([
      { finding_id: 1 },
    ]);
    expect(evaluation.rows("SELECT object FROM journal WHERE action = 'finding_resolved'")).toEqual([{ object: '2' }]);
  });

  it('stops growing when it is acknowledged; the next signal opens a new one that links to it', () => {
    const evaluation = startEvaluation();
    evaluation.feed(...burst('1', T));
    evaluation.store.db.exec("UPDATE _findings SET status = 'acknowledged'");

    evaluation.feed(...burst('2', T + HOUR));

    expect(findings(evaluation)).toMatchObject([
      { finding_id: 1, event_count: 5, status: 'acknowledged' },
      { finding_id: 2, event_count: 5, status: 'open', previous_finding_id: 1 },
    ]);
  });

  it('is about one subject: the same hour of another account is another', () => {
    const evaluation = startEvaluation();

    evaluation.feed(...burst('1', T, 'carol'), ...burst('2', T, 'dave'));

    expect(
      evaluation.rows(
        "SELECT subject, event_count FROM findings WHERE rule = 'repeated_auth_failures' ORDER BY subject",
      ),
    ).toEqual([
      { subject: 'carol', event_count: 5 },
      { subject: 'dave', event_count: 5 },
    ]);
  });

  it('takes nothing in twice when its events are read again', () => {
    const evaluation = startEvaluation();
    const events = [...burst('1', T), queuedByAlice('Events-100', T, 1), started('Events-101', T + 1000, 1)];
    evaluation.feed(...events);
    const before = evaluation.rows('SELECT * FROM _findings');

    evaluation.feed(...events);

    expect(evaluation.rows('SELECT * FROM _findings')).toEqual(before);
    expect(evaluation.rows('SELECT rule, count(*) AS n FROM signals GROUP BY rule ORDER BY rule')).toEqual([
      { rule: 'failed_personal_sign_in', n: 5 },
      { rule: 'failed_sign_in', n: 5 },
      { rule: 'failed_sign_in_from_address', n: 5 },
      { rule: 'failures_of_login', n: 1 },
      { rule: 'off_hours_production_deploy', n: 2 },
      { rule: 'production_deploy_queued', n: 1 },
      { rule: 'repeated_auth_failures', n: 1 },
    ]);
  });
});

describe('the level of a finding', () => {
  // NOON is a Monday; the deployment starts at 03:00 on Tuesday.
  const night = NOON - 7 * DAY + 15 * HOUR;
  const day = NOON - 7 * DAY + 2 * HOUR;
  const levels = (evaluation: Evaluation) =>
    evaluation.rows('SELECT finding_id, level, event_count, status FROM findings');

  it('is the first adjustment that matches, and the rule’s own when none does', () => {
    const byPerson = startEvaluation();
    const startedLate = startEvaluation();

    byPerson.feed(queuedByAlice('Events-1', night, 1), started('Events-2', night + 1000, 1));
    startedLate.feed(queuedByAlice('Events-1', day, 1), started('Events-2', night, 1));

    expect(levels(byPerson)).toMatchObject([{ level: 'medium', event_count: 2 }]);
    expect(levels(startedLate)).toMatchObject([{ level: 'low', event_count: 1 }]);
  });

  it('falls when the queued event comes late and lies in business hours; who it was is filled in, and the alert is taken back', () => {
    const evaluation = startEvaluation({ slack: 'medium', console: 'low' });
    evaluation.feed(started('Events-2', night, 1));
    const before = {
      levels: levels(evaluation),
      channels: evaluation.rows('SELECT channel FROM deliveries ORDER BY channel'),
    };

    evaluation.feed(queuedByKey('Events-1', day, 1));

    expect(before).toMatchObject({
      levels: [{ level: 'medium' }],
      channels: [{ channel: 'console' }, { channel: 'slack' }],
    });
    expect(levels(evaluation)).toEqual([{ finding_id: 1, level: 'low', event_count: 1, status: 'open' }]);
    expect(evaluation.rows('SELECT channel FROM deliveries')).toEqual([{ channel: 'console' }]);
    expect(evaluation.rows("SELECT actor_name, actor_kind FROM events WHERE event_id = 'Events-2'")).toEqual([
      { actor_name: 'svc-deploy', actor_kind: 'service' },
    ]);
    expect(evaluation.rows('SELECT title FROM findings')[0]?.['title']).toContain('svc-deploy deployed Web Shop');
  });

  it('stays when the queued event comes late and lies off-hours too, and both are its evidence', () => {
    const evaluation = startEvaluation();
    evaluation.feed(started('Events-2', night + 5000, 1));

    evaluation.feed(queuedByAlice('Events-1', night, 1));

    expect(levels(evaluation)).toEqual([{ finding_id: 1, level: 'medium', event_count: 2, status: 'open' }]);
    expect(evaluation.rows('SELECT channel FROM deliveries')).toEqual([{ channel: 'slack' }]);
  });

  it('does not send an alert a second time when a told finding falls and rises again', () => {
    const evaluation = startEvaluation();
    evaluation.feed(started('Events-2', night, 1));
    evaluation.store.db.exec("UPDATE _deliveries SET state = 'sent', sent_at = '2026-03-02T12:00:00.000Z'");

    evaluation.feed(queuedByAlice('Events-1', day, 1));

    expect(evaluation.rows('SELECT kind, state FROM deliveries')).toEqual([{ kind: 'alert', state: 'sent' }]);
  });
});
