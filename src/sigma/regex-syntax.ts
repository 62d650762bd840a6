import { type CharacterSet, classRanges, controlCode } from './regex-classes.ts';

/** The part of PCRE that can be matched in linear time, as a tree. Characters are code points. */
export type RegexNode =
  | { readonly kind: 'empty' }
  | { readonly kind: 'set'; readonly set: CharacterSet }
  | { readonly kind: 'dot'; readonly matchesNewline: boolean }
  | { readonly kind: 'assert'; readonly what: Assertion; readonly isMultiline: boolean }
  | { readonly kind: 'sequence'; readonly of: readonly RegexNode[] }
  | { readonly kind: 'choice'; readonly of: readonly RegexNode[] }
  | { readonly kind: 'repeat'; readonly of: RegexNode; readonly min: number; readonly max: number };
export type Assertion = 'start' | 'end' | 'textStart' | 'textEnd' | 'boundary' | 'notBoundary';
type Flags = { i: boolean; m: boolean; s: boolean };

/** What a pattern asks for that is not supported, or where it is malformed, as a sentence with the position. */
export class RegexMistake extends Error {}

const MAX_PATTERN_CHARACTERS = 4_000;
const MAX_GROUP_DEPTH = 100;
const MAX_REPEAT = 1_000;
/** Parses a pattern; throws a RegexMistake. Inline flags (`(?i)`, `(?i:…)`) are honoured. */
export function parseRegex(pattern: string, flags: Readonly<Flags>): RegexNode {
  if (pattern.length > MAX_PATTERN_CHARACTERS)
    throw new RegexMistake(`it is longer than ${MAX_PATTERN_CHARACTERS} characters`);
  return new RegexParser(pattern, { ...flags }).parse();
}

class RegexParser {
  readonly #characters: readonly string[];
  #at = 0;
  #depth = 0;
  #flags: Flags;

  constructor(pattern: string, flags: Flags) {
    this.#characters = [...pattern];
    this.#flags = flags;
  }

  parse(): RegexNode {
    const node = this.#choice();
    if (this.#peek() === ')') this.#fail('a `)` without its `(`');
    return node;
  }

  #peek(ahead = 0): string {
    return this.#characters[this.#at + ahead] ?? '';
  }

  #take(text: string): boolean {
    for (let i = 0; i < text.length; i++) if (this.#peek(i) !== text[i]) return false;
    this.#at += text.length;
    return true;
  }

  #fail(what: string): never {
    throw new RegexMistake(`${what}, at character ${this.#at + 1}`);
  }

  #choice(): RegexNode {
    const branches = [this.#sequence()];
    while (this.#take('|')) branches.push(this.#sequence());
    const [only] = branches;
    return branches.length === 1 && only ? only : { kind: 'choice', of: branches };
  }

  #sequence(): RegexNode {
    const parts: RegexNode[] = [];
    while (this.#at < this.#characters.length && this.#peek() !== '|' && this.#peek() !== ')') {
      parts.push(this.#quantified(this.#atom()));
    }
    return parts.length === 0 ? { kind: 'empty' } : { kind: 'sequence', of: parts };
  }

  #quantified(atom: RegexNode): RegexNode {
    const bounds = this.#quantifier();
    if (!bounds) return atom;
    if (atom.kind === 'assert' || atom.kind === 'empty') this.#fail('a quantifier with nothing to repeat');
    // Lazy or not makes no difference to whether there is a match; possessive does, so it is not taken silently.
    if (this.#take('+')) this.#fail('a possessive quantifier, which is not supported');
    this.#take('?');
    if (this.#quantifier()) this.#fail('a quantifier on a quantifier; put the inner one in a group');
    return { kind: 'repeat', of: atom, ...bounds };
  }

  #quantifier(): { min: number; max: number } | null {
    if (this.#take('*')) return { min: 0, max: Number.POSITIVE_INFINITY };
    if (this.#take('+')) return { min: 1, max: Number.POSITIVE_INFINITY };
    if (this.#take('?')) return { min: 0, max: 1 };
    const braces = /^\{(\d{1,9})(,(\d{0,9}))?\}/.exec(this.#characters.slice(this.#at, this.#at + 24).join(''));
    if (!braces) return null;
    this.#at += braces[0].length;
    const min = Number(braces[1]);
    const max = braces[2] === undefined ? min : braces[3] === '' ? Number.POSITIVE_INFINITY : Number(braces[3]);
    if (min > max) this.#fail('a repetition whose bounds are the wrong way round');
    if (min > MAX_REPEAT || (max > MAX_REPEAT && max !== Number.POSITIVE_INFINITY)) {
      this.#fail(`a repetition of more than ${MAX_REPEAT} times`);
    }
    return { min, max };
  }

  #atom(): RegexNode {
    const character = this.#peek();
    if (this.#take('(')) return this.#group();
    if (this.#take('[')) return { kind: 'set', set: this.#set() };
    if (this.#take('.')) return { kind: 'dot', matchesNewline: this.#flags.s };
    if (this.#take('^')) return { kind: 'assert', what: 'start', isMultiline: this.#flags.m };
    if (this.#take('$')) return { kind: 'assert', what: 'end', isMultiline: this.#flags.m };
    if (this.#take('\\')) return this.#escape();
    if ('*+?'.includes(character)) this.#fail('a quantifier with nothing to repeat');
    this.#at += 1;
    return this.#literal(character);
  }

  #literal(character: string): RegexNode {
    const code = character.codePointAt(0) ?? 0;
    return this.#class([[code, code]], false);
  }

  #class(ranges: CharacterSet['ranges'], isNegated: boolean): RegexNode {
    return { kind: 'set', set: { ranges, isNegated, ignoresCase: this.#flags.i } };
  }

  #group(): RegexNode {
    const outer = { ...this.#flags };
    this.#depth += 1;
    if (this.#depth > MAX_GROUP_DEPTH) this.#fail('groups nested too deeply');
    if (this.#take('?')) {
      if (this.#take('#')) return this.#comment();
      if (this.#isAhead('=', '!', '<=', '<!', '>')) this.#fail('a look-around or atomic group, which is not supported');
      if (this.#take('P<') || this.#take('<')) this.#name();
      else if (!this.#take(':') && !this.#inlineFlags()) {
        this.#depth -= 1;
        return { kind: 'empty' };
      }
    } else if (this.#peek() === '*') this.#fail('a verb such as `(*UTF)`, which is not supported');
    const inner = this.#choice();
    if (!this.#take(')')) this.#fail('a `(` without its `)`');
    this.#flags = outer;
    this.#depth -= 1;
    // A group of nothing stays a node of its own, so that `(a|)*` can be repeated.
    return inner.kind === 'assert' || inner.kind === 'empty' ? { kind: 'sequence', of: [inner] } : inner;
  }

  #isAhead(...starts: readonly string[]): boolean {
    const ahead = this.#peek() + this.#peek(1);
    return starts.some((start) => ahead.startsWith(start));
  }

  #comment(): RegexNode {
    while (this.#at < this.#characters.length && this.#peek() !== ')') this.#at += 1;
    if (!this.#take(')')) this.#fail('a comment without its `)`');
    this.#depth -= 1;
    return { kind: 'empty' };
  }

  #name(): void {
    while (/\w/.test(this.#peek())) this.#at += 1;
    if (!this.#take('>')) this.#fail('a group name without its `>`');
  }

  /** True when the flags are those of a group that follows (`(?i:…)`), false when they were all (`(?i)`). */
  #inlineFlags(): boolean {
    let isOn = true;
    for (;;) {
      const flag = this.#peek();
      this.#at += 1;
      if (flag === ')') return false;
      if (flag === ':') return true;
      if (flag === '-') isOn = false;
      else if (flag === 'i' || flag === 'm' || flag === 's') this.#flags[flag] = isOn;
      else this.#fail('a group of an unknown kind');
    }
  }

  #escape(): RegexNode {
    const character = this.#peek();
    if (character === '') this.#fail('a backslash at the end');
    const assertion = { A: 'textStart', z: 'textEnd', Z: 'end', b: 'boundary', B: 'notBoundary' } as const;
    if (character in assertion) {
      this.#at += 1;
      return { kind: 'assert', what: assertion[character as keyof typeof assertion], isMultiline: false };
    }
    const escaped = this.#escaped();
    return typeof escaped === 'number' ? this.#class([[escaped, escaped]], false) : this.#class(escaped, false);
  }

  /** After a backslash: the code point it stands for, or the ranges of a class such as `\d`. */
  #escaped(): number | CharacterSet['ranges'] {
    const character = this.#peek();
    this.#at += 1;
    const ranges = classRanges(character);
    if (ranges) return ranges;
    if (character === 'x') return this.#hex(/^(?:\{([0-9a-fA-F]{1,6})\}|([0-9a-fA-F]{2}))/);
    if (character === 'u') return this.#hex(/^(?:\{([0-9a-fA-F]{1,6})\}|([0-9a-fA-F]{4}))/);
    const control = controlCode(character);
    if (control !== null) return control;
    if (/[1-9k]/.test(character)) this.#fail('a back-reference, which is not supported');
    if (/[a-zA-Z]/.test(character)) this.#fail(`the escape \`\\${character}\`, which is not supported`);
    return character.codePointAt(0) ?? 0;
  }

  #hex(form: RegExp): number {
    const match = form.exec(this.#characters.slice(this.#at, this.#at + 8).join(''));
    const code = Number.parseInt(match?.[1] ?? match?.[2] ?? '', 16);
    if (!match || !(code <= 0x10ffff)) this.#fail('an incomplete escape of a character by its number');
    this.#at += match[0].length;
    return code;
  }

  #set(): CharacterSet {
    const isNegated = this.#take('^');
    const ranges: (readonly [number, number])[] = [];
    for (let isFirst = true; isFirst || this.#peek() !== ']'; isFirst = false) {
      if (this.#peek() === '') this.#fail('a `[` without its `]`');
      if (this.#isAhead('[:', '[.', '[=')) this.#fail('a POSIX class, which is not supported');
      const from = this.#setMember();
      if (typeof from !== 'number') {
        ranges.push(...from);
        continue;
      }
      const isRange = this.#peek() === '-' && this.#peek(1) !== ']' && this.#peek(1) !== '';
      if (isRange) this.#at += 1;
      const to = isRange ? this.#setMember() : from;
      if (typeof to !== 'number') {
        ranges.push([from, from], [45, 45], ...to);
        continue;
      }
      if (to < from) this.#fail('a range whose ends are the wrong way round');
      ranges.push([from, to]);
    }
    this.#at += 1;
    return { ranges, isNegated, ignoresCase: this.#flags.i };
  }

  #setMember(): number | CharacterSet['ranges'] {
    if (this.#take('\\')) {
      if (this.#take('b')) return 8;
      return this.#escaped();
    }
    const code = this.#peek().codePointAt(0) ?? 0;
    this.#at += 1;
    return code;
  }
}
