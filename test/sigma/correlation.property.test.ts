import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { CorrelationRow } from '../../src/sigma/index.ts';
import {
  distinctOf,
  type Entry,
  holdsInOrder,
  type Judge,
  numbersOf,
  observing,
  percentileOf,
  rulesIn,
  type Walked,
  walk,
} from './correlation-walk.ts';
import { correlationOf, evaluate, hasEnough, SPAN_MS } from './relation.ts';

type Case = {
  readonly type: string;
  readonly rules: readonly string[];
  readonly condition: string | null;
  readonly judge: Judge;
};

const ABC = ['a', 'b', 'c'] as const;
const LIMITS: readonly Readonly<Record<string, number>>[] = [
  { gte: 3 },
  { gt: 2 },
  { lt: 2 },
  { lte: 2 },
  { eq: 3 },
  { neq: 2 },
  { gte: 2, lt: 4 },
];
const written = (limits: Readonly<Record<string, number>>, more = ''): string =>
  `{${Object.entries(limits)
    .map(([operator, limit]) => `${operator}: ${limit}`)
    .join(', ')}${more}}`;

const counts = LIMITS.flatMap((limits): Case[] => [
  { type: 'event_count', rules: ABC, condition: written(limits), judge: observing(limits, (window) => window.length) },
  {
    type: 'value_count',
    rules: ABC,
    condition: written(limits, ', field: V'),
    judge: observing(limits, (window) => distinctOf(window, 'value')),
  },
  {
    type: 'temporal',
    rules: ABC,
    condition: written(limits),
    judge: observing(limits, (window) => distinctOf(window, 'rule')),
  },
]);

const total = (numbers: readonly number[]): number => numbers.reduce((sum, number) => sum + number, 0);
const orNone = (numbers: readonly number[], observe: (numbers: readonly number[]) => number): number | null =>
  numbers.length === 0 ? null : observe(numbers);
const metrics = LIMITS.flatMap((limits): Case[] => {
  const metric = (type: string, observe: (numbers: readonly number[]) => number): Case => ({
    type,
    rules: ABC,
    condition: written(limits, ', field: V'),
    judge: observing(limits, (window) => orNone(numbersOf(window), observe)),
  });
  return [
    metric('value_sum', total),
    metric('value_avg', (numbers) => total(numbers) / numbers.length),
    metric('value_min', (numbers) => Math.min(...numbers)),
    metric('value_max', (numbers) => Math.max(...numbers)),
  ];
});
/** What the percentile is, the SQL does not say: only how it compares. */
const unseen =
  (judge: Judge): Judge =>
  (window) => ({ ...judge(window), observed: null });
const percentiles = LIMITS.flatMap((limits): Case[] => [
  ...[0, 25, 50, 90, 100].map(
    (percent): Case => ({
      type: 'value_percentile',
      rules: ABC,
      condition: written(limits, `, field: V, percentile: ${percent}`),
      judge: unseen(observing(limits, (window) => percentileOf(numbersOf(window), percent))),
    }),
  ),
  {
    type: 'value_median',
    rules: ABC,
    condition: written(limits, ', field: V'),
    judge: unseen(observing(limits, (window) => percentileOf(numbersOf(window), 50))),
  },
]);

const holding =
  (holds: (has: (rule: string) => boolean) => boolean): Judge =>
  (window) => {
    const present = rulesIn(window);
    return { observed: null, holds: holds((rule) => present.has(rule)) };
  };
const expressions: readonly Case[] = [
  {
    type: 'temporal',
    rules: ABC,
    condition: 'a and b and c',
    judge: holding((has) => has('a') && has('b') && has('c')),
  },
  {
    type: 'temporal',
    rules: ABC,
    condition: 'a or b and c',
    judge: holding((has) => has('a') || (has('b') && has('c'))),
  },
  {
    type: 'temporal',
    rules: ABC,
    condition: '(a or b) and not c',
    judge: holding((has) => (has('a') || has('b')) && !has('c')),
  },
  { type: 'temporal', rules: ['a', 'b'], condition: 'a and not b', judge: holding((has) => has('a') && !has('b')) },
];
const ordered = [['a'], ['a', 'b'], ['b', 'a'], ['a', 'b', 'c'], ['c', 'a', 'b']].map(
  (rules): Case => ({
    type: 'temporal_ordered',
    rules,
    condition: null,
    judge: (window) => ({ observed: null, holds: holdsInOrder(window, rules) }),
  }),
);
const CASES = [...counts, ...metrics, ...percentiles, ...expressions, ...ordered];

/** An event has one time: duplicates repeat it. Times are few, so that instants are shared and window edges are met. */
const entriesOf = (rules: readonly string[], values: readonly (string | number | null)[]) =>
  fc
    .array(
      fc.record({
        ref: fc.integer({ min: 0, max: 9 }).map((number) => `e${number}`),
        atMs: fc.integer({ min: 0, max: 12 }).map((step) => step * 2_500),
        rule: fc.constantFrom(...rules),
        value: fc.constantFrom(...values),
      }),
      { maxLength: 16 },
    )
    .map((list): Entry[] => {
      const times = new Map(list.map(({ ref, atMs }) => [ref, atMs]));
      return list.map((entry) => ({ ...entry, atMs: times.get(entry.ref) ?? 0 }));
    });
const valuesFor = (type: string): readonly (string | number | null)[] =>
  type === 'value_count' ? ['["x"]', '["y"]', '["z"]', '[1]', null] : [0, 1, 2, 2.5, 3, 4, -1, null];

const rounded = (observed: number | null): number | null => (observed === null ? null : Number(observed.toFixed(6)));
const comparable = (rows: readonly (CorrelationRow | Walked)[]): Walked[] =>
  rows.map(({ at_ms, ref, window_count, observed, holds, starts }) => ({
    ...{ at_ms, ref, window_count, holds, starts },
    observed: rounded(observed),
  }));

describe('correlations', () => {
  it.each(CASES)(
    'of type $type with the condition $condition over $rules agree with a walk, from any instant on',
    (one) => {
      const correlation = correlationOf(one.type, one.rules, one.condition);

      fc.assert(
        fc.property(
          entriesOf(one.rules, valuesFor(one.type)),
          fc.integer({ min: -1, max: 42_000 }),
          (entries, fromMs) => {
            const rows = evaluate(correlation, entries, fromMs);

            expect(comparable(rows)).toEqual(comparable(walk(one.judge, entries, SPAN_MS, fromMs)));
          },
        ),
        { numRuns: 60 },
      );
    },
  );

  it('hold nowhere in a group in which too few are counted', () => {
    const question = fc
      .constantFrom(...CASES)
      .chain((one) =>
        fc.tuple(fc.constant(one), entriesOf(one.rules, valuesFor(one.type)), fc.integer({ min: -1, max: 42_000 })),
      );

    fc.assert(
      fc.property(question, ([one, entries, fromMs]) => {
        const correlation = correlationOf(one.type, one.rules, one.condition);
        const isHeld = evaluate(correlation, entries, fromMs).some(({ holds }) => holds === 1);

        expect(isHeld && !hasEnough(correlation, entries, fromMs)).toBe(false);
      }),
      { numRuns: 500 },
    );
  });

  it('hit at the same events however these arrive, and however often', () => {
    const arrangement = fc.constantFrom(...CASES).chain((one) =>
      entriesOf(one.rules, valuesFor(one.type)).chain((list) =>
        fc.record({
          one: fc.constant(one),
          list: fc.constant(list),
          shuffled: fc.shuffledSubarray([...list, ...list], { minLength: list.length * 2, maxLength: list.length * 2 }),
        }),
      ),
    );

    fc.assert(
      fc.property(arrangement, ({ one, list, shuffled }) => {
        const correlation = correlationOf(one.type, one.rules, one.condition);

        expect(comparable(evaluate(correlation, shuffled, 0))).toEqual(comparable(evaluate(correlation, list, 0)));
      }),
      { numRuns: 300 },
    );
  });
});
