import { Alphabet, START } from './alphabet.ts';
import { Automaton } from './automaton.ts';
import type { Program } from './program.ts';
import { type LookResults, Stepper } from './stepper.ts';

/**
 * Searches with look-arounds. Each is a pattern of its own, and is run over the whole text first, towards the places
 * that may ask: look-aheads from the end, look-behinds from the beginning. So the time is still at most the length of
 * the text times the states of all the machines. Most texts are done with sooner: they do not even match without.
 */
export class LookSearch {
  readonly #alphabet: Alphabet;
  readonly #looks: readonly { readonly stepper: Stepper; readonly isBackward: boolean; readonly isNegated: boolean }[];
  readonly #main: Stepper;

  readonly #relaxed: Automaton;

  /** `relaxed` is the same pattern without its look-arounds. */
  constructor(program: Program, relaxed: Program) {
    const alphabet = new Alphabet(program);
    this.#alphabet = alphabet;
    this.#relaxed = new Automaton(relaxed);
    this.#main = new Stepper(program.machine, alphabet);
    this.#looks = program.looks.map(({ machine, isNegated }) => {
      return { stepper: new Stepper(machine, alphabet), isBackward: machine.isBackward, isNegated };
    });
  }

  search(text: string): boolean {
    if (!this.#relaxed.search(text)) return false;
    const symbols = this.#symbolsOf(text);
    const results: Uint8Array[] = [];
    for (const { stepper, isBackward, isNegated } of this.#looks) {
      const result = new Uint8Array(symbols.length + 1);
      this.#run(stepper, symbols, isBackward, results, (place, isMatched) => {
        result[place] = isMatched === isNegated ? 0 : 1;
        return true;
      });
      results.push(result);
    }
    let isFound = false;
    this.#run(this.#main, symbols, false, results, (_place, isMatched) => {
      isFound = isMatched;
      return !isMatched;
    });
    return isFound;
  }

  /** Calls back at every place with whether there is a match, until told to stop. */
  #run(
    stepper: Stepper,
    symbols: Uint16Array,
    isBackward: boolean,
    looks: LookResults,
    goOn: (place: number, isMatched: boolean) => boolean,
  ): void {
    const { length } = symbols;
    const { end, neighbours } = this.#alphabet;
    let last = START;
    stepper.reset();
    for (let i = 0; i <= length; i++) {
      const place = isBackward ? length - i : i;
      const symbol = i === length ? end : (symbols[isBackward ? place - 1 : place] ?? end);
      if (!goOn(place, stepper.step(symbol, last, looks, place))) return;
      last = neighbours[symbol] ?? 0;
    }
  }

  #symbolsOf(text: string): Uint16Array {
    const symbols = new Uint16Array(text.length);
    let count = 0;
    for (let at = 0; at < text.length; at++) {
      const code = text.codePointAt(at) ?? 0;
      if (code > 0xffff) at += 1;
      symbols[count++] = this.#alphabet.classOf(code);
    }
    if (text.endsWith('\n')) symbols[count - 1] = this.#alphabet.lastNewline;
    return symbols.subarray(0, count);
  }
}
