import { describe, expect, it } from 'vitest';
import { compileRules, parseSigmaFile } from '../../src/sigma/index.ts';
import { mistakesOf, ruleSetOf } from './build.ts';

const LOGIN = '6f3e2987-db24-4c78-a860-b4f4095a7095';

function rule(head: string, logsource = '{product: windows, category: process_creation}', condition = 's'): string {
  return `title: A rule\n${head}\nlogsource: ${logsource}\ndetection: {s: {Event: login}, t: {Event: logout}, condition: '${condition} or t'}\n`;
}

function filter(rules: string, body: string, head = 'name: quiet', logsource = '{product: windows}'): string {
  return `title: A filter\n${head}\nlogsource: ${logsource}\nfilter:\n  rules: ${rules}\n  ${body}\n`;
}

const HIDES_ADMIN = "selection: {User|startswith: 'adm_'}\n  condition: not selection";

/** Which rule's match each record gives, and by which filter it is rejected. */
function outcomes(documents: readonly string[], record: Record<string, unknown>): (string | null)[][] {
  return ruleSetOf(documents.join('---\n'))
    .match(record)
    .map((match) => [match.rule.key, match.rejectedBy]);
}

describe('filters', () => {
  it('Filters: filter condition: is joined to the rule by AND, so that `not selection` hides what it selects', () => {
    const documents = [rule('name: login'), filter('[login]', HIDES_ADMIN)];

    expect(outcomes(documents, { Event: 'login', User: 'adm_1' })).toEqual([['login', 'quiet']]);
    expect(outcomes(documents, { Event: 'login', User: 'ada' })).toEqual([['login', null]]);
    expect(outcomes(documents, { Event: 'login' })).toEqual([['login', null]]);
    expect(outcomes(documents, { Event: 'x', User: 'ada' })).toEqual([]);
  });

  it('Filters: the example of the specification lets through only what it selects', () => {
    const documents = [
      rule(`id: ${LOGIN}`),
      filter(
        `[${LOGIN}]`,
        "selection: {User|startswith: 'adm_'}\n  condition: selection",
        'name: quiet',
        '{category: process_creation, product: windows}',
      ),
    ];

    expect(outcomes(documents, { Event: 'login', User: 'adm_1' })).toEqual([[LOGIN, null]]);
    expect(outcomes(documents, { Event: 'login', User: 'ada' })).toEqual([[LOGIN, 'quiet']]);
  });

  it('Filters: filter condition: covers the whole of a rule whose condition is an OR or a list', () => {
    const listed = rule('name: login').replace("'s or t'", '[s, t]');

    for (const one of [rule('name: login'), listed]) {
      const documents = [one, filter('[login]', HIDES_ADMIN)];
      expect(outcomes(documents, { Event: 'login', User: 'adm_1' })).toEqual([['login', 'quiet']]);
      expect(outcomes(documents, { Event: 'logout', User: 'adm_1' })).toEqual([['login', 'quiet']]);
    }
  });

  it.each([
    ['an id', `[${LOGIN}]`],
    ['an id in capitals', `[${LOGIN.toUpperCase()}]`],
    ['a name', '[login]'],
    ['a name in other letters', '[LogIn]'],
    ['a single name', 'login'],
    ['any', 'any'],
    ['any in capitals', 'ANY'],
    ['all, which pySigma takes for any', 'all'],
  ])('Filters: relative rules: are referred to by %s', (_what, rules) => {
    const documents = [rule(`id: ${LOGIN}\nname: login`), filter(rules, HIDES_ADMIN)];

    expect(outcomes(documents, { Event: 'login', User: 'adm_1' })).toEqual([['login', 'quiet']]);
  });

  it('Filters: relative rules: others are left alone', () => {
    const documents = [rule('name: login'), rule('name: other'), filter('[login]', HIDES_ADMIN)];

    expect(outcomes(documents, { Event: 'login', User: 'adm_1' })).toEqual([
      ['login', 'quiet'],
      ['other', null],
    ]);
  });

  it('Filters: relative rules: may stand before or behind the rule, in any file', () => {
    const files = [filter('[login]', HIDES_ADMIN), rule('name: login')].map((text, index) =>
      parseSigmaFile(text, `${index}.yml`),
    );

    const { ruleSet, mistakes } = compileRules(files.flatMap(({ documents }) => documents));

    expect(mistakes).toEqual([]);
    expect(ruleSet.match({ Event: 'login', User: 'adm_1' })[0]?.rejectedBy).toBe('quiet');
    expect(ruleSet.withoutFilters().match({ Event: 'login', User: 'adm_1' })[0]?.rejectedBy).toBeNull();
  });

  it.each([
    ['{product: windows}', ['windows', 'process', 'sysmon']],
    ['{product: WINDOWS, category: Process_Creation}', ['process']],
    ['{category: process_creation}', ['process']],
    ['{service: sysmon}', ['sysmon']],
    ['{product: linux}', ['linux']],
    ['{product: windows, service: other}', []],
  ])(
    'Filters: log source: %s with `any` is for the rules that say the same, and may say more',
    (logsource, rejected) => {
      const documents = [
        rule('name: windows', '{product: windows}'),
        rule('name: process', '{product: windows, category: process_creation}'),
        rule('name: sysmon', '{product: windows, service: sysmon}'),
        rule('name: linux', '{product: linux}'),
        filter('any', HIDES_ADMIN, 'name: quiet', logsource),
      ];

      const found = outcomes(documents, { Event: 'login', User: 'adm_1' });

      expect(found.filter(([, by]) => by === 'quiet').map(([key]) => key)).toEqual(rejected);
      expect(found).toHaveLength(4);
    },
  );

  it('Filters: several on one rule must all let a match through; the first that does not is named', () => {
    const documents = [
      rule('name: login'),
      filter('any', HIDES_ADMIN, 'name: admins'),
      filter('[login]', 'selection: {Host: jump}\n  condition: not selection', 'name: hosts'),
    ];

    expect(outcomes(documents, { Event: 'login', User: 'adm_1', Host: 'jump' })).toEqual([['login', 'admins']]);
    expect(outcomes(documents, { Event: 'login', User: 'ada', Host: 'jump' })).toEqual([['login', 'hosts']]);
    expect(outcomes(documents, { Event: 'login', User: 'ada', Host: 'x' })).toEqual([['login', null]]);
  });

  it('Filters: filter selection: keeps its identifiers apart from those of the rule, and takes every modifier', () => {
    const body =
      's: {Ip|cidr: 10.0.0.0/8}\n  t: {T|hour: [22, 23]}\n  _u: [maintenance]\n  condition: not (1 of them or _u)';
    const documents = [rule('name: login'), filter('[login]', body)];

    expect(outcomes(documents, { Event: 'login', Ip: '10.1.1.1' })).toEqual([['login', 'quiet']]);
    expect(outcomes(documents, { Event: 'login', T: '2026-11-23T22:10:00Z' })).toEqual([['login', 'quiet']]);
    expect(outcomes(documents, { Event: 'login', Note: 'in maintenance' })).toEqual([['login', 'quiet']]);
    expect(outcomes(documents, { Event: 'login', Ip: '11.1.1.1' })).toEqual([['login', null]]);
  });

  it('Filters: filter selection: takes placeholders from the configuration', () => {
    const text = [
      rule('name: login'),
      filter('[login]', "s: {User|expand: '%Administrators%'}\n  condition: not s"),
    ].join('---\n');

    const { documents, mistakes } = parseSigmaFile(text, 'a.yml', {
      placeholders: new Map([['Administrators', ['adm_*']]]),
    });

    expect(mistakes).toEqual([]);
    expect(compileRules(documents).ruleSet.match({ Event: 'login', User: 'adm_1' })[0]?.rejectedBy).toBe('quiet');
  });

  it.each([
    ['its name', `id: ${LOGIN}\nname: quiet`, 'quiet'],
    ['its id', `id: ${LOGIN}`, LOGIN],
    ['its title', 'date: 2026-01-01', 'A filter'],
  ])('Filters: a match is rejected by %s', (_what, head, key) => {
    const documents = [rule('name: login'), filter('[login]', HIDES_ADMIN, head)];

    expect(outcomes(documents, { Event: 'login', User: 'adm_1' })).toEqual([['login', key]]);
  });
});

describe('mistakes in filters', () => {
  it('name a rule that nobody has at its place, while the filter works for the others', () => {
    const text = [rule('name: login'), filter('[login, log_in]', HIDES_ADMIN)].join('---\n');
    const { documents } = parseSigmaFile(text, 'a.yml');

    const { ruleSet, mistakes } = compileRules(documents);

    expect(mistakes).toEqual([
      {
        file: 'a.yml',
        line: 10,
        column: 18,
        message: 'no rule that could be used has the id or name `log_in`, did you mean `login`?',
      },
    ]);
    expect(ruleSet.match({ Event: 'login', User: 'adm_1' })[0]?.rejectedBy).toBe('quiet');
  });

  it('never make a filter one for all rules', () => {
    const { documents } = parseSigmaFile([rule('name: login'), filter('[nobody]', HIDES_ADMIN)].join('---\n'), 'a.yml');

    const { ruleSet, mistakes } = compileRules(documents);

    expect(mistakes).toHaveLength(1);
    expect(ruleSet.match({ Event: 'login', User: 'adm_1' })[0]?.rejectedBy).toBeNull();
  });

  it('include a correlation and another filter among its rules', () => {
    const correlation =
      'title: C\nname: burst\ncorrelation: {type: event_count, rules: [login], timespan: 1h, condition: {gte: 3}}\n';
    const text = [
      rule('name: login'),
      correlation,
      filter('[burst]', HIDES_ADMIN),
      filter('[quiet]', HIDES_ADMIN, 'name: loud'),
    ];

    expect(mistakesOf(text.join('---\n')).map((mistake) => mistake.message)).toEqual([
      '`burst` is a correlation: filters are for rules only',
      '`quiet` is a filter: filters are for rules only',
    ]);
  });

  it('include a rule of another log source, of which the filter says nothing', () => {
    const text = [rule('name: login', '{product: linux}'), filter('[login]', HIDES_ADMIN)].join('---\n');

    expect(mistakesOf(text).map((mistake) => mistake.message)).toEqual([
      'the rule `login` has another log source than this filter, which therefore says nothing of it',
    ]);
  });

  it.each([
    [
      'no rules',
      'title: F\nlogsource: {product: windows}\nfilter:\n  s: {A: 1}\n  condition: s\n',
      4,
      'a filter needs `rules`: a list of ids or names, or `any` for all of its log source',
    ],
    [
      'rules misspelt',
      'title: F\nlogsource: {product: windows}\nfilter:\n  rule: [x]\n  s: {A: 1}\n  condition: s\n',
      4,
      'a filter needs `rules`: a list of ids or names, or `any` for all of its log source; `rule` stands in line 4, did you mean `rules`?',
    ],
    [
      'an empty list of rules',
      filter('[]', HIDES_ADMIN),
      5,
      'a filter needs `rules`: a list of ids or names, or `any` for all of its log source',
    ],
    ['a rule twice', filter('[a, A]', HIDES_ADMIN), 5, '`A` stands in `rules` twice'],
    ['no condition', filter('any', 's: {A: 1}'), 5, '`filter` has no `condition`'],
    [
      'a list of conditions',
      filter('any', 's: {A: 1}\n  condition: [s, s]'),
      7,
      'a filter has one condition, not a list',
    ],
    ['no selection', filter('any', 'condition: s'), 5, '`filter` has no search identifier'],
    [
      'an identifier that is not defined',
      filter('any', 's: {A: 1}\n  condition: s or x'),
      7,
      'the identifier `x` is not defined',
    ],
    [
      'an identifier that is not used',
      filter('any', 's: {A: 1}\n  x: {A: 1}\n  condition: s'),
      7,
      'the identifier `x` is never used in the condition',
    ],
    [
      'a filter that is no map',
      'title: F\nlogsource: {product: windows}\nfilter: [x]\n',
      3,
      '`filter` takes a map of `rules`, search identifiers and a `condition`',
    ],
    ['no log source', 'title: F\nfilter: {rules: any, s: {A: 1}, condition: s}\n', 1, 'there is no `logsource`'],
  ])('%s: are named with their line', (_what, text, line, message) => {
    const mistakes = mistakesOf(text).filter((mistake) => mistake.message === message);

    expect(mistakes.map((mistake) => mistake.line)).toEqual([line]);
  });
});
