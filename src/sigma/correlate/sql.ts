import type { CompiledCorrelation } from '../compiled.ts';
import { judgement } from './judgement.ts';

/**
 * The relation that correlations run over: one row is one event that matched one rule of one correlation, or one hit of
 * a correlation that another one is about. The caller keeps it under any name, with these columns, and an index that
 * begins with `CORRELATION_INDEX`.
 */
export const CORRELATION_COLUMNS = {
  scope: 'TEXT: what never correlates with one another, such as the instance the event came from',
  correlation: 'TEXT: the `key` of the correlation',
  group_key: 'TEXT: the group, as `correlationInput` gives it',
  at_ms: 'INTEGER: when it happened, in milliseconds of the epoch',
  seq: 'INTEGER: a number of the event that its owner finds it by; not compared',
  rule: 'TEXT: the `key` of the rule that matched, or of the correlation that hit',
  ref: 'TEXT: what identifies the event; rows of one event and instant count once; decides between events of one instant',
  value: 'any: text, number or null, as `correlationInput` gives it',
} as const;
export const CORRELATION_INDEX = ['scope', 'correlation', 'group_key', 'at_ms', 'seq'] as const;

/** One row of the answer: an event of the group, and what the correlation says at it. */
export type CorrelationRow = {
  readonly at_ms: number;
  readonly seq: number;
  readonly ref: string;
  /** Events within the timespan that ends with this one. */
  readonly window_count: number;
  /** What the condition compares: a count, a sum and the like; null for percentiles and expressions, or without a value. */
  readonly observed: number | null;
  /** 1 while the condition holds. */
  readonly holds: 0 | 1;
  /** 1 where it begins to hold: a hit. */
  readonly starts: 0 | 1;
};

const GROUP = 'scope = @scope AND correlation = @correlation AND group_key = @group_key';

/**
 * SQL text (SQLite 3.40) that evaluates a correlation over one group: parameters `@scope`, `@correlation`,
 * `@group_key`, `@from_ms`; one `CorrelationRow` per event at or after `@from_ms`, in order of time, then of `ref`: the
 * order of arrival changes nothing. Its time grows with the events read as sorting does, however many share a window.
 * Earlier events are read as far back as the answer depends on them: those within the timespan of the first event
 * asked for, and of the one before it, which tells whether a burst was already going on.
 */
export function correlationSql(correlation: CompiledCorrelation, tableName: string): string {
  const table = quoted(tableName);
  return `WITH
  own AS (
    SELECT at_ms, seq, ref, rule, value FROM ${table}
    WHERE ${GROUP}
      AND at_ms >= COALESCE(
        (SELECT MAX(at_ms) FROM ${table} WHERE ${GROUP} AND at_ms < @from_ms),
        @from_ms) - ${correlation.timespanMs}
  ),
  ${judgement(correlation).join(',\n  ')},
  compared AS (
    SELECT at_ms, seq, ref, window_count, observed, holds,
      LAG(holds, 1, 0) OVER (ORDER BY at_ms, ref) AS held
    FROM judged
  )
SELECT at_ms, seq, ref, window_count, observed, holds, (holds AND NOT held) AS starts
FROM compared WHERE at_ms >= @from_ms ORDER BY at_ms, ref`;
}

/**
 * SQL text that asks, with the parameters of `correlationSql`, whether the group has as many events, or events of as many
 * rules, as the condition needs to hold anywhere at or after `@from_ms`: one row of 0 or 1. Most groups have not, and it
 * costs far less than `correlationSql`. Null where numbers cannot rule it out.
 */
export function enoughSql(correlation: CompiledCorrelation, tableName: string): string | null {
  const least = leastNeeded(correlation);
  if (least <= 1) return null;
  const within = `FROM ${quoted(tableName)} WHERE ${GROUP} AND at_ms >= @from_ms - ${correlation.timespanMs}`;
  if (correlation.type === 'event_count' || correlation.type === 'value_count')
    return `SELECT count(*) >= ${least} FROM (SELECT 1 ${within} LIMIT ${least})`;
  return `SELECT count(DISTINCT rule) >= ${least} ${within}`;
}

/** So many events (of counts) or rules (of what is temporal) a window holds wherever the condition does; 0 for none. */
function leastNeeded({ type, rules, condition }: CompiledCorrelation): number {
  if (type === 'temporal_ordered') return new Set(rules.map(({ key }) => key)).size;
  if (condition.kind === 'present' || (type !== 'event_count' && type !== 'value_count' && type !== 'temporal'))
    return 0;
  return Math.max(
    ...condition.comparisons.map(({ operator, value }) => {
      if (operator === 'gt') return Math.floor(value) + 1;
      return operator === 'gte' || operator === 'eq' ? Math.ceil(value) : 0;
    }),
  );
}

function quoted(tableName: string): string {
  if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(tableName))
    throw new Error('a table name holds letters, digits and underscores only');
  return `"${tableName}"`;
}
