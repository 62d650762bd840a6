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

/**
 * SQL text (SQLite 3.40) that evaluates a correlation over one group: parameters `@scope`, `@correlation`,
 * `@group_key`, `@from_ms`; one `CorrelationRow` per event at or after `@from_ms`, in order of time, then of `ref`: the
 * order of arrival changes nothing. Its time grows with the events read as sorting does, however many share a window.
 * Earlier events are read as far back as the answer depends on them: those within the timespan of the first event
 * asked for, and of the one before it, which tells whether a burst was already going on.
 */
export function correlationSql(correlation: CompiledCorrelation, tableName: string): string {
  if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(tableName))
    throw new Error('a table name holds letters, digits and underscores only');
  const group = 'scope = @scope AND correlation = @correlation AND group_key = @group_key';
  return `WITH
  own AS (
    SELECT at_ms, seq, ref, rule, value FROM "${tableName}"
    WHERE ${group}
      AND at_ms >= COALESCE(
        (SELECT MAX(at_ms) FROM "${tableName}" WHERE ${group} AND at_ms < @from_ms),
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
