import type { Detection, DetectionItem, Selection, ValueTest } from '../detection.ts';
import type { Condition } from '../read/condition.ts';
import type { CompareOperator } from '../read/modifiers.ts';
import { compileFieldReference } from './field-reference.ts';
import { compileField, compileFieldTest, MAX_RECORD_DEPTH, numberOf, type SigmaRecord, textOf } from './fields.ts';
import { fold } from './fold.ts';
import { type TimePart, timePartOf } from './time-part.ts';
import { compileAnyPattern, compilePattern, literalOf, type Pattern, type TextTest } from './wildcard.ts';

export type Predicate = (record: SigmaRecord) => boolean;
/** Decides about one value of a field; undefined when the field is missing. Arrays are taken apart before. */
type ValuePredicate = (value: unknown) => boolean;

export function compileDetection(detection: Detection): {
  readonly matches: Predicate;
  readonly selections: ReadonlyMap<string, Predicate>;
} {
  const selections = new Map([...detection.selections].map(([name, selection]) => [name, compileSelection(selection)]));
  return { matches: compileCondition(detection.condition, selections), selections };
}

function compileCondition(condition: Condition, selections: ReadonlyMap<string, Predicate>): Predicate {
  if (condition.kind === 'selection') {
    const selection = selections.get(condition.name);
    if (!selection) throw new Error(`the condition names ${condition.name}, which the parser should have refused`);
    return selection;
  }
  if (condition.kind === 'not') {
    const inner = compileCondition(condition.of, selections);
    return (record) => !inner(record);
  }
  const of = condition.of.map((part) => compileCondition(part, selections));
  return condition.kind === 'and' ? every(of) : some(of);
}

function compileSelection(selection: Selection): Predicate {
  if (selection.kind === 'item') return compileItem(selection.item);
  const of = selection.of.map(compileSelection);
  return selection.kind === 'and' ? every(of) : some(of);
}

function every(of: readonly Predicate[]): Predicate {
  const [first, second] = of;
  if (first && of.length === 1) return first;
  if (first && second && of.length === 2) return (record) => first(record) && second(record);
  return (record) => {
    for (const predicate of of) if (!predicate(record)) return false;
    return true;
  };
}

function some(of: readonly Predicate[]): Predicate {
  const [first, second] = of;
  if (first && of.length === 1) return first;
  if (first && second && of.length === 2) return (record) => first(record) || second(record);
  return (record) => {
    for (const predicate of of) if (predicate(record)) return true;
    return false;
  };
}

function compileItem(item: DetectionItem): Predicate {
  // Where one value is enough, all are tried on a way through the record: the way is often what costs most.
  const isTogether = (test: ValueTest): boolean => !item.isAll && isAboutValue(test);
  const together = item.tests.filter(isTogether);
  const tests = item.tests.filter((test) => !isTogether(test)).map((test) => compileTest(item.field, test));
  if (together.length > 0) tests.push(compileValueTest(item.field, compileAnyValue(together)));
  const matches = item.isAll ? every(tests) : some(tests);
  return item.isNegated ? (record) => !matches(record) : matches;
}

function compileTest(field: string | null, test: ValueTest): Predicate {
  if (field === null || isAboutValue(test)) return compileValueTest(field, compileValue(test));
  if (test.kind === 'any') return some(test.of.map((one) => compileTest(field, one)));
  if (test.kind === 'exists') {
    const read = compileField(field);
    return (record) => (read(record) !== undefined) === test.value;
  }
  if (test.kind === 'field') return compileFieldReference(field, test.field, test.position, test.isCased);
  throw new Error(`a test of the kind ${test.kind} is about a value, not about a field`);
}

function compileValueTest(field: string | null, value: ValuePredicate): Predicate {
  return field === null ? (record) => anyTextWithin(record, value, 0) : compileFieldTest(field, value);
}

/** Whether a test can be made of each value of a field by itself. */
function isAboutValue(test: ValueTest): boolean {
  return test.kind === 'any' ? test.of.every(isAboutValue) : test.kind !== 'exists' && test.kind !== 'field';
}

function compileAnyValue(tests: readonly ValueTest[]): ValuePredicate {
  const patterns: Pattern[] = [];
  const of: ValuePredicate[] = [];
  for (const test of tests) {
    if (test.kind === 'text' && !test.isCased) patterns.push(test.pattern);
    else of.push(compileValue(test));
  }
  if (patterns.length > 0) of.push(onText(compileAnyPattern(patterns)));
  const [first] = of;
  if (first && of.length === 1) return first;
  return (value) => {
    for (const one of of) if (one(value)) return true;
    return false;
  };
}

/** A keyword is looked for in every text and number of a record, however deep; never in the names of fields. */
function anyTextWithin(value: unknown, predicate: ValuePredicate, depth: number): boolean {
  if (typeof value === 'string' || typeof value === 'number') return predicate(value);
  if (typeof value !== 'object' || value === null || depth > MAX_RECORD_DEPTH) return false;
  if (Array.isArray(value)) {
    for (const element of value) if (anyTextWithin(element, predicate, depth + 1)) return true;
    return false;
  }
  for (const key in value) {
    const inner = (value as SigmaRecord)[key];
    // Most are texts: they are spared the call.
    if (typeof inner === 'string' ? predicate(inner) : anyTextWithin(inner, predicate, depth + 1)) return true;
  }
  return false;
}

function compileValue(test: ValueTest): ValuePredicate {
  switch (test.kind) {
    case 'text':
      return onText(compilePattern(test.pattern, test.isCased));
    case 'number': {
      const text = String(test.value);
      return (value) => value === test.value || value === text;
    }
    case 'boolean': {
      const isText = compilePattern([String(test.value)], false);
      return (value) => value === test.value || (typeof value === 'string' && isText(value));
    }
    case 'null':
      return (value) => value === null || value === undefined;
    case 'compare':
      return compileComparison(test.operator, test.value, test.timePart);
    case 'timePart':
      return (value) => timePartOf(test.part, value) === test.value;
    case 'any':
      return compileAnyValue(test.of);
    case 'regex':
    case 'cidr':
      return onText(test.test);
    case 'exists':
    case 'field':
      throw new Error(`a test of the kind ${test.kind} is about a field, not about a value`);
  }
}

function onText(test: TextTest): ValuePredicate {
  return (value) => {
    if (typeof value === 'string') return test(value);
    const text = textOf(value);
    return text !== null && test(text);
  };
}

function compileComparison(operator: CompareOperator, limit: number, part: TimePart | undefined): ValuePredicate {
  const readNumber = part === undefined ? numberOf : (value: unknown): number => timePartOf(part, value);
  switch (operator) {
    case 'lt':
      return (value) => readNumber(value) < limit;
    case 'lte':
      return (value) => readNumber(value) <= limit;
    case 'gt':
      return (value) => readNumber(value) > limit;
    case 'gte':
      return (value) => readNumber(value) >= limit;
  }
}

/** The exact texts one value test stands for, folded, if it is a plain comparison; null for every other test. */
export function equalityKeyOf(test: ValueTest): string | null {
  if (test.kind === 'number' || test.kind === 'boolean') return String(test.value);
  if (test.kind !== 'text') return null;
  const literal = literalOf(test.pattern);
  return literal === null ? null : fold(literal);
}
