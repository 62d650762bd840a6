import { exactUnitAt, fold, foldedUnitAt, type UnitAt } from './fold.ts';
import { compileSearch, compileSearchForAny, foldedStandsAt } from './search.ts';

/** Text with Sigma's wildcards resolved: literal stretches, `any` for `*`, `one` for `?`, and the dashes of `windash`. */
export type Pattern = readonly (string | typeof ANY | typeof ONE | typeof DASH)[];
export type TextTest = (text: string) => boolean;

const ANY = Symbol('*');
const ONE = Symbol('?');
const DASH = Symbol('-');
const DASHES = ['-', '/', '\u2013', '\u2014', '\u2015'] as const;
/** Before a word and not within one, as in pySigma; the specification also names the three long dashes as written forms. */
const WRITTEN_DASH = /(?<![\p{L}\p{N}_])[-/\u2013-\u2015](?=[\p{L}\p{N}_])/gu;
/** Texts that one value may come to where its dashes have to be written out: five to the fourth. */
const MAX_DASHED_TEXTS = 625;

/**
 * Reads a value by the specification's rules (Escape Character): a backslash makes a following `*`, `?` or backslash
 * plain and is itself plain anywhere else.
 */
export function parsePattern(value: string): Pattern {
  const parts: (string | typeof ANY | typeof ONE)[] = [];
  let literal = '';
  const push = (part: typeof ANY | typeof ONE): void => {
    if (literal !== '') parts.push(literal);
    literal = '';
    if (!(part === ANY && parts.at(-1) === ANY)) parts.push(part);
  };
  for (let i = 0; i < value.length; i++) {
    const character = value[i] ?? '';
    const next = value[i + 1] ?? '';
    if (character === '\\' && (next === '*' || next === '?' || next === '\\')) {
      literal += next;
      i += 1;
    } else if (character === '*') push(ANY);
    else if (character === '?') push(ONE);
    else literal += character;
  }
  if (literal !== '') parts.push(literal);
  return parts;
}

/** The pattern with `*` before and after as `contains`, `startswith` and `endswith` ask for it. */
export function widen(pattern: Pattern, before: boolean, after: boolean): Pattern {
  const front: Pattern = before && pattern[0] !== ANY ? [ANY, ...pattern] : pattern;
  return after && front.at(-1) !== ANY ? [...front, ANY] : front;
}

/** The pattern with every dash that begins a command line flag open to all five characters that Windows takes for one. */
export function openDashes(pattern: Pattern): Pattern {
  const parts: Pattern[number][] = [];
  for (const part of pattern) {
    if (typeof part !== 'string') parts.push(part);
    else {
      for (const [index, literal] of part.split(WRITTEN_DASH).entries()) {
        if (index > 0) parts.push(DASH);
        if (literal !== '') parts.push(literal);
      }
    }
  }
  return parts;
}

/** Every text of a pattern with open dashes, for what cannot keep them open; null when these are too many. */
export function writeOutDashes(pattern: Pattern): Pattern[] | null {
  let texts: Pattern[] = [[]];
  for (const part of pattern) {
    const choices: Pattern = part === DASH ? DASHES : [part];
    texts = texts.flatMap((text) => choices.map((choice) => appended(text, choice)));
    if (texts.length > MAX_DASHED_TEXTS) return null;
  }
  return texts;
}

function appended(pattern: Pattern, part: Pattern[number]): Pattern {
  const last = pattern.at(-1);
  return typeof last === 'string' && typeof part === 'string'
    ? [...pattern.slice(0, -1), last + part]
    : [...pattern, part];
}

/** The text a pattern without wildcards stands for; null when it has any. */
export function literalOf(pattern: Pattern): string | null {
  if (pattern.length === 0) return '';
  const [only] = pattern;
  return pattern.length === 1 && typeof only === 'string' ? only : null;
}

/** Compiles patterns of which one must match, in any case: the parts that may stand anywhere are looked for together. */
export function compileAnyPattern(patterns: readonly Pattern[]): TextTest {
  const parts = patterns.map(partOf).filter((part) => part !== null);
  const tests = patterns.filter((one) => partOf(one) === null).map((one) => compilePattern(one, false));
  if (parts.length > 0) tests.push(compileSearchForAny(parts.map(fold)));
  const [first] = tests;
  if (first && tests.length === 1) return first;
  return (text) => {
    for (const test of tests) if (test(text)) return true;
    return false;
  };
}

/** The text that a pattern looks for anywhere; null when it is not of that kind. */
function partOf(pattern: Pattern): string | null {
  const [before, part, after] = pattern;
  const isPart = pattern.length === 3 && before === ANY && after === ANY && typeof part === 'string';
  return isPart ? part : null;
}

/** Compiles a pattern to a test of whole texts. Its time grows with the text times the pattern, whatever they hold. */
export function compilePattern(pattern: Pattern, isCased: boolean): TextTest {
  const literals = pattern.filter((part) => typeof part === 'string');
  const hasOne = pattern.includes(ONE) || pattern.includes(DASH);
  if (!hasOne && literals.length === 0) return pattern.length === 0 ? (text) => text === '' : () => true;
  if (!hasOne && literals.length === 1) {
    const [literal = ''] = literals;
    return compileSingle(literal, pattern[0] === ANY, pattern.at(-1) === ANY, isCased);
  }
  const codes = toCodes(pattern, isCased);
  const unitAt = isCased ? exactUnitAt : foldedUnitAt;
  return (text) => matchesCodes(codes, text, unitAt);
}

function compileSingle(literal: string, isOpenBefore: boolean, isOpenAfter: boolean, isCased: boolean): TextTest {
  if (isCased) {
    if (isOpenBefore && isOpenAfter) return (text) => text.includes(literal);
    if (isOpenBefore) return (text) => text.endsWith(literal);
    return isOpenAfter ? (text) => text.startsWith(literal) : (text) => text === literal;
  }
  const folded = fold(literal);
  if (isOpenBefore && isOpenAfter) return compileSearch(folded);
  if (isOpenBefore) return (text) => foldedStandsAt(text, text.length - folded.length, folded);
  if (isOpenAfter) return (text) => foldedStandsAt(text, 0, folded);
  // Records mostly have a value as it is written in the rule, and equal texts are found equal faster than folded ones.
  return (text) => text === literal || (text.length === folded.length && foldedStandsAt(text, 0, folded));
}

/** Whether `folded` (already folded) stands anywhere in `text`, whatever the case of `text`. */
export function includesFolded(text: string, folded: string): boolean {
  const first = folded.charCodeAt(0);
  const last = text.length - folded.length;
  for (let offset = 0; offset <= last; offset++) {
    if (folded === '' || (foldedUnitAt(text, offset) === first && foldedStandsAt(text, offset, folded))) return true;
  }
  return false;
}

const ANY_CODE = -1;
const ONE_CODE = -2;
const DASH_CODE = -3;

function toCodes(pattern: Pattern, isCased: boolean): Int32Array {
  const codes: number[] = [];
  for (const part of pattern) {
    if (part === ANY) codes.push(ANY_CODE);
    else if (part === ONE) codes.push(ONE_CODE);
    else if (part === DASH) codes.push(DASH_CODE);
    else {
      const literal = isCased ? part : fold(part);
      for (let i = 0; i < literal.length; i++) codes.push(literal.charCodeAt(i));
    }
  }
  return Int32Array.from(codes);
}

/** Two pointers and one place to go back to (the last `*`): never exponential, no matter how many stars there are. */
function matchesCodes(codes: Int32Array, text: string, unitAt: UnitAt): boolean {
  let at = 0;
  let code = 0;
  let starCode = -1;
  let starAt = 0;
  while (at < text.length) {
    const wanted = codes[code];
    if (wanted === ANY_CODE) {
      starCode = code;
      starAt = at;
      code += 1;
    } else if (wanted === ONE_CODE) {
      at += isPairAt(text, at) ? 2 : 1;
      code += 1;
    } else if (wanted !== undefined && (wanted === unitAt(text, at) || (wanted === DASH_CODE && isDash(text, at)))) {
      at += 1;
      code += 1;
    } else if (starCode >= 0) {
      starAt += isPairAt(text, starAt) ? 2 : 1;
      at = starAt;
      code = starCode + 1;
    } else return false;
  }
  while (codes[code] === ANY_CODE) code += 1;
  return code === codes.length;
}

function isDash(text: string, index: number): boolean {
  const unit = text.charCodeAt(index);
  return unit === 0x2d || unit === 0x2f || (unit >= 0x2013 && unit <= 0x2015);
}

function isPairAt(text: string, index: number): boolean {
  return (text.codePointAt(index) ?? 0) > 0xffff;
}
