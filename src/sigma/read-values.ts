import { quoted, type Report, suggestion } from './mistakes.ts';
import { entryOf, type Tree } from './source-tree.ts';

/** The text under `key`; null when it is absent or empty, or (reported) not text. Numbers count as their text. */
export function readText(tree: Tree, key: string, report: Report): string | null {
  const value = entryOf(tree, key)?.value;
  if (!value || (value.kind === 'scalar' && value.value === null)) return null;
  if (value.kind !== 'scalar') {
    report(value.place, `\`${key}\` takes text`);
    return null;
  }
  return String(value.value);
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
  report(place, `unknown ${key} ${quoted(text)}${suggestion(text, words) || `: it is one of ${words.join(', ')}`}`);
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
    report(item.place, `\`${key}\` takes a list of texts`);
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
