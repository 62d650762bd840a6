import { parseAllDocuments } from 'yaml';
import { isArray, isRecord, lookUp, textsWithin } from './interpreter-records.ts';
import { formsOf, wildcardExpression } from './interpreter-texts.ts';
import { isAddressWithin, timePart } from './interpreter-values.ts';

/**
 * The slow, obvious reading of Sigma that the engine is held against. It reads the YAML itself, resolves nothing
 * beforehand, writes out every form of a value and leaves the matching to JavaScript's expressions, its Date and Node's
 * lists of networks. Nothing of src/sigma is used here.
 */
export type Placeholders = ReadonlyMap<string, readonly (string | number)[]>;
type Section = Readonly<Record<string, unknown>>;
type PlainDocument = {
  readonly name: string;
  readonly logsource: Readonly<Record<string, string>>;
  readonly detection?: Section;
  readonly filter?: Section & { readonly rules: string | readonly string[] };
};

/** The rules of a file that match a record, each with the first filter that rejects it, or null. */
export function interpreterOf(
  text: string,
  placeholders: Placeholders,
): (record: object) => readonly (readonly [rule: string, rejectedBy: string | null])[] {
  const documents = parseAllDocuments(text).map((document) => document.toJS() as PlainDocument);
  return (record) =>
    documents.flatMap((rule) => {
      if (!rule.detection || !sectionHolds(rule.detection, record, placeholders)) return [];
      const rejecting = documents.find(
        ({ filter, logsource }) =>
          filter &&
          Object.entries(logsource).every(([key, value]) => rule.logsource[key] === value) &&
          (filter.rules === 'any' || filter.rules.includes(rule.name)) &&
          !sectionHolds(filter, record, placeholders),
      );
      return [[rule.name, rejecting?.name ?? null] as const];
    });
}

function sectionHolds(section: Section, record: object, placeholders: Placeholders): boolean {
  const conditions = isArray(section['condition']) ? section['condition'] : [section['condition']];
  return conditions.some((condition) => conditionHolds(String(condition), section, record, placeholders));
}

/** Puts `true` and `false` for the names of a condition, then replaces what can be decided until one word is left. */
function conditionHolds(condition: string, section: Section, record: object, placeholders: Placeholders): boolean {
  const holds = (name: string): boolean => selectionHolds(section[name], record, placeholders);
  const words = condition.split(/\s+|(?=[()])|(?<=[()])/).filter((word) => word !== '');
  const decided: string[] = [];
  for (let i = 0; i < words.length; i++) {
    const word = words[i] ?? '';
    const lower = word.toLowerCase();
    if (words[i + 1] === 'of') {
      const results = namesLike(words[i + 2] ?? '', section).map(holds);
      decided.push(String(lower === 'all' ? results.every(Boolean) : results.some(Boolean)));
      i += 2;
    } else decided.push(['and', 'or', 'not', '(', ')'].includes(lower) ? lower : String(holds(word)));
  }
  let left = decided.join(' ');
  while (left !== 'true' && left !== 'false') left = simplified(left);
  return left === 'true';
}

function simplified(text: string): string {
  const steps: readonly [RegExp, (...words: string[]) => string][] = [
    [/\( (true|false) \)/, (_, inner = '') => inner],
    [/not (true|false)/, (_, inner) => String(inner === 'false')],
    [/(true|false) and (true|false)/, (_, one, other) => String(one === 'true' && other === 'true')],
    [/(?<!and )(true|false) or (true|false)(?! and)/, (_, one, other) => String(one === 'true' || other === 'true')],
  ];
  for (const [expression, replacement] of steps)
    if (expression.test(text)) return text.replace(expression, replacement);
  throw new Error(`nothing can be decided in: ${text}`);
}

function namesLike(pattern: string, section: Section): string[] {
  const names = Object.keys(section).filter((name) => name !== 'condition' && name !== 'rules');
  if (pattern === 'them') return names.filter((name) => !name.startsWith('_'));
  const expression = new RegExp(`^${pattern.replace(/[.|]/g, '\\$&').replaceAll('*', '.*')}$`);
  return names.filter((name) => expression.test(name) && (pattern.startsWith('_') || !name.startsWith('_')));
}

function selectionHolds(selection: unknown, record: object, placeholders: Placeholders): boolean {
  if (isArray(selection)) return selection.some((part) => selectionHolds(part, record, placeholders));
  if (!isRecord(selection)) return itemHolds('', ['contains'], selection, record, placeholders);
  return Object.entries(selection).every(([key, value]) => {
    const [field = '', ...modifiers] = key.split('|').map((part) => part.trim());
    const values = isArray(value) ? value : [value];
    const results = values.map((one) => itemHolds(field, modifiers, one, record, placeholders));
    const holds = modifiers.includes('all') ? results.every(Boolean) : results.some(Boolean);
    return modifiers.includes('neq') ? !holds : holds;
  });
}

function itemHolds(
  field: string,
  modifiers: readonly string[],
  value: unknown,
  record: object,
  placeholders: Placeholders,
): boolean {
  const found = field === '' ? textsWithin(record) : lookUp(field, record);
  if (modifiers.includes('exists')) return (found !== null) === value;
  const elements = found ?? [undefined];
  if (modifiers.includes('fieldref')) {
    const others = lookUp(String(value), record) ?? [];
    return others.some(
      (other) => isText(other) && elements.some((one) => isText(one) && refers(one, other, modifiers)),
    );
  }
  const isSearched =
    field === '' && !['re', 'contains', 'startswith', 'endswith'].some((one) => modifiers.includes(one));
  const all = isSearched ? [...modifiers, 'contains'] : modifiers;
  const wanted = field === '' ? String(value) : value;
  return elements.some((element) => elementHolds(all, wanted, element, placeholders));
}

function isText(value: unknown): value is string | number | boolean {
  return ['string', 'number', 'boolean'].includes(typeof value);
}

function refers(one: unknown, other: unknown, modifiers: readonly string[]): boolean {
  return wildcardExpression(String(other).replace(/[\\*?]/g, '\\$&'), modifiers).test(String(one));
}

function elementHolds(
  modifiers: readonly string[],
  wanted: unknown,
  element: unknown,
  placeholders: Placeholders,
): boolean {
  const has = (modifier: string): boolean => modifiers.includes(modifier);
  if (wanted === null) return element === null || element === undefined;
  if (!isText(element)) return false;
  const part = ['minute', 'hour', 'day', 'week', 'month', 'year'].find(has);
  const number = part === undefined ? decimal(element) : timePart(part, element);
  if (has('lt')) return number < Number(wanted);
  if (has('lte')) return number <= Number(wanted);
  if (has('gt')) return number > Number(wanted);
  if (has('gte')) return number >= Number(wanted);
  if (part !== undefined) return number === wanted;
  if (typeof wanted !== 'string') return String(element).toLowerCase() === String(wanted);
  return formsOf(wanted, modifiers, placeholders).some((form) => {
    if (has('cidr')) return isAddressWithin(form, String(element));
    if (!has('re')) return wildcardExpression(form, modifiers).test(String(element));
    return new RegExp(form, `u${['i', 'm', 's'].filter(has).join('')}`).test(String(element));
  });
}

function decimal(element: unknown): number {
  return typeof element === 'boolean' || String(element).trim() === '' ? Number.NaN : Number(element);
}
