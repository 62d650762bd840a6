import { Alphabet, OTHER, START } from './alphabet.ts';
import type { Program } from './program.ts';
import { Stepper } from './stepper.ts';

/** A table of 128 kB at most, unless the pattern has more classes of characters than fit in 16 rows of it. */
const MAX_ENTRIES = 32_768;
/** States in all the sets that are remembered: 256 kB. */
const MAX_MEMBERS = 65_536;
/** A set of states must pay for itself by this many characters, else remembering is dearer than simulating. */
const CHARACTERS_PER_SET = 8;
/** How long to simulate before remembering is tried again: patterns with large counts settle once they are through. */
const SIMULATED_CHARACTERS = 4_096;

const FOUND = -1;
const NOT_FOUND = -2;

/** A set of states, and what stood before the place it was reached at, if any of them asks. */
type Node = { readonly members: Int32Array; readonly last: number };

/**
 * The same search as the simulation's, remembered: each set of states it was ever in becomes a row of a table, and
 * where a character leads from there is looked up from then on. When the table is full it is thrown away and begun
 * again; when that happens too often, the text is simulated for a while. Memory and time stay bounded either way.
 */
export class Automaton {
  readonly #alphabet: Alphabet;
  readonly #stepper: Stepper;
  readonly #asks: readonly boolean[];
  readonly #maxRows: number;
  #table: Int32Array;
  /** By row; the first row stays empty, so that a fresh table leads nowhere. */
  #nodes: (Node | null)[] = [null];
  #rows = new Map<string, number>();
  #memberCount = 0;
  #initial = 0;
  /** Characters read since the table was begun, and those still to be simulated. */
  #read = 0;
  #toSimulate = 0;

  constructor(program: Program) {
    const { machine } = program;
    const alphabet = new Alphabet(program);
    this.#alphabet = alphabet;
    this.#stepper = new Stepper(machine, alphabet);
    this.#asks = machine.states.map((state) => state.kind === 'assert');
    this.#maxRows = Math.max(16, Math.floor(MAX_ENTRIES / alphabet.size));
    this.#table = new Int32Array(4 * alphabet.size);
  }

  /** Whether the pattern is found anywhere in the text. */
  search(text: string): boolean {
    const { size, lastNewline, end, ascii } = this.#alphabet;
    // Only the places up to here have a character of their own kind before them.
    const plain = text.endsWith('\n') ? text.length - 1 : text.length;
    let row = this.#toSimulate > 0 ? 0 : this.#initialRow();
    let readFrom = 0;
    if (row === FOUND) return true;
    if (row === 0) {
      this.#stepper.reset();
      if (this.#stepper.isMatched) return true;
    }
    let last = START;
    for (let at = 0; ; ) {
      // Most characters go this way.
      while (row > 0 && at < plain) {
        const code = text.charCodeAt(at);
        const next = code < 128 ? (this.#table[row * size + (ascii[code] ?? 0)] ?? 0) : 0;
        if (next <= 0) break;
        row = next;
        at += 1;
      }
      const code = at < plain ? text.charCodeAt(at) : -1;
      const point = code >= 0xd800 && code <= 0xdbff ? (text.codePointAt(at) ?? code) : code;
      const symbol = code >= 0 ? this.#alphabet.classOf(point) : at < text.length ? lastNewline : end;
      at += point > 0xffff ? 2 : 1;
      if (row === 0) {
        if (this.#stepper.step(symbol, last) || this.#stepper.isMatched) return true;
        if (symbol === end || this.#stepper.count === 0) return false;
        last = this.#alphabet.neighbours[symbol] ?? OTHER;
        this.#toSimulate -= 1;
        if (this.#toSimulate <= 0) {
          row = this.#rowOf(last);
          readFrom = at;
        }
        continue;
      }
      const known = this.#table[row * size + symbol] ?? 0;
      if (known > 0) {
        row = known;
        continue;
      }
      if (known < 0) {
        this.#read += at - readFrom;
        return known === FOUND;
      }
      this.#read += at - readFrom;
      readFrom = at;
      const next = this.#compute(row, symbol);
      if (next < 0) return next === FOUND;
      row = next;
      if (row === 0) last = this.#alphabet.neighbours[symbol] ?? OTHER;
    }
  }

  #initialRow(): number {
    if (this.#initial === 0) {
      this.#stepper.reset();
      this.#initial = this.#stepper.isMatched ? FOUND : this.#rowOf(START);
    }
    return this.#initial;
  }

  /** Where a symbol leads from a row: another one, an answer, or 0 when the stepper has to go on. */
  #compute(row: number, symbol: number): number {
    const node = this.#nodes[row];
    if (!node) throw new Error(`row ${row} of the table of a regular expression is empty`);
    this.#stepper.load(node.members);
    const isFound = this.#stepper.step(symbol, node.last) || this.#stepper.isMatched;
    const isOver = symbol === this.#alphabet.end || this.#stepper.count === 0;
    const next = isFound ? FOUND : isOver ? NOT_FOUND : this.#rowOf(this.#alphabet.neighbours[symbol] ?? OTHER);
    // A table that was begun again on the way has other rows.
    if (this.#nodes[row] === node && next !== 0) this.#table[row * this.#alphabet.size + symbol] = next;
    return next;
  }

  /** The row of the set of states the stepper is in; 0 when the table is full and did not pay. */
  #rowOf(last: number): number {
    const members = this.#stepper.members.slice(0, this.#stepper.count).sort();
    const asked = members.some((index) => this.#asks[index]) ? last : OTHER;
    const key = String.fromCharCode(asked, ...members);
    const known = this.#rows.get(key);
    if (known !== undefined) return known;
    if (this.#nodes.length >= this.#maxRows || this.#memberCount + members.length > MAX_MEMBERS) {
      const didPay = this.#read >= CHARACTERS_PER_SET * this.#nodes.length;
      this.#clear();
      if (!didPay) {
        this.#toSimulate = SIMULATED_CHARACTERS;
        return 0;
      }
    }
    const row = this.#nodes.push({ members, last: asked }) - 1;
    this.#memberCount += members.length;
    this.#rows.set(key, row);
    const { size } = this.#alphabet;
    if ((row + 1) * size > this.#table.length) {
      const larger = new Int32Array(Math.min(2 * this.#table.length, this.#maxRows * size));
      larger.set(this.#table);
      this.#table = larger;
    }
    return row;
  }

  #clear(): void {
    this.#table.fill(0);
    this.#nodes = [null];
    this.#rows = new Map();
    this.#memberCount = 0;
    this.#initial = 0;
    this.#read = 0;
  }
}
