import type { CompiledCorrelation, CompiledRule, SigmaRule } from '../sigma/index.ts';

/** One comparison with a number, as in force: after the configuration replaced the number. */
export type Limit = { readonly operator: string; readonly value: number };

/** The number a rule compares with, for showing: a correlation's condition, or the comparison of the field `octowatch.threshold` names. */
export function limitOf(one: CompiledRule | CompiledCorrelation, field: string | null): number | null {
  if (!('condition' in one) && field === null) return null;
  return limitsOf(one, field)[0]?.value ?? null;
}

/**
 * What a correlation's condition, or the comparisons of a field in a rule, compare with; without a field those of all
 * fields. An expression over rules has none.
 */
export function limitsOf(one: CompiledRule | CompiledCorrelation, field: string | null): readonly Limit[] {
  if ('condition' in one) return one.condition.kind === 'observed' ? one.condition.comparisons : [];
  return [...one.document.detection.selections.values()].flatMap((selection) => comparisonsIn(selection, field));
}

type Selection = SigmaRule['detection']['selections'] extends ReadonlyMap<string, infer S> ? S : never;

function comparisonsIn(selection: Selection, field: string | null): Limit[] {
  if (selection.kind !== 'item') return selection.of.flatMap((part) => comparisonsIn(part, field));
  if (field !== null && selection.item.field !== field) return [];
  return selection.item.tests.flatMap((test) =>
    test.kind === 'compare' ? [{ operator: test.operator, value: test.value }] : [],
  );
}
