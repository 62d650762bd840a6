import type { CompiledCorrelation } from './compiled.ts';
import { compileField, type FieldReader, type SigmaRecord } from './fields.ts';

const readersByCorrelation = new WeakMap<CompiledCorrelation, ReadonlyMap<string, readonly FieldReader[]>>();

/**
 * The group of a correlation that an event of one of its rules belongs to (`ruleKey` is that rule's `key`): the JSON
 * text of an array with the exact values of the group-by fields. A missing field stands as null, so that such events
 * form a group of their own. Throws when the correlation is not about the rule.
 */
export function groupKeyOf(correlation: CompiledCorrelation, ruleKey: string, record: SigmaRecord): string {
  let readers = readersByCorrelation.get(correlation);
  if (!readers) {
    readers = new Map([...correlation.groupFields].map(([key, fields]) => [key, fields.map(compileField)]));
    readersByCorrelation.set(correlation, readers);
  }
  const ofRule = readers.get(ruleKey);
  if (!ofRule) throw new Error(`the correlation ${correlation.key} is not about the rule ${ruleKey}`);
  return JSON.stringify(ofRule.map((read) => read(record) ?? null));
}

/** The values of a group, in the order of the correlation's `groupBy`. */
export function groupValues(groupKey: string): unknown[] {
  const values: unknown = JSON.parse(groupKey);
  if (!Array.isArray(values)) throw new Error('a group key is the JSON text of an array');
  return values;
}
