import type { Detection, DetectionItem, Selection } from '../detection.ts';
import type { Condition } from '../read/condition.ts';
import { equalityKeyOf } from './predicates.ts';

/** Field to the keys (see `equalityKeyOf`) of which a record must have one there for the rule to match at all. */
export type RequiredEqualities = ReadonlyMap<string, ReadonlySet<string>>;

const NONE: RequiredEqualities = new Map();

/**
 * What every record that matches a detection must have: plain values of a field that no way through the condition can
 * do without. It may miss some, it never claims one that is not needed.
 */
export function requiredEqualities(detection: Detection): RequiredEqualities {
  return ofCondition(detection.condition, detection.selections);
}

/** Every field a detection looks at, in the order of the file. */
export function fieldsOf(detection: Detection): string[] {
  const fields = new Set<string>();
  for (const item of [...detection.selections.values()].flatMap(itemsOf)) {
    if (item.field !== null) fields.add(item.field);
    for (const test of item.tests) if (test.kind === 'field') fields.add(test.field);
  }
  return [...fields];
}

function itemsOf(selection: Selection): DetectionItem[] {
  return selection.kind === 'item' ? [selection.item] : selection.of.flatMap(itemsOf);
}

function ofCondition(condition: Condition, selections: Detection['selections']): RequiredEqualities {
  if (condition.kind === 'not') return NONE;
  if (condition.kind === 'selection') {
    const selection = selections.get(condition.name);
    return selection ? ofSelection(selection) : NONE;
  }
  const parts = condition.of.map((part) => ofCondition(part, selections));
  return condition.kind === 'and' ? allOf(parts) : anyOf(parts);
}

function ofSelection(selection: Selection): RequiredEqualities {
  if (selection.kind === 'item') return ofItem(selection.item);
  const parts = selection.of.map(ofSelection);
  return selection.kind === 'and' ? allOf(parts) : anyOf(parts);
}

function ofItem(item: DetectionItem): RequiredEqualities {
  if (item.field === null || item.isNegated) return NONE;
  const keys = item.tests.map(equalityKeyOf);
  const plain = keys.filter((key) => key !== null);
  if (plain.length === 0 || (plain.length < keys.length && !item.isAll)) return NONE;
  return new Map([[item.field, new Set(item.isAll ? plain.slice(0, 1) : plain)]]);
}

/** Both must hold; where both speak of one field, the shorter list says more. */
function allOf(parts: readonly RequiredEqualities[]): RequiredEqualities {
  const result = new Map<string, ReadonlySet<string>>();
  for (const part of parts) {
    for (const [field, keys] of part) {
      const known = result.get(field);
      if (!known || keys.size < known.size) result.set(field, keys);
    }
  }
  return result;
}

/** One is enough: only fields that each of them asks for, with the values of all. */
function anyOf(parts: readonly RequiredEqualities[]): RequiredEqualities {
  const [first = NONE, ...rest] = parts;
  const result = new Map<string, ReadonlySet<string>>();
  for (const [field, keys] of first) {
    if (!rest.every((part) => part.has(field))) continue;
    result.set(field, new Set([...keys, ...rest.flatMap((part) => [...(part.get(field) ?? [])])]));
  }
  return result;
}
