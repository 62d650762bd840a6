import type { Comparison } from '../document.ts';
import { eventCount, extreme, inWindow, NUMBERS, SQL_OPERATORS } from './window.ts';

/**
 * Whether a percentile (with linear interpolation between the two numbers next to its rank) meets its comparisons,
 * without sorting each window. It reaches a limit when both numbers do and misses it when neither does; where the limit
 * lies between them, they are the greatest number below it and the least above it.
 */
export function percentile(percent: number, span: number, comparisons: readonly Comparison[]): string[] {
  const limits = [...new Set(comparisons.map((comparison) => comparison.value))];
  const columns = limits.flatMap((limit, index) => [
    ...columnsAround('lt', limit, index, span),
    ...columnsAround('lte', limit, index, span),
  ]);
  const holds = comparisons.map(({ operator, value }) => `(${comparison(operator, value, limits.indexOf(value))})`);
  const rank = `(numbers - 1) * ${percent} / 100.0`;
  return [
    NUMBERS,
    `counted AS (
    SELECT at_ms, seq, ref, ${eventCount(span)},
      ${inWindow('COUNT(value)', span)} AS numbers,
      ${columns.join(',\n      ')}
    FROM events
  )`,
    `ranked AS (SELECT *, ${rank} AS rank, CAST(${rank} AS INTEGER) AS whole FROM counted)`,
    `judged AS (
    SELECT at_ms, seq, ref, window_count, NULL AS observed,
      numbers > 0 AND ${holds.join(' AND ')} AS holds
    FROM ranked
  )`,
  ];
}

/** How many numbers of the window are below the limit (`lte`: or at it), the greatest of them, and the least of the others. */
function columnsAround(operator: 'lt' | 'lte', limit: number, index: number, span: number): string[] {
  const when = `CASE WHEN value ${SQL_OPERATORS[operator]} ${limit}`;
  const name = `${operator}_${index}`;
  return [
    `${inWindow(`COUNT(${when} THEN 1 END)`, span)} AS count_${name}`,
    `${extreme('MAX', `${when} THEN value END`, span)} AS below_${name}`,
    `${extreme('MIN', `${when} THEN NULL ELSE value END`, span)} AS above_${name}`,
  ];
}

function comparison(operator: Comparison['operator'], limit: number, index: number): string {
  const atLeast = reaches('lt', limit, index);
  const beyond = reaches('lte', limit, index);
  switch (operator) {
    case 'gte':
      return atLeast;
    case 'gt':
      return beyond;
    case 'lt':
      return `NOT ${atLeast}`;
    case 'lte':
      return `NOT ${beyond}`;
    case 'eq':
      return `${atLeast} AND NOT ${beyond}`;
    case 'neq':
      return `NOT ${atLeast} OR ${beyond}`;
  }
}

/** Whether the percentile is at least the limit (counting what is below it), or greater (counting what is at most it). */
function reaches(counted: 'lt' | 'lte', limit: number, index: number): string {
  const name = `${counted}_${index}`;
  const between = `below_${name} + (rank - whole) * (above_${name} - below_${name})`;
  return `CASE WHEN count_${name} <= whole THEN 1 WHEN count_${name} > whole + 1 THEN 0
      ELSE COALESCE(${between} ${counted === 'lt' ? '>=' : '>'} ${limit}, 0) END`;
}
