import { foldCodePoint } from './fold.ts';
import { Automaton, type RegexState } from './regex-automaton.ts';
import type { CharacterSet } from './regex-classes.ts';
import { type Assertion, parseRegex, RegexMistake, type RegexNode } from './regex-syntax.ts';

/**
 * Regular expressions that cannot hang the process: Thompson's simulation, which walks the text once and keeps the set
 * of states it may be in. Its time is at most text length times program size, whatever pattern and text are; there is
 * no backtracking to explode. Sets of states met before are remembered (`Automaton`), which makes most searches one
 * lookup per character. docs/sigma.md says what is left out for it.
 */
export type RegexTest = (text: string) => boolean;

/** States after repetitions are written out. Measured: `.{1000,}=`, which fills them, costs 32 µs per character. */
const MAX_STATES = 2_000;

/** Compiles a pattern that is searched anywhere in a text. The message says what is wrong or not supported. */
export function compileRegex(
  pattern: string,
  flags: { readonly i: boolean; readonly m: boolean; readonly s: boolean },
): { readonly test: RegexTest } | { readonly problem: string } {
  try {
    const states = new Program().build(parseRegex(pattern, flags));
    // Both are made when first asked: of thousands of rules loaded, few see a record that gets as far as their pattern.
    let automaton: Automaton | null = null;
    let simulation: Simulation | null = null;
    return {
      test: (text) => {
        automaton ??= new Automaton(states);
        const found = automaton.search(text);
        if (found !== null) return found;
        simulation ??= new Simulation(states);
        return simulation.search(text);
      },
    };
  } catch (error) {
    if (error instanceof RegexMistake) return { problem: error.message };
    throw error;
  }
}

class Program {
  readonly #states: RegexState[] = [];
  #steps = 0;

  /** States are built from the end backwards: each part is given the state that follows it. The last one is the start. */
  build(node: RegexNode): readonly RegexState[] {
    const match = this.#add({ kind: 'match' });
    const start = this.#compile(node, match);
    this.#add({ kind: 'split', next: start, other: start });
    return this.#states;
  }

  #add(state: RegexState): number {
    if (this.#states.length >= MAX_STATES) {
      throw new RegexMistake(`its repetitions come to more than ${MAX_STATES} states; use smaller bounds`);
    }
    return this.#states.push(state) - 1;
  }

  #compile(node: RegexNode, next: number): number {
    // Repetitions of nothing, one in another, add no states but would still take for ever to write out.
    this.#steps += 1;
    if (this.#steps > 10 * MAX_STATES) throw new RegexMistake('its repetitions stand too deep in one another');
    switch (node.kind) {
      case 'empty':
        return next;
      case 'set':
        return this.#add({ kind: 'set', matches: compileSet(node.set), next });
      case 'dot':
        return this.#add({ kind: 'set', matches: node.matchesNewline ? () => true : (code) => code !== 10, next });
      case 'assert':
        return this.#add({ kind: 'assert', what: node.what, isMultiline: node.isMultiline, next });
      case 'sequence':
        return node.of.reduceRight((after, part) => this.#compile(part, after), next);
      case 'choice':
        return node.of
          .map((branch) => this.#compile(branch, next))
          .reduceRight((other, branch) => this.#add({ kind: 'split', next: branch, other }));
      case 'repeat':
        return this.#repeat(node.of, node.min, node.max, next);
    }
  }

  #repeat(node: RegexNode, min: number, max: number, next: number): number {
    let after = next;
    if (max === Number.POSITIVE_INFINITY) {
      const loop: RegexState = { kind: 'split', next: next, other: next };
      after = this.#add(loop);
      loop.next = this.#compile(node, after);
    } else {
      for (let i = min; i < max; i++)
        after = this.#add({ kind: 'split', next: this.#compile(node, after), other: next });
    }
    for (let i = 0; i < min; i++) after = this.#compile(node, after);
    return after;
  }
}

/** Working memory of one program, reused from text to text: nothing is allocated while searching. */
class Simulation {
  readonly #states: readonly RegexState[];
  readonly #seenAt: Int32Array;
  readonly #pending: Int32Array;
  #current: Int32Array;
  #next: Int32Array;
  #nextCount = 0;
  #generation = 0;

  constructor(states: readonly RegexState[]) {
    this.#states = states;
    this.#seenAt = new Int32Array(states.length);
    // Every state is taken up once per position and leaves at most two others to be looked at.
    this.#pending = new Int32Array(2 * states.length + 2);
    this.#current = new Int32Array(states.length);
    this.#next = new Int32Array(states.length);
  }

  search(text: string): boolean {
    this.#seenAt.fill(0);
    this.#generation = 0;
    let currentCount = 0;
    const start = this.#states.length - 1;
    for (let at = 0; ; ) {
      this.#generation += 1;
      this.#nextCount = 0;
      const code = at < text.length ? (text.codePointAt(at) ?? 0) : -1;
      // The states reached so far are expanded here, where the characters on both sides of `at` are known.
      for (let i = 0; i < currentCount; i++) if (this.#enter(this.#current[i] ?? 0, text, at)) return true;
      if (this.#enter(start, text, at)) return true;
      if (code < 0) return false;
      currentCount = this.#advance(code);
      at += code > 0xffff ? 2 : 1;
    }
  }

  /** Takes up a state and all that follow it without a character; true when one of them is the end of the pattern. */
  #enter(first: number, text: string, at: number): boolean {
    let count = 1;
    this.#pending[0] = first;
    while (count > 0) {
      count -= 1;
      const index = this.#pending[count] ?? 0;
      if (this.#seenAt[index] === this.#generation) continue;
      this.#seenAt[index] = this.#generation;
      const state = this.#states[index];
      if (!state || state.kind === 'match') return true;
      if (state.kind === 'set') this.#next[this.#nextCount++] = index;
      else if (state.kind === 'split') {
        this.#pending[count++] = state.other;
        this.#pending[count++] = state.next;
      } else if (holdsAt(state.what, state.isMultiline, text, at)) this.#pending[count++] = state.next;
    }
    return false;
  }

  /** Moves the states that accept the character on to what follows them. */
  #advance(code: number): number {
    let count = 0;
    for (let i = 0; i < this.#nextCount; i++) {
      const state = this.#states[this.#next[i] ?? 0];
      if (state?.kind === 'set' && state.matches(code)) this.#current[count++] = state.next;
    }
    return count;
  }
}

function holdsAt(what: Assertion, isMultiline: boolean, text: string, at: number): boolean {
  switch (what) {
    case 'textStart':
      return at === 0;
    case 'textEnd':
      return at === text.length;
    case 'start':
      return at === 0 || (isMultiline && text[at - 1] === '\n');
    case 'end':
      // As in PCRE, `$` also stands before a line break that ends the text.
      return at === text.length || (text[at] === '\n' && (isMultiline || at === text.length - 1));
    case 'boundary':
      return isWordAt(text, at - 1) !== isWordAt(text, at);
    case 'notBoundary':
      return isWordAt(text, at - 1) === isWordAt(text, at);
  }
}

function isWordAt(text: string, index: number): boolean {
  const code = text.charCodeAt(index);
  return (code >= 48 && code <= 57) || (code >= 65 && code <= 90) || code === 95 || (code >= 97 && code <= 122);
}

function compileSet(set: CharacterSet): (codePoint: number) => boolean {
  const { ranges, isNegated, ignoresCase } = set;
  const [only] = ranges;
  if (!isNegated && only && ranges.length === 1 && only[0] === only[1]) {
    const wanted = only[0];
    if (!ignoresCase) return (code) => code === wanted;
    const folded = foldCodePoint(wanted);
    return (code) => foldCodePoint(code) === folded;
  }
  if (!ignoresCase) return (code) => isWithin(ranges, code) !== isNegated;
  return (code) => isWithinAnyCase(ranges, code) !== isNegated;
}

function isWithin(ranges: CharacterSet['ranges'], code: number): boolean {
  for (const range of ranges) if (code >= range[0] && code <= range[1]) return true;
  return false;
}

function isWithinAnyCase(ranges: CharacterSet['ranges'], code: number): boolean {
  if (isWithin(ranges, code)) return true;
  const character = String.fromCodePoint(foldCodePoint(code));
  if (isWithin(ranges, character.codePointAt(0) ?? 0)) return true;
  const upper = character.toUpperCase();
  return upper.length === character.length && isWithin(ranges, upper.codePointAt(0) ?? 0);
}
