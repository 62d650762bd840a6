import { type Document, isScalar, visit, type YAMLError } from 'yaml';
import { printable, truncate } from '../../lib/text.ts';
import { quoted } from '../mistakes.ts';

/** What the library found wrong, in words for somebody who writes rules, and the offset that shows it best. */
export function describeYamlError(
  error: YAMLError,
  document: Document.Parsed,
  text: string,
): { readonly offset: number; readonly message: string } {
  const [offset] = error.pos;
  const isOpenQuote = error.code === 'MISSING_CHAR' && error.message.endsWith('quote');
  if (isOpenQuote) {
    return { offset: startOfText(document, offset), message: 'not YAML: a quotation mark that is never closed' };
  }
  return { offset, message: messageOf(error, text) };
}

function messageOf(error: YAMLError, text: string): string {
  const [start, end] = error.pos;
  switch (error.code) {
    case 'TAB_AS_INDENT':
      return 'not YAML: a tab where the line is indented; YAML takes spaces only';
    case 'BAD_INDENT': {
      const [, closing] = / end with a (.)$/.exec(error.message) ?? [];
      if (closing) return `not YAML: a bracket is still open; close it with ${quoted(closing)}, or indent this line`;
      return 'not YAML: this line is not indented as those it belongs to';
    }
    case 'BLOCK_AS_IMPLICIT_KEY':
      return 'not YAML: a map begins where a text was expected; put a text that holds `: ` in quotation marks';
    case 'BAD_SCALAR_START':
      return `not YAML: no text may begin with ${quoted(text[start] ?? '')}; put it in quotation marks`;
    case 'BAD_ALIAS':
      return `not YAML: ${quoted(text[start] ?? '')} stands for an anchor; put a text that begins with it in quotation marks`;
    case 'BAD_DQ_ESCAPE':
      return `not YAML: ${quoted(text.slice(start, start + 2))} is no escape; double every backslash, or use single quotation marks`;
    case 'TAG_RESOLVE_FAILED':
      return `the tag ${quoted(text.slice(start, end))} is not used in rules: leave it out`;
    case 'RESOURCE_EXHAUSTION':
      return 'the document is nested too deeply';
    default:
      return `not YAML: ${printable(truncate(error.message, 200))}`;
  }
}

/** Where the text begins that ends at `offset`: a mark that is not closed shows at the end of the file only. */
function startOfText(document: Document.Parsed, offset: number): number {
  let start = offset;
  visit(document, {
    Scalar: (_key, node) => {
      if (isScalar(node) && node.range && node.range[0] < start && node.range[1] >= offset) start = node.range[0];
    },
  });
  return start;
}
