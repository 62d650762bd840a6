import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { renderRows } from '../../src/cli/output.ts';
import { renderTable } from '../../src/cli/table.ts';
import { printable } from '../../src/lib/text.ts';
import { clipToWidth, displayWidth } from '../../src/lib/width.ts';

const PLAIN = { width: 80, colour: false };

describe('a table', () => {
  it('aligns text to the left and numbers to the right', () => {
    const text = renderTable(
      ['rule', 'events'],
      [
        ['unused_api_key', '7'],
        ['x', '120'],
      ],
      PLAIN,
    );

    expect(text).toBe('rule            events\nunused_api_key       7\nx                  120');
  });

  it('shortens the widest columns until it fits the terminal', () => {
    const text = renderTable(['id', 'message', 'agent'], [['1', 'm'.repeat(100), 'a'.repeat(30)]], {
      width: 50,
      colour: false,
    });

    expect(text.split('\n')[1]).toBe(`${' 1'}  ${'m'.repeat(21)}…  ${'a'.repeat(21)}…`);
  });

  it('counts wide characters as two cells and combining marks as none', () => {
    const text = renderTable(
      ['name', 'n'],
      [
        ['展開', 'a'],
        ['e\u0301te', 'b'],
      ],
      PLAIN,
    );

    expect(text).toBe('name  n\n展開  a\ne\u0301te   b');
  });

  it('prints nothing a terminal would obey', () => {
    const text = renderTable(['a\u001b[2J'], [['x\u001b[31m\nforged\u202e']], PLAIN);

    expect(text.split('\n')).toHaveLength(2);
    for (const line of text.split('\n')) expect(line).toBe(printable(line));
  });

  it('colours the header only when told to', () => {
    expect(renderTable(['a'], [['b']], { width: 80, colour: true })).toBe('\u001b[1ma\u001b[0m\nb');
  });

  it('takes a hundred thousand rows', () => {
    const rows = Array.from({ length: 150_000 }, (_, n) => [String(n)]);

    expect(renderTable(['n'], rows, PLAIN).endsWith('\n149999')).toBe(true);
  });

  it('is never wider than a terminal that has room for every column, whatever the cells', () => {
    const cell = fc.string({ unit: 'binary', maxLength: 60 });
    fc.assert(
      fc.property(
        fc.array(fc.tuple(cell, cell, cell), { maxLength: 6 }),
        fc.integer({ min: 24, max: 120 }),
        (rows, width) => {
          const lines = renderTable(['one', 'two', 'three'], rows, { width, colour: false }).split('\n');

          expect(lines).toHaveLength(rows.length + 1);
          for (const line of lines) expect(displayWidth(line)).toBeLessThanOrEqual(width);
        },
      ),
    );
  });

  it('clips to exactly the cells there are', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), fc.integer({ min: 1, max: 30 }), (text, cells) => {
        const clipped = clipToWidth(text, cells);

        expect(displayWidth(clipped)).toBeLessThanOrEqual(cells);
        if (displayWidth(text) <= cells) expect(clipped).toBe(text);
      }),
    );
  });
});

describe('renderRows', () => {
  it('reads objects by the names of the columns, in their order', () => {
    const rendered = renderRows(['b', 'a'], [{ a: 1, b: 'x', c: 'hidden' }], 'csv', PLAIN);

    expect(rendered).toEqual({ text: 'b,a\r\nx,1\r\n', note: null });
  });

  it('gives json as an array of objects that parses back', () => {
    const { text } = renderRows(
      ['id', 'at', 'n'],
      [
        ['a"b\n\u001b', null, 12n],
        ['c', undefined, 1.5],
      ],
      'json',
      PLAIN,
    );

    expect(JSON.parse(text)).toEqual([
      { id: 'a"b\n\u001b', at: null, n: '12' },
      { id: 'c', at: null, n: 1.5 },
    ]);
    expect(text).not.toContain('\u001b');
  });

  it('keeps both of two columns with one name in json', () => {
    const { text } = renderRows(['id', 'id', 'id_2'], [[1, 2, 3]], 'json', PLAIN);

    expect(JSON.parse(text)).toEqual([{ id: 1, id_2: 2, id_2_2: 3 }]);
  });

  it('keeps a column called __proto__ in json', () => {
    const { text } = renderRows(['__proto__'], [[1]], 'json', PLAIN);

    expect(text).toContain('{"__proto__":1}');
  });

  it.each([
    ['a,b', '"a,b"'],
    ['say "hi"', '"say ""hi"""'],
    ['two\nlines', '"two\nlines"'],
    ['=1+1', "'=1+1"],
    ['+44', "'+44"],
    ['-cmd|calc', "'-cmd|calc"],
    ['@SUM(A1)', "'@SUM(A1)"],
    ['\tx', "'\tx"],
    ['\rx', '"\'\rx"'],
    ['=HYPERLINK("http://evil.example","x")', '"\'=HYPERLINK(""http://evil.example"",""x"")"'],
    [-5, '-5'],
    [null, ''],
    [true, 'true'],
    [['a', 'b'], '"[""a"",""b""]"'],
  ])('writes %j into csv as %s', (value, expected) => {
    const { text } = renderRows(['c'], [[value]], 'csv', PLAIN);

    expect(text).toBe(`c\r\n${expected}\r\n`);
  });

  it('writes large integers into csv as numbers', () => {
    expect(renderRows(['n'], [[-9007199254740993n]], 'csv', PLAIN).text).toBe('n\r\n-9007199254740993\r\n');
  });

  it.each([
    ['table', '', 'no rows'],
    ['json', '[]\n', null],
    ['csv', 'a,b\r\n', null],
  ] as const)('gives what a reader of %s expects when there are no rows', (format, text, note) => {
    expect(renderRows(['a', 'b'], [], format, PLAIN)).toEqual({ text, note });
  });
});
