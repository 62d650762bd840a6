import { WORD } from './classes.ts';
import type { Assertion } from './node.ts';
import type { Program } from './program.ts';
import { LAST_CODE_POINT, type Ranges } from './ranges.ts';

/** What stands on one side of a place, as far as assertions ask. A line break that ends the text is one of its own. */
const EDGE = 0;
const NEWLINE = 1;
const LAST_NEWLINE = 2;
const WORD_CHARACTER = 3;
export const OTHER = 4;
export const START = EDGE;

/**
 * Characters that no set of a program tells apart are one class, so that tables have a column per class rather than per
 * character. Behind the classes come two symbols of their own: a line break that ends the text, and the end.
 */
export class Alphabet {
  readonly lastNewline: number;
  readonly end: number;
  /** How many symbols there are. */
  readonly size: number;
  /** What each symbol is to an assertion beside it. */
  readonly neighbours: Uint8Array;
  /** The symbols of the first 128 characters. */
  readonly ascii = new Uint16Array(128);
  readonly #starts: readonly number[];
  readonly #classes: readonly number[];
  /** One bit for each symbol, `wordsPerSet` words for each set after the other. */
  readonly accepted: Uint32Array;
  readonly wordsPerSet: number;

  constructor({ sets, hasAssertions }: Program) {
    const told = hasAssertions ? [...sets, [[10, 10]] as const, WORD] : sets;
    this.#starts = startsOf(told);
    const { classes, count } = classify(told, this.#starts);
    this.#classes = classes;
    this.lastNewline = count;
    this.end = count + 1;
    this.size = count + 2;
    for (let code = 0; code < 128; code++) this.ascii[code] = this.#lookUp(code);
    this.wordsPerSet = (this.size >> 5) + 1;
    this.accepted = new Uint32Array(sets.length * this.wordsPerSet);
    for (const [set, ranges] of sets.entries()) this.#accept(set, ranges);
    this.neighbours = new Uint8Array(this.size).fill(OTHER);
    if (hasAssertions) {
      for (let code = 0; code < 128; code++) if (isWithin(WORD, code)) this.#describe(code, WORD_CHARACTER);
      this.#describe(10, NEWLINE);
      this.neighbours[this.lastNewline] = LAST_NEWLINE;
    }
    this.neighbours[this.end] = EDGE;
  }

  #describe(code: number, neighbour: number): void {
    this.neighbours[this.classOf(code)] = neighbour;
  }

  /** The symbol of a code point that is no line break at the end. */
  classOf(code: number): number {
    return code < 128 ? (this.ascii[code] ?? 0) : this.#lookUp(code);
  }

  #lookUp(code: number): number {
    return this.#classes[indexOf(this.#starts, code)] ?? 0;
  }

  #accept(set: number, ranges: Ranges): void {
    const add = (symbol: number): void => {
      const word = set * this.wordsPerSet + (symbol >> 5);
      this.accepted[word] = (this.accepted[word] ?? 0) | (1 << (symbol & 31));
    };
    for (const [from, to] of ranges) {
      for (let i = indexOf(this.#starts, from); (this.#starts[i] ?? LAST_CODE_POINT + 1) <= to; i++)
        add(this.#classes[i] ?? 0);
      if (from <= 10 && to >= 10) add(this.lastNewline);
    }
  }
}

/** Whether an assertion holds between two neighbours. */
export function holds(what: Assertion, before: number, after: number): boolean {
  switch (what) {
    case 'textStart':
      return before === EDGE;
    case 'textEnd':
      return after === EDGE;
    case 'lineStart':
      return before === EDGE || before === NEWLINE || before === LAST_NEWLINE;
    case 'lineEnd':
      return after === EDGE || after === NEWLINE || after === LAST_NEWLINE;
    case 'end':
      return after === EDGE || after === LAST_NEWLINE;
    case 'boundary':
      return (before === WORD_CHARACTER) !== (after === WORD_CHARACTER);
    case 'notBoundary':
      return (before === WORD_CHARACTER) === (after === WORD_CHARACTER);
  }
}

/** Where the stretches begin within which no set tells characters apart. */
function startsOf(sets: readonly Ranges[]): readonly number[] {
  const starts = new Set([0]);
  for (const ranges of sets) for (const [from, to] of ranges) starts.add(from).add(to + 1);
  return [...starts].filter((start) => start <= LAST_CODE_POINT).sort((a, b) => a - b);
}

/** Gives stretches that are in the same sets one class: each set in turn splits the classes that it only has part of. */
function classify(sets: readonly Ranges[], starts: readonly number[]): { classes: number[]; count: number } {
  const classes = starts.map(() => 0);
  let count = 1;
  for (const ranges of sets) {
    const within = new Map<number, number>();
    for (const [from, to] of ranges) {
      for (let i = indexOf(starts, from); (starts[i] ?? LAST_CODE_POINT + 1) <= to; i++) {
        const old = classes[i] ?? 0;
        const split = within.get(old) ?? count++;
        within.set(old, split);
        classes[i] = split;
      }
    }
  }
  // A set that has the whole of a class leaves an empty one behind: number anew what is in use.
  const inUse = [...new Set(classes)];
  const numbers = new Map(inUse.map((old, number) => [old, number]));
  return { classes: classes.map((old) => numbers.get(old) ?? 0), count: inUse.length };
}

/** The last of the ascending starts that is not above the code point. */
function indexOf(starts: readonly number[], code: number): number {
  let low = 0;
  let high = starts.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if ((starts[middle] ?? 0) <= code) low = middle;
    else high = middle - 1;
  }
  return low;
}

function isWithin(ranges: Ranges, code: number): boolean {
  return ranges.some((range) => code >= range[0] && code <= range[1]);
}
