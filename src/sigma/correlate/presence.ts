import type { CompiledCorrelation } from '../compiled.ts';
import type { Condition } from '../read/condition.ts';
import { eventCount, SO_FAR } from './window.ts';

/** An expression over the rules that have an event in the window. */
export function presence(correlation: CompiledCorrelation, expression: Condition): string[] {
  const { rules, timespanMs: span } = correlation;
  const latest = rules.map((_, index) => `MAX(CASE WHEN is_${index} THEN at_ms END) ${SO_FAR} AS latest_${index}`);
  const isPresent = (key: string): string => {
    const index = rules.findIndex((rule) => rule.key === key);
    return `COALESCE(latest_${index} >= at_ms - ${span}, 0)`;
  };
  return [
    eventsWithRules(correlation),
    `seen AS (SELECT at_ms, seq, ref, ${eventCount(span)}, ${latest.join(', ')} FROM events)`,
    judged(toSql(expression, isPresent), 'seen'),
  ];
}

function toSql(expression: Condition, isPresent: (key: string) => string): string {
  if (expression.kind === 'selection') return isPresent(expression.name);
  if (expression.kind === 'not') return `(NOT ${toSql(expression.of, isPresent)})`;
  const word = expression.kind === 'and' ? ' AND ' : ' OR ';
  return `(${expression.of.map((part) => toSql(part, isPresent)).join(word)})`;
}

/**
 * All rules in order. For each rule `from_k` is the latest start of events of the rules up to the k-th, each no earlier
 * than the one before it: the order is complete within the window when the last one's start is. Events of one instant
 * may stand in either order, so a rule that an event of the instant matched continues what this instant holds so far.
 */
export function inOrder(correlation: CompiledCorrelation): string[] {
  const { rules, timespanMs: span } = correlation;
  const ofInstant = rules.map(
    (_, index) => `MAX(is_${index}) OVER (PARTITION BY at_ms ORDER BY ref ROWS UNBOUNDED PRECEDING) AS now_${index}`,
  );
  const steps = rules.map((_, index) => {
    const start = index === 0 ? 'at_ms' : `from_${index - 1}`;
    const source = index === 0 ? 'instants' : `step_${index - 1}`;
    const from = `MAX(CASE WHEN now_${index} THEN ${start} END) ${SO_FAR} AS from_${index}`;
    return `step_${index} AS (SELECT *, ${from} FROM ${source})`;
  });
  const last = rules.length - 1;
  return [
    eventsWithRules(correlation),
    `instants AS (SELECT at_ms, seq, ref, ${eventCount(span)}, ${ofInstant.join(', ')} FROM events)`,
    ...steps,
    judged(`COALESCE(from_${last} >= at_ms - ${span}, 0)`, `step_${last}`),
  ];
}

/** One row per event, with a column per rule that says whether it matched. */
function eventsWithRules({ rules }: CompiledCorrelation): string {
  const columns = rules.map(({ key }, index) => `MAX(rule = '${key.replaceAll("'", "''")}') AS is_${index}`);
  return `events AS (SELECT at_ms, MIN(seq) AS seq, ref, ${columns.join(', ')} FROM own GROUP BY at_ms, ref)`;
}

function judged(holds: string, source: string): string {
  return `judged AS (SELECT at_ms, seq, ref, window_count, NULL AS observed, ${holds} AS holds FROM ${source})`;
}
