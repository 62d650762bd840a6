import type { Pattern } from '../match/wildcard.ts';
import type { Encoding } from './modifiers.ts';

/** A value on its way through encodings: its text (null when it is no text any more), and its bytes where these are UTF-16. */
type Encoded = { readonly pattern: Pattern | null; readonly bytes: Buffer | null };

const BOM = '\uFEFF';
const NOT_ASCII = 'only ASCII text can be compared as UTF-16; other text needs `base64` or `base64offset` behind it';
const WILDCARDS =
  'text with wildcards cannot be encoded in Base64: put a backslash before `*` and `?` that are meant plainly';
const UTF16_BOM = Buffer.from([0xff, 0xfe]);

/**
 * Encodes a pattern, one encoding after the other; `base64offset` gives the three texts that can stand in an encoded
 * longer one. A string says why it cannot be encoded.
 */
export function encodePattern(pattern: Pattern, encodings: readonly Encoding[]): Pattern[] | string {
  let values: Encoded[] = [{ pattern, bytes: null }];
  for (const encoding of encodings) {
    const encoded = values.map((value) => encodeOnce(value, encoding));
    const problem = encoded.find((one) => typeof one === 'string');
    if (problem !== undefined) return problem;
    values = encoded.flatMap((one) => (typeof one === 'string' ? [] : one));
  }
  const read = values.map((value) => value.pattern).filter((one) => one !== null);
  // As in pySigma: on its own, UTF-16 of other letters is no text that a field could hold.
  return read.length === values.length ? read : NOT_ASCII;
}

function encodeOnce(value: Encoded, encoding: Encoding): Encoded[] | string {
  if (encoding !== 'base64' && encoding !== 'base64offset') return encodeUtf16(value, encoding);
  const bytes = value.bytes ?? bytesOf(value.pattern ?? []);
  if (!bytes) return WILDCARDS;
  const texts = encoding === 'base64' ? [bytes.toString('base64')] : [0, 1, 2].map((offset) => shifted(bytes, offset));
  if (texts.some((text) => text === '')) return 'the text is too short to be found in Base64 at any offset';
  return texts.map((text) => ({ pattern: [text], bytes: null }));
}

/** The characters of the Base64 text, `offset` bytes into a longer one, that depend on nothing around it. */
function shifted(bytes: Buffer, offset: number): string {
  const encoded = Buffer.concat([Buffer.alloc(offset, 0x20), bytes]).toString('base64');
  const start = [0, 2, 3][offset] ?? 0;
  const cut = [0, 3, 2][(bytes.length + offset) % 3] ?? 0;
  return encoded.slice(start, encoded.length - cut);
}

function bytesOf(pattern: Pattern): Buffer | null {
  if (pattern.some((part) => typeof part !== 'string')) return null;
  return Buffer.from(pattern.join(''), 'utf8');
}

function encodeUtf16({ pattern }: Encoded, encoding: Encoding): Encoded[] | string {
  const parts = (pattern ?? []).map((part) => (typeof part === 'string' ? utf16(part, encoding) : part));
  const texts = parts.map((part) => (Buffer.isBuffer(part) ? textOf(part) : part)).filter((part) => part !== null);
  const isReadable = texts.length === parts.length;
  const front = encoding === 'utf16' ? [BOM] : [];
  const read = isReadable ? joined([...front, ...texts]) : null;
  const stretches = parts.filter((part) => Buffer.isBuffer(part));
  if (stretches.length < parts.length) return read ? [{ pattern: read, bytes: null }] : NOT_ASCII;
  return [{ pattern: read, bytes: Buffer.concat(encoding === 'utf16' ? [UTF16_BOM, ...stretches] : stretches) }];
}

function utf16(text: string, encoding: Encoding): Buffer {
  const bytes = Buffer.from(text, 'utf16le');
  return encoding === 'utf16be' ? bytes.swap16() : bytes;
}

/** The text the bytes are in UTF-8; null when they are none. */
function textOf(bytes: Buffer): string | null {
  const text = bytes.toString('utf8');
  return Buffer.from(text, 'utf8').equals(bytes) ? text : null;
}

function joined(parts: Pattern): Pattern {
  const result: Pattern[number][] = [];
  for (const part of parts) {
    const last = result.at(-1);
    if (typeof part === 'string' && typeof last === 'string') result[result.length - 1] = last + part;
    else result.push(part);
  }
  return result;
}
