import { printable, truncate } from '../../lib/text.ts';
import type { Detection, DetectionItem, Selection } from '../detection.ts';
import { compileField, type SigmaRecord } from '../match/fields.ts';
import { compileDetection } from '../match/predicates.ts';
import type { Condition } from '../read/condition.ts';
import { explainItem } from './detection.ts';

const MAX_VALUE_CHARACTERS = 80;

/**
 * Why a record does not match a detection: one sentence per test that stands in the way, with what the record has
 * instead. Empty when it matches.
 */
export function explainMismatch(detection: Detection, record: SigmaRecord): string[] {
  return [...new Set(ofCondition(detection.condition, detection, record))];
}

function ofCondition(condition: Condition, detection: Detection, record: SigmaRecord): string[] {
  if (holds({ ...detection, condition }, record)) return [];
  if (condition.kind === 'not') return [`${whatMatches(condition.of)}, and must not`];
  if (condition.kind !== 'selection') return condition.of.flatMap((part) => ofCondition(part, detection, record));
  const selection = detection.selections.get(condition.name);
  const name = printable(condition.name);
  return selection ? ofSelection(selection, record).map((reason) => `${name}: ${reason}`) : [];
}

function whatMatches(condition: Condition): string {
  return condition.kind === 'selection' ? `${printable(condition.name)} matches` : 'what stands behind `not` matches';
}

/** Of tests that must all hold those that do not; of alternatives all, because none does. */
function ofSelection(selection: Selection, record: SigmaRecord): string[] {
  if (selection.kind !== 'item') return selection.of.flatMap((part) => ofSelection(part, record));
  const isMet = holds(
    { selections: new Map([['item', selection]]), condition: { kind: 'selection', name: 'item' } },
    record,
  );
  return isMet ? [] : [`${wanted(selection.item)}; the record has ${found(selection.item, record)}`];
}

function holds(detection: Detection, record: SigmaRecord): boolean {
  return compileDetection(detection).matches(record);
}

function wanted(item: DetectionItem): string {
  return explainItem(item)
    .map((line) => line.trim())
    .join(' ');
}

function found({ field, tests }: DetectionItem, record: SigmaRecord): string {
  if (field === null) return 'none of it';
  const others = tests.flatMap((test) =>
    test.kind === 'field' ? [`${test.field}: ${shown(test.field, record)}`] : [],
  );
  return [shown(field, record), ...others].join(', ');
}

function shown(field: string, record: SigmaRecord): string {
  const value = compileField(field)(record);
  if (value === undefined) return 'no such field';
  return printable(truncate(JSON.stringify(value) ?? 'no such field', MAX_VALUE_CHARACTERS));
}
