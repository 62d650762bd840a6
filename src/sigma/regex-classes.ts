/** `ranges` are inclusive. A set that ignores case is compared with the folded character and both its cases. */
export type CharacterSet = {
  readonly ranges: readonly (readonly [number, number])[];
  readonly isNegated: boolean;
  readonly ignoresCase: boolean;
};

const DIGIT: CharacterSet['ranges'] = [[48, 57]];
const WORD: CharacterSet['ranges'] = [
  [48, 57],
  [65, 90],
  [95, 95],
  [97, 122],
];
const SPACE: CharacterSet['ranges'] = [
  [9, 13],
  [32, 32],
  [0xa0, 0xa0],
  [0x1680, 0x1680],
  [0x2000, 0x200a],
  [0x2028, 0x2029],
  [0x202f, 0x202f],
  [0x205f, 0x205f],
  [0x3000, 0x3000],
  [0xfeff, 0xfeff],
];
const CLASSES: Readonly<Record<string, CharacterSet['ranges']>> = { d: DIGIT, w: WORD, s: SPACE };
const CONTROLS: Readonly<Record<string, number>> = { n: 10, r: 13, t: 9, f: 12, v: 11, a: 7, e: 27, '0': 0 };

/** The code points of `\d`, `\w`, `\s` and their opposites; null for a letter that names no class. */
export function classRanges(letter: string): CharacterSet['ranges'] | null {
  const own = Object.hasOwn(CLASSES, letter) ? CLASSES[letter] : undefined;
  if (own) return own;
  const lower = letter.toLowerCase();
  const opposite = Object.hasOwn(CLASSES, lower) ? CLASSES[lower] : undefined;
  return opposite ? complement(opposite) : null;
}

/** The character a letter stands for behind a backslash (`\n`); null when it stands for none. */
export function controlCode(letter: string): number | null {
  return Object.hasOwn(CONTROLS, letter) ? (CONTROLS[letter] ?? null) : null;
}

function complement(ranges: CharacterSet['ranges']): CharacterSet['ranges'] {
  const result: [number, number][] = [];
  let next = 0;
  for (const [from, to] of ranges) {
    if (from > next) result.push([next, from - 1]);
    next = to + 1;
  }
  result.push([next, 0x10ffff]);
  return result;
}
