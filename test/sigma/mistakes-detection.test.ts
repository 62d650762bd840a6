import { describe, expect, it } from 'vitest';
import { ruleText } from './build.ts';
import { type Broken, saidOf } from './mistakes-said.ts';

/** One selection in line 4, the condition in line 5. */
function selecting(selection: string): string {
  return ruleText(`s: ${selection}\ncondition: s`);
}

/** Two selections, `one` and `two`; the condition is in line 6, its text from column 14 on. */
function judging(condition: string): string {
  return ruleText(`one: {A: x}\ntwo: {B: y}\ncondition: ${condition}`);
}

function detecting(detection: string): string {
  return `title: T\nlogsource: {product: p}\ndetection: ${detection}\n`;
}

/** A filter whose section begins in line 3, at column 9. */
function filtering(filter: string): string {
  return `title: T\nlogsource: {product: p}\nfilter: ${filter}\n`;
}

const selections: readonly Broken[] = [
  [
    'a detection that is a list',
    detecting('[a]'),
    '3:12 `detection` takes a map of search identifiers and a `condition`',
  ],
  ['a detection that is text', detecting('a'), '3:12 `detection` takes a map of search identifiers and a `condition`'],
  [
    'an empty detection',
    detecting('{}'),
    '3:12 `detection` has no search identifier',
    '3:12 `detection` has no `condition`',
  ],
  [
    'a detection of one condition',
    ruleText('condition: s'),
    '4:3 `detection` has no search identifier',
    '4:14 the identifier `s` is not defined',
  ],
  ['an empty map', selecting('{}'), '4:6 an empty map matches nothing in particular: give it fields or leave it out'],
  [
    'an empty map in a list',
    selecting('[{A: x}, {}]'),
    '4:15 an empty map matches nothing in particular: give it fields or leave it out',
  ],
  ['a selection of nothing', ruleText('s:\ncondition: s'), '4:5 null is no keyword'],
  ['null among keywords', selecting('[a, ~]'), '4:10 null is no keyword'],
  ['a list in a list of maps', selecting('[{A: x}, [y]]'), '4:15 a list within a list has no meaning here'],
  ['a list among values', selecting('{A: [x, [y]]}'), '4:14 a value must be text, a number, true, false or null'],
  ['a map among values', selecting('{A: [{x: y}]}'), '4:11 a value must be text, a number, true, false or null'],
  ['no value at all', selecting('{A: []}'), '4:10 an empty list matches nothing: give it values or leave it out'],
  ['infinity', selecting('{A: .inf}'), '4:10 infinite values and NaN equal nothing'],
];

const modifiers: readonly Broken[] = [
  ['a modifier in capitals', selecting('{A|Contains: x}'), '4:7 unknown modifier `Contains`, did you mean `contains`?'],
  [
    'two unknown modifiers',
    selecting('{A|startwith|utf8: x}'),
    '4:7 unknown modifier `startwith`, did you mean `startswith`?',
    '4:7 unknown modifier `utf8`, did you mean `utf16`?',
  ],
  ['a pipe without a modifier', selecting('{"A|": x}'), '4:7 a `|` without a modifier behind it'],
  ['two pipes', selecting('{"A||contains": x}'), '4:7 a `|` without a modifier behind it'],
  ['exists with a list', selecting('{A|exists: [true]}'), '4:18 `exists` takes one value, true or false, not a list'],
  ['exists with null', selecting('{A|exists: ~}'), '4:17 `exists` takes true or false'],
  ['exists turned round', selecting('{A|exists|neq: true}'), '4:7 `neq` cannot stand with `exists`'],
  ['exists without a field', selecting("{'|exists': true}"), '4:7 `exists` needs the name of a field before it'],
  [
    'text among numbers to compare with',
    selecting('{A|lt: [1, x]}'),
    '4:17 `lt` takes a number, not `x` (without quotation marks)',
  ],
  ['null to compare with', selecting('{A|lte: ~}'), '4:14 `lte` takes a number, not `null`'],
  ['infinity to compare with', selecting('{A|gt: .inf}'), '4:13 `gt` takes a number, not `Infinity`'],
  [
    'a network without addresses',
    selecting('{A|cidr: office}'),
    '4:15 `office` is no network: write one as 10.0.0.0/8 or 2001:db8::/32',
  ],
  ['a network as a number', selecting('{A|cidr: 10}'), '4:15 `cidr` takes text, not `10`'],
  ['a network for keywords', selecting("{'|cidr': 10.0.0.0/8}"), '4:7 `cidr` needs the name of a field before it'],
  ['a number as an expression', selecting('{A|re: 10}'), '4:13 `re` takes text, not `10`'],
  [
    'an open group',
    selecting("{A|re: 'ab(c'}"),
    '4:13 the regular expression has a problem: a `(` without its `)`, at character 3',
  ],
  [
    'an open class behind emoji',
    selecting("{A|re: '😀😀['}"),
    '4:13 the regular expression has a problem: a `[` without its `]`, at character 3',
  ],
  [
    'a back-reference',
    selecting("{A|re: '(a)\\1'}"),
    '4:13 the regular expression has a problem: a back-reference, which is not supported, at character 4',
  ],
  [
    'a quantifier of nothing',
    selecting("{A|re: '*.exe'}"),
    '4:13 the regular expression has a problem: a quantifier with nothing to repeat, at character 1',
  ],
  [
    'bounds the wrong way round',
    selecting("{A|re: 'a{5,2}'}"),
    '4:13 the regular expression has a problem: a repetition whose bounds are the wrong way round, at character 2',
  ],
  [
    'a placeholder without values',
    selecting("{A|expand: 'x%admins%'}"),
    '4:17 the placeholder `%admins%` has no value',
  ],
  [
    'wildcards in the name of a field',
    selecting("{A|fieldref: 'B*'}"),
    '4:19 `fieldref` takes the name of a field, without wildcards',
  ],
  [
    'fieldref behind startswith',
    selecting('{A|startswith|fieldref: B}'),
    '4:7 `fieldref` must come before `startswith`',
  ],
  [
    'an encoding behind contains',
    selecting('{A|contains|base64: a}'),
    '4:7 `base64` must come before `contains`, whose wildcards cannot be encoded',
  ],
  [
    'wildcards to encode',
    selecting("{A|base64: 'a*'}"),
    '4:17 text with wildcards cannot be encoded in Base64: put a backslash before `*` and `?` that are meant plainly',
  ],
  ['a number to encode', selecting('{A|base64: 5}'), "4:17 `base64` takes text: write '5' with quotation marks"],
  [
    'one encoding by two names',
    selecting('{A|wide|utf16le: a}'),
    '4:7 the modifier `utf16le` stands twice: it is the same as `wide`',
  ],
  ['dashes in an expression', selecting("{A|re|windash: '-a'}"), '4:7 `windash` cannot stand with `re`'],
  ['an hour there is not', selecting('{A|hour: 24}'), '4:15 `hour` takes a whole number from 0 to 23, not `24`'],
  ['an hour as text', selecting("{A|hour: '3'}"), '4:15 `hour` takes a whole number from 0 to 23, not `3`'],
  [
    'a part of a time as text',
    selecting('{A|hour|contains: 3}'),
    '4:7 `contains` cannot stand with `hour`, which is a number',
  ],
];

const IS_TEXT = 'a condition is text, such as `selection and not filter`';
const conditions: readonly Broken[] = [
  ['an empty condition', judging("''"), '6:14 the condition is empty'],
  ['a condition of nothing', judging(''), `6:14 ${IS_TEXT}`],
  ['a condition that is a map', judging('{one: two}'), `6:14 ${IS_TEXT}`],
  ['an empty list of conditions', judging('[]'), '6:14 the condition is an empty list'],
  ['an empty condition in a list', judging("[one or two, '']"), '6:27 the condition is empty'],
  ['null in a list of conditions', judging('[one or two, ~]'), `6:27 ${IS_TEXT}`],
  [
    'several that are not defined',
    judging('on and tow or tree'),
    '6:14 the identifier `on` is not defined, did you mean `one`?',
    '6:21 the identifier `tow` is not defined, did you mean `two`?',
    '6:28 the identifier `tree` is not defined',
  ],
  [
    'mistakes in two of a list',
    judging('[nine or two, one and ten]'),
    '6:15 the identifier `nine` is not defined, did you mean `one`?',
    '6:36 the identifier `ten` is not defined',
  ],
  ['a missing operand', judging('one and or two'), '6:22 expected an identifier before `or` in the condition'],
  [
    'nothing between brackets',
    judging('one and two and ()'),
    '6:31 expected an identifier before `)` in the condition',
  ],
  ['not without an operand', judging('one and two and not'), '6:30 the condition ends where an identifier is expected'],
  ['of without a name', judging('1 of'), '6:14 `of` takes `them` or the name of identifiers, such as `selection*`'],
  [
    'of before brackets',
    judging('1 of (one, two)'),
    '6:19 `of` takes `them` or the name of identifiers, such as `selection*`',
  ],
  ['none of', judging('none of them'), '6:14 `none` `of` is not known: `1 of`, `any of` and `all of` are'],
  ['all without of', judging('all them'), '6:14 `all` needs `of` behind it: `all of them`'],
  ['1 without of', judging('one and 1 t*'), '6:22 `1` needs `of` behind it: `1 of t*`'],
  ['them without a quantifier', judging('them'), '6:14 `them` needs `1 of`, `any of` or `all of` before it'],
  [
    'near',
    judging('near one and two'),
    '6:14 `near` is no longer part of Sigma: write a correlation rule of type temporal',
  ],
  [
    'near behind a pipe',
    judging('one | near two'),
    '6:18 aggregations behind a `|` are no longer part of Sigma: write a correlation rule instead',
  ],
  ['and as in C', judging('one && two'), '6:18 `&&` is no operator: write `and`'],
  ['or as in C', judging('one || two'), '6:18 `||` is no operator: write `or`'],
  ['not as in C', judging("'!one and two'"), '6:15 `!` is no operator: write `not`'],
  ['identifiers hidden from them', ruleText('_s: {A: x}\ncondition: 1 of them'), '5:19 no identifier matches `them`'],
  [
    'a mistake within folded text, where it begins',
    judging('>\n    one and\n    three'),
    '6:14 the identifier `three` is not defined',
  ],
  [
    'a mistake behind an escape, where the text begins',
    judging('"one\\x20and three"'),
    '6:14 the identifier `three` is not defined',
  ],
];

const RULES = 'a filter needs `rules`: a list of ids or names, or `any` for all of its log source';
const filters: readonly Broken[] = [
  [
    'a filter that is text',
    filtering('x'),
    '3:9 `filter` takes a map of `rules`, search identifiers and a `condition`',
  ],
  ['a filter for nothing', filtering('{f: {A: x}, condition: f}'), `3:9 ${RULES}`],
  ['a filter for an empty list', filtering('{rules: [], f: {A: x}, condition: f}'), `3:17 ${RULES}`],
  [
    'a filter for a map',
    filtering('{rules: {a: b}, f: {A: x}, condition: f}'),
    '3:17 `rules` takes the ids or names of rules',
  ],
  ['a rule named twice', filtering('{rules: [a, A], f: {A: x}, condition: f}'), '3:21 `A` stands in `rules` twice'],
  [
    'a rule nobody has',
    filtering('{rules: [nobody], f: {A: x}, condition: f}'),
    '3:18 no rule that could be used has the id or name `nobody`',
  ],
  ['a filter without a condition', filtering('{rules: any, f: {A: x}}'), '3:9 `filter` has no `condition`'],
  [
    'a filter with two conditions',
    filtering('{rules: any, f: {A: x}, condition: [f]}'),
    '3:44 a filter has one condition, not a list',
  ],
  [
    'a filter without identifiers',
    filtering('{rules: any, condition: f}'),
    '3:9 `filter` has no search identifier',
    '3:33 the identifier `f` is not defined',
  ],
  [
    'a filter with a modifier misspelt',
    filtering('{rules: any, f: {A|endwith: x}, condition: not f}'),
    '3:26 unknown modifier `endwith`, did you mean `endswith`?',
  ],
  [
    'a filter without a log source',
    'title: T\nfilter: {rules: any, f: {A: x}, condition: f}\n',
    '1:1 there is no `logsource`',
  ],
  [
    'a filter that detects',
    `${detecting('{s: {A: x}, condition: s}')}filter: {rules: any, f: {A: x}, condition: f}\n`,
    '4:1 a document has either `detection` or `filter`',
  ],
];

describe('mistakes in detections', () => {
  it.each([...selections, ...modifiers])('name %s with its place', (_what, text, ...said) => {
    expect(saidOf(text)).toEqual(said);
  });

  it('are all reported: nine in one detection', () => {
    const text = ruleText(
      [
        'a: {X|contian: 1, Y: {}}',
        'b: [~, [z]]',
        "c: {Z|lt: x, W|re: '(', V|cidr: 1.2.3.4.5}",
        'd: {U|exists: maybe}',
        'condition: a and b and c and e',
      ].join('\n'),
    );

    expect(saidOf(text).map((said) => said.split(' ')[0])).toEqual([
      ...['4:7', '4:24', '5:7', '5:10', '6:13', '6:22', '6:35', '7:17', '8:32'],
    ]);
  });
});

describe('mistakes in conditions', () => {
  it.each(conditions)('name %s with its place', (_what, text, ...said) => {
    expect(saidOf(text)).toEqual(said);
  });
});

describe('mistakes in filters', () => {
  it.each(filters)('name %s with its place', (_what, text, ...said) => {
    expect(saidOf(text)).toEqual(said);
  });
});
