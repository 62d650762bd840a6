import { Buffer } from 'node:buffer';

const NEWLINE = 10;
const BYTE_ORDER_MARK = '\uFEFF';

/**
 * The lines of a stream of UTF-8 bytes, without their `\n` or `\r\n`. Unlike `node:readline` it does not end a line at
 * U+2028, U+2029 or a lone `\r`, which stand inside values of JSON records; and a line cut out of the bytes is a plain
 * text, where one cut out of decoded text refers to it: reading and parsing JSON this way takes two thirds of the time.
 */
export async function* readLines(input: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  /** The beginning of a line that goes on in the next chunk; joined once, however many chunks it takes. */
  let begun: Buffer[] = [];
  let isFirst = true;
  const textOf = (bytes: Buffer, from: number, to: number): string => {
    const text = bytes.toString('utf8', from, to > from && bytes[to - 1] === 13 ? to - 1 : to);
    const hasMark = isFirst && text.startsWith(BYTE_ORDER_MARK);
    isFirst = false;
    return hasMark ? text.slice(1) : text;
  };
  for await (const part of input) {
    const chunk = Buffer.from(part.buffer, part.byteOffset, part.byteLength);
    let from = 0;
    for (let at = chunk.indexOf(NEWLINE); at >= 0; at = chunk.indexOf(NEWLINE, from)) {
      if (begun.length > 0) {
        const line = Buffer.concat([...begun, chunk.subarray(0, at)]);
        begun = [];
        yield textOf(line, 0, line.length);
      } else yield textOf(chunk, from, at);
      from = at + 1;
    }
    if (from < chunk.length) begun.push(chunk.subarray(from));
  }
  if (begun.length > 0) {
    const line = Buffer.concat(begun);
    yield textOf(line, 0, line.length);
  }
}
