import { type DraftTest, literalValue, testOfValue, wildcardValue } from '../detect/index.ts';
import { TAXONOMY } from '../enrich/index.ts';
import { UsageError } from '../lib/errors.ts';
import { suggestion } from '../lib/suggestion.ts';
import { printable } from '../lib/text.ts';
import type { FlatRecord } from '../model/record.ts';

/** Modifiers whose values are no text with wildcards. */
const AS_WRITTEN = ['re', 'cidr', 'fieldref'];
const BARE = ['lt', 'lte', 'gt', 'gte', 'exists'];

/**
 * Reads `--where Field=value`, or `Field` alone for the value a finding has. The same field twice means either value. In a
 * value `*` and `?` stand for any text and any character unless `isLiteral`; backslashes are plain.
 */
export function readWhere(
  texts: readonly string[],
  isLiteral: boolean,
  recordOfFinding: (() => FlatRecord) | null,
): DraftTest[] {
  const tests = new Map<string, DraftTest>();
  for (const text of texts) {
    const test = readOne(text, isLiteral, recordOfFinding);
    const known = tests.get(test.key);
    if (known && [...known.values, ...test.values].includes(null))
      throw new UsageError(`--where names ${test.key} twice, once as missing`);
    tests.set(test.key, known ? { ...known, values: [...new Set([...known.values, ...test.values])] } : test);
  }
  return [...tests.values()];
}

function readOne(text: string, isLiteral: boolean, recordOfFinding: (() => FlatRecord) | null): DraftTest {
  const at = text.indexOf('=');
  const key = (at < 0 ? text : text.slice(0, at)).trim();
  if (!/^[^|\s][^|]*(?:\|\w+)*$/.test(key)) {
    throw new UsageError(`--where "${printable(text)}" names no field`, {
      hint: 'Write Field=value, such as Actor.Name=deploy-bot or IpAddress|cidr=10.0.0.0/8.',
    });
  }
  if (at < 0) {
    if (recordOfFinding === null || key.includes('|')) {
      throw new UsageError(`--where ${printable(key)} has no value`, {
        hint: 'Write Field=value; only with --finding a field alone takes the value of the finding.',
      });
    }
    return testOfValue(key, recordOfFinding()[key]);
  }
  const value = text.slice(at + 1);
  const modifiers = key.split('|').slice(1);
  const isBare = modifiers.some((one) => BARE.includes(one));
  const isAsWritten = isBare || modifiers.some((one) => AS_WRITTEN.includes(one));
  const sigmaValue = isAsWritten ? value : isLiteral ? literalValue(value) : wildcardValue(value);
  return { key, values: [sigmaValue], isBare };
}

/** What should be thought over before such an exception is made. */
export function warningsAbout(tests: readonly DraftTest[], category: string | undefined): string[] {
  const source = category === undefined ? 'audit' : 'api_key';
  const known = new Set(TAXONOMY.filter((one) => one.source === source).map((one) => one.field));
  const strange = tests.map((test) => test.key.split('|')[0] ?? '').filter((field) => !known.has(field));
  return [
    ...(tests.every(isBroad)
      ? ['it says nothing but that a field is there: it hides whatever has one; name a value']
      : []),
    ...strange.map((field) => `records have no field ${field}${suggestion(field, known)} (docs/taxonomy.md)`),
  ];
}

/** Whether a test holds for nearly everything: only wildcards, an empty part, a field that is there. */
function isBroad({ key, values }: DraftTest): boolean {
  const modifiers = key.split('|').slice(1);
  if (modifiers.includes('exists')) return true;
  if (modifiers.includes('re')) return values.some((value) => /^\^?(?:\.[*+]\??)?\$?$/.test(value ?? 'missing'));
  if (modifiers.includes('cidr')) return values.some((value) => /\/0$/.test(value ?? ''));
  const isPart = modifiers.some((one) => one === 'contains' || one === 'startswith' || one === 'endswith');
  return values.some((value) => value !== null && /^[*?]*$/.test(value) && (isPart || value !== ''));
}
