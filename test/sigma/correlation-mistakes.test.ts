import { describe, expect, it } from 'vitest';
import { compileRules, parseSigmaFile } from '../../src/sigma/index.ts';
import { mistakesOf, ruleText } from './build.ts';

const BASE = `${ruleText('s: {A: x}\ncondition: s', 'title: R\nname: base')}---\n`;
const TWO = `${BASE}${ruleText('s: {A: y}\ncondition: s', 'title: S\nname: other')}---\n`;

/** The second document begins in line 8 and its section's first line is line 10, each line indented by two. */
function correlationText(section: string, head = 'title: C'): string {
  return `${BASE}${head}\ncorrelation:\n${section.replace(/^/gm, '  ')}\n`;
}

/** The third document: the section's first line is line 17. */
function overTwo(section: string): string {
  return `${TWO}title: C\ncorrelation:\n${section.replace(/^/gm, '  ')}\n`;
}

const sound = 'type: event_count\nrules: [base]\ngroup-by: [A]\ntimespan: 5m\ncondition: {gte: 3}';
const pair = 'type: temporal\nrules: [base, other]\ntimespan: 5m\ncondition: base and other';
const value = sound.replace('event_count', 'value_sum').replace('gte: 3', 'field: V, gte: 3');
const NOT_A_TIMESPAN = 'a correlation needs a `timespan` such as 30s, 5m, 1h, 7d, 2w, 1M (month) or 1y';

type Broken = readonly [what: string, text: string, line: number, column: number, message: string];

const sections: readonly Broken[] = [
  ['a section that is text', `${BASE}title: C\ncorrelation: event_count\n`, 9, 14, '`correlation` takes a map'],
  [
    'an unknown key',
    correlationText(sound.replace('group-by', 'groupby')),
    12,
    3,
    'a correlation has no `groupby`, did you mean `group-by`?',
  ],
  ['a field beside the condition', correlationText(`${value}\nfield: V`), 15, 3, 'a correlation has no `field`'],
  [
    'no type',
    correlationText(sound.replace('type: event_count\n', '')),
    10,
    3,
    'a correlation needs a `type`, such as event_count',
  ],
  [
    'an unknown type',
    correlationText(sound.replace('event_count', 'event_cuont')),
    10,
    9,
    'unknown type of correlation `event_cuont`, did you mean `event_count`?',
  ],
  ['generate that is text', correlationText(`${sound}\ngenerate: maybe`), 15, 13, '`generate` takes true or false'],
  [
    'group-by that is a map',
    correlationText(sound.replace('[A]', '{A: 1}')),
    12,
    13,
    '`group-by` takes a list of texts',
  ],
  [
    'both kinds of a document',
    `${BASE}title: C\nlogsource: {product: p}\ndetection: {s: {A: x}, condition: s}\ncorrelation: {type: event_count, rules: [base], timespan: 5m, condition: {gte: 3}}\n`,
    11,
    1,
    'a document has either `detection` or `correlation`',
  ],
];

const timespans = ['5', '5 m', '-5m', 'm', '1.5h', '5min', '5H', ''].map(
  (text): Broken => [
    `a timespan of ${JSON.stringify(text)}`,
    correlationText(sound.replace('5m', JSON.stringify(text))),
    13,
    13,
    `${NOT_A_TIMESPAN}, not \`${text}\``,
  ],
);

const references: readonly Broken[] = [
  [
    'no rules',
    correlationText(sound.replace('rules: [base]\n', '')),
    10,
    3,
    'a correlation needs `rules`: the ids or names it is about',
  ],
  [
    'an empty list of rules',
    correlationText(sound.replace('[base]', '[]')),
    11,
    3,
    'a correlation needs `rules`: the ids or names it is about',
  ],
  [
    'an unknown reference',
    correlationText(sound.replace('base', 'bsae')),
    11,
    11,
    'no rule that could be used has the id or name `bsae`, did you mean `base`?',
  ],
  [
    'a reference twice',
    correlationText(sound.replace('[base]', '[base, base]')),
    11,
    17,
    '`base` stands in `rules` twice',
  ],
  [
    'a reference that is a map',
    correlationText(sound.replace('[base]', '[{base: 1}]')),
    11,
    11,
    '`rules` takes the ids or names of rules',
  ],
  [
    'a correlation of itself',
    correlationText(sound.replace('base', 'own'), 'title: C\nname: own'),
    12,
    11,
    '`own` leads back to this correlation',
  ],
  [
    'a filter',
    `${correlationText(sound.replace('base', 'hide'))}---\ntitle: F\nname: hide\nlogsource: {product: probe}\nfilter: {rules: any, s: {A: x}, condition: not s}\n`,
    11,
    11,
    '`hide` is a filter, which nothing can count',
  ],
  [
    'a name that is taken',
    correlationText(sound, 'title: C\nname: base'),
    9,
    1,
    'the name `base` is taken by `R` (broken.yml:1)',
  ],
  [
    'aliases that are text',
    correlationText(`${sound}\naliases: user`),
    15,
    12,
    '`aliases` takes a map of alias to rule to field',
  ],
  [
    'an alias that is text',
    correlationText(`${sound}\naliases: {B: X}`),
    15,
    16,
    'the alias `B` takes a map of rule to field',
  ],
  [
    'an alias of a number',
    correlationText(`${sound}\naliases: {B: {base: 1}}`),
    15,
    23,
    'the alias `B` takes the name of a field for the rule `base`',
  ],
  [
    'an alias of a stranger',
    correlationText(`${sound}\naliases: {B: {bse: X}}`),
    15,
    17,
    "the alias `B` names `bse`, which is not among the correlation's rules, did you mean `base`?",
  ],
  [
    'an alias with a gap',
    correlationText(`${sound.replace('[A]', '[B]')}\naliases: {B: {}}`),
    15,
    13,
    'the alias `B` says no field for the rule `base`',
  ],
];

const conditions: readonly Broken[] = [
  [
    'no condition',
    correlationText(sound.replace('\ncondition: {gte: 3}', '')),
    10,
    3,
    'a correlation needs a `condition`, such as {gte: 5}',
  ],
  [
    'no condition for values',
    correlationText(value.replace('\ncondition: {field: V, gte: 3}', '')),
    10,
    3,
    'a correlation needs a `condition`, such as {field: User, gte: 5}',
  ],
  [
    'an empty condition',
    correlationText(sound.replace('{gte: 3}', '{}')),
    14,
    14,
    'the `condition` has no comparison: one of gt, gte, lt, lte, eq, neq',
  ],
  [
    'an unknown comparison',
    correlationText(sound.replace('gte', 'gtee')),
    14,
    15,
    'unknown comparison `gtee`, did you mean `gte`?',
  ],
  [
    'half an event',
    correlationText(sound.replace('gte: 3', 'gte: 2.5')),
    14,
    20,
    '`gte` takes a whole number, not `2.5`',
  ],
  [
    'fewer than no events',
    correlationText(sound.replace('gte: 3', 'lt: -1')),
    14,
    19,
    '`lt` takes a whole number, not `-1`',
  ],
  [
    'a number in quotation marks',
    correlationText(sound.replace('gte: 3', 'gte: "3"')),
    14,
    20,
    '`gte` takes a whole number, not `3`',
  ],
  [
    'a sum that is text',
    correlationText(value.replace('gte: 3', 'gte: much')),
    14,
    30,
    '`gte` takes a number, not `much`',
  ],
  [
    'an empty range',
    correlationText(sound.replace('gte: 3', 'gt: 3, lte: 3')),
    14,
    14,
    'no number meets all of these comparisons',
  ],
  [
    'a field for a count',
    correlationText(sound.replace('gte: 3', 'field: A, gte: 3')),
    14,
    15,
    'event_count counts events and takes no `field`',
  ],
  [
    'no field for values',
    correlationText(value.replace('field: V, ', '')),
    14,
    14,
    'value_sum needs a `field` in its condition',
  ],
  [
    'several fields for a sum',
    correlationText(value.replace('field: V', 'field: [V, W]')),
    14,
    22,
    'value_sum takes one `field`, not a list',
  ],
  [
    'a percentile for a sum',
    correlationText(value.replace('gte: 3', 'gte: 3, percentile: 9')),
    14,
    33,
    'value_sum takes no `percentile`: that is for value_percentile',
  ],
  [
    'a percentile beyond a hundred',
    correlationText(value.replace('value_sum', 'value_percentile').replace('gte: 3', 'gte: 3, percentile: 101')),
    14,
    45,
    '`percentile` takes a number from 0 to 100',
  ],
  [
    'an expression for a count',
    correlationText(sound.replace('{gte: 3}', 'base')),
    14,
    14,
    'event_count takes a `condition` of numbers, such as {gte: 5}: expressions are for temporal and temporal_ordered',
  ],
  [
    'more rules than there are',
    overTwo(pair.replace('base and other', '{gte: 3}')),
    20,
    14,
    'no event can bring temporal to that: the correlation has 2 rules',
  ],
  [
    'an unknown name in an expression',
    overTwo(pair.replace('and other', 'and othr or other')),
    20,
    23,
    'the identifier `othr` is not defined, did you mean `other`?',
  ],
  [
    'an expression that leaves out a rule',
    overTwo(pair.replace(' and other', '')),
    18,
    17,
    'the rule `other` is never used in the condition',
  ],
  [
    'an expression that breaks off',
    overTwo(pair.replace('and other', 'and')),
    20,
    19,
    'the condition ends where an identifier is expected',
  ],
  [
    'an order with a choice',
    overTwo(pair.replace('temporal', 'temporal_ordered').replace('and other', 'or other')),
    20,
    14,
    'temporal_ordered is about all of its rules in order: only `and` can join them',
  ],
  [
    'an order of some rules',
    overTwo(pair.replace('temporal', 'temporal_ordered').replace('base and other', '{gte: 1}')),
    20,
    14,
    'temporal_ordered is about all of its rules in order: leave the `condition` out or write {gte: 2}',
  ],
];

describe('mistakes in correlations', () => {
  it.each([...sections, ...timespans, ...references, ...conditions])(
    'name %s with its place',
    (_what, text, line, column, message) => {
      expect(mistakesOf(text)).toEqual([{ file: 'broken.yml', line, column, message }]);
    },
  );

  it('are all reported, in the order of the file', () => {
    const section = 'type: value_sun\nrules: [base]\ngroup_by: [A]\ntimespan: soon\naliases: 1\ngenerate: no way';

    expect(mistakesOf(correlationText(section)).map(({ line }) => line)).toEqual([10, 12, 13, 14, 15]);
  });

  it('name every correlation of a circle', () => {
    const round = (own: string, other: string): string =>
      `title: ${own}\nname: ${own}\ncorrelation:\n${sound.replace('base', other).replace(/^/gm, '  ')}\n`;

    const mistakes = mistakesOf([round('one', 'two'), round('two', 'three'), round('three', 'one')].join('---\n'));

    expect(mistakes.map((mistake) => mistake.message)).toEqual(
      ['two', 'three', 'one'].map((name) => `\`${name}\` leads back to this correlation`),
    );
  });

  it('name a rule that is listed by its name and by its id', () => {
    const twice = `title: R\nname: base\nid: x-1234\nlogsource: {product: probe}\ndetection: {s: {A: x}, condition: s}\n---\ntitle: C\ncorrelation: {type: temporal, rules: [base, x-1234], timespan: 1h}\n`;

    expect(mistakesOf(twice).map((mistake) => mistake.message)).toEqual([
      'the rule `x-1234` stands in `rules` twice, by its name and by its id',
    ]);
  });

  it('take down the correlation of a rule that was refused', () => {
    const { documents } = parseSigmaFile(correlationText(sound), 'pair.yml');

    const { ruleSet, mistakes } = compileRules(documents, {
      thresholds: new Map([['base', { field: 'A', value: 1 }]]),
    });

    expect(ruleSet.rules).toEqual([]);
    expect(ruleSet.correlations).toEqual([]);
    expect(mistakes.map((mistake) => mistake.message)).toEqual([
      "a threshold cannot be set: the rule's field `A` has no comparison (lt, lte, gt, gte) with a number",
      'the rule `base` was refused',
    ]);
  });

  it('include more rules than an order can be of, and more mentions than an expression can hold', () => {
    const names = Array.from({ length: 101 }, (_, index) => `r${index}`);
    const long = Array.from({ length: 251 }, () => 'base or other').join(' or ');

    expect(
      mistakesOf(correlationText(`type: temporal_ordered\nrules: [${names.join(', ')}]\ntimespan: 5m`))[0]?.message,
    ).toBe('a correlation like this takes at most 100 rules');
    expect(mistakesOf(overTwo(pair.replace('base and other', long))).map(({ message }) => message)).toEqual([
      'the condition names rules more than 500 times',
    ]);
  });
});
