import { type CidrTest, compileCidr } from './cidr.ts';
import type { Condition } from './condition.ts';
import { type Place, quoted, type Report } from './mistakes.ts';
import { type CompareOperator, type ModifierPlan, planModifiers, type TextPosition } from './modifiers.ts';
import { compileRegex, type RegexTest } from './regex.ts';
import type { Entry, Scalar, Tree } from './source-tree.ts';
import { type Pattern, parsePattern, widen } from './wildcard.ts';

/** The detection section of a rule, read and checked but not yet compiled. */
export type Detection = {
  readonly selections: ReadonlyMap<string, Selection>;
  readonly condition: Condition;
};
export type Selection =
  | { readonly kind: 'and' | 'or'; readonly of: readonly Selection[] }
  | { readonly kind: 'item'; readonly item: DetectionItem };

/** One field (null: a search of the whole record) and what its values are tested for. */
export type DetectionItem = {
  readonly field: string | null;
  readonly isAll: boolean;
  readonly isNegated: boolean;
  readonly tests: readonly ValueTest[];
  readonly place: Place;
};
export type ValueTest =
  | { readonly kind: 'text'; readonly pattern: Pattern; readonly isCased: boolean }
  | { readonly kind: 'number'; readonly value: number }
  | { readonly kind: 'boolean'; readonly value: boolean }
  | { readonly kind: 'null' }
  | { readonly kind: 'exists'; readonly value: boolean }
  | { readonly kind: 'compare'; readonly operator: CompareOperator; readonly value: number }
  | { readonly kind: 'regex'; readonly test: RegexTest }
  | { readonly kind: 'cidr'; readonly test: CidrTest }
  | { readonly kind: 'field'; readonly field: string; readonly position: TextPosition; readonly isCased: boolean };

/** Reads one search identifier: a map, a list of maps, or keywords. Null after a mistake; all of them are reported. */
export function readSelection(tree: Tree, report: Report): Selection | null {
  if (tree.kind === 'map') return readMap(tree.entries, tree.place, report);
  if (tree.kind === 'scalar') return readKeywords([tree], false, report);
  if (tree.items.length === 0) {
    report(tree.place, 'an empty list matches nothing: give it values or leave it out');
    return null;
  }
  if (tree.items.every((item) => item.kind === 'scalar')) return readKeywords(tree.items, false, report);
  return joined(
    'or',
    tree.items.map((item) => {
      if (item.kind !== 'list') return readSelection(item, report);
      report(item.place, 'a list within a list has no meaning here');
      return null;
    }),
  );
}

function readMap(entries: readonly Entry[], place: Place, report: Report): Selection | null {
  if (entries.length === 0) report(place, 'an empty map matches nothing in particular: give it fields or leave it out');
  return entries.length === 0
    ? null
    : joined(
        'and',
        entries.map((entry) => readItem(entry, report)),
      );
}

function joined(kind: 'and' | 'or', of: readonly (Selection | null)[]): Selection | null {
  const read = of.filter((selection) => selection !== null);
  if (read.length < of.length) return null;
  const [only] = read;
  return read.length === 1 && only ? only : { kind, of: read };
}

function readKeywords(items: readonly Tree[], isAll: boolean, report: Report): Selection | null {
  const plan: ModifierPlan = {
    how: 'plain',
    position: 'contains',
    isCased: false,
    isAll,
    isNegated: false,
    regexFlags: { i: false, m: false, s: false },
  };
  return readTests(null, plan, items, items[0]?.place ?? { line: 1, column: 1 }, report);
}

function readItem({ key, keyPlace, value }: Entry, report: Report): Selection | null {
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
  if (name !== '') return readTests(name, plan, values, keyPlace, report, value.kind === 'list');
  if (plan.how !== 'plain' && plan.how !== 're') {
    report(keyPlace, `\`${plan.how}\` needs the name of a field before it`);
    return null;
  }
  // Keywords are found anywhere in a value unless a modifier says where.
  const searched = plan.position === 'equals' ? ({ ...plan, position: 'contains' } as const) : plan;
  return readTests(null, searched, values, keyPlace, report);
}

function readTests(
  field: string | null,
  plan: ModifierPlan,
  values: readonly Tree[],
  place: Place,
  report: Report,
  isList = true,
): Selection | null {
  const tests = values.map((value) => {
    if (value.kind !== 'scalar') {
      report(value.place, 'a value must be text, a number, true, false or null');
      return null;
    }
    if (value.value === null && (field === null || isList)) {
      report(
        value.place,
        field === null
          ? 'null is no keyword'
          : '`null` cannot stand in a list of values: give it a selection of its own',
      );
      return null;
    }
    if (plan.how === 'exists' && isList) {
      report(value.place, '`exists` takes one value, true or false, not a list');
      return null;
    }
    const isKeyword = field === null && value.value !== null;
    const test = readTest(plan, isKeyword ? String(value.value) : value.value);
    if (typeof test !== 'string') return test;
    report(value.place, test);
    return null;
  });
  const read = tests.filter((test) => test !== null);
  if (read.length < tests.length) return null;
  return { kind: 'item', item: { field, isAll: plan.isAll, isNegated: plan.isNegated, tests: read, place } };
}

/** One value under its modifiers; a string says what is wrong with it. */
function readTest(plan: ModifierPlan, value: Scalar): ValueTest | string {
  const { how, position, isCased } = plan;
  if (how === 'exists') return typeof value === 'boolean' ? { kind: 'exists', value } : '`exists` takes true or false';
  if (how === 'lt' || how === 'lte' || how === 'gt' || how === 'gte') {
    if (typeof value === 'number' && Number.isFinite(value)) return { kind: 'compare', operator: how, value };
    return `\`${how}\` takes a number, not ${quoted(value)}${typeof value === 'string' ? ' (without quotation marks)' : ''}`;
  }
  if (how === 'plain') return readPlain(plan, value);
  if (typeof value !== 'string') return `\`${how}\` takes text, not ${quoted(value)}`;
  if (how === 'fieldref') {
    const field = value.trim();
    return field === '' ? '`fieldref` takes the name of a field' : { kind: 'field', field, position, isCased };
  }
  if (how === 'cidr') {
    const test = compileCidr(value);
    return test ? { kind: 'cidr', test } : `${quoted(value)} is no network: write one as 10.0.0.0/8 or 2001:db8::/32`;
  }
  const compiled = compileRegex(value, plan.regexFlags);
  return 'test' in compiled
    ? { kind: 'regex', test: compiled.test }
    : `the regular expression has a problem: ${compiled.problem}`;
}

function readPlain({ position, isCased }: ModifierPlan, value: Scalar): ValueTest | string {
  if (typeof value === 'string') {
    const before = position === 'contains' || position === 'endswith';
    const after = position === 'contains' || position === 'startswith';
    return { kind: 'text', pattern: widen(parsePattern(value), before, after), isCased };
  }
  if (position === 'equals' && !isCased) {
    if (value === null) return { kind: 'null' };
    if (typeof value === 'boolean') return { kind: 'boolean', value };
    return Number.isFinite(value) ? { kind: 'number', value } : 'infinite values and NaN equal nothing';
  }
  return `\`${isCased ? 'cased' : position}\` takes text: write '${String(value)}' with quotation marks`;
}
