import { type Assertion, RegexMistake, type RegexNode, type RegexRepeat } from './node.ts';
import type { Ranges } from './ranges.ts';

/** A step of a machine. `set` and `look` are numbers into the lists of the program. */
export type State =
  | { readonly kind: 'set'; readonly set: number; readonly next: number }
  | { readonly kind: 'assert'; readonly what: Assertion; readonly next: number }
  | { readonly kind: 'look'; readonly look: number; readonly next: number }
  | { readonly kind: 'split'; next: number; readonly other: number }
  | { readonly kind: 'match' };

/** What is run over a text, from its end to its beginning if it is backward. */
export type Machine = { readonly states: readonly State[]; readonly start: number; readonly isBackward: boolean };

/** A look-around, run over the whole text before what asks for it: it holds wherever its machine matches, or does not. */
export type Look = { readonly machine: Machine; readonly isNegated: boolean };

export type Program = {
  readonly machine: Machine;
  /** Those within others come first. */
  readonly looks: readonly Look[];
  readonly sets: readonly Ranges[];
  readonly hasAssertions: boolean;
};

/** States of all machines, after repetitions are written out. Measured: what fills them costs up to 16 µs per character. */
const MAX_STATES = 2_000;

/**
 * Makes a tree into machines; throws a RegexMistake when they would be too large. Without its look-arounds a program
 * finds all it did and more: what it does not find need not be searched with them.
 */
export function buildProgram(node: RegexNode, options: { readonly withoutLooks?: boolean } = {}): Program {
  const shared = new Shared(options.withoutLooks ?? false);
  const machine = buildMachine(node, false, shared);
  return { machine, looks: shared.looks, sets: shared.sets, hasAssertions: shared.hasAssertions };
}

/** What the machines of one program have in common. */
class Shared {
  readonly looks: Look[] = [];
  readonly sets: Ranges[] = [];
  readonly #lookOf = new Map<RegexNode, number>();
  readonly #setOf = new Map<string, number>();
  readonly withoutLooks: boolean;
  hasAssertions = false;
  #states = 0;
  #steps = 0;

  constructor(withoutLooks: boolean) {
    this.withoutLooks = withoutLooks;
  }

  count(isState: boolean): void {
    // Repetitions of nothing, one in another, add no states but would still take for ever to write out.
    this.#steps += 1;
    if (this.#steps > 10 * MAX_STATES) throw new RegexMistake('its repetitions stand too deep in one another');
    if (isState) this.#states += 1;
    if (this.#states > MAX_STATES)
      throw new RegexMistake(`its repetitions come to more than ${MAX_STATES} states; use smaller bounds`);
  }

  set(ranges: Ranges): number {
    const key = ranges.join(' ');
    const known = this.#setOf.get(key);
    if (known !== undefined) return known;
    const number = this.sets.push(ranges) - 1;
    this.#setOf.set(key, number);
    return number;
  }

  look(node: RegexNode & { readonly kind: 'look' }): number {
    const known = this.#lookOf.get(node);
    if (known !== undefined) return known;
    // Read towards the place that asks, so that one pass tells for every place whether there is a match from or to it.
    const machine = buildMachine(node.of, !node.isBehind, this);
    const number = this.looks.push({ machine, isNegated: node.isNegated }) - 1;
    this.#lookOf.set(node, number);
    return number;
  }
}

/** States are built from the end backwards: each part is given the state that follows it. */
function buildMachine(root: RegexNode, isBackward: boolean, shared: Shared): Machine {
  const states: State[] = [];
  const add = (state: State): number => {
    shared.count(true);
    return states.push(state) - 1;
  };
  const compile = (node: RegexNode, next: number): number => {
    shared.count(false);
    switch (node.kind) {
      case 'empty':
        return next;
      case 'set':
        return add({ kind: 'set', set: shared.set(node.ranges), next });
      case 'assert':
        shared.hasAssertions = true;
        return add({ kind: 'assert', what: node.what, next });
      case 'look':
        return shared.withoutLooks ? next : add({ kind: 'look', look: shared.look(node), next });
      case 'sequence': {
        const follow = (after: number, part: RegexNode): number => compile(part, after);
        return isBackward ? node.of.reduce(follow, next) : node.of.reduceRight(follow, next);
      }
      case 'choice':
        return node.of
          .map((branch) => compile(branch, next))
          .reduceRight((other, branch) => add({ kind: 'split', next: branch, other }));
      case 'repeat':
        return repeat(node, next);
    }
  };
  const repeat = ({ of, min, max }: RegexRepeat, next: number): number => {
    let after = next;
    if (max === Number.POSITIVE_INFINITY) {
      const loop = { kind: 'split' as const, next, other: next };
      after = add(loop);
      loop.next = compile(of, after);
    } else {
      for (let i = min; i < max; i++) after = add({ kind: 'split', next: compile(of, after), other: next });
    }
    for (let i = 0; i < min; i++) after = compile(of, after);
    return after;
  };
  const match = add({ kind: 'match' });
  return { states, start: compile(root, match), isBackward };
}
