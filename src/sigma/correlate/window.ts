import type { Comparison } from '../document.ts';

/*
 * Windows in SQL. A window is the events no more than the timespan before an event, and of its own instant those up to
 * it. SQLite's frames by value (RANGE) would take in later events of the instant as well (a fourth event would then see
 * six, and `eq: 5` would never hold), and a subquery per event would need the square of the events' number. So what can
 * be subtracted is the difference of two running totals, and what cannot is looked for in earlier instants and in the
 * event's own, one by one.
 */

export const SQL_OPERATORS = { gt: '>', gte: '>=', lt: '<', lte: '<=', eq: '=', neq: '<>' } as const;

/** Frame: every event so far. */
export const SO_FAR = 'OVER (ORDER BY at_ms, ref ROWS UNBOUNDED PRECEDING)';

/** Frame: the events that the window of this one has left behind. */
export function leftBehind(span: number): string {
  return `OVER (ORDER BY at_ms RANGE BETWEEN UNBOUNDED PRECEDING AND ${span + 1} PRECEDING)`;
}

/** A count or total over the window. */
export function inWindow(aggregate: string, span: number): string {
  return `${aggregate} ${SO_FAR} - ${aggregate} ${leftBehind(span)}`;
}

export function eventCount(span: number): string {
  return `${inWindow('COUNT(*)', span)} AS window_count`;
}

/** The least or greatest of an expression over the window. */
export function extreme(which: 'MIN' | 'MAX', expression: string, span: number): string {
  const before = `${which}(${expression}) OVER (ORDER BY at_ms RANGE BETWEEN ${span} PRECEDING AND 1 PRECEDING)`;
  const own = `${which}(${expression}) OVER (PARTITION BY at_ms ORDER BY ref ROWS UNBOUNDED PRECEDING)`;
  return `${which}(COALESCE(${before}, ${own}), COALESCE(${own}, ${before}))`;
}

/** One number per event; where an event matched several rules with several numbers, the greatest. */
export const NUMBERS =
  'events AS (SELECT at_ms, MIN(seq) AS seq, ref, MAX(value) AS value FROM own GROUP BY at_ms, ref)';

/** The rows of `from` with the column `observed` held against the comparisons; nothing observed meets none of them. */
export function judgedBy(observed: string, comparisons: readonly Comparison[], from: string): string {
  const holds = comparisons.map(({ operator, value }) => `${observed} ${SQL_OPERATORS[operator]} ${value}`);
  return `SELECT at_ms, seq, ref, window_count, ${observed} AS observed, COALESCE(${holds.join(' AND ')}, 0) AS holds
    FROM (${from})`;
}
