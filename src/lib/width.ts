// JavaScript has no East_Asian_Width property; these are the wide blocks people really paste: CJK, Hangul, full-width.
const WIDE =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\u33ff\u3400-\u4dbf\u4e00-\u9fff\ua000-\ua4cf\ua960-\ua97f\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]|[\u{1f300}-\u{1faff}]|[\u{20000}-\u{3fffd}]|\p{Emoji_Presentation}/u;
const ZERO_WIDTH = /\p{Mn}|\p{Me}|\p{Cf}/u;
const ASCII = /^[\u0020-\u007e]*$/;

/** How many cells of a terminal the text takes: wide characters two, combining marks none. Expects printable text. */
export function displayWidth(text: string): number {
  if (ASCII.test(text)) return text.length;
  let width = 0;
  for (const character of text) width += characterWidth(character);
  return width;
}

/** The longest beginning of `text` that fits in `cells`; the last cell is `…` when something was cut. */
export function clipToWidth(text: string, cells: number): string {
  if (displayWidth(text) <= cells) return text;
  if (cells < 1) return '';
  const [head] = splitAtWidth(text, cells - 1);
  return `${head}…`;
}

/** Cuts text in two where `cells` are full; never inside a surrogate pair. The first part may be empty. */
export function splitAtWidth(text: string, cells: number): [string, string] {
  let width = 0;
  let end = 0;
  for (const character of text) {
    const next = width + characterWidth(character);
    if (next > cells) break;
    width = next;
    end += character.length;
  }
  return [text.slice(0, end), text.slice(end)];
}

function characterWidth(character: string): 0 | 1 | 2 {
  if (ASCII.test(character)) return 1;
  if (ZERO_WIDTH.test(character)) return 0;
  return WIDE.test(character) ? 2 : 1;
}
