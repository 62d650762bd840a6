import type { RegexNode, RegexRepeat } from './node.ts';
import { onlyMember } from './ranges.ts';

/** A text that everything matched contains; `isAll` when containing it is all there is to the pattern. */
export type RequiredLiteral = { readonly text: string; readonly isAll: boolean };

/**
 * The longest text that a match cannot do without; empty when there is none. To look for it is many times quicker than
 * to search for the pattern, and most texts do not have it. Letters that ignore case have several forms and are none.
 */
export function requiredLiteral(node: RegexNode): RequiredLiteral {
  const collector = new Collector();
  collector.visit(node);
  return collector.result();
}

class Collector {
  #run = '';
  #longest = '';
  #isAll = true;

  result(): RequiredLiteral {
    this.#break();
    // Half of a surrogate pair is found in the middle of a character by looking, but not by matching.
    return { text: this.#longest, isAll: this.#isAll && !/\p{Cs}/u.test(this.#longest) };
  }

  #break(): void {
    if (this.#run.length > this.#longest.length) this.#longest = this.#run;
    this.#run = '';
  }

  visit(node: RegexNode): void {
    if (node.kind === 'sequence') for (const part of node.of) this.visit(part);
    else if (node.kind === 'set') this.#character(node);
    else if (node.kind === 'repeat') this.#repeat(node);
    // What takes no character does not come between its neighbours either.
    else if (node.kind === 'choice') this.#interrupt();
    else if (node.kind !== 'empty') this.#isAll = false;
  }

  #character(node: RegexNode & { readonly kind: 'set' }): void {
    const code = onlyMember(node.ranges);
    if (code === null) this.#interrupt();
    else this.#run += String.fromCodePoint(code);
  }

  #repeat({ of, min, max }: RegexRepeat): void {
    // Further copies add little to how rare a text is.
    const copies = Math.min(min, 4);
    for (let i = 0; i < copies; i++) this.visit(of);
    if (copies !== max) this.#interrupt();
  }

  #interrupt(): void {
    this.#isAll = false;
    this.#break();
  }
}
