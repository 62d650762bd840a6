import { RegexMistake } from './node.ts';

/** Reads a pattern character by character; what stands between `\Q` and `\E` comes out with backslashes. */
export class RegexScanner {
  readonly #characters: string[] = [];
  /** Where each of them stands in the pattern as written, counted from one. */
  readonly #places: number[] = [];
  #at = 0;

  constructor(pattern: string) {
    const written = [...pattern];
    let isQuoted = false;
    for (let i = 0; i < written.length; i++) {
      const character = written[i] ?? '';
      const next = written[i + 1] ?? '';
      const isMark = character === '\\' && (next === 'E' || (next === 'Q' && !isQuoted));
      if (isMark) {
        isQuoted = next === 'Q';
        i += 1;
      } else if (isQuoted) this.#push(/[\w\u0080-\u{10ffff}]/u.test(character) ? character : `\\${character}`, i);
      else if (character === '\\') this.#push(character + next, i++);
      else this.#push(character, i);
    }
  }

  #push(characters: string, index: number): void {
    for (const character of characters) {
      this.#characters.push(character);
      this.#places.push(index + 1);
    }
  }

  get isAtEnd(): boolean {
    return this.#at >= this.#characters.length;
  }

  /** The character some steps ahead; empty behind the end. */
  peek(ahead = 0): string {
    return this.#characters[this.#at + ahead] ?? '';
  }

  /** The next character, which is stepped over. */
  next(): string {
    const character = this.peek();
    this.#at += 1;
    return character;
  }

  /** Steps over a text if it is what comes next. */
  take(text: string): boolean {
    for (let i = 0; i < text.length; i++) if (this.peek(i) !== text[i]) return false;
    this.#at += text.length;
    return true;
  }

  /** Steps over what an expression anchored by `^` finds in the next 64 characters. */
  takeMatch(form: RegExp): RegExpExecArray | null {
    const match = form.exec(this.#characters.slice(this.#at, this.#at + 64).join(''));
    if (match) this.#at += [...match[0]].length;
    return match;
  }

  /** The place of the character some steps back, for `fail`. */
  place(back = 0): number {
    return this.#places[this.#at - back] ?? (this.#places.at(-1) ?? 0) + 1;
  }

  fail(what: string, place = this.place()): never {
    throw new RegexMistake(`${what}, at character ${place}`);
  }
}
