import { printable } from '../../lib/text.ts';
import type { Detection, DetectionItem, Selection, ValueTest } from '../detection.ts';
import { equalityKeyOf } from '../match/predicates.ts';
import { requiredEqualities } from '../match/required-equality.ts';
import type { Pattern } from '../match/wildcard.ts';
import type { Condition } from '../read/condition.ts';

/** A detection in words, as it was understood: modifiers applied, encodings made, `1 of` and `all of` written out. */
export type DetectionExplanation = {
  /** Each search identifier with its tests, one a line; two spaces a level where tests are nested. */
  readonly selections: readonly { readonly name: string; readonly lines: readonly string[] }[];
  readonly condition: string;
  /** A record without one of the values in the field is never looked at: what the rule is indexed by. */
  readonly needed: readonly { readonly field: string; readonly values: readonly string[] }[];
};

const COMPARISON_SIGNS = { lt: '<', lte: '<=', gt: '>', gte: '>=' } as const;
/** Values that come to more characters than this stand below one another. */
const MAX_LINE_CHARACTERS = 76;
/** A value with dashes in Base64 comes to hundreds of forms; they are all alike. */
const MAX_FORMS = 15;
/** Every dash that Windows takes for the beginning of a flag. */
const WRITTEN_DASH = '[-/\u2013\u2014\u2015]';

/** Says what a detection looks for, in plain text that is safe to print. */
export function explainDetection(detection: Detection): DetectionExplanation {
  return {
    selections: [...detection.selections].map(([name, selection]) => ({
      name: printable(name),
      lines: linesOf(selection),
    })),
    condition: explainCondition(detection.condition),
    needed: neededOf(detection),
  };
}

/** A condition with parentheses where they are needed, and nowhere else. */
export function explainCondition(condition: Condition): string {
  if (condition.kind === 'selection') return printable(condition.name);
  if (condition.kind === 'not') return `not ${inner(condition.of, ['and', 'or'])}`;
  const around = condition.kind === 'and' ? (['or'] as const) : [];
  return condition.of.map((part) => inner(part, around)).join(` ${condition.kind} `);
}

function inner(condition: Condition, bracketed: readonly string[]): string {
  const text = explainCondition(condition);
  return bracketed.includes(condition.kind) ? `(${text})` : text;
}

function linesOf(selection: Selection): string[] {
  if (selection.kind === 'item') return explainItem(selection.item);
  if (selection.kind === 'and')
    return selection.of.flatMap((part) => (part.kind === 'or' ? nested(part) : linesOf(part)));
  return nested(selection);
}

function nested(selection: Selection & { readonly of: readonly Selection[] }): string[] {
  return selection.of.flatMap((part, index) => [index === 0 ? 'either' : 'or', ...linesOf(part).map(indented)]);
}

/** One item as lines: usually one; its values below one another where they are long. */
export function explainItem(item: DetectionItem): string[] {
  const subject = item.field === null ? 'any value' : printable(item.field);
  const groups = groupedPhrases(item);
  const link = item.isAll ? 'and' : 'or';
  const start = item.isNegated ? `not: ${subject}` : subject;
  const line = `${start} ${groups.map((group) => phraseOf(group, link)).join(` ${link} `)}`;
  if (line.length <= MAX_LINE_CHARACTERS) return [line];
  return [
    `${start}${groups.length > 1 ? ` ${item.isAll ? 'all of' : 'one of'}` : ''}`,
    ...groups.flatMap((group) => block(group, link).map(indented)),
  ].flatMap((text, index, all) => mergedHead(text, index, all, groups.length));
}

/** With one kind of test only, its verb belongs behind the field. */
function mergedHead(text: string, index: number, all: readonly string[], groups: number): string[] {
  if (groups > 1) return [text];
  if (index === 0) return [`${text} ${(all[1] ?? '').trim()}`];
  return index === 1 ? [] : [text.slice(2)];
}

type Phrase = { readonly verb: string; readonly value: string | null; readonly note: string };
type PhraseGroup = { readonly verb: string; readonly values: readonly string[]; readonly note: string };

/** Tests of one kind that follow one another share their verb. */
function groupedPhrases(item: DetectionItem): PhraseGroup[] {
  const groups: { verb: string; values: string[]; note: string }[] = [];
  for (const test of item.tests) {
    const { verb, value, note } = phraseOfTest(test);
    const last = groups.at(-1);
    if (last && value !== null && last.values.length > 0 && last.verb === verb && last.note === note)
      last.values.push(value);
    else groups.push({ verb, values: value === null ? [] : [value], note });
  }
  return groups;
}

function phraseOf({ verb, values, note }: PhraseGroup, link: string): string {
  return [verb, values.join(` ${link} `), note].filter((part) => part !== '').join(' ');
}

function block(group: PhraseGroup, link: string): string[] {
  const { verb, values, note } = group;
  if (values.length < 2) return [phraseOf(group, link)];
  const head = [verb, link === 'and' ? 'all of' : 'one of', note].filter((part) => part !== '').join(' ');
  return [head, ...values.map(indented)];
}

function phraseOfTest(test: ValueTest): Phrase {
  const plain = (verb: string, value: string | null): Phrase => ({ verb, value, note: '' });
  switch (test.kind) {
    case 'text':
      return phraseOfPattern(test.pattern, test.isCased);
    case 'number':
    case 'boolean':
      return plain('equals', String(test.value));
    case 'null':
      return plain('is null or missing', null);
    case 'exists':
      return plain(test.value ? 'exists' : 'is missing', null);
    case 'compare':
      return plain(`${partOf(test.timePart)}${COMPARISON_SIGNS[test.operator]}`, String(test.value));
    case 'timePart':
      return plain(`${partOf(test.part)}equals`, String(test.value));
    case 'regex':
      return plain('re', printable(`/${test.pattern}/${test.flags}`));
    case 'cidr':
      return plain('cidr', printable(test.network));
    case 'field':
      return {
        verb: `${test.position} the field`,
        value: printable(test.field),
        note: test.isCased ? '(exact case)' : '(any case)',
      };
    case 'any':
      return plain('', explainForms(test.of));
  }
}

/** The forms one value has come to, where each value counts for itself. */
function explainForms(forms: readonly ValueTest[]): string {
  const shown = forms.slice(0, MAX_FORMS).map((one) => phraseOf(oneOf(phraseOfTest(one)), 'or'));
  const more = forms.length > MAX_FORMS ? [`${forms.length - MAX_FORMS} more forms`] : [];
  return `(${[...shown, ...more].join(' or ')})`;
}

function oneOf({ verb, value, note }: Phrase): PhraseGroup {
  return { verb, values: value === null ? [] : [value], note };
}

/** The verb of a time part follows the field: `Occurred (hour) >= 18`. */
function partOf(part: string | undefined): string {
  return part === undefined ? '' : `(${part}) `;
}

function phraseOfPattern(pattern: Pattern, isCased: boolean): Phrase {
  const literals = pattern.filter((part) => typeof part === 'string');
  const hasCase = literals.some((text) => text.toLowerCase() !== text.toUpperCase());
  const note = hasCase ? (isCased ? '(exact case)' : '(any case)') : '';
  const [literal = ''] = literals;
  const shape = pattern.map((part) => (typeof part === 'string' ? 'x' : part.description)).join('');
  const verbs: Readonly<Record<string, string>> = {
    '': 'equals',
    x: 'equals',
    '*x*': 'contains',
    'x*': 'startswith',
    '*x': 'endswith',
  };
  const verb = Object.hasOwn(verbs, shape) ? verbs[shape] : undefined;
  if (shape === '*') return { verb: 'is any text', value: null, note: '' };
  if (verb !== undefined) return { verb, value: inQuotes(literal), note };
  return { verb: 'like', value: inQuotes(pattern.map(writtenPart).join('')), note };
}

function writtenPart(part: Pattern[number]): string {
  if (typeof part === 'string') return part.replace(/\\(?=[*?\\])|[*?]/g, '\\$&');
  return part.description === '-' ? WRITTEN_DASH : (part.description ?? '');
}

function inQuotes(text: string): string {
  return printable(JSON.stringify(text));
}

function indented(line: string): string {
  return `  ${line}`;
}

function neededOf(detection: Detection): DetectionExplanation['needed'] {
  const written = new Map<string, string>();
  for (const item of [...detection.selections.values()].flatMap(itemsOf)) {
    for (const test of item.tests) {
      const key = equalityKeyOf(test);
      if (key !== null && !written.has(key)) written.set(key, writtenValue(test));
    }
  }
  return [...requiredEqualities(detection)].map(([field, keys]) => ({
    field: printable(field),
    values: [...keys].map((key) => printable(written.get(key) ?? key)),
  }));
}

function writtenValue(test: ValueTest): string {
  if (test.kind === 'text') return String(test.pattern[0] ?? '');
  return test.kind === 'number' || test.kind === 'boolean' ? String(test.value) : '';
}

function itemsOf(selection: Selection): DetectionItem[] {
  return selection.kind === 'item' ? [selection.item] : selection.of.flatMap(itemsOf);
}
