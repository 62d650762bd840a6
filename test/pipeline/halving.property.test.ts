import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { loginFailed } from '../../src/demo/index.ts';
import type { RulePack } from '../../src/detect/index.ts';
import { createProductionMatcher } from '../../src/enrich/index.ts';
import type { Halving } from '../../src/pipeline/halving.ts';
import { reportRules } from '../../src/pipeline/rule-report.ts';
import type { Store } from '../../src/store/index.ts';
import { startEvaluation } from '../support/evaluation.ts';
import { makeFolder } from '../support/monitor.ts';
import { NOON } from '../support/small-history.ts';
import { backtestFindings, type TunedCorrelation, tunedPack, tuningJudge } from '../support/tuning.ts';

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** Failures in bursts around the timespan of 10 minutes and the window of 2 hours; names are numbers, for sums of them. */
const bursts = fc.array(
  fc.record({
    hour: fc.integer({ min: 0, max: 12 }),
    address: fc.constantFrom('198.51.100.7', '198.51.100.8'),
    failures: fc.array(fc.record({ half: fc.integer({ min: 0, max: 40 }), name: fc.integer({ min: 1, max: 6 }) }), {
      minLength: 1,
      maxLength: 9,
    }),
  }),
  { minLength: 3, maxLength: 7 },
);

const correlations: fc.Arbitrary<TunedCorrelation> = fc.oneof(
  fc.record({
    type: fc.constant('event_count'),
    groupBy: fc.constantFrom('IpAddress', 'Subject.Account'),
    field: fc.constant(null),
    operator: fc.constantFrom('gte', 'gt', 'lte', 'lt', 'eq'),
    limit: fc.integer({ min: 1, max: 4 }),
  }),
  fc.record({
    type: fc.constantFrom('value_count', 'value_sum', 'value_avg', 'value_max', 'value_min', 'value_median'),
    groupBy: fc.constant('IpAddress'),
    field: fc.constant('Subject.Account'),
    operator: fc.constantFrom('gte', 'gt', 'lte', 'lt'),
    limit: fc.integer({ min: 1, max: 5 }),
  }),
);

describe('the threshold that would have halved a correlation', () => {
  const { folder, remove } = makeFolder();
  afterAll(remove);

  function halvingOf(store: Store, pack: RulePack): Halving {
    const { rules } = reportRules({
      store,
      pack,
      judge: tuningJudge,
      keys: { production: createProductionMatcher(undefined) },
      fromMs: NOON - 7 * DAY,
      nowMs: NOON,
      only: 'tuned',
    });
    return rules[0]?.halving ?? { kind: 'unknown', why: 'no row' };
  }

  it('leaves at most half in a backtest, and every looser one more than half', async () => {
    let found = 0;
    await fc.assert(
      fc.asyncProperty(bursts, correlations, async (history, correlation) => {
        const pack = tunedPack(folder, correlation);
        const evaluation = startEvaluation({}, pack);
        const failures = history.flatMap(({ hour, address, failures: own }) =>
          own.map(({ half, name }) => ({ at: NOON - DAY + hour * HOUR + half * 30 * SECOND, name, address })),
        );
        evaluation.feed(
          ...failures.map(({ at, name, address }, index) =>
            loginFailed({ id: `Events-${index}`, at, username: String(name), userId: null, ipAddress: address }),
          ),
        );
        const { store } = evaluation;
        const findingsWith = (limit: number) =>
          backtestFindings(store, tunedPack(folder, { ...correlation, limit }), 'tuned');
        const step = correlation.operator.startsWith('g') ? 1 : -1;

        const halving = halvingOf(store, pack);

        const inForce = await findingsWith(correlation.limit);
        if (halving.kind === 'unknown') expect(inForce).toBe(0);
        if (halving.kind === 'none' && correlation.operator !== 'eq') {
          expect(halving.of).toBe(inForce);
          for (let limit = correlation.limit + step; Math.abs(limit) < 200; limit += step) {
            const left = await findingsWith(limit);
            if (left === 0) break;
            expect(left * 2).toBeGreaterThan(inForce);
          }
        }
        if (halving.kind === 'found') {
          found += 1;
          expect(halving.of).toBe(inForce);
          expect(halving.left).toBe(await findingsWith(halving.threshold));
          expect(halving.left * 2).toBeLessThanOrEqual(inForce);
          for (let limit = halving.threshold - step; limit !== correlation.limit; limit -= step) {
            expect((await findingsWith(limit)) * 2).toBeGreaterThan(inForce);
          }
        }
        store.close();
      }),
      { numRuns: 40 },
    );
    // Otherwise nothing above was looked at.
    expect(found).toBeGreaterThan(0);
  }, 120_000);
});
