import type { Detection, DetectionItem, Selection, ValueTest } from '../detection.ts';
import type { CorrelationSection, WindowCondition } from '../document.ts';
import { quoted } from '../mistakes.ts';
import { isCounting } from '../read/correlation-condition.ts';

/** One number that replaces the one written in a rule. `field` null: the only comparison there is, whatever its field. */
export type Threshold = { readonly field: string | null; readonly value: number };

/** The detection with the one lt, lte, gt or gte comparison of the field replaced; a string says why that cannot be. */
export function withThreshold(detection: Detection, { field, value }: Threshold): Detection | string {
  if (!Number.isFinite(value)) return 'the threshold is not a number';
  const comparisons = [...detection.selections.values()]
    .flatMap(itemsOf)
    .filter((item) => field === null || item.field === field)
    .flatMap((item) => item.tests.filter((test) => test.kind === 'compare'));
  const [only] = comparisons;
  if (!only || comparisons.length > 1) {
    const where = field === null ? 'the rule' : `the rule's field ${quoted(field)}`;
    const what = only
      ? `${comparisons.length} comparisons with numbers, not one`
      : 'no comparison (lt, lte, gt, gte) with a number';
    return `a threshold cannot be set: ${where} has ${what}`;
  }
  const replaced: ValueTest = { ...only, value };
  const selections = [...detection.selections].map(
    ([name, selection]) => [name, replaceIn(selection, only, replaced)] as const,
  );
  return { ...detection, selections: new Map(selections) };
}

/** The condition of a correlation with the number of its one gt or gte replaced; a string says why that cannot be. */
export function withLimit({ type, condition }: CorrelationSection, value: number): WindowCondition | string {
  const none = 'a threshold cannot be set: the correlation has no single `gt` or `gte` in its condition';
  if (condition.kind !== 'observed') return none;
  if (!Number.isFinite(value)) return 'the threshold is not a number';
  const lower = condition.comparisons.filter(({ operator }) => operator === 'gt' || operator === 'gte');
  if (lower.length !== 1) return none;
  const [replaced] = lower;
  if (isCounting(type) && !(Number.isSafeInteger(value) && value >= 0)) {
    return `the threshold of a correlation of type ${type} is a whole number`;
  }
  const comparisons = condition.comparisons.map((one) => (one === replaced ? { ...one, value } : one));
  return { kind: 'observed', comparisons };
}

function itemsOf(selection: Selection): DetectionItem[] {
  return selection.kind === 'item' ? [selection.item] : selection.of.flatMap(itemsOf);
}

function replaceIn(selection: Selection, old: ValueTest, replaced: ValueTest): Selection {
  if (selection.kind !== 'item')
    return { ...selection, of: selection.of.map((part) => replaceIn(part, old, replaced)) };
  const tests = selection.item.tests.map((test) => (test === old ? replaced : test));
  return { kind: 'item', item: { ...selection.item, tests } };
}
