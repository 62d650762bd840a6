import type { Detection, DetectionItem, Selection, ValueTest } from '../detection.ts';
import type { Condition } from '../read/condition.ts';
import type { SigmaRecord } from './fields.ts';
import { compileDetection, equalityKeyOf, type Predicate } from './predicates.ts';

/** What can be said of a record before there is one. */
export type Foreknowledge = {
  /** Fields of which the value will be given, and nothing else of the record. */
  readonly given: ReadonlySet<string>;
  /** Fields of which only is known which values they can hold: told a plain value, folded, whether it is one of them. */
  readonly among: ReadonlyMap<string, (value: string) => boolean>;
};

/** True, false, or null where it depends on what is not known. */
type Verdict = boolean | null;
type Judge = (record: SigmaRecord) => Verdict;

/** A value of a field that a detection asks for. */
export type NamedValue = {
  readonly field: string;
  /** The value as the file has it, with `*` and `?` where it has wildcards. */
  readonly text: string;
  /** The value folded, where it is a plain one. */
  readonly plain: string | null;
  /** Whether a record has it. */
  readonly holds: Predicate;
};

/**
 * Makes the question whether some record with the given fields could match the detection, whatever else it holds. It may
 * say yes where no such record exists; it never says no where one does.
 */
export function compilePossibility(detection: Detection, known: Foreknowledge): (record: SigmaRecord) => boolean {
  const selections = new Map([...detection.selections].map(([name, one]) => [name, judgeOfSelection(one, known)]));
  const judge = judgeOfCondition(detection.condition, selections);
  return (record) => judge(record) !== false;
}

/** The values of some fields that a match can rest on: those the condition asks for, none that it only excludes. */
export function namedValues(detection: Detection, fields: ReadonlySet<string>): NamedValue[] {
  const asked = new Set<Selection>();
  collectAsked(detection.condition, detection.selections, asked);
  return [...asked].flatMap(itemsOf).flatMap((item) => {
    const { field } = item;
    if (field === null || item.isNegated || !fields.has(field)) return [];
    return item.tests.filter(isText).map((test) => ({
      field,
      text: test.pattern.map((part) => (typeof part === 'string' ? part : (part.description ?? ''))).join(''),
      plain: equalityKeyOf(test),
      holds: predicateOf({ ...item, tests: [test] }),
    }));
  });
}

function collectAsked(condition: Condition, selections: Detection['selections'], asked: Set<Selection>): void {
  if (condition.kind === 'not') return;
  if (condition.kind === 'selection') {
    const selection = selections.get(condition.name);
    if (selection) asked.add(selection);
    return;
  }
  for (const part of condition.of) collectAsked(part, selections, asked);
}

function judgeOfCondition(condition: Condition, selections: ReadonlyMap<string, Judge>): Judge {
  if (condition.kind === 'selection') return selections.get(condition.name) ?? unknown;
  if (condition.kind === 'not') return negated(judgeOfCondition(condition.of, selections));
  const of = condition.of.map((part) => judgeOfCondition(part, selections));
  return condition.kind === 'and' ? allOf(of) : anyOf(of);
}

function judgeOfSelection(selection: Selection, known: Foreknowledge): Judge {
  if (selection.kind === 'item') return judgeOfItem(selection.item, known);
  const of = selection.of.map((part) => judgeOfSelection(part, known));
  return selection.kind === 'and' ? allOf(of) : anyOf(of);
}

function judgeOfItem(item: DetectionItem, { given, among }: Foreknowledge): Judge {
  if (item.field === null || item.tests.some(isAboutOtherField)) return unknown;
  if (given.has(item.field)) return predicateOf(item);
  const isAmong = among.get(item.field);
  if (!isAmong) return unknown;
  const canHold = (test: ValueTest) => {
    const plain = equalityKeyOf(test);
    return plain === null || isAmong(plain);
  };
  const isPossible = item.isAll ? item.tests.every(canHold) : item.tests.some(canHold);
  return isPossible ? unknown : () => item.isNegated;
}

function predicateOf(item: DetectionItem): Predicate {
  const selections = new Map([['item', { kind: 'item', item } as const]]);
  return compileDetection({ selections, condition: { kind: 'selection', name: 'item' } }).matches;
}

function isAboutOtherField(test: ValueTest): boolean {
  return test.kind === 'field' || (test.kind === 'any' && test.of.some(isAboutOtherField));
}

function isText(test: ValueTest): test is Extract<ValueTest, { kind: 'text' }> {
  return test.kind === 'text';
}

function itemsOf(selection: Selection): DetectionItem[] {
  return selection.kind === 'item' ? [selection.item] : selection.of.flatMap(itemsOf);
}

function unknown(): Verdict {
  return null;
}

function negated(judge: Judge): Judge {
  return (record) => {
    const verdict = judge(record);
    return verdict === null ? null : !verdict;
  };
}

function allOf(judges: readonly Judge[]): Judge {
  return (record) => {
    const verdicts = judges.map((judge) => judge(record));
    return verdicts.includes(false) ? false : verdicts.includes(null) ? null : true;
  };
}

function anyOf(judges: readonly Judge[]): Judge {
  return (record) => {
    const verdicts = judges.map((judge) => judge(record));
    return verdicts.includes(true) ? true : verdicts.includes(null) ? null : false;
  };
}
