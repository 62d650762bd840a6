import { describe, expect, it } from 'vitest';
import { compileRules, parseSigmaFile } from '../../src/sigma/index.ts';
import { matches, mistakesOf, ruleText } from './build.ts';

// That these end at all is most of what they assert: without the bounds each would run for minutes or out of memory.

function repeated(count: number, line: (index: number) => string): string {
  return Array.from({ length: count }, (_, index) => line(index)).join('');
}

/** The message of the only mistake of a text. */
function onlyMessage(text: string): string {
  const mistakes = mistakesOf(text);
  expect(mistakes).toHaveLength(1);
  return mistakes[0]?.message ?? '';
}

const LIMIT = 2_000_000;
const TOO_DEEP = 'the file is nested too deeply';
const TOO_MANY = 'the file has too many parts: put its rules into several files';
const TOO_LONG = 'a text is longer than 100000 characters';
const EXPANDED = 'the document has more than 100000 parts once its aliases are followed';
const SPENT = 'with it, the values of this file come to more than 200000 forms';

describe('hostile files', () => {
  it.each([
    ['one character too many', 'x'.repeat(LIMIT + 1), 'the file is longer than 2000000 characters'],
    ['two megabytes of [', '['.repeat(LIMIT), TOO_DEEP],
    ['two megabytes of ]', ']'.repeat(LIMIT), 'the file is not YAML'],
    ['maps in maps on one line', `title: T\na: ${'{a: '.repeat(300_000)}`, TOO_DEEP],
    ['maps in maps, each on a line', repeated(1_900, (index) => `${' '.repeat(index)}a:\n`), TOO_DEEP],
    ['lists in lists', '- '.repeat(LIMIT / 2), TOO_DEEP],
    ['keys in keys', '? '.repeat(LIMIT / 2), TOO_DEEP],
    ['almost a million entries', `title: T\ntags: [${'a,'.repeat(900_000)}]`, TOO_MANY],
    ['hundreds of thousands of lines', '- a\n'.repeat(400_000), TOO_MANY],
    ['half a million documents', '---\n'.repeat(490_000), TOO_MANY],
    ['a text of a megabyte', `title: ${'x'.repeat(1_000_000)}`, TOO_LONG],
    ['half a million wrong escapes', `title: "${'\\q'.repeat(500_000)}"`, TOO_LONG],
    ['two megabytes of NUL', '\0'.repeat(LIMIT), TOO_LONG],
  ])('with %s are refused', (_what, text, message) => {
    expect(onlyMessage(text)).toBe(message);
  });

  it.each([
    ['lists', (own: string, other: string) => `${own}: &${own} [${`*${other}, `.repeat(10)}]\n`],
    ['merged maps', (own: string, other: string) => `${own}: &${own} {${own}: 1, <<: [${`*${other}, `.repeat(10)}]}\n`],
  ])('with aliases of %s that multiply are refused', (_what, level) => {
    const text = `title: T\na0: &a0 {x: 1}\n${repeated(30, (index) => level(`a${index + 1}`, `a${index}`))}`;

    expect(mistakesOf(text)[0]?.message).toBe(EXPANDED);
  });

  it('with an anchor inside itself are refused', () => {
    expect(mistakesOf('title: T\na: &a [*a]\n')[0]?.message).toBe('the anchor `&a` contains itself');
  });

  it('that repeat one long text by its anchor are read once', () => {
    const text = `title: T\na: &a "${'x'.repeat(90_000)}"\nb: [${'*a,'.repeat(40_000)}]\n`;

    expect(mistakesOf(text).map((mistake) => mistake.message)).toContain('there is no `logsource`');
  });

  it('with as many keys as fit are read without comparing each with all', () => {
    const text = ruleText(`s: {A: x}\ncondition: s`, `title: T\nx: {${repeated(45_000, (index) => `k${index}: 1, `)}}`);

    expect(mistakesOf(text)).toEqual([]);
  });

  it('that name thousands of rules nobody has are told of each, and what the first may mean', () => {
    const rule = (index: number): string =>
      ruleText('s: {A: x}\ncondition: s', `title: T\nname: ${'n'.repeat(24)}${index}`);
    const filter = (index: number): string =>
      `title: F${index}\nlogsource: {product: p}\nfilter: {rules: [${repeated(900, (one) => `m${'n'.repeat(23)}${one},`)}], s: {A: x}, condition: s}\n`;
    const documents = [
      ...Array.from({ length: 900 }, (_, index) => rule(index)),
      ...[1, 2, 3, 4, 5, 6, 7, 8].map(filter),
    ];

    const mistakes = mistakesOf(documents.join('---\n'));

    expect(mistakes).toHaveLength(7_200);
    expect(mistakes.filter((mistake) => mistake.message.includes('did you mean'))).toHaveLength(100);
  });

  it('cannot write to a terminal through the mistakes they cause', () => {
    const text = ruleText('s: {A: x}\ncondition: s', 'title: T\nlevel: "\\e[2Jhigh\\u202e\\n"');

    const messages = mistakesOf(text).map((mistake) => mistake.message);

    expect(messages.join()).toContain('unknown level `\\u{1b}[2Jhigh\\u{202e} `');
  });
});

describe('hostile conditions', () => {
  const many = repeated(5_000, (index) => `s${index}: {A: x}\n`);

  it.each([
    [
      'nine thousand brackets',
      `s: {A: x}\ncondition: ${'('.repeat(9_000)}s${')'.repeat(9_000)}`,
      'the condition is nested too deeply',
    ],
    [
      'ten thousand brackets',
      `s: {A: x}\ncondition: ${'('.repeat(10_000)}s${')'.repeat(10_000)}`,
      'the condition is longer than 20000 characters',
    ],
    ['four thousand negations', `s: {A: x}\ncondition: ${'not '.repeat(4_000)}s`, 'the condition is nested too deeply'],
    [
      'thousands of patterns over thousands of identifiers',
      `${many}condition: 1 of them${' or 1 of them'.repeat(1_000)}`,
      'the condition comes to more than 100000 identifiers',
    ],
  ])('with %s are refused', (_what, detection, message) => {
    expect(onlyMessage(ruleText(detection))).toBe(message);
  });

  it('with thousands of words that nobody defined name the first hundred', () => {
    const mistakes = mistakesOf(ruleText(`${many}condition: ${repeated(1_500, (index) => `u${index} or `)}s1`));

    expect(mistakes).toHaveLength(101);
    expect(mistakes.at(-1)?.message).toBe('there are more identifiers that are not defined');
  });

  it('over thousands of identifiers work', () => {
    expect(matches(`${many}condition: all of them`, { A: 'x' })).toBe(true);
    expect(matches(`${many}condition: 1 of s* and not all of them`, { A: 'x' })).toBe(false);
  });
});

describe('hostile values', () => {
  const text = 'a'.repeat(50_000);

  it.each([
    ['stars between letters', `{A: '${'*a'.repeat(1_900)}*b'}`],
    ['question marks and stars', `{A|contains: '${'?a*'.repeat(1_300)}b'}`],
    ['a nested quantifier', "{A|re: '^(a+)+$b'}"],
    ['alternatives that overlap', "{A|re: '^(a|aa)+b'}"],
    ['a counted group', "{A|re: '(.*a){50}b'}"],
    ['stars on stars', "{A|re: '.*.*.*.*.*.*=.*'}"],
  ])('with %s come to an end against long text', (_what, selection) => {
    expect(matches(`s: ${selection}\ncondition: s`, { A: text })).toBe(false);
  });

  it.each([
    ['dashes to encode', `A|windash|base64offset: [${repeated(10_000, () => "'-a -b -c -d',")}]`],
    [
      'dashes to encode, each for a field of its own',
      repeated(5_000, (index) => `A${index}|windash|base64offset: '-a -b -c -d', `),
    ],
    ['expressions of thousands of states', `A|re: [${repeated(20_000, () => "'.{900,}',")}]`],
  ])('with %s, thousandfold, are refused where they become too many', (_what, fields) => {
    expect(onlyMessage(ruleText(`s: {${fields}}\ncondition: s`))).toBe(SPENT);
  });

  it('with placeholders that multiply are refused where they become too many', () => {
    const placeholders = new Map([['a', Array.from({ length: 90 }, (_, index) => `v${index}`)]]);
    const within = (template: string, count: number): string =>
      ruleText(`s: {A|expand: [${repeated(count, () => `'${template}',`)}]}\ncondition: s`);

    const [one, several] = [within('%a%%a%%a%', 1), within('%a%%a%', 1_000)].map((file) =>
      parseSigmaFile(file, 'f.yml', { placeholders }).mistakes.map((mistake) => mistake.message),
    );

    expect(one).toEqual(['its placeholders come to more than 10000 values']);
    expect(several).toEqual([SPENT]);
  });

  it('share one allowance for all documents of a file', () => {
    const rule = (index: number): string =>
      ruleText(`s: {A|re: [${repeated(900, () => "'x.*y',")}]}\ncondition: s`, `title: T${index}`);

    const { documents, mistakes } = parseSigmaFile([rule(1), rule(2), rule(3)].join('---\n'), 'three.yml');

    expect(documents.map((document) => document.title)).toEqual(['T1', 'T2']);
    expect(mistakes.map((mistake) => mistake.message)).toEqual([SPENT]);
  });

  it('of tens of thousands compile and match', () => {
    const { documents } = parseSigmaFile(
      ruleText(`s: {A: [${repeated(40_000, (index) => `v${index},`)}]}\ncondition: s`),
      'f.yml',
    );
    const { ruleSet } = compileRules(documents);

    expect(ruleSet.match({ A: 'V39999' })).toHaveLength(1);
    expect(ruleSet.match({ A: 'v40000' })).toHaveLength(0);
  });
});
