import { compileCidr } from '../../lib/cidr.ts';
import type { ValueTest } from '../detection.ts';
import { TIME_PART_RANGE } from '../match/time-part.ts';
import { literalOf, openDashes, type Pattern, parsePattern, widen, writeOutDashes } from '../match/wildcard.ts';
import { quoted } from '../mistakes.ts';
import { compileRegex } from '../regex/regex.ts';
import { encodePattern } from './encode.ts';
import type { ModifierPlan } from './modifiers.ts';
import { expandPlaceholders, type Placeholders } from './placeholders.ts';
import type { Scalar } from './source-tree.ts';

/** A longer value is refused: what it costs to look for it grows with it. */
const MAX_VALUE_CHARACTERS = 4_000;

/** What the values of one file are read with. */
export type ValueReading = {
  readonly placeholders: Placeholders;
  /** How many more forms its values may come to: a short file of dashes to encode could otherwise fill the memory. */
  formsLeft: number;
};

/** Twice as many as a document has parts; four dashes and three offsets make 1,875 forms of a single value. */
export const MAX_FORMS = 200_000;
/** What a regular expression counts for, which may have 2,000 states. */
const FORMS_OF_REGEX = 100;

/** One value under its modifiers; a string says what is wrong with it. */
export function readTest(plan: ModifierPlan, value: Scalar, reading: ValueReading): ValueTest | string {
  const { how } = plan;
  if (typeof value === 'string' && value.length > MAX_VALUE_CHARACTERS)
    return `the value is longer than ${MAX_VALUE_CHARACTERS} characters`;
  if (how === 'exists') return typeof value === 'boolean' ? { kind: 'exists', value } : '`exists` takes true or false';
  if (how === 'lt' || how === 'lte' || how === 'gt' || how === 'gte') return readComparison(plan, how, value);
  if (plan.timePart !== null) return readTimePart(plan.timePart, value);
  if (typeof value !== 'string') return readOther(plan, value);
  const texts = plan.hasPlaceholders ? expandPlaceholders(value, reading.placeholders) : [value];
  if (typeof texts === 'string') return texts;
  const tests: ValueTest[] = [];
  for (const text of texts) {
    const test = readText(plan, text);
    if (typeof test === 'string') return test;
    reading.formsLeft -= test.kind === 'any' ? test.of.length : test.kind === 'regex' ? FORMS_OF_REGEX : 1;
    if (reading.formsLeft < 0) return `with it, the values of this file come to more than ${MAX_FORMS} forms`;
    tests.push(test);
  }
  return oneOrAny(tests);
}

function readComparison(plan: ModifierPlan, operator: 'lt' | 'lte' | 'gt' | 'gte', value: Scalar): ValueTest | string {
  if (typeof value === 'number' && Number.isFinite(value)) {
    const { timePart } = plan;
    return { kind: 'compare', operator, value, ...(timePart === null ? {} : { timePart }) };
  }
  return `\`${operator}\` takes a number, not ${quoted(value)}${typeof value === 'string' ? ' (without quotation marks)' : ''}`;
}

function readTimePart(part: keyof typeof TIME_PART_RANGE, value: Scalar): ValueTest | string {
  const [least, most] = TIME_PART_RANGE[part];
  const isWithin = typeof value === 'number' && Number.isInteger(value) && value >= least && value <= most;
  if (isWithin) return { kind: 'timePart', part, value };
  return `\`${part}\` takes a whole number from ${least} to ${most}, not ${quoted(value)}`;
}

function readOther(plan: ModifierPlan, value: number | boolean | null): ValueTest | string {
  const { how, position, isCased, hasPlaceholders, isWindash, encodings } = plan;
  if (how !== 'plain') return `\`${how}\` takes text, not ${quoted(value)}`;
  const modifier = [
    ...(isCased ? ['cased'] : []),
    ...(position === 'equals' ? [] : [position]),
    ...(hasPlaceholders ? ['expand'] : []),
    ...(isWindash ? ['windash'] : []),
    ...encodings,
  ][0];
  if (modifier !== undefined) return `\`${modifier}\` takes text: write '${String(value)}' with quotation marks`;
  if (value === null) return { kind: 'null' };
  if (typeof value === 'boolean') return { kind: 'boolean', value };
  if (!Number.isFinite(value)) return 'infinite values and NaN equal nothing';
  // 123456789012345678 would silently be 123456789012345680, and miss the text it was meant for.
  if (Number.isInteger(value) && !Number.isSafeInteger(value))
    return 'a whole number this large loses its last digits: write it with quotation marks';
  return { kind: 'number', value };
}

function readText(plan: ModifierPlan, text: string): ValueTest | string {
  const { how, position, isCased } = plan;
  if (how === 'fieldref') {
    const field = literalOf(parsePattern(text.trim()));
    if (field === null) return '`fieldref` takes the name of a field, without wildcards';
    return field === '' ? '`fieldref` takes the name of a field' : { kind: 'field', field, position, isCased };
  }
  if (how === 'cidr') {
    const test = compileCidr(text);
    return typeof test === 'string' ? test : { kind: 'cidr', test, network: text.trim() };
  }
  if (how === 're') {
    const compiled = compileRegex(text, plan.regexFlags);
    const flags = (['i', 'm', 's'] as const).filter((flag) => plan.regexFlags[flag]).join('');
    return 'test' in compiled
      ? { kind: 'regex', test: compiled.test, pattern: text, flags }
      : `the regular expression has a problem: ${compiled.problem}`;
  }
  const patterns = patternsOf(plan, parsePattern(text));
  if (typeof patterns === 'string') return patterns;
  const before = position === 'contains' || position === 'endswith';
  const after = position === 'contains' || position === 'startswith';
  return oneOrAny(patterns.map((pattern) => ({ kind: 'text', pattern: widen(pattern, before, after), isCased })));
}

function patternsOf({ isWindash, encodings }: ModifierPlan, pattern: Pattern): Pattern[] | string {
  const open = isWindash ? openDashes(pattern) : pattern;
  if (encodings.length === 0) return [open];
  const written = writeOutDashes(open);
  if (!written) return 'it has more than four dashes, too many to encode every way of writing them';
  const encoded = written.map((one) => encodePattern(one, encodings));
  const problem = encoded.find((one) => typeof one === 'string');
  return problem ?? encoded.flatMap((one) => (typeof one === 'string' ? [] : one));
}

function oneOrAny(tests: readonly ValueTest[]): ValueTest {
  const [only] = tests;
  if (tests.length === 1 && only) return only;
  return { kind: 'any', of: tests.flatMap((test) => (test.kind === 'any' ? test.of : [test])) };
}
