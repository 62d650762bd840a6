import { TIME_PARTS, type TimePart } from '../match/time-part.ts';
import { type Place, quoted, type Report, suggestion } from '../mistakes.ts';

export type CompareOperator = 'lt' | 'lte' | 'gt' | 'gte';
export type TextPosition = 'equals' | 'contains' | 'startswith' | 'endswith';
export type Encoding = 'wide' | 'utf16be' | 'utf16' | 'base64' | 'base64offset';

/** What a chain of modifiers comes to: one way to look at the values, and what is turned around it. */
export type ModifierPlan = {
  readonly how: 'plain' | 'exists' | 're' | 'cidr' | 'fieldref' | CompareOperator;
  readonly position: TextPosition;
  readonly isCased: boolean;
  readonly isAll: boolean;
  readonly isNegated: boolean;
  readonly regexFlags: { readonly i: boolean; readonly m: boolean; readonly s: boolean };
  /** The part of a time that is compared instead of the value; null for the value itself. */
  readonly timePart: TimePart | null;
  readonly hasPlaceholders: boolean;
  readonly isWindash: boolean;
  /** In the order in which they change the value. */
  readonly encodings: readonly Encoding[];
};

export const PLAIN: ModifierPlan = {
  how: 'plain',
  position: 'equals',
  isCased: false,
  isAll: false,
  isNegated: false,
  regexFlags: { i: false, m: false, s: false },
  timePart: null,
  hasPlaceholders: false,
  isWindash: false,
  encodings: [],
};

const POSITIONS = ['contains', 'startswith', 'endswith'] as const;
const COMPARISONS = ['lt', 'lte', 'gt', 'gte'] as const;
const KINDS = ['exists', 're', 'cidr', 'fieldref', ...COMPARISONS] as const;
const REGEX_FLAGS = ['i', 'm', 's'] as const;
const UTF16 = ['wide', 'utf16be', 'utf16'] as const;
const BASE64 = ['base64', 'base64offset'] as const;
const ENCODINGS = [...UTF16, ...BASE64] as const;
const KNOWN: readonly string[] = [
  ...[...POSITIONS, ...KINDS, ...REGEX_FLAGS, ...ENCODINGS, ...TIME_PARTS],
  ...['all', 'cased', 'neq', 'windash', 'expand', 'utf16le'],
];
/** Other names of the same: `utf16le` is the specification's, the flags are pySigma's. */
const SAME_AS: Readonly<Record<string, string>> = { utf16le: 'wide', ignorecase: 'i', multiline: 'm', dotall: 's' };

/** All that may be written, by every name. */
export const MODIFIERS: readonly string[] = [...new Set([...KNOWN, ...Object.keys(SAME_AS)])];

/** Reads the modifiers of one field; null when there is a mistake among them. All mistakes are reported. */
export function planModifiers(written: readonly string[], place: Place, report: Report): ModifierPlan | null {
  const modifiers = written.map(
    (modifier) => (Object.hasOwn(SAME_AS, modifier) ? SAME_AS[modifier] : null) ?? modifier,
  );
  const problems = unknownOnes(written, modifiers);
  if (problems.length === 0) problems.push(...wrongTogether(modifiers), ...wrongOrder(modifiers));
  for (const problem of problems) report(place, problem);
  if (problems.length > 0) return null;
  const has = (modifier: string): boolean => modifiers.includes(modifier);
  return {
    how: KINDS.find(has) ?? 'plain',
    position: POSITIONS.find(has) ?? 'equals',
    isCased: has('cased'),
    isAll: has('all'),
    isNegated: has('neq'),
    regexFlags: { i: has('i'), m: has('m'), s: has('s') },
    timePart: TIME_PARTS.find(has) ?? null,
    hasPlaceholders: has('expand'),
    isWindash: has('windash'),
    encodings: modifiers.flatMap((modifier) => ENCODINGS.filter((encoding) => encoding === modifier)),
  };
}

function unknownOnes(written: readonly string[], modifiers: readonly string[]): string[] {
  return modifiers.flatMap((modifier, index) => {
    if (!KNOWN.includes(modifier)) {
      const isEmpty = modifier === '';
      return [
        isEmpty
          ? 'a `|` without a modifier behind it'
          : `unknown modifier ${quoted(modifier)}${suggestion(modifier, KNOWN)}`,
      ];
    }
    const first = modifiers.indexOf(modifier);
    if (first === index) return [];
    const isOtherName = written[first] !== written[index];
    return [
      `the modifier \`${written[index]}\` stands twice${isOtherName ? `: it is the same as \`${written[first]}\`` : ''}`,
    ];
  });
}

function wrongTogether(modifiers: readonly string[]): string[] {
  const among = (list: readonly string[]): string[] => modifiers.filter((modifier) => list.includes(modifier));
  const problems: string[] = [];
  for (const group of [POSITIONS, KINDS, UTF16, TIME_PARTS]) {
    const chosen = among(group);
    if (chosen.length > 1) problems.push(`${listed(chosen)} cannot stand together: choose one`);
  }
  const [kind] = among(KINDS);
  const [timePart] = among(TIME_PARTS);
  const positions = among(POSITIONS);
  const texts = among(['windash', ...ENCODINGS]);
  if (kind && kind !== 'fieldref') {
    for (const position of positions) {
      const isRegex = kind === 're';
      problems.push(
        isRegex
          ? `\`re\` already searches anywhere in the value: leave \`${position}\` out and anchor with ^ or $`
          : `\`${position}\` cannot stand with \`${kind}\``,
      );
    }
    if (modifiers.includes('cased'))
      problems.push(
        `\`cased\` cannot stand with \`${kind}\`${kind === 're' ? ', which minds case unless `i` follows it' : ''}`,
      );
  }
  if (kind) for (const text of texts) problems.push(`\`${text}\` cannot stand with \`${kind}\``);
  const takesPlaceholders = !kind || kind === 're' || kind === 'cidr';
  if (modifiers.includes('expand') && !takesPlaceholders) problems.push(`\`expand\` cannot stand with \`${kind}\``);
  if (kind === 'exists') {
    for (const other of among(['all', 'neq'])) problems.push(`\`${other}\` cannot stand with \`exists\``);
  }
  if (timePart) {
    const isComparison = among(COMPARISONS).length > 0;
    const others = [...positions, ...texts, ...among(['cased', 'expand']), ...(kind && !isComparison ? [kind] : [])];
    for (const other of others) problems.push(`\`${other}\` cannot stand with \`${timePart}\`, which is a number`);
  }
  return problems;
}

/** Modifiers change the value one after the other, so that some can only come before or behind others. */
function wrongOrder(modifiers: readonly string[]): string[] {
  const problems: string[] = [];
  const before = (first: readonly string[], second: readonly string[], why = ''): void => {
    for (const [index, late] of modifiers.entries()) {
      if (!first.includes(late)) continue;
      const early = modifiers.slice(0, index).find((modifier) => second.includes(modifier));
      if (early) problems.push(`\`${late}\` must come before \`${early}\`${why}`);
    }
  };
  before(ENCODINGS, POSITIONS, ', whose wildcards cannot be encoded');
  before(['windash'], ENCODINGS, ': there are no dashes left in what is encoded');
  before(['expand'], [...ENCODINGS, 'windash'], ': it would look for placeholders in the changed value');
  before(['fieldref'], POSITIONS);
  before(TIME_PARTS, COMPARISONS);
  for (const flag of REGEX_FLAGS) {
    const at = modifiers.indexOf(flag);
    if (at >= 0 && !modifiers.slice(0, at).includes('re')) problems.push(`\`${flag}\` must follow \`re\``);
  }
  return problems;
}

function listed(words: readonly string[]): string {
  return [...new Set(words)].map((word) => `\`${word}\``).join(' and ');
}
