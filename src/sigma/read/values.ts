import { quoted, type Report, suggestion } from '../mistakes.ts';
import { entryOf, type Tree } from './source-tree.ts';

/** The text under `key`; null when it is absent or empty, or (reported) not text. Numbers count as their text. */
export function readText(tree: Tree, key: string, report: Report): string | null {
  const value = entryOf(tree, key)?.value;
  if (!value || (value.kind === 'scalar' && value.value === null)) return null;
  if (value.kind !== 'scalar') {
    report(value.place, `\`${key}\` takes text, not a ${value.kind}`);
    return null;
  }
  return String(value.value);
}

/** Text that names or labels something: not empty, without control characters, and no number that lost its quotes. */
export function readLabel(tree: Tree, key: string, report: Report): string | null {
  const value = entryOf(tree, key)?.value;
  if (!value || (value.kind === 'scalar' && value.value === null)) return null;
  if (value.kind !== 'scalar') {
    report(value.place, `\`${key}\` takes text, not a ${value.kind}`);
    return null;
  }
  if (typeof value.value !== 'string') {
    report(value.place, `\`${key}\` takes text: write '${String(value.value)}' with quotation marks`);
    return null;
  }
  const problem = problemOfLabel(value.value);
  if (problem === null) return value.value;
  report(value.place, `\`${key}\` ${problem}`);
  return null;
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: finding control characters is the purpose.
const CONTROL = /[\u0000-\u001f\u007f-\u009f\u2028\u2029]/;

function problemOfLabel(text: string): string | null {
  if (text.trim() === '') return 'is empty: give it text, or leave it out';
  const control = CONTROL.exec(text.trim())?.[0].codePointAt(0);
  if (control === undefined) return null;
  return `holds a control character (U+${control.toString(16).toUpperCase().padStart(4, '0')}): it is text of one line`;
}

/** One of a list of words under `key`; null when it is absent or (reported) another. */
export function readWord<Word extends string>(
  tree: Tree,
  key: string,
  words: readonly Word[],
  report: Report,
): Word | null {
  const text = readText(tree, key, report);
  if (text === null) return null;
  const found = words.find((word) => word === text);
  if (found) return found;
  const place = entryOf(tree, key)?.value.place ?? tree.place;
  const unknown = text === '' ? `\`${key}\` is empty` : `unknown ${key} ${quoted(text)}`;
  report(place, `${unknown}${suggestion(text, words) || `: it is one of ${words.join(', ')}`}`);
  return null;
}

/** The texts under `key`; a single text is a list of one where `mayBeSingle`. */
export function readTexts(tree: Tree, key: string, report: Report, mayBeSingle: boolean): string[] {
  const value = entryOf(tree, key)?.value;
  if (!value || (value.kind === 'scalar' && value.value === null)) return [];
  if (value.kind === 'scalar' && mayBeSingle) return [String(value.value)];
  if (value.kind !== 'list') {
    report(value.place, `\`${key}\` takes a list of texts`);
    return [];
  }
  return value.items.flatMap((item) => {
    if (item.kind === 'scalar' && item.value !== null) return [String(item.value)];
    const what = item.kind === 'scalar' ? 'null' : `a ${item.kind}`;
    report(item.place, `\`${key}\` takes a list of texts, and this one is ${what}`);
    return [];
  });
}

/** True or false under `key`; `absent` when it is not there or (reported) something else. */
export function readFlag(tree: Tree, key: string, absent: boolean, report: Report): boolean {
  const value = entryOf(tree, key)?.value;
  if (!value) return absent;
  if (value.kind === 'scalar' && typeof value.value === 'boolean') return value.value;
  report(value.place, `\`${key}\` takes true or false`);
  return absent;
}
