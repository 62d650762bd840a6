/**
 * Unicode simple case folding, one UTF-16 unit at a time, so that texts are compared without building folded copies.
 * It is the folding of JavaScript's `iu` regular expressions: `Σ`, `σ` and `ς` are one letter, `ß` is not `ss`, `ı` is
 * not `i`. It keeps every length (a test walks all of Unicode), hence `?` is always one character of the text.
 */
export type UnitAt = (text: string, index: number) => number;

const ASCII = Uint8Array.from({ length: 128 }, (_, code) => (code >= 65 && code <= 90 ? code + 32 : code));
let beyondAscii: Uint16Array | null = null;

/** The unit at `index` as it is. */
export function exactUnitAt(text: string, index: number): number {
  return text.charCodeAt(index);
}

/** The unit at `index`, case folded. */
export function foldedUnitAt(text: string, index: number): number {
  const unit = text.charCodeAt(index);
  if (unit < 128) return ASCII[unit] ?? unit;
  if (unit >= 0xdc00 && unit <= 0xdfff && index > 0) return foldedLowSurrogate(text, index, unit);
  beyondAscii ??= foldingTable();
  return beyondAscii[unit] ?? unit;
}

/** The whole text, case folded. */
export function fold(text: string): string {
  let folded = '';
  for (const character of text) folded += foldCharacter(character);
  return folded;
}

/** One code point, case folded. */
export function foldCodePoint(codePoint: number): number {
  if (codePoint < 128) return ASCII[codePoint] ?? codePoint;
  if (codePoint > 0xffff) return foldCharacter(String.fromCodePoint(codePoint)).codePointAt(0) ?? codePoint;
  beyondAscii ??= foldingTable();
  return beyondAscii[codePoint] ?? codePoint;
}

function foldedLowSurrogate(text: string, index: number, unit: number): number {
  const high = text.charCodeAt(index - 1);
  if (high < 0xd800 || high > 0xdbff) return unit;
  // Every astral letter folds to one with the same high surrogate, so only the low one needs looking at.
  const folded = foldCharacter(text.slice(index - 1, index + 1));
  return folded.charCodeAt(1);
}

function foldCharacter(character: string): string {
  // Dotless ı has the capital I, but Unicode folds it to i for Turkish only.
  if (character === 'ı') return character;
  const upper = character.toUpperCase();
  const base = upper.length === character.length ? upper : character;
  const lower = base.toLowerCase();
  return lower.length === character.length ? lower : base;
}

function foldingTable(): Uint16Array {
  return Uint16Array.from({ length: 65_536 }, (_, code) => foldCharacter(String.fromCharCode(code)).charCodeAt(0));
}
