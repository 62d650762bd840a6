import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createRowFormatter, type ROW_FORMATS } from '../../src/audit/index.ts';

function written(format: (typeof ROW_FORMATS)[number], columns: readonly string[], ...batches: unknown[][][]): string {
  const formatter = createRowFormatter(format, columns);
  return formatter.head + batches.map((batch) => formatter.rows(batch)).join('') + formatter.tail();
}

function csvOf(cell: unknown): string {
  return written('csv', ['c'], [[cell]]).slice('c\r\n'.length, -'\r\n'.length);
}

describe('csv', () => {
  it.each([
    ['=1+1', "'=1+1"],
    ['+1+cmd|x', "'+1+cmd|x"],
    ['-2+3', "'-2+3"],
    ['@SUM(1)', "'@SUM(1)"],
    ['\t=1', "'\t'=1"],
    ['\r=1', `"'\r'=1"`],
    ['\n=1', `"'\n'=1"`],
    ['\uff1d1+1', "'\uff1d1+1"],
    ['x;=1+1', "x;'=1+1"],
    ['two\n=lines', `"two\n'=lines"`],
    ['=a","b', `"'=a"",""b"`],
    ['x;"=1', `"x;'""=1"`],
  ])('makes %j harmless as %s', (cell, expected) => {
    expect(csvOf(cell)).toBe(expected);
  });

  it.each([
    [-5, '-5'],
    [-1.5e-7, '-1.5e-7'],
    ['-9007199254740993', '-9007199254740993'],
    ['-1.25', '-1.25'],
    ['2026-11-01T00:00:00.000Z', '2026-11-01T00:00:00.000Z'],
    ['a-b = c @ d', 'a-b = c @ d'],
    [null, ''],
  ])('leaves %j as %s', (cell, expected) => {
    expect(csvOf(cell)).toBe(expected);
  });

  it('makes the names of columns harmless too', () => {
    expect(written('csv', ['=1+1', 'b'])).toBe("'=1+1,b\r\n");
  });

  it('never begins a cell like a formula, whether a reader separates at commas or at semicolons', () => {
    const cell = fc.string({
      unit: fc.constantFrom('=', '+', '-', '@', '"', ';', ',', '\n', '\r', '\t', 'a', '1', '.'),
    });
    fc.assert(
      fc.property(cell, (text) => {
        // What a careless reader makes of it: quotes dropped, split at every separator there is.
        for (const part of csvOf(text)
          .replaceAll('"', '')
          .split(/[;\t\r\n]/)) {
          expect(/^[=+@-]/.test(part) && !/^-\d+(\.\d+)?$/.test(part)).toBe(false);
        }
      }),
    );
  });

  it('shows control characters on a terminal, and writes them as they are into a file', () => {
    const onTerminal = createRowFormatter('csv', ['c'], { isTerminal: true });

    expect(onTerminal.rows([['\u001b[2Jx']])).toBe('\\u{1b}[2Jx\r\n');
    expect(csvOf('\u001b[2Jx')).toBe('\u001b[2Jx');
  });
});

describe('json and ndjson', () => {
  it('are the same objects, over any batches', () => {
    const batches = [
      [[1, 'a']],
      [],
      [
        [2, null],
        [3, 'c'],
      ],
    ];
    const objects = [
      { id: 1, name: 'a' },
      { id: 2, name: null },
      { id: 3, name: 'c' },
    ];

    expect(JSON.parse(written('json', ['id', 'name'], ...batches))).toEqual(objects);
    const lines = written('ndjson', ['id', 'name'], ...batches)
      .trimEnd()
      .split('\n');
    expect(lines.map((line) => JSON.parse(line))).toEqual(objects);
  });

  it('are an empty array and nothing without rows', () => {
    expect(written('json', ['id'])).toBe('[]\n');
    expect(written('ndjson', ['id'])).toBe('');
  });

  it('hold nothing a terminal would obey, and every text exactly', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const line = written('ndjson', ['c'], [[text]]);

        expect(JSON.parse(line)).toEqual({ c: text });
        expect([...line.trimEnd()].filter((c) => isObeyed(c.codePointAt(0) ?? 0))).toEqual([]);
      }),
    );
  });
});

describe('markdown', () => {
  it('is a table', () => {
    expect(
      written(
        'markdown',
        ['rule', 'n'],
        [
          ['unused_api_key', 2],
          [null, 3],
        ],
      ),
    ).toBe('| rule | n |\n| --- | --- |\n| unused_api_key | 2 |\n|  | 3 |\n');
  });

  it.each([
    ['a|b', 'a\\|b'],
    ['a\\|b', 'a\\\\\\|b'],
    ['two\nlines\r\nthree', 'two<br>lines<br>three'],
    ['<img src=x>', '&lt;img src=x&gt;'],
    ['![x](http://evil.example)', '!\\[x\\](http://evil.example)'],
    ['**bold** _it_ `code` ~~x~~', '\\*\\*bold\\*\\* \\_it\\_ \\`code\\` \\~\\~x\\~\\~'],
    ['&amp;', '&amp;amp;'],
    ['\u001b[2J', '\\\\u{1b}\\[2J'],
  ])('escapes %j', (cell, expected) => {
    expect(written('markdown', ['c'], [[cell]]).split('\n')[2]).toBe(`| ${expected} |`);
  });
});

/** Control characters, and what turns or breaks lines. */
function isObeyed(code: number): boolean {
  return code < 0x20 || (code >= 0x7f && code <= 0x9f) || (code >= 0x2028 && code <= 0x202e);
}
