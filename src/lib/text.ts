// biome-ignore lint/suspicious/noControlCharactersInRegex: finding control characters is the purpose.
const UNPRINTABLE = /[\u0000-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g;

/**
 * Text from the audit log made harmless for a line of a terminal or a log: control characters (escape sequences, line
 * breaks) and characters that turn or hide text become `\u{…}` or a space, so that it can neither colour nor forge lines.
 */
export function printable(text: string): string {
  return text.replace(UNPRINTABLE, (c) =>
    c === '\n' || c === '\r' || c === '\t' ? ' ' : `\\u{${(c.codePointAt(0) ?? 0).toString(16)}}`,
  );
}

/** At most `max` characters, the last of them `…` when something was cut; never cuts a surrogate pair in two. */
export function truncate(text: string, max: number): string {
  if (text.length <= max) return text;
  let end = Math.max(0, max - 1);
  const last = text.charCodeAt(end - 1);
  if (last >= 0xd800 && last <= 0xdbff) end -= 1;
  return `${text.slice(0, end)}…`;
}

/** `1 event`, `2 events`. */
export function plural(count: number, noun: string, plural = `${noun}s`): string {
  return `${count} ${count === 1 ? noun : plural}`;
}

/** A word of a file that people write, made fit for a message: on one line, bounded, nothing in it that a terminal would obey. */
export function quoted(word: unknown): string {
  const isLiteral = typeof word === 'string' || typeof word === 'number';
  const text = isLiteral ? String(word) : (JSON.stringify(word) ?? String(word));
  return `\`${printable(truncate(text, 80))}\``;
}
