import { type Alphabet, holds } from './alphabet.ts';
import type { Assertion } from './node.ts';
import type { Machine, State } from './program.ts';

/** Per look-around, for every place of the text, whether it holds there. */
export type LookResults = readonly Uint8Array[];

const NO_LOOKS: LookResults = [];

const KINDS = ['set', 'assert', 'look', 'split', 'match'] as const satisfies readonly State['kind'][];
const SET = KINDS.indexOf('set');
const LOOK = KINDS.indexOf('look');
const SPLIT = KINDS.indexOf('split');
const MATCH = KINDS.indexOf('match');

/**
 * Thompson's simulation: the set of states a machine may be in, moved on by one symbol. A step costs at most as many
 * operations as the machine has states, whatever pattern and text are; there is no backtracking to explode. Working
 * memory is made once: nothing is allocated while stepping.
 */
export class Stepper {
  /**
   * States that wait at the place reached: sets, assertions and looks, never splits. Valid up to `count`; when there are
   * none, nothing further can match.
   */
  members: Int32Array;
  count = 0;
  /** Whether the pattern is matched at the place reached, with what is known before the next symbol. */
  isMatched = false;
  readonly #kinds: Uint8Array;
  readonly #next: Int32Array;
  /** Of a set or look its number, of a split its other way. */
  readonly #operands: Int32Array;
  readonly #asserted: readonly (Assertion | null)[];
  readonly #hasConditions: boolean;
  readonly #isBackward: boolean;
  readonly #alphabet: Alphabet;
  readonly #initial: Int32Array;
  /** What of the initial states is entered again at every further place. */
  readonly #again: Int32Array;
  /** States that hold at the first place only, such as `^`: behind it they are not worth keeping. */
  readonly #isFirstOnly: readonly boolean[];
  readonly #isInitiallyMatched: boolean;
  readonly #seenAt: Int32Array;
  readonly #pending: Int32Array;
  #other: Int32Array;
  #generation = 0;

  constructor({ states, start, isBackward }: Machine, alphabet: Alphabet) {
    this.#kinds = Uint8Array.from(states, (state) => KINDS.indexOf(state.kind));
    this.#next = Int32Array.from(states, (state) => (state.kind === 'match' ? 0 : state.next));
    this.#operands = Int32Array.from(states, operandOf);
    this.#asserted = states.map((state) => (state.kind === 'assert' ? state.what : null));
    this.#hasConditions = states.some((state) => state.kind === 'assert' || state.kind === 'look');
    this.#isBackward = isBackward;
    this.#alphabet = alphabet;
    this.#seenAt = new Int32Array(states.length);
    // Every state is taken up once per generation and leaves at most two others to be looked at.
    this.#pending = new Int32Array(2 * states.length + 2);
    this.members = new Int32Array(states.length);
    this.#other = new Int32Array(states.length);
    this.#begin();
    this.#enter(start);
    this.#initial = this.members.slice(0, this.count);
    this.#isInitiallyMatched = this.isMatched;
    const first = isBackward ? 'textEnd' : 'textStart';
    this.#isFirstOnly = this.#asserted.map((what) => what === first);
    this.#again = this.#initial.filter((index) => !this.#isFirstOnly[index]);
  }

  /** Goes back to the beginning of a text. */
  reset(): void {
    this.load(this.#initial);
    this.isMatched = this.#isInitiallyMatched;
  }

  /** Takes up a set of states that was kept. */
  load(members: Int32Array): void {
    this.members.set(members);
    this.count = members.length;
    this.isMatched = false;
  }

  /**
   * Moves on over a symbol, of which `last` is the neighbour of the place on the other side. True when the pattern is
   * matched at the place before the symbol; `isMatched` then tells of the place behind it.
   */
  step(symbol: number, last: number, looks: LookResults = NO_LOOKS, place = 0): boolean {
    const isMatchedHere = this.#hasConditions ? this.#resolve(symbol, last, looks, place) : this.isMatched;
    const from = this.members;
    const fromCount = this.count;
    this.members = this.#other;
    this.#other = from;
    this.#begin();
    if (symbol === this.#alphabet.end) return isMatchedHere;
    this.#advance(from, fromCount, symbol);
    this.#dropFirstOnly();
    // A match may begin anywhere, so the start is entered at every place.
    for (const index of this.#again) this.#keep(index);
    if (this.#isInitiallyMatched) this.isMatched = true;
    return isMatchedHere;
  }

  /** All that a pattern with large counts does is this loop, hence the local names and the short way from set to set. */
  #advance(from: Int32Array, fromCount: number, symbol: number): void {
    const kinds = this.#kinds;
    const next = this.#next;
    const operands = this.#operands;
    const seenAt = this.#seenAt;
    const members = this.members;
    const generation = this.#generation;
    const { accepted, wordsPerSet } = this.#alphabet;
    const word = symbol >> 5;
    const bit = 1 << (symbol & 31);
    let count = 0;
    for (let i = 0; i < fromCount; i++) {
      const index = from[i] ?? 0;
      if (kinds[index] !== SET || ((accepted[(operands[index] ?? 0) * wordsPerSet + word] ?? 0) & bit) === 0) continue;
      const target = next[index] ?? 0;
      if (kinds[target] !== SET) {
        this.count = count;
        this.#enter(target);
        count = this.count;
      } else if (seenAt[target] !== generation) {
        seenAt[target] = generation;
        members[count++] = target;
      }
    }
    this.count = count;
  }

  /** Follows the assertions and looks that hold at this place; true when one of them leads to the end of the pattern. */
  #resolve(symbol: number, last: number, looks: LookResults, place: number): boolean {
    const near = this.#alphabet.neighbours[symbol] ?? 0;
    const before = this.#isBackward ? near : last;
    const after = this.#isBackward ? last : near;
    const wasMatched = this.isMatched;
    this.isMatched = false;
    this.#generation += 1;
    for (let i = 0; i < this.count; i++) this.#seenAt[this.members[i] ?? 0] = this.#generation;
    // What is entered on the way stands behind in the same list, and has its turn.
    for (let i = 0; i < this.count; i++) {
      const index = this.members[i] ?? 0;
      const what = this.#asserted[index] ?? null;
      const isHeld =
        what === null
          ? this.#kinds[index] === LOOK && looks[this.#operands[index] ?? 0]?.[place] === 1
          : holds(what, before, after);
      if (isHeld) this.#enter(this.#next[index] ?? 0);
    }
    return this.isMatched || wasMatched;
  }

  #dropFirstOnly(): void {
    if (!this.#hasConditions) return;
    let count = 0;
    for (let i = 0; i < this.count; i++) {
      const index = this.members[i] ?? 0;
      if (!this.#isFirstOnly[index]) this.members[count++] = index;
    }
    this.count = count;
  }

  #begin(): void {
    this.#generation += 1;
    this.count = 0;
    this.isMatched = false;
  }

  #keep(index: number): void {
    if (this.#seenAt[index] === this.#generation) return;
    this.#seenAt[index] = this.#generation;
    this.members[this.count++] = index;
  }

  /** Takes up a state and all that follow it without a character. */
  #enter(first: number): void {
    let pending = 1;
    this.#pending[0] = first;
    while (pending > 0) {
      pending -= 1;
      const index = this.#pending[pending] ?? 0;
      const kind = this.#kinds[index];
      if (kind === MATCH) this.isMatched = true;
      else if (kind !== SPLIT) this.#keep(index);
      else if (this.#seenAt[index] !== this.#generation) {
        this.#seenAt[index] = this.#generation;
        this.#pending[pending++] = this.#operands[index] ?? 0;
        this.#pending[pending++] = this.#next[index] ?? 0;
      }
    }
  }
}

function operandOf(state: State): number {
  if (state.kind === 'set') return state.set;
  if (state.kind === 'look') return state.look;
  return state.kind === 'split' ? state.other : 0;
}
