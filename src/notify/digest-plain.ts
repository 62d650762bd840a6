import { printable, truncate } from '../lib/text.ts';

/** Of a text this much is looked at for each character that may be shown: escapes only make it longer. */
const LOOKED_AT = 2;

/**
 * Text that anybody could have typed, made plain for a mail: on one line, of at most `max` characters, with nothing that
 * hides, turns or colours. Addresses are written so that no mail program makes a link of them: `http[:]//`, `evil[.]com/`.
 * The markup of HTML is left to the renderer of that part.
 */
export function plain(text: string, max: number): string {
  const looked = text.slice(0, max * LOOKED_AT).toWellFormed();
  const shown = printable(looked)
    .replace(/:\/\//g, '[:]//')
    .replace(/www\./gi, (www) => `${www.slice(0, -1)}[.]`)
    .replace(/\.(?=[a-z]{2,24}(?:[/?#]|:\d))/gi, '[.]')
    .replace(/\b(mailto|javascript|data|tel|sms):/gi, '$1[:]')
    // A long word is broken over lines, and what stood in its middle may then begin one.
    .replace(/\S{40,}/g, (word) => word.replace(/(mailto|javascript|data|tel|sms):/gi, '$1[:]'))
    .replace(/ {2,}/g, ' ')
    .trim();
  return truncate(looked.length < text.length ? `${shown}…` : shown, max) || '(empty)';
}
