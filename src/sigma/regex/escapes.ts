import { classRanges, controlCode, posixRanges, propertyRanges } from './classes.ts';
import { complement, inAnyCase, LAST_CODE_POINT, type Ranges, union } from './ranges.ts';
import type { RegexScanner } from './scanner.ts';

/** Reads what follows a backslash: the code point it stands for, or the members of a class such as `\d` or `\p{L}`. */
export function readEscape(scanner: RegexScanner, ignoresCase: boolean): number | Ranges {
  const place = scanner.place(1);
  const character = scanner.next();
  if (character === 'N' && scanner.take('{U+')) return codeOf(scanner, /^([0-9a-fA-F]{1,6})\}/);
  const ranges = classRanges(character);
  if (ranges) return ranges;
  if (character === 'p' || character === 'P') return readProperty(scanner, character === 'P', ignoresCase, place);
  if (character === 'x') return codeOf(scanner, /^(?:\{([0-9a-fA-F]{1,6})\}|([0-9a-fA-F]{2}))/);
  if (character === 'u') return codeOf(scanner, /^(?:\{([0-9a-fA-F]{1,6})\}|([0-9a-fA-F]{4}))/);
  if (character === 'o') return codeOf(scanner, /^\{([0-7]{1,8})\}/, 8);
  if (character === '0') return codeOf(scanner, /^([0-7]{0,2})/, 8);
  if (character === 'c') {
    const control = scanner.takeMatch(/^[\x20-\x7e]/)?.[0] ?? scanner.fail('`\\c` without its character', place);
    return control.toUpperCase().charCodeAt(0) ^ 64;
  }
  const control = controlCode(character);
  if (control !== null) return control;
  if (/[1-9kg]/.test(character)) scanner.fail('a back-reference, which is not supported', place);
  if (/[a-zA-Z]/.test(character)) scanner.fail(`the escape \`\\${character}\`, which is not supported`, place);
  return character.codePointAt(0) ?? 0;
}

/** Reads a bracketed set, of which the `[` is already taken. */
export function readSet(scanner: RegexScanner, ignoresCase: boolean): Ranges {
  const place = scanner.place(1);
  const isNegated = scanner.take('^');
  const literal: (readonly [number, number])[] = [];
  const classes: Ranges[] = [];
  for (let isFirst = true; isFirst || scanner.peek() !== ']'; isFirst = false) {
    if (scanner.isAtEnd) scanner.fail('a `[` without its `]`', place);
    const from = readMember(scanner, ignoresCase);
    if (typeof from !== 'number') {
      classes.push(from);
      continue;
    }
    const isRange = scanner.peek() === '-' && scanner.peek(1) !== ']' && scanner.peek(1) !== '';
    if (isRange) scanner.next();
    const to = isRange ? readMember(scanner, ignoresCase) : from;
    if (typeof to !== 'number') {
      literal.push([from, from], [45, 45]);
      classes.push(to);
      continue;
    }
    if (to < from) scanner.fail('a range whose ends are the wrong way round', scanner.place(1));
    literal.push([from, to]);
  }
  scanner.next();
  const letters = union(literal);
  const members = union(ignoresCase ? inAnyCase(letters) : letters, ...classes);
  return isNegated ? complement(members) : members;
}

function readMember(scanner: RegexScanner, ignoresCase: boolean): number | Ranges {
  if (scanner.take('\\')) return scanner.take('b') ? 8 : readEscape(scanner, ignoresCase);
  if (scanner.peek() === '[') {
    const place = scanner.place();
    const posix = scanner.takeMatch(/^\[:(\^?)([a-zA-Z]*):\]/);
    if (posix) {
      const ranges = posixRanges(posix[2] ?? '') ?? scanner.fail(`an unknown POSIX class \`${posix[0]}\``, place);
      const inCase = ignoresCase ? inAnyCase(ranges) : ranges;
      return posix[1] ? complement(inCase) : inCase;
    }
    if (scanner.takeMatch(/^\[([.=])[^\]]*\1\]/))
      scanner.fail('a POSIX collating element, which is not supported', place);
  }
  return scanner.next().codePointAt(0) ?? 0;
}

function readProperty(scanner: RegexScanner, isOpposite: boolean, ignoresCase: boolean, place: number): Ranges {
  const written = scanner.takeMatch(/^(?:\{(\^?)\s*([\w&=:]+)\s*\}|([A-Z]))/);
  if (!written) scanner.fail('`\\p` without its property, such as `\\p{L}`', place);
  const name = written[2] ?? written[3] ?? '';
  const ranges = propertyRanges(name) ?? scanner.fail(`an unknown property of characters, \`${name}\``, place);
  const inCase = ignoresCase ? inAnyCase(ranges) : ranges;
  return isOpposite !== (written[1] === '^') ? complement(inCase) : inCase;
}

function codeOf(scanner: RegexScanner, form: RegExp, base = 16): number {
  const match = scanner.takeMatch(form);
  const code = Number.parseInt(match?.[1] || match?.[2] || '0', base);
  if (!match || code > LAST_CODE_POINT) scanner.fail('an incomplete escape of a character by its number');
  return code;
}
