import type { CompiledCorrelation } from './compiled.ts';

/**
 * The relation that correlations run over: one row is one event that matched one rule of one correlation. The caller
 * keeps it under any name, with these columns, and an index that begins with `CORRELATION_INDEX`.
 */
export const CORRELATION_COLUMNS = {
  scope: 'TEXT: what never correlates with one another, such as the instance the event came from',
  correlation: 'TEXT: the `key` of the correlation',
  group_key: 'TEXT: the group, as `groupKeyOf` writes it',
  at_ms: 'INTEGER: when it happened, in milliseconds of the epoch',
  seq: 'INTEGER: a number of the event that its owner finds it by; not compared',
  rule: 'TEXT: the `key` of the rule that matched',
  ref: 'TEXT: what identifies the event; rows of one event and instant count once; decides between events of one instant',
  value: 'any: kept for correlations over values; event_count does not read it',
} as const;
export const CORRELATION_INDEX = ['scope', 'correlation', 'group_key', 'at_ms', 'seq'] as const;

/** One row of the answer: an event of the group, and what the correlation says at it. */
export type CorrelationRow = {
  readonly at_ms: number;
  readonly seq: number;
  readonly ref: string;
  /** Events within the timespan that ends with this one. */
  readonly window_count: number;
  /** 1 while the condition holds. */
  readonly holds: 0 | 1;
  /** 1 where it begins to hold: a hit. */
  readonly starts: 0 | 1;
};

const SQL_OPERATORS = { gt: '>', gte: '>=', lt: '<', lte: '<=', eq: '=', neq: '<>' } as const;

/**
 * SQL text (SQLite 3.40) that evaluates a correlation over one group: parameters `@scope`, `@correlation`,
 * `@group_key`, `@from_ms`; one `CorrelationRow` per event at or after `@from_ms`, in order of time, then of `ref`: the
 * order of arrival changes nothing.
 * Earlier events are read as far back as the answer depends on them: those within the timespan of the first event
 * asked for, and of the one before it, which tells whether a burst was already going on.
 */
export function correlationSql(correlation: CompiledCorrelation, tableName: string): string {
  if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(tableName))
    throw new Error('a table name holds letters, digits and underscores only');
  const span = correlation.timespanMs;
  const holds = correlation.conditions
    .map(({ operator, value }) => `window_count ${SQL_OPERATORS[operator]} ${value}`)
    .join(' AND ');
  // The count is a difference of two running ones because a RANGE frame would count later events of the same instant
  // as well: a fourth event would then see six, and `eq: 5` would never hold.
  return `WITH
  own AS (
    SELECT at_ms, MIN(seq) AS seq, ref FROM "${tableName}"
    WHERE scope = @scope AND correlation = @correlation AND group_key = @group_key
      AND at_ms >= COALESCE(
        (SELECT MAX(at_ms) FROM "${tableName}"
         WHERE scope = @scope AND correlation = @correlation AND group_key = @group_key AND at_ms < @from_ms),
        @from_ms) - ${span}
    GROUP BY at_ms, ref
  ),
  counted AS (
    SELECT at_ms, seq, ref,
      ROW_NUMBER() OVER (ORDER BY at_ms, ref)
        - COUNT(*) OVER (ORDER BY at_ms RANGE BETWEEN UNBOUNDED PRECEDING AND ${span + 1} PRECEDING) AS window_count
    FROM own
  ),
  judged AS (
    SELECT at_ms, seq, ref, window_count, (${holds}) AS holds FROM counted
  ),
  compared AS (
    SELECT at_ms, seq, ref, window_count, holds, LAG(holds, 1, 0) OVER (ORDER BY at_ms, ref) AS held FROM judged
  )
SELECT at_ms, seq, ref, window_count, holds, (holds AND NOT held) AS starts
FROM compared WHERE at_ms >= @from_ms ORDER BY at_ms, ref`;
}
