import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { sliceElements } from '../../src/octopus/slice.ts';

const space = fc.constantFrom('', ' ', '\n', '\r\n\t  ');

describe('sliceElements', () => {
  test('cuts any valid page into texts that parse to the same elements', () => {
    fc.assert(
      fc.property(
        fc.array(fc.jsonValue(), { maxLength: 6 }),
        fc.dictionary(fc.string(), fc.jsonValue(), { maxKeys: 4 }),
        fc.dictionary(fc.string(), fc.jsonValue(), { maxKeys: 4 }),
        fc.constantFrom(undefined, 1, 3),
        space,
        (items, before, after, indent, padding) => {
          const { Items: _a, ...front } = before;
          const { Items: _b, ...back } = after;
          const page = JSON.stringify({ ...front, Items: items, ...back }, null, indent);
          const text = padding + page + padding;

          const slices = sliceElements(text, 'Items');

          expect(slices?.map((slice) => JSON.parse(slice))).toEqual(JSON.parse(text).Items);
          for (const slice of slices ?? []) expect(text).toContain(slice);
        },
      ),
      { numRuns: 500 },
    );
  });

  test('is not led astray by quotes, backslashes and brackets in strings', () => {
    const item = String.raw`{"a\"]}":"\\\"}],","b":["]","\\"]}`;

    expect(sliceElements(`{"x":"\\"Items\\":[1]","Items":[${item}, 12 ,null,"]"]}`, 'Items')).toEqual([
      item,
      '12',
      'null',
      '"]"',
    ]);
  });

  test('finds a key written with escapes, and takes the last of two, as JSON.parse does', () => {
    expect(sliceElements('{"Items":[1],"\\u0049tems":[2,3]}', 'Items')).toEqual(['2', '3']);
    expect(sliceElements('{"Items":[1],"Items":null}', 'Items')).toBeNull();
  });

  test.each(['[1]', '"Items"', '{}', '{"Other":[1]}', '{"Nested":{"Items":[1]}}', '{"Items":{"0":1}}'])(
    'finds nothing in %s',
    (text) => {
      expect(sliceElements(text, 'Items')).toBeNull();
    },
  );
});
