import type { PlainRule } from './rules.ts';

/**
 * Sigma as a project writes it on its first day: the rule as parsed, walked anew for every record; texts lower-cased and
 * expressions built as they are met; no index, each rule tried on each record. It knows what the rules of these
 * measurements use, and gives the same answers on them as the engine.
 */
export function naiveMatches(rules: readonly PlainRule[], record: Record<string, unknown>): string[] {
  const found: string[] = [];
  for (const { name, detection } of rules) if (holds(detection, record)) found.push(name);
  return found;
}

function holds(detection: PlainRule['detection'], record: Record<string, unknown>): boolean {
  const words = detection.condition.replaceAll('(', ' ( ').replaceAll(')', ' ) ').trim().split(/\s+/);
  let at = 0;
  // Every part is evaluated, also where the answer is known already: the words have to be consumed.
  const either = (): boolean => {
    let result = both();
    while (words[at] === 'or') {
      at += 1;
      const right = both();
      result = result || right;
    }
    return result;
  };
  const both = (): boolean => {
    let result = one();
    while (words[at] === 'and') {
      at += 1;
      const right = one();
      result = result && right;
    }
    return result;
  };
  const one = (): boolean => {
    const word = words[at++] ?? '';
    if (word === 'not') return !one();
    if (word === '(') {
      const result = either();
      at += 1;
      return result;
    }
    if (words[at] === 'of') {
      const pattern = words[at + 1] ?? '';
      at += 2;
      const expression = new RegExp(pattern === 'them' ? '^(?!condition$)' : `^${pattern.replaceAll('*', '.*')}$`);
      const names = Object.keys(detection).filter((name) => expression.test(name));
      const answers = names.map((name) => selectionHolds(detection[name], record));
      return word === 'all' ? answers.every(Boolean) : answers.some(Boolean);
    }
    return selectionHolds(detection[word], record);
  };
  return either();
}

function selectionHolds(selection: unknown, record: Record<string, unknown>): boolean {
  if (Array.isArray(selection)) return selection.some((word) => anywhere(record, String(word).toLowerCase()));
  return Object.entries(selection as object).every(([key, wanted]) => {
    const [field = '', ...modifiers] = key.split('|');
    const value = valueAt(record, field);
    const values: unknown[] = Array.isArray(wanted) ? wanted : [wanted];
    const test = (one: unknown) =>
      Array.isArray(value)
        ? value.some((element) => valueHolds(element, one, modifiers))
        : valueHolds(value, one, modifiers);
    return modifiers.includes('all') ? values.every(test) : values.some(test);
  });
}

function valueHolds(value: unknown, wanted: unknown, modifiers: readonly string[]): boolean {
  if (modifiers.includes('exists')) return (value !== undefined) === wanted;
  if (wanted === null) return value === null || value === undefined;
  if (value === null || value === undefined || typeof value === 'object') return false;
  if (modifiers.includes('gte')) return Number(value) >= Number(wanted);
  if (modifiers.includes('cidr')) return isWithin(String(value), String(wanted));
  if (modifiers.includes('re'))
    return new RegExp(String(wanted), modifiers.includes('i') ? 'i' : '').test(String(value));
  const isCased = modifiers.includes('cased');
  const text = isCased ? String(value) : String(value).toLowerCase();
  const part = isCased ? String(wanted) : String(wanted).toLowerCase();
  if (modifiers.includes('contains')) return text.includes(part);
  if (modifiers.includes('startswith')) return text.startsWith(part);
  if (modifiers.includes('endswith')) return text.endsWith(part);
  if (!/[*?]/.test(part)) return text === part;
  const quoted = part.replace(/[\\^$.+()[\]{}|]/g, '\\$&');
  return new RegExp(`^${quoted.replaceAll('*', '.*').replaceAll('?', '.')}$`, 's').test(text);
}

function anywhere(value: unknown, word: string): boolean {
  if (typeof value === 'string' || typeof value === 'number') return String(value).toLowerCase().includes(word);
  return typeof value === 'object' && value !== null && Object.values(value).some((one) => anywhere(one, word));
}

function valueAt(record: Record<string, unknown>, field: string): unknown {
  if (field in record) return record[field];
  let value: unknown = record;
  for (const step of field.split('.')) {
    value = Array.isArray(value)
      ? value.map((element) => (element as Record<string, unknown>)[step])
      : (value as Record<string, unknown> | null | undefined)?.[step];
  }
  return value;
}

/** IPv4 only, as first versions are. */
function isWithin(address: string, network: string): boolean {
  const [base = '', bits = '32'] = network.split('/');
  if (base.includes(':') || address.includes(':')) return false;
  const number = (text: string) => text.split('.').reduce((sum, part) => sum * 256 + Number(part), 0);
  const size = 2 ** (32 - Number(bits));
  return Math.floor(number(address) / size) === Math.floor(number(base) / size);
}
