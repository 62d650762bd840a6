import { Composer, type CST, type Document, Lexer, LineCounter, Parser } from 'yaml';
import type { Place } from '../mistakes.ts';

/** What `readYamlStream` made of a text: its documents, or the one reason why it is not read at all. */
export type YamlStream =
  | { readonly documents: readonly Document.Parsed[]; readonly placeAt: (offset: number) => Place }
  | { readonly refusal: string; readonly place: Place };

/** A file larger than this is not read as rules at all. */
const MAX_CHARACTERS = 2_000_000;
/** Two megabytes of `]` took 30 s and 3.5 GB without this; a rule of SigmaHQ has a few hundred pieces. */
const MAX_LEXEMES = 500_000;
const MAX_DOCUMENTS = 10_000;
/** One text of nothing but wrong escapes has a mistake every two characters. */
const MAX_LEXEME_CHARACTERS = 100_000;
/** Pieces that can stand in no document: each costs the library more than the one before. */
const MAX_STRAYS = 100;
/** What stops a file of brackets from exhausting the stack. */
const MAX_OPEN = 250;

/** Reads a text as YAML documents, within bounds that hold for whatever the text is. */
export function readYamlStream(text: string): YamlStream {
  if (text.length > MAX_CHARACTERS) {
    return { refusal: `the file is longer than ${MAX_CHARACTERS} characters`, place: { line: 1, column: 1 } };
  }
  const lines = new LineCounter();
  const placeAt = places(text, lines);
  lines.addNewLine(0);
  const parser = new Parser(lines.addNewLine);
  // Keys that stand twice are found by the reader of the tree: the library compares each with all before it.
  const composer = new Composer({ uniqueKeys: false, version: '1.2', resolveKnownTags: false, prettyErrors: false });
  const documents: Document.Parsed[] = [];
  let lexemes = 0;
  let strays = 0;
  const take = (tokens: Iterable<CST.Token>): void => {
    for (const token of tokens) {
      if (token.type === 'error') strays += 1;
      documents.push(...composer.next(token));
    }
  };
  for (const lexeme of new Lexer().lex(text)) {
    lexemes += 1;
    const refusal = strays > MAX_STRAYS ? 'the file is not YAML' : refusalOf(lexeme, lexemes, documents.length, parser);
    if (refusal !== null) return { refusal, place: placeAt(parser.offset) };
    take(parser.next(lexeme));
  }
  take(parser.end());
  documents.push(...composer.end(false, text.length));
  return { documents, placeAt };
}

function refusalOf(lexeme: string, lexemes: number, documents: number, parser: Parser): string | null {
  if (lexemes > MAX_LEXEMES || documents > MAX_DOCUMENTS)
    return 'the file has too many parts: put its rules into several files';
  if (lexeme.length > MAX_LEXEME_CHARACTERS) return `a text is longer than ${MAX_LEXEME_CHARACTERS} characters`;
  if (parser.stack.length > MAX_OPEN) return 'the file is nested too deeply';
  return null;
}

/** Turns offsets into places, counting characters: one outside the basic plane, such as an emoji, is one. */
function places(text: string, lines: LineCounter): (offset: number) => Place {
  const pairs: number[] = [];
  for (let offset = 0; offset < text.length; offset++) {
    const unit = text.charCodeAt(offset);
    if (unit >= 0xd800 && unit <= 0xdbff) pairs.push(offset);
  }
  const pairsBefore = (offset: number): number => {
    let low = 0;
    let high = pairs.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((pairs[middle] ?? 0) < offset) low = middle + 1;
      else high = middle;
    }
    return low;
  };
  return (offset) => {
    const { line, col } = lines.linePos(offset);
    const column = col - (pairsBefore(offset) - pairsBefore(offset - Math.max(0, col - 1)));
    return { line: Math.max(1, line), column: Math.max(1, column) };
  };
}
