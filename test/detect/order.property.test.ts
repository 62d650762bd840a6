import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { WireEvent } from '../../src/demo/index.ts';
import { loadRulePack } from '../../src/detect/index.ts';
import { type Evaluation, startEvaluation } from '../support/evaluation.ts';
import { failedSignIn, NOON, queuedByAlice, queuedByKey, started } from '../support/small-history.ts';

const correlations = loadRulePack(
  [fileURLToPath(new URL('correlations.yml', import.meta.url))],
  {},
  {
    areExamplesRequired: false,
  },
);
const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
/** Monday 00:00, a week before the time of judging. */
const MONDAY = NOON - 7 * DAY - 12 * HOUR;

/** Failures of two accounts, in bursts around limits of count, timespan and window. */
const signInFailures = fc
  .array(
    fc.record({
      account: fc.constantFrom('carol', 'alice', 'office'),
      // Half-days apart: bursts that join one another's findings, and some that do not.
      beginMs: fc.integer({ min: 0, max: 10 }).map((halfDays) => halfDays * 12 * HOUR),
      offsetsMs: fc.array(
        fc.integer({ min: 0, max: 24 }).map((half) => half * 30 * SECOND),
        { minLength: 1, maxLength: 8 },
      ),
    }),
    { maxLength: 6 },
  )
  .map((bursts) =>
    bursts.flatMap(({ account, beginMs, offsetsMs }) => offsetsMs.map((ms) => ({ account, at: beginMs + ms }))),
  );

const deployments = fc.array(
  fc.record({
    queuedAt: fc.integer({ min: 0, max: 7 * 24 }).map((hours) => hours * HOUR),
    delayMs: fc.constantFrom(5 * SECOND, 3 * HOUR, 20 * HOUR, 30 * HOUR),
    isByKey: fc.boolean(),
    has: fc.constantFrom('both', 'both', 'queued', 'started'),
  }),
  { maxLength: 5 },
);

const history = fc.tuple(signInFailures, deployments).map(([failures, deployed]) => {
  const events: WireEvent[] = failures.map(({ account, at }, index) =>
    failedSignIn(`Events-${100 + index}`, MONDAY + at, account),
  );
  deployed.forEach(({ queuedAt, delayMs, isByKey, has }, index) => {
    const queued = isByKey ? queuedByKey : queuedByAlice;
    const at = MONDAY + queuedAt;
    if (has !== 'started') events.push(queued(`Events-${2 * index}`, at, index));
    if (has !== 'queued') events.push(started(`Events-${2 * index + 1}`, at + delayMs, index));
  });
  return events;
});

/** A history as it comes in: any order, cut into any windows, some of it more than once. */
const arrival = history.chain((events) =>
  fc.record({
    events: fc.constant(events),
    order: fc.shuffledSubarray(events, { minLength: events.length, maxLength: events.length }),
    repeated: fc.subarray(events),
    cuts: fc.array(fc.nat({ max: 40 }), { maxLength: 8 }),
  }),
);

const signalsOf = (evaluation: Evaluation) =>
  evaluation.rows('SELECT rule, event_id, occurred_at, level, suppressed_by FROM signals ORDER BY rule, event_id');

function meaning(evaluation: Evaluation) {
  return {
    events: evaluation.rows('SELECT event_id, actor_name, actor_kind, is_off_hours FROM events ORDER BY event_id'),
    signals: signalsOf(evaluation),
    findings: evaluation
      .rows(
        `SELECT rule, subject, level, first_seen_at, last_seen_at, event_count, status,
           (SELECT group_concat(event_id) FROM (SELECT event_id FROM finding_events e
              WHERE e.finding_id = f.finding_id ORDER BY event_id)) AS evidence,
           (SELECT group_concat(channel || kind) FROM deliveries d WHERE d.finding_id = f.finding_id) AS owed
         FROM findings f WHERE superseded_by IS NULL`,
      )
      .map((row) => JSON.stringify(row))
      .sort(),
  };
}

/** The stream cut at the marks; each piece is one window. */
function feedInPieces(evaluation: Evaluation, stream: readonly WireEvent[], cuts: readonly number[]): void {
  const marks = [0, ...cuts.map((cut) => Math.min(cut, stream.length)).sort((a, b) => a - b), stream.length];
  for (const [index, end] of marks.slice(1).entries()) evaluation.feed(...stream.slice(marks[index], end));
}

describe('the same events', () => {
  it('give the same signals and findings in whatever order, windows and repetitions they come', () => {
    fc.assert(
      fc.property(arrival, ({ events, order, repeated, cuts }) => {
        const inOrder = startEvaluation();
        const asItComes = startEvaluation();
        inOrder.feed(...events);

        feedInPieces(asItComes, [...order, ...repeated], cuts);

        expect(meaning(asItComes)).toEqual(meaning(inOrder));
        inOrder.store.close();
        asItComes.store.close();
      }),
      { numRuns: 50 },
    );
  });

  // Findings only gain evidence: those over hits that a late event has moved may remain.
  it('give the same hits of correlations of every type, and of those that are about others', () => {
    fc.assert(
      fc.property(arrival, ({ events, order, repeated, cuts }) => {
        const inOrder = startEvaluation({}, correlations);
        const asItComes = startEvaluation({}, correlations);
        inOrder.feed(...events);

        feedInPieces(asItComes, [...order, ...repeated], cuts);

        expect(signalsOf(asItComes)).toEqual(signalsOf(inOrder));
        inOrder.store.close();
        asItComes.store.close();
      }),
      { numRuns: 50 },
    );
  });
});
