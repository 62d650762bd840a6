import { type CompiledCorrelation, type CompiledRule, compileRules } from '../sigma/index.ts';
import { type Limit, limitsOf } from './rule-limit.ts';

/** The number of a rule that decides how much it finds. */
export type RuleLimit = Limit & {
  /** Whether greater numbers find less, or smaller ones; null where neither is so (`eq`, `neq`, several comparisons). */
  readonly stricter: 'up' | 'down' | null;
  /** Whether `rules.NAME.threshold` in the configuration can replace it. */
  readonly isSettable: boolean;
};

/**
 * The number of a correlation's condition, or the one that a rule compares the field of its `octowatch.threshold` with, as
 * in force. Null for what has no such number. Of a correlation with an upper and a lower limit it is the lower one, which
 * is the one the configuration replaces.
 */
export function ruleLimit(one: CompiledRule | CompiledCorrelation, field: string | null): RuleLimit | null {
  if (!('condition' in one)) {
    const limits = field === null ? [] : limitsOf(one, field);
    const [only] = limits;
    if (!only) return null;
    return { ...only, stricter: limits.length === 1 ? directionOf(only) : null, isSettable: limits.length === 1 };
  }
  // An order of rules is there or not: no number is compared.
  if (one.type === 'temporal_ordered') return null;
  const limits = limitsOf(one, null);
  const lower = limits.filter((limit) => directionOf(limit) === 'up');
  const upper = limits.filter((limit) => directionOf(limit) === 'down');
  const [only] = lower.length > 0 ? lower : upper.length > 0 ? upper : limits;
  if (!only) return null;
  const isAlone = (lower.length > 0 ? lower : upper).length === 1;
  return { ...only, stricter: isAlone ? directionOf(only) : null, isSettable: lower.length === 1 };
}

function directionOf({ operator }: Limit): 'up' | 'down' | null {
  if (operator === 'gt' || operator === 'gte') return 'up';
  return operator === 'lt' || operator === 'lte' ? 'down' : null;
}

/**
 * The whole numbers beyond a limit, the nearest first, each of which leaves out something of `values` that the one before
 * it lets in; up to the strictest with which one of `values` still meets the comparison.
 */
export function stricterNumbers(values: Iterable<number>, { operator, value, stricter }: RuleLimit): number[] {
  if (stricter === null) return [];
  if (stricter === 'down') {
    const mirrored = { operator: operator === 'lte' ? 'gte' : 'gt', value: -value, stricter: 'up', isSettable: true };
    return stricterNumbers(
      [...values].map((one) => -one),
      mirrored as RuleLimit,
    ).map((one) => 0 - one);
  }
  const known = [...new Set(values)].sort((a, b) => a - b);
  const greatest = known.at(-1);
  if (greatest === undefined) return [];
  const isInclusive = operator === 'gte';
  // The least whole number that a value misses: beyond it for `>=`, at it for `>`.
  const missing = known.map((one) => (isInclusive ? Math.floor(one) + 1 : Math.ceil(one)));
  return [...new Set(missing)].filter((one) => one > value && (isInclusive ? one <= greatest : one < greatest));
}

/** A correlation with another number in the place of a limit of its condition. */
export function correlationWith(correlation: CompiledCorrelation, limit: Limit, value: number): CompiledCorrelation {
  const { condition } = correlation;
  if (condition.kind !== 'observed') return correlation;
  const comparisons = condition.comparisons.map((one) =>
    one.operator === limit.operator && one.value === limit.value ? { ...one, value } : one,
  );
  return { ...correlation, condition: { ...condition, comparisons } };
}

/** Whether a number that a correlation observed meets its condition, with another number in the place of a limit. */
export function observedMeets(correlation: CompiledCorrelation, observed: number | null): boolean {
  const { condition } = correlation;
  if (condition.kind !== 'observed' || observed === null) return false;
  return condition.comparisons.every(({ operator, value }) => MEETS[operator](observed, value));
}

const MEETS = {
  gt: (observed: number, limit: number) => observed > limit,
  gte: (observed: number, limit: number) => observed >= limit,
  lt: (observed: number, limit: number) => observed < limit,
  lte: (observed: number, limit: number) => observed <= limit,
  eq: (observed: number, limit: number) => observed === limit,
  neq: (observed: number, limit: number) => observed !== limit,
} as const;

/** A rule with another number in the one comparison of a field. Throws when it has not exactly one. */
export function ruleWith(rule: CompiledRule, field: string, value: number): CompiledRule {
  const document = { ...rule.document, name: rule.key };
  const { ruleSet, mistakes } = compileRules([document], { thresholds: new Map([[rule.key, { field, value }]]) });
  const [made] = ruleSet.rules;
  if (!made) throw new Error(`the rule ${rule.key} takes no other number: ${mistakes[0]?.message ?? 'unknown'}`);
  return made;
}
