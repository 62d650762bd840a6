import { CORRELATION_TYPES, type CorrelationSection, type CorrelationType } from '../document.ts';
import { quoted, type Report, suggestion } from '../mistakes.ts';
import { isTemporal, readWindowCondition } from './correlation-condition.ts';
import { readReferences } from './references.ts';
import { type Entry, entryOf, type Tree } from './source-tree.ts';
import { readFlag, readText, readTexts } from './values.ts';

const NEEDS_RULES = 'a correlation needs `rules`: the ids or names it is about';
const KEYS = ['type', 'rules', 'group-by', 'aliases', 'timespan', 'condition', 'generate'];
/** Months and years are those of 365.2425 days, as in pySigma, which has both; the specification gives no length. */
const UNIT_MS = {
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 604_800_000,
  M: 2_629_746_000,
  y: 31_556_952_000,
} as const;
const MAX_TIMESPAN_MS = 10 * UNIT_MS.y;

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
  const type = readType(section, note);
  const listed = readRules(section, type, note);
  const timespanMs = readTimespan(section, note);
  const groupBy = readTexts(section, 'group-by', note, true).map((field) => field.trim());
  const aliases = readAliases(section, note);
  const generate = readFlag(section, 'generate', false, note) || readFlag(document, 'generate', false, note);
  const read = type && readWindowCondition(section, type, listed, note);
  if (read?.rules.length === 0 && !entryOf(section, 'rules')) note(section.place, NEEDS_RULES);
  return type && read && isSound ? { type, ...read, timespanMs, groupBy, aliases, generate } : null;
}

function readType(section: Tree, note: Report): CorrelationType | null {
  const text = readText(section, 'type', note);
  const type = CORRELATION_TYPES.find((known) => known === text) ?? null;
  const place = entryOf(section, 'type')?.value.place ?? section.place;
  if (text === null) note(place, 'a correlation needs a `type`, such as event_count');
  else if (!type) {
    const hint = suggestion(text, CORRELATION_TYPES) || `: it is one of ${CORRELATION_TYPES.join(', ')}`;
    note(place, `unknown type of correlation ${quoted(text)}${hint}`);
  }
  return type;
}

function readRules(section: Tree, type: CorrelationType | null, note: Report): CorrelationSection['rules'] {
  const entry = entryOf(section, 'rules');
  // The rules of a temporal condition may stand in its expression only.
  if (!entry && type && isTemporal(type)) return [];
  const isEmpty = !entry || (entry.value.kind === 'list' && entry.value.items.length === 0);
  if (!isEmpty) return readReferences(entry.value, 'rules', note);
  note(entry?.keyPlace ?? section.place, NEEDS_RULES);
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
  const match = /^(\d{1,10})([smhdwMy])$/.exec(text ?? '');
  if (!match) {
    const got = text === null ? '' : `, not ${quoted(text)}`;
    note(place, `a correlation needs a \`timespan\` such as 30s, 5m, 1h, 7d, 2w, 1M (month) or 1y${got}`);
    return 0;
  }
  const timespanMs = Number(match[1]) * UNIT_MS[match[2] as keyof typeof UNIT_MS];
  if (timespanMs === 0) note(place, 'a `timespan` of nothing holds one instant only: give it a length');
  if (timespanMs > MAX_TIMESPAN_MS) note(place, 'the `timespan` is longer than ten years');
  return timespanMs;
}
