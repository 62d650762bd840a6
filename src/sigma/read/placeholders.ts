import { quoted, suggestion } from '../mistakes.ts';

/** What placeholders stand for, by their names without the percent signs. Texts may hold wildcards. */
export type Placeholders = ReadonlyMap<string, readonly (string | number)[]>;

/** Two backslashes are stepped over, so that the value may have a backslash and a placeholder behind it (`CORP\\%User%`). */
const PLACEHOLDER = /\\\\|\\%|%([\p{L}\p{N}_]+)%/gu;
/** Several placeholders in one value multiply. */
const MAX_TEXTS = 10_000;

/**
 * Replaces every `%name%` of a value by what it stands for: one text per combination of values; `\%` is a plain percent
 * sign. A string says what is wrong, naming the placeholder that has no value.
 */
export function expandPlaceholders(template: string, placeholders: Placeholders): string[] | string {
  let texts = [''];
  let at = 0;
  for (const match of template.matchAll(PLACEHOLDER)) {
    const before = template.slice(at, match.index);
    at = match.index + match[0].length;
    const name = match[1];
    if (name === undefined) {
      const kept = match[0] === '\\%' ? '%' : match[0];
      texts = texts.map((text) => text + before + kept);
      continue;
    }
    const values = placeholders.get(name);
    if (!values || values.length === 0) {
      return `the placeholder ${quoted(`%${name}%`)} has no value${suggestion(name, placeholders.keys())}`;
    }
    if (texts.length * values.length > MAX_TEXTS) return `its placeholders come to more than ${MAX_TEXTS} values`;
    texts = texts.flatMap((text) => values.map((value) => `${text}${before}${value}`));
  }
  return texts.map((text) => text + template.slice(at));
}
