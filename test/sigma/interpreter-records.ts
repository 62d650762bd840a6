export function isArray(value: unknown): value is readonly unknown[] {
  return Array.isArray(value);
}

export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !isArray(value);
}

/** The values of a field, arrays taken apart; null when it is missing. */
export function lookUp(field: string, record: object): readonly unknown[] | null {
  const found = isRecord(record) && Object.hasOwn(record, field) ? [record[field]] : walk(record, field.split('.'));
  return found.length === 0 ? null : found.flat(Number.POSITIVE_INFINITY);
}

function walk(value: unknown, steps: readonly string[]): unknown[] {
  const [step, ...rest] = steps;
  if (step === undefined) return [value];
  if (isArray(value)) return value.flatMap((element) => (isArray(element) ? [] : walk(element, steps)));
  return isRecord(value) && Object.hasOwn(value, step) ? walk(value[step], rest) : [];
}

/** Every text and number of a record, however deep. */
export function textsWithin(value: unknown): unknown[] {
  if (typeof value === 'string' || typeof value === 'number') return [value];
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(textsWithin) : [];
}
