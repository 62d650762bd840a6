import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { compileRules, parseSigmaFile } from '../../src/sigma/index.ts';
import { mistakesOf, ruleSetOf, ruleText } from './build.ts';

const logged = (name: string, logsource: string): string =>
  `title: ${name}\nname: ${name}\nlogsource: ${logsource}\ndetection: {s: {A: x}, condition: s}\n`;
const counted = (head: string, section = ''): string =>
  `${ruleText('s: {A: x}\ncondition: s', 'title: R\nname: base')}---\ntitle: C\nname: burst\n${head}correlation: {type: event_count, rules: [base], timespan: 1h, condition: {gte: 3}${section}}\n`;

describe('a document', () => {
  it('keeps its metadata, its custom attributes with their places, its text and the hash of it', () => {
    const head =
      'title: Probe\nid: 0d0e1f7a-0000-4000-8000-000000000001\nname: probe\nstatus: stable\nlevel: low\ndate: 2026-01-31\nauthor: A. Nother\ntags: [attack.t1078]\nreferences: [https://example.test/a]\nfalsepositives: None known\nowner:\n  team: [red, {lead: Ada}]';
    const text = ruleText('s: {A: x}\ncondition: s', head);

    const [document] = parseSigmaFile(
      `---\n${text}---\n${logged('second', '{product: p}')}`,
      'rules/probe.yml',
    ).documents;

    expect(document).toMatchObject({
      kind: 'rule',
      file: 'rules/probe.yml',
      place: { line: 2, column: 1 },
      title: 'Probe',
      name: 'probe',
      status: 'stable',
      level: 'low',
      date: '2026-01-31',
      author: 'A. Nother',
      tags: ['attack.t1078'],
      references: ['https://example.test/a'],
      falsepositives: ['None known'],
      description: null,
      logsource: { product: 'probe' },
      custom: { owner: { team: ['red', { lead: 'Ada' }] } },
      source: text.trim(),
      sha256: createHash('sha256').update(text.trim()).digest('hex'),
    });
    expect(document?.placeOf(['owner', 'team', 1, 'lead'])).toEqual({ line: 13, column: 16 });
    expect(document?.placeOf(['owner', 'nobody'])).toEqual({ line: 12, column: 1 });
  });

  it('may name identifiers outside its condition, for those who say so', () => {
    const text = ruleText('s: {A: x}\nlater: {B: x}\ncondition: s', 'title: T\nextra: [later]');

    const { mistakes } = parseSigmaFile(text, 'a.yml', {
      usedElsewhere: ({ extra }) => (Array.isArray(extra) ? extra : []),
    });

    expect(mistakes).toEqual([]);
    expect(mistakesOf(text)).toHaveLength(1);
  });

  it('may repeat parts by anchors and merge keys', () => {
    const { match } = { match: ruleSetOf(ruleText('a: &x {A: x}\nb: {<<: *x, B: y}\ncondition: b and a')) };

    expect(match.match({ A: 'x', B: 'y' })).toHaveLength(1);
    expect(match.match({ B: 'y' })).toHaveLength(0);
  });
});

describe('a rule set', () => {
  it('tries the rules that the log source of a record fits, and all of them without one', () => {
    const rules = ruleSetOf(
      [
        logged('any_service', '{product: octo}'),
        logged('audit', '{product: Octo, service: audit}'),
        logged('keys', '{product: octo, category: api_key}'),
        logged('other', '{category: proxy}'),
      ].join('---\n'),
    );
    const names = (logsource?: object): string[] => rules.match({ A: 'x' }, logsource).map((match) => match.rule.key);

    expect(names({ product: 'octo', service: 'audit' })).toEqual(['any_service', 'audit']);
    expect(names({ product: 'octo', category: 'api_key' })).toEqual(['any_service', 'keys']);
    expect(names({ product: 'octo' })).toEqual(['any_service']);
    expect(names({})).toEqual([]);
    expect(names()).toEqual(['any_service', 'audit', 'keys', 'other']);
  });

  it('gives one match where an array holds several values a rule asks for', () => {
    const rules = ruleSetOf(ruleText('s: {A: [x, y]}\ncondition: s'));

    expect(rules.match({ A: ['x', 'y', 'X'] })).toHaveLength(1);
  });

  it('returns the same empty list for every record that matches nothing', () => {
    const rules = ruleSetOf(ruleText('s: {A: x}\ncondition: s'));

    expect(rules.match({ A: 'y' })).toBe(rules.match({}));
  });

  it('tests one named selection, and knows the fields a rule looks at', () => {
    const [rule] = ruleSetOf(ruleText('s: {A: x, B.C|fieldref: D}\nt: [{E: 1}, {A: 2}]\ncondition: s or t')).rules;

    expect(rule?.selection('t')({ E: 1 })).toBe(true);
    expect(rule?.selection('s')({ E: 1 })).toBe(false);
    expect(rule?.selectionNames).toEqual(['s', 't']);
    expect(rule?.fields).toEqual(['A', 'B.C', 'D', 'E']);
    expect(() => rule?.selection('u')).toThrow('no search identifier u');
  });

  it.each([
    ['', '', false],
    ['generate: true\n', '', true],
    ['', ', generate: true', true],
    ['generate: false\n', '', false],
  ])('lets a rule that a correlation uses yield on its own only with generate (%j, %j)', (head, section, yields) => {
    const rules = ruleSetOf(`${counted(head, section)}---\n${logged('alone', '{product: p}')}`);

    expect(rules.rules.map((rule) => [rule.key, rule.yieldsOnItsOwn])).toEqual([
      ['base', yields],
      ['alone', true],
    ]);
  });

  it('refuses the second document of an id or a name, whatever the case, and says which has it', () => {
    const text = (name: string): string => ruleText('s: {A: x}\ncondition: s', `title: ${name}\nname: ${name}`);

    const { ruleSet, mistakes } = compileRules([
      ...parseSigmaFile(text('one'), 'a.yml').documents,
      ...parseSigmaFile(text('ONE'), 'b.yml').documents,
    ]);

    expect(ruleSet.rules.map((rule) => rule.key)).toEqual(['one']);
    expect(mistakes).toEqual([
      { file: 'b.yml', line: 2, column: 1, message: 'the name `ONE` is taken by `one` (a.yml:1)' },
    ]);
  });
});

describe('a threshold', () => {
  const compileWith = (text: string, name: string, field: string | null, value: number) =>
    compileRules(parseSigmaFile(text, 'a.yml').documents, { thresholds: new Map([[name, { field, value }]]) });
  const idle = ruleText(
    's: {Idle|gte: 90, Age|gt: 7}\nother: {Kind: x}\ncondition: s or other',
    'title: T\nname: idle',
  );

  it('replaces the number of the one comparison on its field', () => {
    const { ruleSet } = compileWith(idle, 'idle', 'Idle', 30);

    expect(ruleSet.match({ Idle: 31, Age: 8 })).toHaveLength(1);
    expect(ruleSet.match({ Idle: 29, Age: 8 })).toHaveLength(0);
    expect(ruleSet.match({ Idle: 31, Age: 7 })).toHaveLength(0);
  });

  it.each([
    ['several', null, 30, 'a threshold cannot be set: the rule has 2 comparisons with numbers, not one'],
    [
      'none',
      'Kind',
      30,
      "a threshold cannot be set: the rule's field `Kind` has no comparison (lt, lte, gt, gte) with a number",
    ],
    ['no number', 'Idle', Number.NaN, 'the threshold is not a number'],
  ])('is refused where there is %s', (_what, field, value, message) => {
    const { ruleSet, mistakes } = compileWith(idle, 'idle', field, value);

    expect(ruleSet.rules).toEqual([]);
    expect(mistakes.map((mistake) => mistake.message)).toEqual([message]);
  });

  it('replaces the count of a correlation, which must be whole', () => {
    const changed = compileWith(counted(''), 'burst', null, 8);
    const refused = compileWith(counted(''), 'burst', null, 0.5);

    expect(changed.ruleSet.correlations[0]?.condition).toEqual({
      kind: 'observed',
      comparisons: [{ operator: 'gte', value: 8 }],
    });
    expect(refused.mistakes.map((mistake) => mistake.message)).toEqual([
      'the threshold of a correlation of type event_count is a whole number',
    ]);
  });
});

describe('what a rule is called', () => {
  it('is its name, else its id, else its title, and must tell it from every other', () => {
    const texts = [
      ruleText('s: {A: x}\ncondition: s', 'title: Same'),
      ruleText('s: {A: y}\ncondition: s', 'title: Same\nid: x-1'),
      ruleText('s: {A: z}\ncondition: s', 'title: Same\nname: third'),
      ruleText('s: {A: z}\ncondition: s', 'title: Same'),
    ];

    expect(ruleSetOf(texts.slice(0, 3).join('---\n')).rules.map((rule) => rule.key)).toEqual(['Same', 'x-1', 'third']);
    expect(mistakesOf(texts.join('---\n'))).toEqual([
      {
        file: 'broken.yml',
        line: 21,
        column: 1,
        message: 'nothing tells this rule from `Same` (broken.yml:1): give it an `id` or a `name`',
      },
    ]);
  });
});

describe('a rule that is switched off', () => {
  it('may be named by a filter, and refuses the correlation over it with the reason', () => {
    const hiding = '---\ntitle: F\nlogsource: {product: probe}\nfilter: {rules: [base], s: {A: x}, condition: not s}\n';
    const { documents } = parseSigmaFile(counted('') + hiding, 'probe.yml');
    const [base] = documents;

    const { ruleSet, mistakes } = compileRules(documents, { switchedOff: new Set(base ? [base] : []) });

    expect([...ruleSet.rules, ...ruleSet.correlations]).toEqual([]);
    expect(mistakes.map((mistake) => mistake.message)).toEqual(['the rule `base` is switched off']);
  });
});
