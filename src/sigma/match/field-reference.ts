import type { TextPosition } from '../read/modifiers.ts';
import { compileField, MAX_RECORD_DEPTH, type SigmaRecord, textOf } from './fields.ts';
import { fold } from './fold.ts';
import { foldedStandsAt } from './search.ts';
import { includesFolded } from './wildcard.ts';

type TextComparison = (text: string, other: string) => boolean;

const EXACT: Readonly<Record<TextPosition, TextComparison>> = {
  equals: (text, other) => text === other,
  contains: (text, other) => text.includes(other),
  startswith: (text, other) => text.startsWith(other),
  endswith: (text, other) => text.endsWith(other),
};
const FOLDED: Readonly<Record<TextPosition, TextComparison>> = {
  equals: (text, other) => text.length === other.length && foldedStandsAt(text, 0, fold(other)),
  contains: (text, other) => includesFolded(text, fold(other)),
  startswith: (text, other) => foldedStandsAt(text, 0, fold(other)),
  endswith: (text, other) => foldedStandsAt(text, text.length - other.length, fold(other)),
};

/** Compiles the comparison of two fields: whether some text of the one is, or holds, some text of the other. */
export function compileFieldReference(
  field: string,
  otherField: string,
  position: TextPosition,
  isCased: boolean,
): (record: SigmaRecord) => boolean {
  const read = compileField(field);
  const readOther = compileField(otherField);
  const compare = (isCased ? EXACT : FOLDED)[position];
  return (record) => {
    const value = read(record);
    const other = readOther(record);
    if (Array.isArray(value) || Array.isArray(other)) {
      return comparesAny(textsOf(value, isCased), textsOf(other, isCased), position);
    }
    const text = textOf(value);
    const otherText = textOf(other);
    return text !== null && otherText !== null && compare(text, otherText);
  };
}

/** Each text is folded once: two lists of 3,000 took four seconds when it was done for every pair. */
function comparesAny(texts: ReadonlySet<string>, others: ReadonlySet<string>, position: TextPosition): boolean {
  for (const text of texts) {
    if (others.has(text)) return true;
    if (position !== 'equals') for (const other of others) if (EXACT[position](text, other)) return true;
  }
  return false;
}

function textsOf(value: unknown, isCased: boolean, found = new Set<string>(), depth = 0): ReadonlySet<string> {
  if (Array.isArray(value)) {
    if (depth <= MAX_RECORD_DEPTH) for (const element of value) textsOf(element, isCased, found, depth + 1);
    return found;
  }
  const text = textOf(value);
  if (text !== null) found.add(isCased ? text : fold(text));
  return found;
}
