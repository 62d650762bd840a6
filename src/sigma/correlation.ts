import { CONDITION_OPERATORS, type CorrelationSection, type CountComparison } from './document.ts';
import { quoted, type Report, suggestion } from './mistakes.ts';
import { readReferences } from './read-references.ts';
import { readFlag, readText, readTexts } from './read-values.ts';
import { type Entry, entryOf, type Tree } from './source-tree.ts';

const TYPES_NOT_YET = ['value_count', 'temporal', 'temporal_ordered', 'value_sum', 'value_avg', 'value_percentile'];
const KEYS = ['type', 'rules', 'group-by', 'aliases', 'timespan', 'condition', 'generate'];
/** A month is the twelfth part of 365.2425 days, as in pySigma; the specification gives it no length. */
const UNIT_MS = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000, M: 2_629_746_000 } as const;
const MAX_TIMESPAN_MS = 10 * 12 * UNIT_MS.M;

/** Reads the `correlation` section of a document; null after a mistake. All mistakes are reported. */
export function readCorrelation(document: Tree, report: Report): CorrelationSection | null {
  const section = entryOf(document, 'correlation')?.value;
  if (section?.kind !== 'map') {
    report(section?.place ?? document.place, '`correlation` takes a map');
    return null;
  }
  let isSound = true;
  const note: Report = (place, message) => {
    isSound = false;
    report(place, message);
  };
  for (const { key, keyPlace } of section.entries) {
    if (!KEYS.includes(key)) note(keyPlace, `a correlation has no ${quoted(key)}${suggestion(key, KEYS)}`);
  }
  checkType(section, note);
  const read = {
    type: 'event_count',
    rules: readRules(section, note),
    groupBy: readTexts(section, 'group-by', note, true).map((field) => field.trim()),
    aliases: readAliases(section, note),
    timespanMs: readTimespan(section, note),
    conditions: readConditions(section, note),
    generate: readFlag(section, 'generate', false, note) || readFlag(document, 'generate', false, note),
  } as const;
  return isSound ? read : null;
}

function checkType(section: Tree, note: Report): void {
  const type = readText(section, 'type', note);
  const place = entryOf(section, 'type')?.value.place ?? section.place;
  if (type === null) note(place, 'a correlation needs a `type`, such as event_count');
  else if (TYPES_NOT_YET.includes(type)) note(place, `correlations of type \`${type}\` are not supported yet`);
  else if (type !== 'event_count') {
    note(place, `unknown type of correlation ${quoted(type)}${suggestion(type, ['event_count', ...TYPES_NOT_YET])}`);
  }
}

function readRules(section: Tree, note: Report): CorrelationSection['rules'] {
  const entry = entryOf(section, 'rules');
  const isEmpty = !entry || (entry.value.kind === 'list' && entry.value.items.length === 0);
  if (!isEmpty) return readReferences(entry.value, 'rules', note);
  note(entry?.keyPlace ?? section.place, 'a correlation needs `rules`: the ids or names it is about');
  return [];
}

function readAliases(section: Tree, note: Report): CorrelationSection['aliases'] {
  const entry = entryOf(section, 'aliases');
  if (!entry) return new Map();
  if (entry.value.kind !== 'map') {
    note(entry.value.place, '`aliases` takes a map of alias to rule to field');
    return new Map();
  }
  return new Map(entry.value.entries.map((alias) => [alias.key.trim(), readAlias(alias, note)]));
}

function readAlias(alias: Entry, note: Report): ReadonlyMap<string, { field: string; place: Entry['keyPlace'] }> {
  if (alias.value.kind !== 'map') {
    note(alias.value.place, `the alias ${quoted(alias.key)} takes a map of rule to field`);
    return new Map();
  }
  return new Map(
    alias.value.entries.flatMap(({ key, keyPlace, value }) => {
      if (value.kind === 'scalar' && typeof value.value === 'string') {
        return [[key, { field: value.value.trim(), place: keyPlace }] as const];
      }
      note(value.place, `the alias ${quoted(alias.key)} takes the name of a field for the rule ${quoted(key)}`);
      return [];
    }),
  );
}

function readTimespan(section: Tree, note: Report): number {
  const place = entryOf(section, 'timespan')?.value.place ?? section.place;
  const text = readText(section, 'timespan', note);
  const match = /^(\d{1,10})([smhdwM])$/.exec(text ?? '');
  if (!match) {
    const got = text === null ? '' : `, not ${quoted(text)}`;
    note(place, `a correlation needs a \`timespan\` such as 30s, 5m, 1h, 7d, 2w or 1M (month)${got}`);
    return 0;
  }
  const timespanMs = Number(match[1]) * UNIT_MS[match[2] as keyof typeof UNIT_MS];
  if (timespanMs === 0) note(place, 'a `timespan` of nothing holds one instant only: give it a length');
  if (timespanMs > MAX_TIMESPAN_MS) note(place, 'the `timespan` is longer than ten years');
  return timespanMs;
}

function readConditions(section: Tree, note: Report): CountComparison[] {
  const entry = entryOf(section, 'condition');
  if (entry?.value.kind !== 'map') {
    const place = entry?.value.place ?? section.place;
    const isText = entry?.value.kind === 'scalar' && typeof entry.value.value === 'string';
    note(
      place,
      isText
        ? 'event_count takes a `condition` of numbers, such as {gte: 5}'
        : 'a correlation needs a `condition`, such as {gte: 5}',
    );
    return [];
  }
  const comparisons = entry.value.entries.flatMap((comparison) => readComparison(comparison, note));
  if (entry.value.entries.length === 0) note(entry.value.place, 'a correlation needs a `condition`, such as {gte: 5}');
  return comparisons;
}

function readComparison({ key, keyPlace, value }: Entry, note: Report): CountComparison[] {
  const operator = CONDITION_OPERATORS.find((known) => known === key);
  if (!operator) {
    const isField = key === 'field';
    note(
      keyPlace,
      isField
        ? 'event_count counts events and takes no `field`'
        : `unknown comparison ${quoted(key)}${suggestion(key, CONDITION_OPERATORS) || `: it is one of ${CONDITION_OPERATORS.join(', ')}`}`,
    );
    return [];
  }
  const count = value.kind === 'scalar' ? value.value : null;
  if (typeof count === 'number' && Number.isSafeInteger(count) && count >= 0) return [{ operator, value: count }];
  note(value.place, `\`${key}\` takes a whole number of events`);
  return [];
}
