import {
  CONDITION_OPERATORS,
  type Comparison,
  type CorrelationType,
  type RuleReference,
  type WindowCondition,
} from '../document.ts';
import { quoted, type Report, suggestion } from '../mistakes.ts';
import { type Condition, parseCondition, selectionsOf } from './condition.ts';
import { placeWithinText } from './detection-section.ts';
import { type Entry, entryOf, type Tree } from './source-tree.ts';
import { readTexts } from './values.ts';

/** What the `condition` of a correlation says; `rules` are those its expression names where the section lists none. */
export type CorrelationCondition = {
  readonly condition: WindowCondition;
  readonly valueFields: readonly string[];
  readonly percentile: number;
  readonly rules: readonly RuleReference[];
};

const SETTINGS = ['field', 'percentile'] as const;
const KEYWORDS: readonly string[] = ['and', 'or', 'not', '(', ')', 'of', 'them', 'all', 'any', '1'];
const DEFAULT_PERCENTILE = 50;
/** Each rule that is looked for by itself is a column of the SQL, and each mention a part of one expression in it. */
const MAX_RULES = 100;
const MAX_MENTIONS = 500;

/** Whether a type is about which rules matched, so that its condition may be left out or be an expression. */
export function isTemporal(type: CorrelationType): boolean {
  return type === 'temporal' || type === 'temporal_ordered';
}

/** Whether a type observes a count, which is compared with whole numbers, rather than a metric. */
export function isCounting(type: CorrelationType): boolean {
  return type === 'event_count' || type === 'value_count' || isTemporal(type);
}

/** Reads the condition of a correlation of a known type over the rules it lists. All mistakes are reported. */
export function readWindowCondition(
  section: Tree,
  type: CorrelationType,
  rules: readonly RuleReference[],
  report: Report,
): CorrelationCondition | null {
  const read = readAnyCondition(section, type, rules, report);
  const isByRule = type === 'temporal_ordered' || read?.condition.kind === 'present';
  if (!read || !isByRule || read.rules.length <= MAX_RULES) return read;
  report(read.rules[MAX_RULES]?.place ?? section.place, `a correlation like this takes at most ${MAX_RULES} rules`);
  return null;
}

function readAnyCondition(
  section: Tree,
  type: CorrelationType,
  rules: readonly RuleReference[],
  report: Report,
): CorrelationCondition | null {
  const value = entryOf(section, 'condition')?.value;
  const isAbsent = !value || (value.kind === 'scalar' && value.value === null);
  if (isAbsent && isTemporal(type)) return withAllOf(rules);
  if (value?.kind === 'scalar' && typeof value.value === 'string' && isTemporal(type)) {
    return readExpression(value, value.value, type, rules, report);
  }
  if (value?.kind === 'map') return readComparisons(value, type, rules, report);
  const place = value?.place ?? section.place;
  const isText = value?.kind === 'scalar' && typeof value.value === 'string';
  report(
    place,
    isText
      ? `${type} takes a \`condition\` of numbers, such as {gte: 5}: expressions are for temporal and temporal_ordered`
      : `a correlation needs a \`condition\`, such as ${type.startsWith('value_') ? '{field: User, gte: 5}' : '{gte: 5}'}`,
  );
  return null;
}

function withAllOf(rules: readonly RuleReference[]): CorrelationCondition {
  const comparisons: Comparison[] = [{ operator: 'gte', value: rules.length }];
  return { condition: { kind: 'observed', comparisons }, valueFields: [], percentile: DEFAULT_PERCENTILE, rules };
}

function readComparisons(
  map: Tree & { kind: 'map' },
  type: CorrelationType,
  rules: readonly RuleReference[],
  report: Report,
): CorrelationCondition | null {
  let isSound = true;
  const note: Report = (place, message) => {
    isSound = false;
    report(place, message);
  };
  const limits = map.entries.filter(({ key }) => key !== 'field' && key !== 'percentile');
  const comparisons = limits.flatMap((comparison) => readComparison(comparison, type, note));
  if (limits.length === 0)
    note(map.place, `the \`condition\` has no comparison: one of ${CONDITION_OPERATORS.join(', ')}`);
  if (isSound && isImpossible(comparisons)) note(map.place, 'no number meets all of these comparisons');
  if (isSound && type === 'temporal' && comparisons.some((one) => isBeyond(one, rules.length))) {
    note(map.place, `no event can bring ${type} to that: the correlation has ${rules.length} rules`);
  }
  const valueFields = readFields(map, type, note);
  const percentile = readPercentile(map, type, note);
  if (type === 'temporal_ordered' && isSound && !asksForAll(comparisons, rules.length)) {
    note(
      map.place,
      `temporal_ordered is about all of its rules in order: leave the \`condition\` out or write {gte: ${rules.length}}`,
    );
  }
  return isSound ? { condition: { kind: 'observed', comparisons }, valueFields, percentile, rules } : null;
}

function readComparison({ key, keyPlace, value }: Entry, type: CorrelationType, note: Report): Comparison[] {
  const operator = CONDITION_OPERATORS.find((known) => known === key);
  if (!operator) {
    const known = [...CONDITION_OPERATORS, ...SETTINGS];
    const hint = suggestion(key, known) || `: it is one of ${CONDITION_OPERATORS.join(', ')}`;
    note(keyPlace, `unknown comparison ${quoted(key)}${hint}`);
    return [];
  }
  const limit = value.kind === 'scalar' ? value.value : null;
  const isCount = isCounting(type);
  const isWhole = typeof limit === 'number' && Number.isSafeInteger(limit) && limit >= 0;
  if (typeof limit === 'number' && (isCount ? isWhole : Number.isFinite(limit))) return [{ operator, value: limit }];
  note(
    value.place,
    `\`${key}\` takes ${isCount ? 'a whole number' : 'a number'}${value.kind === 'scalar' ? `, not ${quoted(limit)}` : ''}`,
  );
  return [];
}

function readFields(map: Tree, type: CorrelationType, note: Report): string[] {
  const entry = entryOf(map, 'field');
  if (!type.startsWith('value_')) {
    if (entry) note(entry.keyPlace, `${type} counts ${isTemporal(type) ? 'rules' : 'events'} and takes no \`field\``);
    return [];
  }
  const fields = readTexts(map, 'field', note, true).map((field) => field.trim());
  const place = entry?.value.place ?? map.place;
  if (fields.length === 0 || fields.includes('')) note(place, `${type} needs a \`field\` in its condition`);
  else if (fields.length > 1 && type !== 'value_count') note(place, `${type} takes one \`field\`, not a list`);
  return fields;
}

function readPercentile(map: Tree, type: CorrelationType, note: Report): number {
  const entry = entryOf(map, 'percentile');
  if (!entry) return DEFAULT_PERCENTILE;
  const value = entry.value.kind === 'scalar' ? entry.value.value : null;
  if (type !== 'value_percentile')
    note(entry.keyPlace, `${type} takes no \`percentile\`: that is for value_percentile`);
  else if (typeof value !== 'number' || !(value >= 0 && value <= 100)) {
    note(entry.value.place, '`percentile` takes a number from 0 to 100');
  } else return value;
  return DEFAULT_PERCENTILE;
}

function readExpression(
  value: Tree & { kind: 'scalar' },
  text: string,
  type: CorrelationType,
  listed: readonly RuleReference[],
  report: Report,
): CorrelationCondition | null {
  const rules = listed.length > 0 ? listed : namedIn(text, value);
  const names = new Set(rules.map((rule) => rule.reference));
  const expression = parseCondition(text, names, (offset) => placeWithinText(value, offset), report);
  if (!expression) return null;
  const mentioned = selectionsOf(expression);
  if (mentioned.length > MAX_MENTIONS) {
    report(value.place, `the condition names rules more than ${MAX_MENTIONS} times`);
    return null;
  }
  const used = new Set(mentioned);
  const unused = rules.filter((rule) => !used.has(rule.reference));
  for (const { reference, place } of unused)
    report(place, `the rule ${quoted(reference)} is never used in the condition`);
  const settings = { valueFields: [], percentile: DEFAULT_PERCENTILE, rules };
  if (type === 'temporal_ordered') {
    if (unused.length === 0 && isConjunction(expression)) return { ...withAllOf(rules), ...settings };
    if (unused.length === 0)
      report(value.place, 'temporal_ordered is about all of its rules in order: only `and` can join them');
    return null;
  }
  return unused.length > 0 ? null : { condition: { kind: 'present', expression }, ...settings };
}

/** The words of an expression that can only be rules, where the correlation does not list them. */
function namedIn(text: string, value: Tree & { kind: 'scalar' }): RuleReference[] {
  const rules = new Map<string, RuleReference>();
  for (const match of text.matchAll(/[()]|[^\s()]+/g)) {
    const [word] = match;
    if (KEYWORDS.includes(word.toLowerCase()) || rules.has(word)) continue;
    rules.set(word, { reference: word, place: placeWithinText(value, match.index) });
  }
  return [...rules.values()];
}

function isConjunction(expression: Condition): boolean {
  return expression.kind === 'selection' || (expression.kind === 'and' && expression.of.every(isConjunction));
}

function asksForAll(comparisons: readonly Comparison[], rules: number): boolean {
  const [only] = comparisons;
  if (!only || comparisons.length > 1) return false;
  if (only.operator === 'gt') return only.value === rules - 1;
  return (only.operator === 'gte' || only.operator === 'eq') && only.value === rules;
}

/** Whether a count of rules can never get there. */
function isBeyond({ operator, value }: Comparison, rules: number): boolean {
  if (operator === 'gt') return value >= rules;
  return (operator === 'gte' || operator === 'eq') && value > rules;
}

/** Whether a range is empty. It need not see every such case: `eq` and `neq` are left alone. */
function isImpossible(comparisons: readonly Comparison[]): boolean {
  return comparisons.some((lower) => {
    if (lower.operator !== 'gt' && lower.operator !== 'gte') return false;
    return comparisons.some((upper) => {
      if (upper.operator !== 'lt' && upper.operator !== 'lte') return false;
      const isOpen = lower.operator === 'gt' || upper.operator === 'lt';
      return lower.value > upper.value || (isOpen && lower.value === upper.value);
    });
  });
}
