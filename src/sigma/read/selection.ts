import type { Selection } from '../detection.ts';
import { type Place, quoted, type Report } from '../mistakes.ts';
import { type ModifierPlan, PLAIN, planModifiers } from './modifiers.ts';
import type { Entry, Tree } from './source-tree.ts';
import { readTest, type ValueReading } from './value-test.ts';

/** Reads one search identifier: a map, a list of maps, or keywords. Null after a mistake; all of them are reported. */
export function readSelection(tree: Tree, reading: ValueReading, report: Report): Selection | null {
  if (tree.kind === 'map') return readMap(tree.entries, tree.place, reading, report);
  if (tree.kind === 'scalar') return readKeywords([tree], reading, report);
  if (tree.items.length === 0) {
    report(tree.place, 'an empty list matches nothing: give it values or leave it out');
    return null;
  }
  if (tree.items.every((item) => item.kind === 'scalar')) return readKeywords(tree.items, reading, report);
  return joined(
    'or',
    tree.items.map((item) => {
      if (item.kind !== 'list') return readSelection(item, reading, report);
      report(item.place, 'a list within a list has no meaning here');
      return null;
    }),
  );
}

function readMap(entries: readonly Entry[], place: Place, reading: ValueReading, report: Report): Selection | null {
  if (entries.length === 0) report(place, 'an empty map matches nothing in particular: give it fields or leave it out');
  return entries.length === 0
    ? null
    : joined(
        'and',
        entries.map((entry) => readItem(entry, reading, report)),
      );
}

function joined(kind: 'and' | 'or', of: readonly (Selection | null)[]): Selection | null {
  const read = of.filter((selection) => selection !== null);
  if (read.length < of.length) return null;
  const [only] = read;
  return read.length === 1 && only ? only : { kind, of: read };
}

function readKeywords(items: readonly Tree[], reading: ValueReading, report: Report): Selection | null {
  const place = items[0]?.place ?? { line: 1, column: 1 };
  return readTests(
    { field: null, plan: { ...PLAIN, position: 'contains' }, place, isList: true },
    items,
    reading,
    report,
  );
}

function readItem({ key, keyPlace, value }: Entry, reading: ValueReading, report: Report): Selection | null {
  const [name = '', ...modifiers] = key.split('|').map((part) => part.trim());
  const plan = planModifiers(modifiers, keyPlace, report);
  if (value.kind === 'map') {
    report(
      value.place,
      `the field ${quoted(name)} takes a value or a list of values, not a map; a nested field is written with dots`,
    );
    return null;
  }
  if (!plan) return null;
  const values = value.kind === 'list' ? value.items : [value];
  if (values.length === 0) {
    report(value.place, 'an empty list matches nothing: give it values or leave it out');
    return null;
  }
  if (plan.isAll && values.length === 1) {
    report(keyPlace, '`all` needs a list of at least two values');
    return null;
  }
  const isList = value.kind === 'list';
  if (name !== '') return readTests({ field: name, plan, place: keyPlace, isList }, values, reading, report);
  const needsField = plan.timePart ?? (plan.how === 'plain' || plan.how === 're' ? null : plan.how);
  if (needsField !== null) {
    report(keyPlace, `\`${needsField}\` needs the name of a field before it`);
    return null;
  }
  // Keywords are found anywhere in a value unless a modifier says where.
  const searched = plan.position === 'equals' ? ({ ...plan, position: 'contains' } as const) : plan;
  return readTests({ field: null, plan: searched, place: keyPlace, isList: true }, values, reading, report);
}

type ItemHead = {
  readonly field: string | null;
  readonly plan: ModifierPlan;
  readonly place: Place;
  readonly isList: boolean;
};

function readTests(
  { field, plan, place, isList }: ItemHead,
  values: readonly Tree[],
  reading: ValueReading,
  report: Report,
): Selection | null {
  const tests = values.map((value) => {
    // Said where it was reached; to make the forms of what follows would take as long as if they were kept.
    if (reading.formsLeft < 0) return null;
    if (value.kind !== 'scalar') {
      report(value.place, 'a value must be text, a number, true, false or null');
      return null;
    }
    const problem = value.value === null ? problemOfNull(field, isList) : null;
    if (problem !== null) {
      report(value.place, problem);
      return null;
    }
    if (plan.how === 'exists' && isList) {
      report(value.place, '`exists` takes one value, true or false, not a list');
      return null;
    }
    const isKeyword = field === null && value.value !== null;
    const test = readTest(plan, isKeyword ? String(value.value) : value.value, reading);
    if (typeof test !== 'string') return test;
    report(value.place, test);
    return null;
  });
  const read = tests.filter((test) => test !== null);
  if (read.length < tests.length) return null;
  // Without `all` the forms of a value are as good as values of their own, and can then be looked up.
  const flat = plan.isAll ? read : read.flatMap((test) => (test.kind === 'any' ? test.of : [test]));
  return { kind: 'item', item: { field, isAll: plan.isAll, isNegated: plan.isNegated, tests: flat, place } };
}

function problemOfNull(field: string | null, isList: boolean): string | null {
  if (field === null) return 'null is no keyword';
  return isList ? '`null` cannot stand in a list of values: give it a selection of its own' : null;
}
