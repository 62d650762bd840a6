import type { CompiledCorrelation } from '../compiled.ts';
import { compileField, type FieldReader, numberOf, type SigmaRecord } from '../match/fields.ts';

/** What the relation of correlations holds of an event: its group, and the value that is observed (null for none). */
export type CorrelationInput = { readonly groupKey: string; readonly value: string | number | null };

type Readers = { readonly group: readonly FieldReader[]; readonly values: readonly FieldReader[] };

/** Greater numbers would take the precision of all others in a sum with them. */
const MAX_MAGNITUDE = 1e15;
const readersByCorrelation = new WeakMap<CompiledCorrelation, ReadonlyMap<string, Readers>>();

/**
 * What an event of one of a correlation's members (`memberKey` is that member's `key`) comes to in the correlation. The
 * group is the JSON text of an array with the exact values of the group-by fields; a missing field stands as null, so
 * that such events form a group of their own. The value is JSON text for value_count, a number for the metrics; null
 * where a field is missing or is no number. Throws when the correlation is not about the member.
 */
export function correlationInput(
  correlation: CompiledCorrelation,
  memberKey: string,
  record: SigmaRecord,
): CorrelationInput {
  let byMember = readersByCorrelation.get(correlation);
  if (!byMember) {
    byMember = new Map(correlation.rules.map(({ key }) => [key, readersOf(correlation, key)]));
    readersByCorrelation.set(correlation, byMember);
  }
  const readers = byMember.get(memberKey);
  if (!readers) throw new Error(`the correlation ${correlation.key} is not about the rule ${memberKey}`);
  return {
    groupKey: JSON.stringify(readers.group.map((read) => read(record) ?? null)),
    value: correlation.type === 'value_count' ? distinctValue(readers.values, record) : metric(readers.values, record),
  };
}

/** The values of a group, in the order of the correlation's `groupBy`. */
export function groupValues(groupKey: string): unknown[] {
  const values: unknown = JSON.parse(groupKey);
  if (!Array.isArray(values)) throw new Error('a group key is the JSON text of an array');
  return values;
}

/**
 * The record that stands for a hit of a correlation where another one is about it: the event that completed it, with
 * the group's values under the names that the correlation groups by.
 */
export function recordOfHit(correlation: CompiledCorrelation, groupKey: string, record: SigmaRecord): SigmaRecord {
  const values = groupValues(groupKey);
  return { ...record, ...Object.fromEntries(correlation.groupBy.map((name, index) => [name, values[index]])) };
}

function readersOf(correlation: CompiledCorrelation, memberKey: string): Readers {
  const compiled = (fields: readonly string[] | undefined): FieldReader[] => (fields ?? []).map(compileField);
  return {
    group: compiled(correlation.groupFields.get(memberKey)),
    values: compiled(correlation.valueFields.get(memberKey)),
  };
}

function distinctValue(readers: readonly FieldReader[], record: SigmaRecord): string | null {
  const values = readers.map((read) => read(record) ?? null);
  return values.includes(null) ? null : JSON.stringify(values);
}

function metric([read]: readonly FieldReader[], record: SigmaRecord): number | null {
  const number = read ? numberOf(read(record)) : Number.NaN;
  return Math.abs(number) <= MAX_MAGNITUDE ? number : null;
}
