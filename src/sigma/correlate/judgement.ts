import type { CompiledCorrelation } from '../compiled.ts';
import type { Comparison } from '../document.ts';
import { percentile } from './percentile.ts';
import { inOrder, presence } from './presence.ts';
import { eventCount, extreme, inWindow, judgedBy, leftBehind, NUMBERS, SO_FAR } from './window.ts';

/**
 * The part of a correlation's SQL that differs from type to type: common table expressions over `own` (rows `at_ms, seq,
 * ref, rule, value` of one group), the last of them `judged`, which has one row per event: `at_ms, seq, ref,
 * window_count, observed, holds`.
 */
export function judgement(correlation: CompiledCorrelation): string[] {
  const { type, condition, timespanMs: span } = correlation;
  if (condition.kind === 'present') return presence(correlation, condition.expression);
  const { comparisons } = condition;
  switch (type) {
    case 'event_count':
      return [
        'events AS (SELECT at_ms, MIN(seq) AS seq, ref FROM own GROUP BY at_ms, ref)',
        `judged AS (${judgedBy('window_count', comparisons, `SELECT at_ms, seq, ref, ${eventCount(span)} FROM events`)})`,
      ];
    case 'value_count':
      return distinct('value', span, comparisons);
    case 'temporal':
      return distinct('rule', span, comparisons);
    case 'temporal_ordered':
      return inOrder(correlation);
    case 'value_sum':
    case 'value_avg':
      return totals(type, span, comparisons);
    case 'value_min':
    case 'value_max':
      return extremes(type === 'value_min' ? 'MIN' : 'MAX', span, comparisons);
    case 'value_percentile':
    case 'value_median':
      return percentile(correlation.percentile, span, comparisons);
  }
}

/**
 * Distinct things in the window. Occurrences of one thing no more than a timespan apart are a run, during which it is in
 * the window throughout: what is in the window is the runs begun, less those whose last occurrence was left behind.
 */
function distinct(thing: 'value' | 'rule', span: number, comparisons: readonly Comparison[]): string[] {
  const count = `SUM(begun) ${SO_FAR} - COALESCE(SUM(ended) ${leftBehind(span)}, 0) AS distinct_count`;
  const from = `SELECT at_ms, seq, ref, ${eventCount(span)}, ${count} FROM events`;
  return [
    `things AS (SELECT at_ms, ref, MIN(seq) AS seq, ${thing} AS thing FROM own GROUP BY at_ms, ref, ${thing})`,
    `runs AS (
    SELECT at_ms, ref, seq,
      thing IS NOT NULL AND COALESCE(at_ms - LAG(at_ms) OVER same > ${span}, 1) AS begun,
      thing IS NOT NULL AND COALESCE(LEAD(at_ms) OVER same - at_ms > ${span}, 1) AS ended
    FROM things WINDOW same AS (PARTITION BY thing ORDER BY at_ms, ref)
  )`,
    'events AS (SELECT at_ms, ref, MIN(seq) AS seq, SUM(begun) AS begun, SUM(ended) AS ended FROM runs GROUP BY at_ms, ref)',
    `judged AS (${judgedBy('distinct_count', comparisons, from)})`,
  ];
}

/** Rounded, so that what floating point adds or loses on the way cannot decide. */
function totals(type: 'value_sum' | 'value_avg', span: number, comparisons: readonly Comparison[]): string[] {
  const total = type === 'value_sum' ? 'total' : 'total / numbers';
  const metric = `CASE WHEN numbers > 0 THEN ROUND(${total}, 6) END AS metric`;
  return [
    NUMBERS,
    `running AS (
    SELECT at_ms, seq, ref, ${eventCount(span)},
      ${inWindow('TOTAL(value)', span)} AS total,
      ${inWindow('COUNT(value)', span)} AS numbers
    FROM events
  )`,
    `judged AS (${judgedBy('metric', comparisons, `SELECT at_ms, seq, ref, window_count, ${metric} FROM running`)})`,
  ];
}

function extremes(which: 'MIN' | 'MAX', span: number, comparisons: readonly Comparison[]): string[] {
  const from = `SELECT at_ms, seq, ref, ${eventCount(span)}, ${extreme(which, 'value', span)} AS metric FROM events`;
  return [NUMBERS, `judged AS (${judgedBy('metric', comparisons, from)})`];
}
