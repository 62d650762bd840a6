import { textOf } from './fields.ts';
import { fold, foldedUnitAt } from './fold.ts';

/** Texts seen before are found at once; so many are remembered, then no more: the rest is hashed each time. */
const MAX_REMEMBERED = 4_096;
/** A text longer than this is not remembered: it seldom comes again and would be kept alive. */
const MAX_REMEMBERED_CHARACTERS = 200;

const NOTHING: readonly never[] = [];

type Entry<T> = { readonly key: string; readonly found: readonly T[]; readonly next: Entry<T> | null };

/**
 * Finds what is filed under the values a rule compares with (see `equalityKeyOf`), by a value of a record, whatever its
 * case. Looking a value up allocates nothing: a folded copy of each text would be most of what a record costs.
 */
export class ValueTable<T> {
  readonly #texts: readonly (Entry<T> | null)[];
  readonly #numbers = new Map<number, readonly T[]>();
  readonly #remembered = new Map<string, readonly T[]>();
  readonly #longest: number;

  /** The keys are folded. */
  constructor(byKey: ReadonlyMap<string, readonly T[]>) {
    // A power of two of at least twice as many places as keys: a text that is not there mostly meets an empty one.
    const places: (Entry<T> | null)[] = new Array(2 ** Math.ceil(Math.log2(2 * byKey.size + 1))).fill(null);
    let longest = 0;
    for (const [key, found] of byKey) {
      const place = hashOf(key) & (places.length - 1);
      places[place] = { key, found, next: places[place] ?? null };
      longest = Math.max(longest, key.length);
      const number = Number(key);
      // `1.0` and `01` are texts that no number is written as.
      if (fold(String(number)) === key) this.#numbers.set(number, found);
    }
    this.#texts = places;
    this.#longest = longest;
  }

  /** What is filed under a value. */
  find(value: unknown): readonly T[] {
    if (typeof value === 'string') return value.length > this.#longest ? NOTHING : this.#findText(value);
    if (typeof value === 'number') return this.#numbers.get(value) ?? NOTHING;
    const text = textOf(value);
    return text === null ? NOTHING : this.#findText(text);
  }

  #findText(text: string): readonly T[] {
    const remembered = this.#remembered.get(text);
    if (remembered) return remembered;
    let entry = this.#texts[hashOf(text) & (this.#texts.length - 1)] ?? null;
    while (entry !== null && !isFolded(text, entry.key)) entry = entry.next;
    const found = entry?.found ?? NOTHING;
    if (this.#remembered.size < MAX_REMEMBERED && text.length <= MAX_REMEMBERED_CHARACTERS)
      this.#remembered.set(text, found);
    return found;
  }
}

/** FNV-1a over the folded units. */
function hashOf(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ foldedUnitAt(text, i), 0x01000193);
  return hash ^ (hash >>> 15);
}

/** Whether a text, folded, is `key`. */
function isFolded(text: string, key: string): boolean {
  if (text.length !== key.length) return false;
  for (let i = 0; i < text.length; i++) if (foldedUnitAt(text, i) !== key.charCodeAt(i)) return false;
  return true;
}
