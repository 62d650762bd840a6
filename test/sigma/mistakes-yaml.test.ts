import { describe, expect, it } from 'vitest';
import { parseSigmaFile } from '../../src/sigma/index.ts';
import { ruleText } from './build.ts';
import { type Broken, saidOf } from './mistakes-said.ts';

const DETECTION = 's: {A: x}\ncondition: s';

/** A whole rule of six lines; what is in line 5 is given. */
function lineFive(line: string): string {
  return ruleText(`s:\n  ${line}\ncondition: s`);
}

const QUOTE = 'put a text that begins with `*` in quotation marks';
const syntax: readonly Broken[] = [
  [
    'a tab as indentation',
    'title: T\nlogsource:\n\tproduct: p\n',
    '3:1 not YAML: a tab where the line is indented; YAML takes spaces only',
  ],
  [
    'a line indented too little',
    'title: T\nlogsource:\n  product: p\n service: x\n',
    '4:1 not YAML: this line is not indented as those it belongs to',
  ],
  [
    'an open brace',
    'title: T\nlogsource: {product: p\ndetection:\n  s: 1\n',
    '3:1 not YAML: a bracket is still open; close it with `}`, or indent this line',
  ],
  [
    'an open quotation mark, where it opens',
    'title: "T\nlogsource: {product: p}\n',
    '1:8 not YAML: a quotation mark that is never closed',
  ],
  [
    'a colon in plain text',
    'title: Mimikatz: a tool\n',
    '1:8 not YAML: a map begins where a text was expected; put a text that holds `: ` in quotation marks',
  ],
  ['a percent sign first', 'title: %temp%\n', '1:8 not YAML: no text may begin with `%`; put it in quotation marks'],
  ['an at sign first', lineFive('A: @admin'), '5:8 not YAML: no text may begin with `@`; put it in quotation marks'],
  ['a backtick first', lineFive('A: `id`'), '5:8 not YAML: no text may begin with ```; put it in quotation marks'],
  [
    'a star for a value',
    lineFive('A: *'),
    '5:8 not YAML: `*` stands for an anchor; put a text that begins with it in quotation marks',
  ],
  ['a star before a value', lineFive('A: *.exe'), `5:8 there is no anchor \`&.exe\` before this alias; ${QUOTE}`],
  [
    'an unknown alias for a selection',
    ruleText('s: *base\ncondition: s'),
    `4:6 there is no anchor \`&base\` before this alias; ${QUOTE}`,
  ],
  [
    'a path between double quotation marks',
    lineFive('A: "C:\\Windows\\System32"'),
    '5:11 not YAML: `\\W` is no escape; double every backslash, or use single quotation marks',
    '5:19 not YAML: `\\S` is no escape; double every backslash, or use single quotation marks',
  ],
  [
    'a tag of another language',
    lineFive('A: !!python/object:os.system x'),
    '5:8 the tag `!!python/object:os.system` is not used in rules: leave it out',
  ],
  ['a tag of its own', lineFive('A: !secret x'), '5:8 the tag `!secret` is not used in rules: leave it out'],
  ['binary data', lineFive('A: !!binary aGk='), '5:8 the tag `!!binary` is not used in rules: leave it out'],
  ['a set', ruleText('s: !!set {A, B}\ncondition: s'), '4:6 the tag `!!set` is not used in rules: leave it out'],
  ['a tag that does not fit', lineFive('A: !!int x'), '5:8 the tag `!!int` is not used in rules: leave it out'],
  ['a list for a key', lineFive('? [a, b]\n  : x'), '5:7 a key must be plain text'],
  ['a merge of text', lineFive('<<: base'), '5:9 a merge key (`<<`) takes a map or a list of maps'],
  [
    'a merge of a list of text',
    lineFive('<<: [{B: y}, base]'),
    '5:18 a merge key (`<<`) takes a map or a list of maps',
  ],
  ['a title that stands twice', ruleText(DETECTION, 'title: T\ntitle: U'), '2:1 this key stands in the same map twice'],
  [
    'a condition that stands twice',
    ruleText(`${DETECTION}\ncondition: s`),
    '6:3 this key stands in the same map twice',
  ],
  ['a field that stands twice', lineFive('A: x\n  A: y'), '6:5 this key stands in the same map twice'],
  ['another YAML', `%YAML 3.0\n---\n${ruleText(DETECTION)}`, '1:7 not YAML: Unsupported YAML version 3.0'],
  ['plain text', 'see https://sigmahq.io\n', '1:1 a rule is a map of attributes, beginning with `title`'],
  ['an explicit null', '~\n', '1:1 a rule is a map of attributes, beginning with `title`'],
  ['nothing but separators', '---\n---\n', '1:1 the file holds no rule'],
  [
    'a NUL byte',
    ruleText(DETECTION, 'title: T\0'),
    '1:9 a control character (U+0000): a rule file is plain text in UTF-8',
  ],
  ['a program', '\x7fELF\x02\x01\x01\0\0', '1:1 a control character (U+007F): a rule file is plain text in UTF-8'],
  [
    'UTF-16',
    Buffer.from(ruleText(DETECTION), 'utf16le').toString('utf8'),
    '1:2 a control character (U+0000): a rule file is plain text in UTF-8',
  ],
];

describe('mistakes of YAML', () => {
  it.each(syntax)('name %s with its place', (_what, text, ...said) => {
    expect(saidOf(text)).toEqual(said);
  });

  it.each([
    ['a line feed', '\n'],
    ['a carriage return and a line feed', '\r\n'],
    ['a carriage return', '\r'],
  ])('have the same places in a file whose lines end in %s', (_what, end) => {
    const text = ruleText('s: {A|contian: x}\ncondition: s and nope').replaceAll('\n', end);

    expect(saidOf(text)).toEqual([
      '4:7 unknown modifier `contian`, did you mean `contains`?',
      '5:20 the identifier `nope` is not defined',
    ]);
  });

  it('have the same places in a file that begins with a byte order mark', () => {
    expect(saidOf(`\uFEFF${ruleText(DETECTION, 'titel: T')}`)).toEqual([
      '1:1 there is no `title`; `titel` stands in line 1, did you mean `title`?',
    ]);
  });

  it('count an emoji before them as the one character it is', () => {
    const text = ruleText("s: {A: '😀😀', B|contian: x}\n'🦊': {C: y}\ncondition: s and 🦊 and nope");

    expect(saidOf(text)).toEqual([
      '4:16 unknown modifier `contian`, did you mean `contains`?',
      '6:26 the identifier `nope` is not defined',
    ]);
  });

  it('do not hide others of the same document where YAML can still be read', () => {
    const text = ruleText(
      's: {A: *.exe, A: !x y, B|contian: z}\ncondition: s and t',
      'title: T\nlevel: hihg\ndate: !!timestamp 2026-01-01',
    );

    expect(saidOf(text)).toEqual([
      '2:8 unknown level `hihg`, did you mean `high`?',
      '3:7 the tag `!!timestamp` is not used in rules: leave it out',
      `6:10 there is no anchor \`&.exe\` before this alias; ${QUOTE}`,
      '6:17 this key stands in the same map twice',
      '6:20 the tag `!x` is not used in rules: leave it out',
      '6:26 unknown modifier `contian`, did you mean `contains`?',
      '7:20 the identifier `t` is not defined',
    ]);
  });

  it('behind an anchor are said once, where they stand, however often it is used', () => {
    const text = ruleText('a: &base {A|contian: x}\nb: *base\nc: *base\ncondition: 1 of them');

    expect(saidOf(text)).toEqual(['4:13 unknown modifier `contian`, did you mean `contains`?']);
  });

  it('in one document leave those around it usable', () => {
    const good = (title: string): string => ruleText(DETECTION, `title: ${title}`);
    const bad = ['title: "open', 'title: a: b', 'x: *y', 'title: \0', 'A: !!python/none'];

    for (const text of bad) {
      const { documents, mistakes } = parseSigmaFile(
        [good('One'), `${text}\n`, good('Two')].join('---\n'),
        'three.yml',
      );

      const isCutOff = text.includes('"open');
      expect(documents.map((document) => document.title)).toEqual(isCutOff ? ['One'] : ['One', 'Two']);
      expect(mistakes.map((mistake) => mistake.line)).toContain(7);
    }
  });

  it('are not a separator at the end, or two of them in a row', () => {
    const { documents, mistakes } = parseSigmaFile(`---\n${ruleText(DETECTION)}---\n---\n# the end\n`, 'one.yml');

    expect(mistakes).toEqual([]);
    expect(documents).toHaveLength(1);
  });

  it('are listed to the thousandth', () => {
    const text = ruleText(
      `s:\n${Array.from({ length: 3_000 }, (_, index) => `  A${index}|contian: x`).join('\n')}\ncondition: s`,
    );

    const said = saidOf(text);

    expect(said).toHaveLength(1_001);
    expect(said.at(-1)).toBe('1005:5 there are more mistakes, which are not listed');
  });
});
