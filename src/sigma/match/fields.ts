/** What rules are matched against: plain JSON, flat or nested. */
export type SigmaRecord = Readonly<Record<string, unknown>>;
/** The value of one field of a record; undefined when it is missing. */
export type FieldReader = (record: SigmaRecord) => unknown;

/**
 * Compiles the way to a field. A flat key with dots wins; otherwise each dot goes one object deeper, through arrays of
 * objects to every element (the values then come as one array).
 */
export function compileField(name: string): FieldReader {
  const readFlat = compileKey(name);
  if (!name.includes('.')) return readFlat;
  const steps = name.split('.').map(compileKey);
  const [first, ...rest] = steps;
  if (!first) return readFlat;
  return (record) => {
    const flat = readFlat(record);
    if (flat !== undefined) return flat;
    const top = first(record);
    return top === undefined ? undefined : descend(top, rest, 0);
  };
}

/** Records nested deeper than this are not looked at further down. */
export const MAX_RECORD_DEPTH = 32;

const ABSENT = 0;
const FAILS = 1;
const HOLDS = 2;

/**
 * Compiles a test of a field: whether `predicate` holds for its value, or for any value where there are several. A
 * missing field is undefined. Unlike `compileField` it makes no list where the way leads through arrays.
 */
export function compileFieldTest(
  name: string,
  predicate: (value: unknown) => boolean,
): (record: SigmaRecord) => boolean {
  const readFlat = compileKey(name);
  if (!name.includes('.')) return (record) => holdsFor(readFlat(record), predicate);
  const steps = name.split('.').map(compileKey);
  return (record) => {
    const flat = readFlat(record);
    if (flat !== undefined) return holdsFor(flat, predicate);
    const outcome = testBelow(record, steps, 0, predicate);
    return outcome === ABSENT ? predicate(undefined) : outcome === HOLDS;
  };
}

function testBelow(
  value: unknown,
  steps: readonly FieldReader[],
  index: number,
  predicate: (value: unknown) => boolean,
): typeof ABSENT | typeof FAILS | typeof HOLDS {
  let current = value;
  for (let i = index; i < steps.length; i++) {
    if (typeof current !== 'object' || current === null) return ABSENT;
    if (Array.isArray(current)) {
      let outcome: typeof ABSENT | typeof FAILS = ABSENT;
      for (const element of current) {
        const own = Array.isArray(element) ? ABSENT : testBelow(element, steps, i, predicate);
        if (own === HOLDS) return HOLDS;
        if (own === FAILS) outcome = FAILS;
      }
      return outcome;
    }
    current = steps[i]?.(current as SigmaRecord);
  }
  if (current === undefined) return ABSENT;
  return holdsFor(current, predicate) ? HOLDS : FAILS;
}

function holdsFor(value: unknown, predicate: (value: unknown) => boolean): boolean {
  return Array.isArray(value) ? anyElement(value, predicate, 0) : predicate(value);
}

function anyElement(elements: readonly unknown[], predicate: (value: unknown) => boolean, depth: number): boolean {
  if (depth > MAX_RECORD_DEPTH) return false;
  for (const element of elements) {
    if (Array.isArray(element) ? anyElement(element, predicate, depth + 1) : predicate(element)) return true;
  }
  return false;
}

/** Keys that every object inherits (`constructor`) are fields only where the record has them itself. */
function compileKey(key: string): FieldReader {
  if (key in Object.prototype) return (record) => (Object.hasOwn(record, key) ? record[key] : undefined);
  return (record) => record[key];
}

function descend(value: unknown, steps: readonly FieldReader[], index: number): unknown {
  let current = value;
  for (let i = index; i < steps.length; i++) {
    if (typeof current !== 'object' || current === null) return undefined;
    if (Array.isArray(current)) return descendEach(current, steps, i);
    current = steps[i]?.(current as SigmaRecord);
  }
  return current;
}

function descendEach(elements: readonly unknown[], steps: readonly FieldReader[], index: number): unknown {
  const found = elements
    .filter((element) => !Array.isArray(element))
    .map((element) => descend(element, steps, index))
    .filter((value) => value !== undefined);
  return found.length === 0 ? undefined : found.flat();
}

/** The text a scalar is compared as; null for what has none (null, missing, objects). */
export function textOf(value: unknown): string | null {
  if (typeof value === 'string') return value;
  if (typeof value === 'number') return String(value);
  if (typeof value === 'boolean') return value ? 'true' : 'false';
  return null;
}

const DECIMAL = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/;

/** The number a scalar is compared as; NaN (which no comparison holds for) when it is none. */
export function numberOf(value: unknown): number {
  if (typeof value === 'number') return value;
  if (typeof value !== 'string' || value.length > 400 || !DECIMAL.test(value)) return Number.NaN;
  return Number(value);
}
