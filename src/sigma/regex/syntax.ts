import { VERTICAL } from './classes.ts';
import { readEscape, readSet } from './escapes.ts';
import { type Assertion, type RegexFlags, RegexMistake, type RegexNode } from './node.ts';
import { atomic, possessive } from './possessive.ts';
import { complement, inAnyCase, LAST_CODE_POINT, type Ranges } from './ranges.ts';
import { RegexScanner } from './scanner.ts';

const MAX_PATTERN_CHARACTERS = 4_000;
const MAX_GROUP_DEPTH = 100;
const MAX_REPEAT = 2_000;
const ESCAPED_ASSERTIONS: Readonly<Record<string, Assertion>> = {
  A: 'textStart',
  z: 'textEnd',
  Z: 'end',
  b: 'boundary',
  B: 'notBoundary',
};
/** A carriage return with its line feed is taken whole, never the first without the second. */
const LINE_BREAK: RegexNode = {
  kind: 'choice',
  of: [
    { kind: 'sequence', of: [set([[13, 13]]), set([[10, 10]])] },
    set(VERTICAL.flatMap((range) => (range[0] === 10 ? ([[10, 12]] as const) : [range]))),
    {
      kind: 'sequence',
      of: [set([[13, 13]]), { kind: 'look', isBehind: false, isNegated: true, of: set([[10, 10]]) }],
    },
  ],
};
/** What a group can begin with that would need more than reading the text once. */
const REFUSED_GROUPS: readonly (readonly [RegExp, string])[] = [
  [/^\*/, 'a verb such as `(*UTF)`'],
  [/^\?P=/, 'a back-reference'],
  [/^\?(?:R|&|P>|[+-]?\d)/, 'a recursion'],
  [/^\?\(/, 'a condition'],
  [/^\?C/, 'a call-out'],
];

/** Parses a pattern; throws a RegexMistake. Inline flags (`(?i)`, `(?i:…)`) are honoured. */
export function parseRegex(pattern: string, flags: RegexFlags): RegexNode {
  if (pattern.length > MAX_PATTERN_CHARACTERS)
    throw new RegexMistake(`it is longer than ${MAX_PATTERN_CHARACTERS} characters`);
  return new RegexParser(pattern, flags).parse();
}

function set(ranges: Ranges): RegexNode {
  return { kind: 'set', ranges };
}

class RegexParser {
  readonly #scanner: RegexScanner;
  #depth = 0;
  #flags: { i: boolean; m: boolean; s: boolean; x: boolean };

  constructor(pattern: string, flags: RegexFlags) {
    this.#scanner = new RegexScanner(pattern);
    this.#flags = { ...flags, x: false };
  }

  parse(): RegexNode {
    const node = this.#choice();
    if (this.#scanner.peek() === ')') this.#scanner.fail('a `)` without its `(`');
    return node;
  }

  #choice(): RegexNode {
    const branches = [this.#sequence()];
    while (this.#scanner.take('|')) branches.push(this.#sequence());
    const [only] = branches;
    return branches.length === 1 && only ? only : { kind: 'choice', of: branches };
  }

  #sequence(): RegexNode {
    const scanner = this.#scanner;
    const parts: RegexNode[] = [];
    for (;;) {
      this.#skipSpace();
      if (scanner.isAtEnd || scanner.peek() === '|' || scanner.peek() === ')') break;
      parts.push(this.#quantified(this.#atom()));
    }
    return parts.length === 0 ? { kind: 'empty' } : { kind: 'sequence', of: parts };
  }

  /** White space and comments mean nothing under the flag `x`. */
  #skipSpace(): void {
    const scanner = this.#scanner;
    while (this.#flags.x && !scanner.isAtEnd) {
      if (/\s/.test(scanner.peek())) scanner.next();
      else if (scanner.take('#')) while (!scanner.isAtEnd && scanner.next() !== '\n');
      else break;
    }
  }

  #quantified(atom: RegexNode): RegexNode {
    this.#skipSpace();
    const scanner = this.#scanner;
    const place = scanner.place();
    const bounds = this.#quantifier();
    if (!bounds) return atom;
    if (atom.kind === 'assert' || atom.kind === 'look' || atom.kind === 'empty')
      scanner.fail('a quantifier with nothing to repeat', place);
    const isPossessive = scanner.take('+');
    const isLazy = !isPossessive && scanner.take('?');
    if (this.#quantifier()) scanner.fail('a quantifier on a quantifier; put the inner one in a group', place);
    const repeat = { kind: 'repeat' as const, of: atom, ...bounds, isLazy };
    if (!isPossessive) return repeat;
    return (
      possessive(repeat) ??
      scanner.fail('a possessive quantifier on a part of varying length, which is not supported', place)
    );
  }

  #quantifier(): { min: number; max: number } | null {
    const scanner = this.#scanner;
    if (scanner.take('*')) return { min: 0, max: Number.POSITIVE_INFINITY };
    if (scanner.take('+')) return { min: 1, max: Number.POSITIVE_INFINITY };
    if (scanner.take('?')) return { min: 0, max: 1 };
    const place = scanner.place();
    const braces = scanner.takeMatch(/^\{(\d{1,9})(,(\d{0,9}))?\}/);
    if (!braces) return null;
    const min = Number(braces[1]);
    const max = braces[2] === undefined ? min : braces[3] === '' ? Number.POSITIVE_INFINITY : Number(braces[3]);
    if (min > max) scanner.fail('a repetition whose bounds are the wrong way round', place);
    if (min > MAX_REPEAT || (max > MAX_REPEAT && max !== Number.POSITIVE_INFINITY)) {
      scanner.fail(`a repetition of more than ${MAX_REPEAT} times`, place);
    }
    return { min, max };
  }

  #atom(): RegexNode {
    const scanner = this.#scanner;
    const { i, m, s } = this.#flags;
    if ('*+?'.includes(scanner.peek())) scanner.fail('a quantifier with nothing to repeat');
    if (scanner.take('(')) return this.#group();
    if (scanner.take('[')) return set(readSet(scanner, i));
    if (scanner.take('.')) return set(s ? [[0, LAST_CODE_POINT]] : complement([[10, 10]]));
    if (scanner.take('^')) return { kind: 'assert', what: m ? 'lineStart' : 'textStart' };
    if (scanner.take('$')) return { kind: 'assert', what: m ? 'lineEnd' : 'end' };
    if (scanner.take('\\')) return this.#escape();
    return this.#literal(scanner.next().codePointAt(0) ?? 0);
  }

  #literal(code: number): RegexNode {
    return set(this.#flags.i ? inAnyCase([[code, code]]) : [[code, code]]);
  }

  #escape(): RegexNode {
    const scanner = this.#scanner;
    if (scanner.isAtEnd) scanner.fail('a backslash at the end', scanner.place(1));
    const letter = scanner.peek();
    const what = Object.hasOwn(ESCAPED_ASSERTIONS, letter) ? ESCAPED_ASSERTIONS[letter] : undefined;
    if (what) {
      scanner.next();
      return { kind: 'assert', what };
    }
    if (scanner.take('R')) return LINE_BREAK;
    const escaped = readEscape(scanner, this.#flags.i);
    return typeof escaped === 'number' ? this.#literal(escaped) : set(escaped);
  }

  #group(): RegexNode {
    const scanner = this.#scanner;
    const place = scanner.place(1);
    const outer = { ...this.#flags };
    this.#depth += 1;
    if (this.#depth > MAX_GROUP_DEPTH) scanner.fail('groups nested too deeply', place);
    for (const [form, what] of REFUSED_GROUPS) {
      if (scanner.takeMatch(form)) scanner.fail(`${what}, which is not supported`, place);
    }
    const kind = this.#kindOfGroup(place);
    if (kind === 'nothing') {
      this.#depth -= 1;
      return { kind: 'empty' };
    }
    const inner = this.#choice();
    if (!scanner.take(')')) scanner.fail('a `(` without its `)`', place);
    this.#flags = outer;
    this.#depth -= 1;
    if (kind === 'atomic')
      return atomic(inner) ?? scanner.fail('an atomic group of varying length, which is not supported', place);
    if (kind !== 'group') return { kind: 'look', ...kind, of: inner };
    // A group of nothing stays a node of its own, so that `(a|)*` can be repeated.
    const isOfNothing = inner.kind === 'assert' || inner.kind === 'look' || inner.kind === 'empty';
    return isOfNothing ? { kind: 'sequence', of: [inner] } : inner;
  }

  /** Reads how a group begins. `nothing`: it was a comment, or flags for what follows, and is over already. */
  #kindOfGroup(place: number): 'group' | 'atomic' | 'nothing' | { isBehind: boolean; isNegated: boolean } {
    const scanner = this.#scanner;
    if (!scanner.take('?')) return 'group';
    if (scanner.take('#')) {
      while (!scanner.isAtEnd) if (scanner.next() === ')') return 'nothing';
      scanner.fail('a comment without its `)`', place);
    }
    const look = scanner.takeMatch(/^(<?)([=!])/);
    if (look) return { isBehind: look[1] === '<', isNegated: look[2] === '!' };
    if (scanner.take('>')) return 'atomic';
    if (scanner.take(':') || scanner.take('|')) return 'group';
    if (scanner.takeMatch(/^(?:P?<\w*>|'\w*')/)) return 'group';
    if (scanner.takeMatch(/^(?:P?<|')/)) scanner.fail('a group name without its `>`', place);
    return this.#inlineFlags() ? 'group' : 'nothing';
  }

  /** True when the flags are those of a group that follows (`(?i:…)`), false when they were all (`(?i)`). */
  #inlineFlags(): boolean {
    const scanner = this.#scanner;
    let isOn = true;
    for (;;) {
      const place = scanner.place();
      const flag = scanner.next();
      if (flag === ')') return false;
      if (flag === ':') return true;
      if (flag === '-') isOn = false;
      else if (flag === '^') this.#flags = { i: false, m: false, s: false, x: false };
      else if (flag === 'i' || flag === 'm' || flag === 's' || flag === 'x') this.#flags[flag] = isOn;
      // How groups are named and numbered decides what is captured, not whether there is a match.
      else if (flag !== 'J' && flag !== 'n') scanner.fail('a group of an unknown kind', place);
    }
  }
}
