import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readLines } from '../../src/lib/lines.ts';

async function linesOf(...chunks: readonly (string | Uint8Array)[]): Promise<string[]> {
  async function* input(): AsyncGenerator<Uint8Array> {
    for (const chunk of chunks) yield Buffer.from(chunk);
  }
  const lines: string[] = [];
  for await (const line of readLines(input())) lines.push(line);
  return lines;
}

describe('lines', () => {
  it('are the same wherever the bytes are cut into chunks', async () => {
    const unit = fc.constantFrom('a', '\n', '\n', 'ß', '€', '😀', '\u2028', '\u2029', ' ');
    await fc.assert(
      fc.asyncProperty(fc.string({ unit, maxLength: 40 }), fc.array(fc.nat(60)), async (text, cuts) => {
        const bytes = Buffer.from(text);
        const places = [0, ...cuts.filter((cut) => cut < bytes.length).sort((a, b) => a - b), bytes.length];
        const chunks = places.slice(1).map((end, index) => bytes.subarray(places[index], end));
        const expected = text.split('\n');
        if (expected.at(-1) === '') expected.pop();

        expect(await linesOf(...chunks)).toEqual(expected);
      }),
      { numRuns: 500 },
    );
  });

  it('end at \\n and \\r\\n only, also where these are cut apart', async () => {
    expect(await linesOf('a\r', '\nb\rc\r\n\r\n', 'd\r')).toEqual(['a', 'b\rc', '', 'd']);
  });

  it('do not begin with a byte order mark, which stands elsewhere for itself', async () => {
    expect(await linesOf('\uFEFFa\n\uFEFFb')).toEqual(['a', '\uFEFFb']);
    expect(await linesOf(Buffer.from([0xef]), Buffer.from([0xbb, 0xbf, 0x61]))).toEqual(['a']);
  });

  it('are none in an empty input', async () => {
    expect(await linesOf()).toEqual([]);
    expect(await linesOf('')).toEqual([]);
  });
});
