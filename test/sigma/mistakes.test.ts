import { describe, expect, it } from 'vitest';
import { parseSigmaFile } from '../../src/sigma/index.ts';
import { mistakesOf, ruleText } from './build.ts';

/** Lines of a whole rule: title 1, logsource 2, detection 3, then the lines given, from 4 on, indented by two. */
const broken: readonly (readonly [what: string, text: string, line: number, column: number, message: string])[] = [
  [
    'an unknown modifier',
    ruleText('s: {A|contain: x}\ncondition: s'),
    4,
    7,
    'unknown modifier `contain`, did you mean `contains`?',
  ],
  [
    'two positions',
    ruleText('s: {A|startswith|endswith: x}\ncondition: s'),
    4,
    7,
    '`startswith` and `endswith` cannot stand together: choose one',
  ],
  ['a modifier twice', ruleText('s: {A|cased|cased: x}\ncondition: s'), 4, 7, 'the modifier `cased` stands twice'],
  ['a flag without re', ruleText('s: {A|i: x}\ncondition: s'), 4, 7, '`i` must follow `re`'],
  [
    'contains on re',
    ruleText('s: {A|re|contains: x}\ncondition: s'),
    4,
    7,
    '`re` already searches anywhere in the value: leave `contains` out and anchor with ^ or $',
  ],
  [
    'cased on re',
    ruleText('s: {A|re|cased: x}\ncondition: s'),
    4,
    7,
    '`cased` cannot stand with `re`, which minds case unless `i` follows it',
  ],
  ['all on one value', ruleText('s: {A|all: x}\ncondition: s'), 4, 7, '`all` needs a list of at least two values'],
  [
    'null in a list',
    ruleText('s:\n  A: [x, null]\ncondition: s'),
    5,
    12,
    '`null` cannot stand in a list of values: give it a selection of its own',
  ],
  [
    'a number for contains',
    ruleText('s: {A|contains: 4444}\ncondition: s'),
    4,
    19,
    "`contains` takes text: write '4444' with quotation marks",
  ],
  [
    'text for gt',
    ruleText("s: {A|gt: '5'}\ncondition: s"),
    4,
    13,
    '`gt` takes a number, not `5` (without quotation marks)',
  ],
  ['text for exists', ruleText("s: {A|exists: 'yes'}\ncondition: s"), 4, 17, '`exists` takes true or false'],
  [
    'no network',
    ruleText('s: {A|cidr: 10.0.0.0/33}\ncondition: s'),
    4,
    15,
    '`10.0.0.0/33` is no network: write one as 10.0.0.0/8 or 2001:db8::/32',
  ],
  [
    'a nested map',
    ruleText('s: {A: {B: x}}\ncondition: s'),
    4,
    10,
    'the field `A` takes a value or a list of values, not a map; a nested field is written with dots',
  ],
  [
    'an empty list',
    ruleText('s: []\ncondition: s'),
    4,
    6,
    'an empty list matches nothing: give it values or leave it out',
  ],
  ['a keyword compared', ruleText("s: {'|gt': 5}\ncondition: s"), 4, 7, '`gt` needs the name of a field before it'],
  [
    'an undefined identifier',
    ruleText('selection: {A: x}\ncondition: selecton and selection'),
    5,
    14,
    'the identifier `selecton` is not defined, did you mean `selection`?',
  ],
  [
    'an undefined identifier between quotes',
    ruleText("s: {A: x}\ncondition: 's and q'"),
    5,
    21,
    'the identifier `q` is not defined',
  ],
  [
    'an unused identifier',
    ruleText('s: {A: x}\nf: {B: x}\ncondition: s'),
    5,
    3,
    'the identifier `f` is never used in the condition',
  ],
  [
    'a pattern for nothing',
    ruleText('s: {A: x}\ncondition: s and not 1 of filter*'),
    5,
    29,
    'no identifier matches `filter*`',
  ],
  [
    'a pattern without quantifier',
    ruleText('s: {A: x}\ncondition: s*'),
    5,
    14,
    '`s*` needs `1 of`, `any of` or `all of` before it',
  ],
  [
    'a quantifier of two',
    ruleText('s: {A: x}\ncondition: 2 of s*'),
    5,
    14,
    '`2` `of` is not known: `1 of`, `any of` and `all of` are',
  ],
  [
    'the old pipe',
    ruleText('s: {A: x}\ncondition: s | count() > 5'),
    5,
    16,
    'aggregations behind a `|` are no longer part of Sigma: write a correlation rule instead',
  ],
  [
    'a missing operator',
    ruleText('s: {A: x}\ncondition: s s'),
    5,
    16,
    'expected `and` or `or` before `s` in the condition',
  ],
  ['an open bracket', ruleText('s: {A: x}\ncondition: (s or s'), 5, 14, 'a `(` without its `)` in the condition'],
  ['a bracket too many', ruleText('s: {A: x}\ncondition: s)'), 5, 15, 'a `)` without its `(` in the condition'],
  [
    'an operator at the end',
    ruleText('s: {A: x}\ncondition: s and'),
    5,
    16,
    'the condition ends where an identifier is expected',
  ],
  [
    'an operator at the start',
    ruleText('s: {A: x}\ncondition: or s'),
    5,
    14,
    'expected an identifier before `or` in the condition',
  ],
  ['no condition', ruleText('s: {A: x}'), 4, 3, '`detection` has no `condition`'],
  [
    'an unknown level',
    ruleText('s: {A: x}\ncondition: s', 'title: T\nlevel: hgih'),
    2,
    8,
    'unknown level `hgih`, did you mean `high`?',
  ],
  [
    'an unknown status',
    ruleText('s: {A: x}\ncondition: s', 'title: T\nstatus: production'),
    2,
    9,
    'unknown status `production`: it is one of stable, test, experimental, deprecated, unsupported',
  ],
  ['a key twice', ruleText('s: {A: x}\ns: {A: y}\ncondition: s'), 5, 3, 'this key stands in the same map twice'],
  [
    'a date in words',
    ruleText('s: {A: x}\ncondition: s', 'title: T\ndate: yesterday'),
    2,
    7,
    '`date` takes a date as YYYY-MM-DD, not `yesterday`',
  ],
  [
    'a missing title',
    ruleText('s: {A: x}\ncondition: s', 'titel: T'),
    1,
    1,
    'there is no `title`; `titel` stands in line 1, did you mean `title`?',
  ],
  [
    'a missing detection',
    'title: T\nlogsource: {product: p}\ndetections: {}\n',
    1,
    1,
    'there is no `detection` (nor `correlation`, nor `filter`); `detections` stands in line 3, did you mean `detection`?',
  ],
  ['a missing log source', 'title: T\ndetection: {s: {A: x}, condition: s}\n', 1, 1, 'there is no `logsource`'],
  [
    'an empty log source',
    'title: T\nlogsource: {definition: d}\ndetection: {s: {A: x}, condition: s}\n',
    2,
    1,
    '`logsource` needs at least one of product, service and category',
  ],
  [
    'an old rule collection',
    'action: global\ntitle: T\n',
    1,
    1,
    'rule collections (`action`) are no longer part of Sigma: write whole documents',
  ],
  ['a list at the top', '- title: T\n', 1, 1, 'a rule is a map of attributes, beginning with `title`'],
  ['an empty file', '# nothing\n', 1, 1, 'the file holds no rule'],
  [
    'an alias without anchor',
    ruleText('s: {A: *nobody}\ncondition: s'),
    4,
    10,
    'there is no anchor `&nobody` before this alias; put a text that begins with `*` in quotation marks',
  ],
];

describe('mistakes in rule files', () => {
  it.each(broken)('name %s with its place', (_what, text, line, column, message) => {
    const mistakes = mistakesOf(text);

    expect(mistakes).toEqual([{ file: 'broken.yml', line, column, message }]);
  });

  it('are all reported, in the order of the file', () => {
    const text = ruleText(
      'a: {X|contian: 1, Y: {}}\nb: [null]\nc: {Z|lt: x}\ncondition: a and d',
      'title: T\nlevel: hi\nid: [1]',
    );

    const lines = mistakesOf(text).map((mistake) => mistake.line);

    expect(lines).toEqual([2, 3, 6, 6, 7, 8, 9]);
  });

  it('leave the other documents of a file usable', () => {
    const good = ruleText('s: {A: x}\ncondition: s', 'title: Good');
    const bad = ruleText('s: {A: x}\ns: {A: y}\ncondition: s', 'title: Bad');

    const { documents, mistakes } = parseSigmaFile(`${good}---\n${bad}---\n${good}`, 'mixed.yml');

    expect(documents.map((document) => document.title)).toEqual(['Good', 'Good']);
    expect(mistakes.map((mistake) => mistake.line)).toEqual([11]);
  });
});
