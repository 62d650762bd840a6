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
