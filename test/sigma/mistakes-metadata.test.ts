import { describe, expect, it } from 'vitest';
import { mistakesOf, ruleSetOf, ruleText } from './build.ts';
import { type Broken, saidOf } from './mistakes-said.ts';

const DETECTION = 's: {A: x}\ncondition: s';

/** A whole rule: title in line 1, then the lines given. */
function withHead(...lines: readonly string[]): string {
  return ruleText(DETECTION, ['title: T', ...lines].join('\n'));
}

function titled(title: string): string {
  return ruleText(DETECTION, `title:${title === '' ? '' : ` ${title}`}`);
}

function sourced(logsource: string): string {
  return `title: T\nlogsource:${logsource}\ndetection: {s: {A: x}, condition: s}\n`;
}

const metadata: readonly Broken[] = [
  ['a title without text', titled(''), '1:1 there is no `title`'],
  ['an empty title', titled("''"), '1:8 `title` is empty: give it text, or leave it out'],
  ['a title of spaces', titled("'  '"), '1:8 `title` is empty: give it text, or leave it out'],
  ['a title that is a list', titled('[a, b]'), '1:8 `title` takes text, not a list'],
  ['a title that is a map', titled('{a: b}'), '1:8 `title` takes text, not a map'],
  ['a title that is a number', titled('4625'), "1:8 `title` takes text: write '4625' with quotation marks"],
  ['a title that is a truth value', titled('true'), "1:8 `title` takes text: write 'true' with quotation marks"],
  ['a title of 257 characters', titled('x'.repeat(257)), '1:8 the title is longer than 256 characters'],
  ['NUL in a title', titled('"a\\0b"'), '1:8 `title` holds a control character (U+0000): it is text of one line'],
  [
    'a line break in a title',
    titled('"a\\nb"'),
    '1:8 `title` holds a control character (U+000A): it is text of one line',
  ],
  ['NUL in a name', withHead('name: "a\\0b"'), '2:7 `name` holds a control character (U+0000): it is text of one line'],
  [
    'a tab in a name',
    withHead('name: "a\\tb"'),
    '2:7 `name` holds a control character (U+0009): it is text of one line',
  ],
  ['an empty name', withHead('name: ""'), '2:7 `name` is empty: give it text, or leave it out'],
  ['a name that is a list', withHead('name: [a]'), '2:7 `name` takes text, not a list'],
  ['a name that lost its zeros', withHead('name: 007'), "2:7 `name` takes text: write '7' with quotation marks"],
  ['an id that is a list', withHead('id: [a]'), '2:5 `id` takes text, not a list'],
  ['an id that is a number', withHead('id: 1e3'), "2:5 `id` takes text: write '1000' with quotation marks"],
  [
    'an escape sequence in an id',
    withHead('id: "\\e[2J"'),
    '2:5 `id` holds a control character (U+001B): it is text of one line',
  ],
  ['tags that are text', withHead('tags: attack.t1078'), '2:7 `tags` takes a list of texts'],
  [
    'a tag that is a map',
    withHead('tags:', '  - attack.t1', '  - {a: b}'),
    '4:5 `tags` takes a list of texts, and this one is a map',
  ],
  ['a tag that is null', withHead('tags: [~]'), '2:8 `tags` takes a list of texts, and this one is null'],
  ['references that are text', withHead('references: https://a.test'), '2:13 `references` takes a list of texts'],
  ['falsepositives that are a map', withHead('falsepositives: {a: b}'), '2:17 `falsepositives` takes a list of texts'],
  ['fields that are a map', withHead('fields: {a: b}'), '2:9 `fields` takes a list of texts'],
  [
    'a scope with a list in it',
    withHead('scope: [[server]]'),
    '2:9 `scope` takes a list of texts, and this one is a list',
  ],
  ['a description that is a list', withHead('description: [a]'), '2:14 `description` takes text, not a list'],
  ['an author that is a map', withHead('author: {name: a}'), '2:9 `author` takes text, not a map'],
  ['a license that is a list', withHead('license: [MIT]'), '2:10 `license` takes text, not a list'],
  ['a taxonomy that is empty', withHead("taxonomy: ''"), '2:11 `taxonomy` is empty: give it text, or leave it out'],
  ['a date that is a list', withHead('date: [2026-01-01]'), '2:7 `date` takes text, not a list'],
  ['a month there is not', withHead('date: 2026-13-01'), '2:7 `date`: `2026-13-01` is no day of the calendar'],
  ['a day there is not', withHead('date: 2026-02-29'), '2:7 `date`: `2026-02-29` is no day of the calendar'],
  ['a year for a date', withHead('modified: 2026'), '2:11 `modified` takes a date as YYYY-MM-DD, not `2026`'],
  [
    'a date the other way round',
    withHead('modified: 24.12.2026'),
    '2:11 `modified` takes a date as YYYY-MM-DD, not `24.12.2026`',
  ],
  ['a level in capitals', withHead('level: High'), '2:8 unknown level `High`, did you mean `high`?'],
  [
    'a level as a number',
    withHead('level: 3'),
    '2:8 unknown level `3`: it is one of informational, low, medium, high, critical',
  ],
  [
    'an empty level',
    withHead("level: ''"),
    '2:8 `level` is empty: it is one of informational, low, medium, high, critical',
  ],
  ['a level that is a list', withHead('level: [high]'), '2:8 `level` takes text, not a list'],
  [
    'a status misspelt',
    withHead('status: experimantal'),
    '2:9 unknown status `experimantal`, did you mean `experimental`?',
  ],
  ['related that is text', withHead('related: a'), '2:10 `related` takes a list of rules, each with `id` and `type`'],
  [
    'related that is a map',
    withHead('related: {id: a, type: derived}'),
    '2:10 `related` takes a list of rules, each with `id` and `type`',
  ],
  ['related without type', withHead('related:', '  - id: a'), '3:5 a related rule has an `id` and a `type`'],
  ['related without id', withHead('related:', '  - type: derived'), '3:5 a related rule has an `id` and a `type`'],
  [
    'a relation misspelt',
    withHead('related:', '  - {id: a, type: derivd}'),
    '3:19 unknown relation `derivd`, did you mean `derived`?',
  ],
  [
    'an unknown relation',
    withHead('related:', '  - {id: a, type: cousin}'),
    '3:19 unknown relation `cousin`: it is one of derived, obsolete, merged, renamed, similar',
  ],
];

const PARTS = '`logsource` takes a map of product, service and category';
const logsources: readonly Broken[] = [
  ['a log source that is text', sourced(' windows'), `2:12 ${PARTS}`],
  ['a log source that is a list', sourced(' [windows]'), `2:12 ${PARTS}`],
  ['a log source of nothing', sourced(''), `2:11 ${PARTS}`],
  ['an empty log source', sourced(' {}'), '2:1 `logsource` needs at least one of product, service and category'],
  [
    'a key of a log source misspelt',
    sourced(' {prodcut: windows, service: x}'),
    '2:13 a log source has no `prodcut`, did you mean `product`?',
  ],
  [
    'the only key of a log source misspelt',
    sourced('\n  catgory: firewall'),
    '3:3 a log source has no `catgory`, did you mean `category`?',
  ],
  ['several products', sourced(' {product: [a, b]}'), '2:22 `product` takes text, not a list'],
  ['an empty product', sourced(" {product: '', service: s}"), '2:22 `product` is empty: give it text, or leave it out'],
  [
    'a category that is a number',
    sourced(' {category: 5}'),
    "2:23 `category` takes text: write '5' with quotation marks",
  ],
  [
    'a missing log source, misspelt',
    sourced('').replace('logsource:', 'logsuorce: {product: p}'),
    '1:1 there is no `logsource`; `logsuorce` stands in line 2, did you mean `logsource`?',
  ],
];

describe('mistakes in metadata', () => {
  it.each([...metadata, ...logsources])('name %s with its place', (_what, text, ...said) => {
    expect(saidOf(text)).toEqual(said);
  });

  it('are all reported: nine in one head', () => {
    const text = withHead(
      'id: 5',
      'name: ""',
      'status: stabel',
      'level: hi',
      'date: soon',
      'tags: x',
      'related: [{id: a}]',
      'author: []',
    );

    expect(saidOf(text.replace('title: T', 'titel: T'))).toEqual([
      '1:1 there is no `title`; `titel` stands in line 1, did you mean `title`?',
      "2:5 `id` takes text: write '5' with quotation marks",
      '3:7 `name` is empty: give it text, or leave it out',
      '4:9 unknown status `stabel`, did you mean `stable`?',
      '5:8 unknown level `hi`: it is one of informational, low, medium, high, critical',
      '6:7 `date` takes a date as YYYY-MM-DD, not `soon`',
      '7:7 `tags` takes a list of texts',
      '8:11 a related rule has an `id` and a `type`',
      '9:9 `author` takes text, not a list',
    ]);
  });

  it('are not what the specification allows: further keys, dates of Sigma 1, a definition', () => {
    const text = withHead('date: 2021/6/3', 'simulation: {type: atomic}', 'level:', 'tags: []').replace(
      '{product: probe}',
      '{product: probe, definition: audit on, edition: pro}',
    );

    const [rule] = ruleSetOf(text).rules;

    expect(rule?.document.custom).toEqual({ simulation: { type: 'atomic' } });
    expect(rule?.document.level).toBe(null);
  });

  it('take an id that another rule has, whatever the case, at the later one', () => {
    const [first, second] = [withHead('id: abc'), withHead('id: ABC').replace('title: T', 'title: U')];

    expect(mistakesOf(`${first}---\n${second}`).map(({ line, message }) => [line, message])).toEqual([
      [9, 'the id `ABC` is taken by `T` (broken.yml:1)'],
    ]);
  });
});
