import { printable } from '../lib/text.ts';

/** Slack's three escapes; inside code nothing but these is interpreted. */
const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '`': "'" };
/**
 * Formatting characters get look-alikes. A zero-width character beside them would not do: Slack takes it for a word
 * boundary and formats all the same.
 */
const LOOKALIKES: Readonly<Record<string, string>> = { ...ENTITIES, '*': '∗', '~': '∼' };
const LETTER_OR_DIGIT = /[\p{L}\p{N}]/u;
const BROADCAST = /@(?=channel|here|everyone|group)/gi;

/**
 * Text that anybody could have typed, made plain for mrkdwn: it can neither mention, link, format nor break out. Cut
 * to `max` characters as Slack counts them, escapes included, so that limits hold whatever the text.
 */
export function slackText(text: string, max: number): string {
  const plain = printable(text.slice(0, max * 2).toWellFormed())
    .replace(BROADCAST, '＠')
    .replace(/_+/g, (run, offset: number, whole: string) =>
      isInsideWord(whole, offset, run.length) ? run : '＿'.repeat(run.length),
    );
  return fill(plain, max, LOOKALIKES, text.length > max * 2);
}

/** The same for the inside of a code span, where formatting characters are harmless and names stay as they are. */
export function slackCode(text: string, max: number): string {
  const plain = printable(text.slice(0, max * 2).toWellFormed());
  return `\`${fill(plain.replace(BROADCAST, '＠') || ' ', max - 2, ENTITIES, text.length > max * 2)}\``;
}

/** Several lines as a code block of at most `max` characters. */
export function slackCodeBlock(text: string, max: number): string {
  const lines = text
    .slice(0, max * 2)
    .toWellFormed()
    .split('\n')
    .map(printable);
  return `\`\`\`\n${fill(lines.join('\n').replace(BROADCAST, '＠'), max - 8, ENTITIES, text.length > max * 2)}\n\`\`\``;
}

/**
 * A link, when the address is a plain http(s) one of bearable length; else the label alone. Both parts are escaped; the
 * whole takes at most `maxUrl + maxLabel + 3` characters.
 */
export function slackLink(url: string | null, label: string, maxUrl: number, maxLabel: number): string {
  const shown = slackText(label, maxLabel);
  const parsed = url === null ? null : URL.parse(url);
  if (!parsed || !/^https?:$/.test(parsed.protocol) || parsed.username !== '' || shown === '') return shown;
  const address = parsed.href.replace(/[<>|`@\s]/g, (c) => encodeURIComponent(c)).replaceAll('&', '&amp;');
  return address.length > maxUrl ? shown : `<${address}|${shown}>`;
}

function isInsideWord(text: string, offset: number, length: number): boolean {
  const before = text[offset - 1] ?? '';
  const after = text[offset + length] ?? '';
  return LETTER_OR_DIGIT.test(before) && LETTER_OR_DIGIT.test(after);
}

function fill(text: string, max: number, replacements: Readonly<Record<string, string>>, wasCut: boolean): string {
  let whole = '';
  // Where to end if the rest turns out not to fit: one character is kept for the ellipsis.
  let fitting = '';
  for (const character of text) {
    const next = whole + (replacements[character] ?? character);
    if (next.length > max) return `${fitting}…`;
    whole = next;
    if (whole.length < max) fitting = whole;
  }
  return wasCut ? `${fitting}…` : whole;
}
