import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { acknowledge, loadRulePack, raiseCondition, reopenLapsed } from '../../src/detect/index.ts';
import { createProductionMatcher, createZone } from '../../src/enrich/index.ts';
import { toInstant } from '../../src/lib/clock.ts';
import { type RuleReport, reportRules } from '../../src/pipeline/rule-report.ts';
import { type Evaluation, startEvaluation } from '../support/evaluation.ts';
import { failedSignIn, NOON } from '../support/small-history.ts';
import { tuningJudge } from '../support/tuning.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const RULE = 'repeated_auth_failures';
/** Two rules alone: others would find something in the same failures. */
const RULES = ['sign-ins/repeated-auth-failures.yml', 'api-keys/unused-api-key.yml'].map((file) =>
  fileURLToPath(new URL(`../../rules/${file}`, import.meta.url)),
);
const pack = loadRulePack(RULES);

/** Failures of one account, five at a time, so many days before noon. */
function failures(account: string, daysBefore: number, count = 5) {
  return Array.from({ length: count }, (_, index) =>
    failedSignIn(`Events-${account}-${daysBefore}-${index}`, NOON - daysBefore * DAY + index * 1000, account),
  );
}

function report(evaluation: Evaluation, options: { only?: string; fromMs?: number; pack?: typeof pack } = {}) {
  return reportRules({
    store: evaluation.store,
    pack: options.pack ?? pack,
    judge: tuningJudge,
    keys: { production: createProductionMatcher(undefined) },
    fromMs: options.fromMs ?? NOON - 30 * DAY,
    nowMs: NOON,
    only: options.only ?? null,
  });
}

function rowOf(evaluation: Evaluation, rule = RULE, fromMs = NOON - 30 * DAY): RuleReport | undefined {
  return report(evaluation, { fromMs }).rules.find((one) => one.rule === rule);
}

const took = (by: string) => ({ by, note: 'looked', until: null });

describe('the report on a rule', () => {
  it('counts findings that began in the period, whose subjects they were, and how many a day that is', () => {
    const evaluation = startEvaluation({}, pack);
    for (const daysBefore of [40, 20, 10, 5]) evaluation.feed(...failures('carol', daysBefore));
    evaluation.feed(...failures('dave', 3));

    const row = rowOf(evaluation);

    expect(row).toMatchObject({ level: 'medium', status: 'stable', findings: 4, acknowledged: 0, excepted: 0 });
    expect(row?.perDay).toBeCloseTo(4 / 30);
    expect(row?.subjects).toEqual([
      { subject: 'carol', findings: 3, share: 0.75, findingId: 4 },
      { subject: 'dave', findings: 1, share: 0.25, findingId: 5 },
    ]);
  });

  it('reckons by the day from where the stored history begins, when that is later', () => {
    const evaluation = startEvaluation({}, pack);
    evaluation.feed(...failures('carol', 1));
    const { store } = evaluation;
    store.db
      .prepare(
        `INSERT INTO _coverage (instance_id, purpose, window_from, window_to, events_seen, events_new, set_aside,
           fields_absent, started_at, finished_at, outcome) VALUES (1, 'tail', ?, ?, 5, 5, 0, 0, ?, ?, 'complete')`,
      )
      .run(toInstant(NOON - 2 * DAY), toInstant(NOON), toInstant(NOON), toInstant(NOON));

    expect(report(evaluation).days).toBe(2);
    expect(rowOf(evaluation)?.perDay).toBe(0.5);
  });

  it('gives the median time from opening to the first acknowledgement, also of what is open again', () => {
    const evaluation = startEvaluation({}, pack);
    for (const account of ['a', 'b', 'c', 'd']) evaluation.feed(...failures(account, 2));
    const { store } = evaluation;
    acknowledge(store, 1, { ...took('alice'), until: '2026-03-03' }, NOON + HOUR);
    acknowledge(store, 2, took('alice'), NOON + 4 * HOUR);
    acknowledge(store, 3, took('bob'), NOON + 9 * HOUR);
    expect(reopenLapsed(store, NOON + 2 * DAY, createZone('UTC'))).toEqual([1]);
    acknowledge(store, 1, took('bob'), NOON + 3 * DAY);

    expect(rowOf(evaluation)).toMatchObject({
      findings: 4,
      acknowledged: 3,
      medianSecondsToAcknowledge: (4 * HOUR) / 1000,
    });
  });

  it('takes the middle of two acknowledgements, and has no median without any', () => {
    const evaluation = startEvaluation({}, pack);
    for (const account of ['a', 'b']) evaluation.feed(...failures(account, 2));
    expect(rowOf(evaluation)?.medianSecondsToAcknowledge).toBeNull();

    acknowledge(evaluation.store, 1, took('alice'), NOON + HOUR);
    acknowledge(evaluation.store, 2, took('alice'), NOON + 2 * HOUR);

    expect(rowOf(evaluation)?.medianSecondsToAcknowledge).toBe((1.5 * HOUR) / 1000);
  });

  it('leaves out what was merged into another of the rule, and tells apart how the others were resolved', () => {
    const evaluation = startEvaluation({}, pack);
    evaluation.feed(...failures('carol', 5), ...failures('carol', 3.5));
    expect(rowOf(evaluation)?.findings).toBe(2);
    evaluation.feed(...failures('carol', 4.25));
    for (const account of ['a', 'b', 'c', 'd', 'e']) evaluation.feed(...failures(account, 1));
    const { findings } = evaluation.store;
    const at = toInstant(NOON);
    findings.resolve(3, 'ended', at);
    findings.resolve(4, 'aged', at);
    findings.resolve(5, 'configuration_changed', at);
    findings.resolve(6, 'history', at);
    raiseCondition(evaluation.context, 1, 'monitor_poll_failing', { subject: 's', summary: 's', why: 'w' }, NOON);
    findings.resolve(7, 'superseded', at, 8);

    expect(rowOf(evaluation)).toMatchObject({
      findings: 6,
      resolved: { ended: 1, aged: 1, configuration_changed: 1, history: 1, superseded: 1 },
    });
    expect(rowOf(evaluation, 'monitor_poll_failing')).toMatchObject({
      level: 'high',
      status: 'built-in',
      findings: 1,
      limit: null,
      halving: null,
    });
  });

  it('shows a rule whose every match an exception hid, and counts those in no other number', () => {
    const evaluation = startEvaluation({}, pack);
    const hidden = { instanceId: 1, rule: 'unused_api_key', eventId: 'apikeys-1', eventPk: null, groupKey: null };
    for (const daysBefore of [40, 2, 1])
      evaluation.store.signals.insert({
        ...hidden,
        occurredAt: toInstant(NOON - daysBefore * DAY),
        level: 'high',
        suppressedBy: 'emergency_key',
      });

    expect(report(evaluation).rules.map(({ rule, findings, excepted }) => ({ rule, findings, excepted }))).toEqual([
      { rule: 'unused_api_key', findings: 0, excepted: 2 },
    ]);
  });

  it('is given for a rule that is asked for also when it found nothing, with its limit', () => {
    const evaluation = startEvaluation({}, pack);

    const { rules } = report(evaluation, { only: 'unused_api_key' });

    expect(rules).toMatchObject([{ rule: 'unused_api_key', findings: 0, limit: { isSettable: true } }]);
    expect(rules[0]?.halving).toMatchObject({ kind: 'unknown' });
  });

  it('says of findings of rules that are not loaded whether they are off or gone', () => {
    const evaluation = startEvaluation({}, pack);
    evaluation.feed(...failures('carol', 1));
    const off = loadRulePack(RULES, { [RULE]: { enabled: false } });
    const gone = loadRulePack([fileURLToPath(new URL('../../rules/deployments', import.meta.url))]);

    const statuses = [off, gone].map((one) => report(evaluation, { only: RULE, pack: one }).rules[0]);

    expect(statuses).toMatchObject([
      { status: 'off', level: 'medium', findings: 1, halving: null },
      { status: 'gone', level: 'medium', findings: 1, halving: null },
    ]);
  });

  it('puts the noisiest rule first', () => {
    const evaluation = startEvaluation({}, pack);
    evaluation.feed(...failures('carol', 1), ...failures('dave', 1));
    raiseCondition(evaluation.context, 1, 'monitor_clock_skew', { subject: 's', summary: 's', why: 'w' }, NOON);

    const names = report(evaluation).rules.map(({ rule, findings }) => `${findings} ${rule}`);

    expect(names).toEqual(expect.arrayContaining([`2 ${RULE}`, '1 monitor_clock_skew']));
    expect(names).toEqual([...names].sort((a, b) => Number.parseInt(b, 10) - Number.parseInt(a, 10)));
  });
});
