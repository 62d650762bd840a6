import { suggestion } from '../lib/suggestion.ts';
import type { ServerWords } from '../model/server-words.ts';
import {
  type CompiledCorrelation,
  type CompiledRule,
  compilePossibility,
  namedValues,
  type SigmaRecord,
} from '../sigma/index.ts';
import type { RulePack } from './rule-pack.ts';

/** A value that a rule asks for and that is in none of the server's lists; `hint` is empty or names the nearest word. */
type UnknownValue = { readonly field: string; readonly value: string; readonly hint: string };

/** What comes of a rule on one server, by the server's own lists of words. */
export type RuleOnServer = {
  readonly rule: string;
  /** `partly`: some of what it looks for is unknown to the server; `never`: no event the server can write matches. */
  readonly verdict: 'fires' | 'partly' | 'never';
  readonly unknown: readonly UnknownValue[];
  /** Ids of the categories of which an event could match; null when any could, or when it is not known. */
  readonly categories: readonly string[] | null;
};

const GIVEN: ReadonlySet<string> = new Set(['Category', 'Category.Name']);
const DOCUMENT_TYPES = 'DocumentTypes';
const NAMED: ReadonlySet<string> = new Set([...GIVEN, DOCUMENT_TYPES]);
/** A record's own word for what the server lists as a variable set (docs/taxonomy.md, Words of DocumentTypes). */
const SNAPSHOT = /snapshot$/;

/**
 * Compares the event rules of a pack, and the correlations over them, with the words of one server; rules about API keys
 * need no word of it. Whether a rule can fire is tried with every category the server has; of document types, whose ids
 * records take from the documents concerned (INF: that the server lists them all), spelling, hyphens and plurals are
 * set aside. A list that was not read makes nothing unknown.
 */
export function rulesOnServer(pack: RulePack, words: ServerWords): RuleOnServer[] {
  const judged = new Map<string, RuleOnServer>();
  for (const rule of pack.ruleSet.rules) {
    if (pack.rules.get(rule.key)?.kind === 'event') judged.set(rule.key, ofRule(rule, words));
  }
  // Each stands behind those it counts.
  for (const correlation of pack.ruleSet.correlations) judged.set(correlation.key, ofCorrelation(correlation, judged));
  return [...judged.values()].filter(({ rule }) => pack.rules.get(rule)?.yieldsFindings === true);
}

/** What a rule misses on a server, for people: `no category \`X\`, …`; empty where it misses nothing. */
export function describeUnknown({ unknown }: RuleOnServer): string {
  return unknown.map(({ field, value, hint }) => `${NOUNS[field] ?? field} \`${value}\`${hint}`).join('; ');
}

const NOUNS: Readonly<Record<string, string>> = {
  Category: 'no category',
  'Category.Name': 'no category called',
  [DOCUMENT_TYPES]: 'no document type',
};

function ofRule({ key, document }: CompiledRule, words: ServerWords): RuleOnServer {
  const { categories, documentTypes } = words;
  const records: SigmaRecord[] = [...(categories ?? [])].map(([id, name]) => ({ Category: id, 'Category.Name': name }));
  const typeWords = documentTypes && new Set([...documentTypes].flat().map(normalised));
  const isType = (value: string) => typeWords?.has(normalised(value).replace(SNAPSHOT, '')) ?? true;
  const isPossible = compilePossibility(document.detection, {
    given: categories ? GIVEN : new Set(),
    among: new Map([[DOCUMENT_TYPES, isType]]),
  });
  const possible = records.filter(isPossible);
  const canFire = categories ? possible.length > 0 : isPossible({});
  const named = namedValues(document.detection, NAMED);
  const unknown = named.flatMap(({ field, text, plain, holds }): UnknownValue[] => {
    const isKnown = GIVEN.has(field) ? !categories || records.some(holds) : plain === null || isType(plain);
    if (isKnown) return [];
    const others = named.filter((one) => one.field === field).map((one) => one.text);
    return [{ field, value: text, hint: nearestWord(field, text, others, words) }];
  });
  return {
    rule: key,
    verdict: canFire ? (unknown.length > 0 ? 'partly' : 'fires') : 'never',
    unknown,
    categories:
      categories && possible.length < records.length ? possible.map((record) => String(record['Category'])) : null,
  };
}

/** `, did you mean …?` with the word that the server may have for it; none that the rule names already. */
function nearestWord(field: string, value: string, named: readonly string[], words: ServerWords): string {
  const list = (field === DOCUMENT_TYPES ? words.documentTypes : words.categories) ?? new Map<string, string>();
  const namesake = [...list].find(([, name]) => normalised(name) === normalised(value));
  if (namesake && field === 'Category') return `, did you mean \`${namesake[0]}\` (${namesake[1]})?`;
  const shown =
    field === 'Category' ? [...list.keys()] : field === 'Category.Name' ? [...list.values()] : [...list].flat();
  return suggestion(
    value,
    shown.filter((one) => !named.includes(one)),
  );
}

function ofCorrelation(correlation: CompiledCorrelation, judged: ReadonlyMap<string, RuleOnServer>): RuleOnServer {
  const members = correlation.rules.flatMap(({ key }) => judged.get(key) ?? []);
  const unknown = new Map(members.flatMap((one) => one.unknown).map((one) => [`${one.field}\n${one.value}`, one]));
  const isAlive = (key: string) => judged.get(key)?.verdict !== 'never';
  const alive = correlation.rules.filter(({ key }) => isAlive(key));
  const canFire = alive.length > 0 && canHold(correlation, alive.length, isAlive);
  const isWhole = members.every((one) => one.verdict === 'fires');
  const categories = members.flatMap((one) => one.categories ?? []);
  const areAllLimited = members.length === correlation.rules.length && members.every((one) => one.categories !== null);
  return {
    rule: correlation.key,
    verdict: canFire ? (isWhole ? 'fires' : 'partly') : 'never',
    unknown: [...unknown.values()],
    categories: areAllLimited ? [...new Set(categories)] : null,
  };
}

/** Whether a window can hold what a correlation waits for when only some of its rules ever fire. */
function canHold({ type, condition }: CompiledCorrelation, alive: number, isAlive: (key: string) => boolean): boolean {
  if (condition.kind === 'present') return canBeTrue(condition.expression, isAlive) !== false;
  if (type !== 'temporal' && type !== 'temporal_ordered') return true;
  return condition.comparisons.every(({ operator, value }) => {
    if (operator === 'gte' || operator === 'eq') return alive >= value;
    return operator === 'gt' ? alive > value : true;
  });
}

type Expression = Extract<CompiledCorrelation['condition'], { kind: 'present' }>['expression'];

/** False: never; null: at times. A rule that cannot fire is never there. */
function canBeTrue(expression: Expression, isAlive: (key: string) => boolean): boolean | null {
  if (expression.kind === 'selection') return isAlive(expression.name) ? null : false;
  if (expression.kind === 'not') {
    const inner = canBeTrue(expression.of, isAlive);
    return inner === null ? null : !inner;
  }
  const parts = expression.of.map((part) => canBeTrue(part, isAlive));
  const [decisive, other] = expression.kind === 'and' ? [false, true] : [true, false];
  if (parts.includes(decisive)) return decisive;
  return parts.includes(null) ? null : other;
}

/** `Api Key`, `ApiKeys` and `api-keys` are one word. */
function normalised(word: string): string {
  const letters = word.toLowerCase().replace(/[^\p{L}\p{N}]/gu, '');
  if (letters.endsWith('sses')) return letters.slice(0, -2);
  if (letters.endsWith('ies')) return `${letters.slice(0, -3)}y`;
  return /[^s]s$/.test(letters) ? letters.slice(0, -1) : letters;
}
