/** The slow, obvious reading of a detection: no compilation, no index, wildcards by JavaScript's own expressions. */
export type PlainDetection = Readonly<Record<string, PlainSelection>>;
type PlainSelection = PlainMap | readonly PlainMap[] | readonly string[];
export type PlainMap = Readonly<Record<string, PlainValue | readonly PlainValue[]>>;
type PlainValue = string | number | boolean | null;
export type PlainCondition =
  | { readonly name: string }
  | { readonly not: PlainCondition }
  | { readonly and: readonly PlainCondition[] }
  | { readonly or: readonly PlainCondition[] }
  | { readonly quantifier: '1' | 'any' | 'all'; readonly pattern: string };

export function interpret(condition: PlainCondition, detection: PlainDetection, record: object): boolean {
  if ('not' in condition) return !interpret(condition.not, detection, record);
  if ('and' in condition) return condition.and.every((part) => interpret(part, detection, record));
  if ('or' in condition) return condition.or.some((part) => interpret(part, detection, record));
  if ('name' in condition) return interpretSelection(detection[condition.name] ?? [], record);
  const pattern = condition.pattern === 'them' ? /^[^_]/ : new RegExp(`^${condition.pattern.replaceAll('*', '.*')}$`);
  const results = Object.keys(detection)
    .filter((name) => pattern.test(name))
    .map((name) => interpretSelection(detection[name] ?? [], record));
  return condition.quantifier === 'all' ? results.every(Boolean) : results.some(Boolean);
}

function interpretSelection(selection: PlainSelection, record: object): boolean {
  if (!Array.isArray(selection)) return interpretMap(selection as PlainMap, record);
  return selection.some((part: PlainMap | string) =>
    typeof part === 'string' ? interpretKeyword(part, record) : interpretMap(part, record),
  );
}

function interpretMap(map: PlainMap, record: object): boolean {
  return Object.entries(map).every(([key, value]) => {
    const [field = '', ...modifiers] = key.split('|');
    const wanted = Array.isArray(value) ? (value as readonly PlainValue[]) : [value as PlainValue];
    const results = wanted.map((one) => interpretValue(field, modifiers, one, record));
    const holds = modifiers.includes('all') ? results.every(Boolean) : results.some(Boolean);
    return modifiers.includes('neq') ? !holds : holds;
  });
}

function interpretValue(field: string, modifiers: readonly string[], wanted: PlainValue, record: object): boolean {
  const found = lookUp(field, record);
  if (modifiers.includes('exists')) return (found !== undefined) === wanted;
  const elements: unknown[] = Array.isArray(found) ? found : [found];
  return elements.some((element) => interpretElement(modifiers, wanted, element));
}

function interpretElement(modifiers: readonly string[], wanted: PlainValue, element: unknown): boolean {
  if (wanted === null) return element === null || element === undefined;
  if (element === null || element === undefined || typeof element === 'object') return false;
  for (const operator of ['lt', 'lte', 'gt', 'gte']) {
    if (!modifiers.includes(operator)) continue;
    if (String(element).trim() === '' || typeof element === 'boolean') return false;
    const number = Number(element);
    const limit = Number(wanted);
    return { lt: number < limit, lte: number <= limit, gt: number > limit, gte: number >= limit }[operator] === true;
  }
  if (typeof wanted !== 'string') return String(element).toLowerCase() === String(wanted).toLowerCase();
  return wildcardExpression(wanted, modifiers).test(String(element));
}

function wildcardExpression(value: string, modifiers: readonly string[]): RegExp {
  const body = value.replace(/\\[\\*?]|[\s\S]/gu, (part) => {
    if (part === '*') return '.*';
    if (part === '?') return '.';
    return quote(part.length > 1 && part.startsWith('\\') ? part.slice(1) : part);
  });
  const before = modifiers.includes('contains') || modifiers.includes('endswith') ? '' : '^';
  const after = modifiers.includes('contains') || modifiers.includes('startswith') ? '' : '$';
  return new RegExp(`${before}(?:${body})${after}`, modifiers.includes('cased') ? 'su' : 'isu');
}

function quote(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/]/gu, '\\$&');
}

function interpretKeyword(keyword: string, value: unknown): boolean {
  if (typeof value === 'string' || typeof value === 'number') {
    return wildcardExpression(keyword, ['contains']).test(String(value));
  }
  return (
    typeof value === 'object' && value !== null && Object.values(value).some((one) => interpretKeyword(keyword, one))
  );
}

function lookUp(field: string, record: object): unknown {
  if (Object.hasOwn(record, field)) return (record as Record<string, unknown>)[field];
  let current: unknown = record;
  for (const step of field.split('.')) {
    if (typeof current !== 'object' || current === null || !Object.hasOwn(current, step)) return undefined;
    current = (current as Record<string, unknown>)[step];
  }
  return current;
}
