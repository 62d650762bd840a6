import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { loadRulePack } from '../../src/detect/index.ts';
import { type Evaluation, startEvaluation } from '../support/evaluation.ts';
import { failedSignIn, NOON, queuedByAlice } from '../support/small-history.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const T = NOON - 2 * HOUR;
const pack = loadRulePack(
  [fileURLToPath(new URL('correlations.yml', import.meta.url))],
  {},
  { areExamplesRequired: false },
);
const start = (): Evaluation => startEvaluation({ slack: 'medium' }, pack);

function burst(prefix: string, from: number, account: string) {
  return [0, 1, 2].map((index) => failedSignIn(`Events-${prefix}${index}`, from + index * MINUTE, account));
}

const found = (evaluation: Evaluation) =>
  evaluation.rows(
    `SELECT rule, subject, (SELECT group_concat(event_id, ' ') FROM (SELECT event_id FROM finding_events e
       WHERE e.finding_id = f.finding_id ORDER BY event_id)) AS evidence FROM findings f ORDER BY rule, subject`,
  );
const signals = (evaluation: Evaluation, rule: string) =>
  evaluation
    .rows(`SELECT event_id FROM signals WHERE rule = '${rule}' ORDER BY event_id`)
    .map((row) => row['event_id']);

describe('a correlation of correlations', () => {
  it('finds what they lead to, with the events of all of them as evidence, and nothing of what it counts', () => {
    const evaluation = start();

    evaluation.feed(...burst('1', T, 'alice'), queuedByAlice('Events-20', T + 5 * MINUTE, 1));

    expect(pack.mistakes).toEqual([]);
    expect(found(evaluation).filter(({ rule }) => rule !== 'only_failures')).toEqual([
      { rule: 'break_in', subject: 'alice', evidence: 'Events-10 Events-11 Events-12 Events-20' },
    ]);
    expect(signals(evaluation, 'many_failures')).toEqual(['Events-12']);
    expect(signals(evaluation, 'break_in')).toEqual(['Events-20']);
  });

  it('does not find the wrong order, nor what belongs to another account', () => {
    const evaluation = start();

    evaluation.feed(queuedByAlice('Events-20', T - MINUTE, 1), ...burst('1', T, 'alice'));
    evaluation.feed(...burst('3', T, 'carol'), queuedByAlice('Events-40', T + 3 * HOUR, 2));

    expect(signals(evaluation, 'many_failures')).toEqual(['Events-12', 'Events-32']);
    expect(signals(evaluation, 'break_in')).toEqual([]);
  });

  it('finds it also when the first of its events comes last', () => {
    const evaluation = start();
    const [first, ...rest] = burst('1', T, 'alice');
    evaluation.feed(...rest, queuedByAlice('Events-20', T + 5 * MINUTE, 1));
    expect(signals(evaluation, 'break_in')).toEqual([]);

    if (first) evaluation.feed(first);

    expect(signals(evaluation, 'break_in')).toEqual(['Events-20']);
    expect(found(evaluation)[0]?.['evidence']).toBe('Events-10 Events-11 Events-12 Events-20');
  });

  it('counts hits, not the events that go on with a burst, and a late event moves a hit without doubling it', () => {
    const evaluation = start();
    evaluation.feed(...burst('1', T, 'carol'), ...burst('2', T + 20 * MINUTE, 'carol'));
    expect(signals(evaluation, 'burst_after_burst')).toEqual(['Events-22']);

    evaluation.feed(failedSignIn('Events-09', T + 90_000, 'carol'));

    expect(signals(evaluation, 'many_failures')).toEqual(['Events-09', 'Events-22']);
    expect(evaluation.rows("SELECT ref FROM _correlation_inputs WHERE rule = 'many_failures' ORDER BY ref")).toEqual(
      ['Events-09', 'Events-09', 'Events-22', 'Events-22'].map((ref) => ({ ref })),
    );
    expect(signals(evaluation, 'burst_after_burst')).toEqual(['Events-22']);
  });
});

describe('a correlation over values', () => {
  it('finds one address that tries many accounts, each of them once', () => {
    const evaluation = start();
    evaluation.feed(...burst('1', T, 'alice'), failedSignIn('Events-20', T + 4 * MINUTE, 'bob'));
    expect(signals(evaluation, 'spray')).toEqual([]);

    evaluation.feed(failedSignIn('Events-30', T + 59 * MINUTE, 'carol'));

    expect(signals(evaluation, 'spray')).toEqual(['Events-30']);
  });
});

describe('a filter', () => {
  it('leaves the signal it suppresses on record, and lets it find and count nothing', () => {
    const evaluation = start();

    evaluation.feed(...burst('1', T, 'office'));

    expect(evaluation.rows('SELECT DISTINCT rule, suppressed_by FROM signals')).toEqual([
      { rule: 'failed', suppressed_by: 'office' },
    ]);
    expect(evaluation.rows('SELECT * FROM findings')).toEqual([]);
    expect(evaluation.rows('SELECT * FROM _correlation_inputs')).toEqual([]);
  });
});
