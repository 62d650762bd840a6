import { complement, LAST_CODE_POINT, type Ranges, union } from './ranges.ts';

const DIGIT: Ranges = [[48, 57]];
const UPPER: Ranges = [[65, 90]];
const LOWER: Ranges = [[97, 122]];
const LETTER: Ranges = [...UPPER, ...LOWER];
const ALPHANUMERIC: Ranges = [...DIGIT, ...LETTER];
/** `\w`, and what `\b` is about: ASCII, as in PCRE. */
export const WORD: Ranges = union(ALPHANUMERIC, [[95, 95]]);
const BLANK: Ranges = [
  [9, 9],
  [32, 32],
];
const HORIZONTAL: Ranges = [
  ...BLANK,
  ...([
    [0xa0, 0xa0],
    [0x1680, 0x1680],
    [0x180e, 0x180e],
    [0x2000, 0x200a],
    [0x202f, 0x202f],
  ] as const),
  ...([
    [0x205f, 0x205f],
    [0x3000, 0x3000],
  ] as const),
];
/** What `\R` takes one of, besides a carriage return with a line feed behind it. */
export const VERTICAL: Ranges = [
  [10, 13],
  [0x85, 0x85],
  [0x2028, 0x2029],
];
/** JavaScript's white space, which is Unicode's and the byte order mark. */
const SPACE: Ranges = [
  ...([
    [9, 13],
    [32, 32],
    [0xa0, 0xa0],
    [0x1680, 0x1680],
    [0x2000, 0x200a],
    [0x2028, 0x2029],
  ] as const),
  ...([
    [0x202f, 0x202f],
    [0x205f, 0x205f],
    [0x3000, 0x3000],
    [0xfeff, 0xfeff],
  ] as const),
];
const CLASSES: Readonly<Record<string, Ranges>> = { d: DIGIT, w: WORD, s: SPACE, h: HORIZONTAL, v: VERTICAL };
const POSIX: Readonly<Record<string, Ranges>> = {
  alnum: ALPHANUMERIC,
  alpha: LETTER,
  ascii: [[0, 127]],
  blank: BLANK,
  cntrl: [
    [0, 31],
    [127, 127],
  ],
  digit: DIGIT,
  graph: [[33, 126]],
  lower: LOWER,
  print: [[32, 126]],
  punct: [
    [33, 47],
    [58, 64],
    [91, 96],
    [123, 126],
  ],
  space: [
    [9, 13],
    [32, 32],
  ],
  upper: UPPER,
  word: WORD,
  xdigit: [...DIGIT, [65, 70], [97, 102]],
};
const CONTROLS: Readonly<Record<string, number>> = { n: 10, r: 13, t: 9, f: 12, a: 7, e: 27 };
/** Names of PCRE for what is no category or script of Unicode's. */
const OWN_PROPERTIES: Readonly<Record<string, string>> = {
  Any: '\\p{Any}',
  'L&': '\\p{Lu}\\p{Ll}\\p{Lt}',
  Xan: '\\p{L}\\p{N}',
  Xwd: '\\p{L}\\p{N}_',
  Xsp: '\\s',
  Xps: '\\s',
};

const properties = new Map<string, Ranges | null>();

/** The code points of `\d \w \s \h \v` and their opposites, and of `\N`; null for a letter that names no class. */
export function classRanges(letter: string): Ranges | null {
  if (letter === 'N') return complement([[10, 10]]);
  const own = Object.hasOwn(CLASSES, letter) ? CLASSES[letter] : undefined;
  if (own) return own;
  const lower = letter.toLowerCase();
  const opposite = Object.hasOwn(CLASSES, lower) ? CLASSES[lower] : undefined;
  return opposite ? complement(opposite) : null;
}

/** The code points of a class such as `[:alpha:]`, which is ASCII; null for a name nobody knows. */
export function posixRanges(name: string): Ranges | null {
  return Object.hasOwn(POSIX, name) ? (POSIX[name] ?? null) : null;
}

/** The code points of a category (`L`, `Lu`), script (`Greek`, `sc=Greek`) or property of Unicode's; null for an unknown name. */
export function propertyRanges(name: string): Ranges | null {
  const known = properties.get(name);
  if (known !== undefined) return known;
  const ranges = findProperty(name);
  properties.set(name, ranges);
  return ranges;
}

/** The character a letter stands for behind a backslash (`\n`); null when it stands for none. */
export function controlCode(letter: string): number | null {
  return Object.hasOwn(CONTROLS, letter) ? (CONTROLS[letter] ?? null) : null;
}

function findProperty(name: string): Ranges | null {
  if (!/^[A-Za-z_&=:]{1,60}$/.test(name)) return null;
  const own = Object.hasOwn(OWN_PROPERTIES, name) ? OWN_PROPERTIES[name] : undefined;
  const named = name.replace(':', '=');
  for (const members of own ? [own] : [`\\p{${named}}`, `\\p{Script=${named}}`]) {
    const expression = expressionOf(`[${members}]`);
    if (expression) return walk(expression);
  }
  return null;
}

/** Unicode's tables are the runtime's own: which names it knows is found by asking it. */
function expressionOf(source: string): RegExp | null {
  try {
    return new RegExp(source, 'u');
  } catch {
    return null;
  }
}

function walk(expression: RegExp): Ranges {
  const ranges: [number, number][] = [];
  for (let code = 0; code <= LAST_CODE_POINT; code++) {
    if (!expression.test(String.fromCodePoint(code))) continue;
    const last = ranges.at(-1);
    if (last?.[1] === code - 1) last[1] = code;
    else ranges.push([code, code]);
  }
  return ranges;
}
