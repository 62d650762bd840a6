export { suggestion } from '../lib/suggestion.ts';
export { quoted } from '../lib/text.ts';

/** Where something stands in a file; both count from 1. A column is a character, whatever its length in UTF-16. */
export type Place = { readonly line: number; readonly column: number };

/** One thing that is wrong with a rule file, for a person: what it is and, where that can be said, what would be right. */
export type Mistake = Place & { readonly file: string; readonly message: string };

/** Collects mistakes of one file, so that a reader of a section can go on after the first. */
export type Report = (place: Place, message: string) => void;
