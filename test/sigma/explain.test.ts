import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { printable } from '../../src/lib/text.ts';
import {
  type CompiledRule,
  compileRules,
  explainDetection,
  explainMismatch,
  explainWindow,
  parseSigmaFile,
} from '../../src/sigma/index.ts';

function compile(text: string) {
  const parsed = parseSigmaFile(text, 'rule.yml', { placeholders: new Map([['admins', ['alice', 'svc-*']]]) });
  const { ruleSet, mistakes } = compileRules(parsed.documents);
  expect([...parsed.mistakes, ...mistakes]).toEqual([]);
  return ruleSet;
}

function rule(detection: string): CompiledRule {
  const [only] = compile(`title: T\nlogsource: {product: p}\ndetection:\n${detection.replace(/^/gm, '  ')}\n`).rules;
  if (!only) throw new Error('no rule');
  return only;
}

const explained = (detection: string) => explainDetection(rule(detection).document.detection);
const testsOf = (item: string) => explained(`s:\n  ${item}\ncondition: s`).selections[0]?.lines;

describe('explainDetection', () => {
  it.each([
    ['Image: cmd.exe', 'Image equals "cmd.exe" (any case)'],
    ['Image|cased: cmd.exe', 'Image equals "cmd.exe" (exact case)'],
    [String.raw`Image|endswith: '\cmd.exe'`, String.raw`Image endswith "\\cmd.exe" (any case)`],
    ['Image|startswith: a', 'Image startswith "a" (any case)'],
    ['Image|contains: ["1", "2"]', 'Image contains "1" or "2"'],
    ['Image|contains|all: ["1", "2"]', 'Image contains "1" and "2"'],
    ['Image|neq: ["1", "2"]', 'not: Image equals "1" or "2"'],
    ['Image: a*b?c', 'Image like "a*b?c" (any case)'],
    [String.raw`Image: 'a\*b*c'`, String.raw`Image like "a\\*b*c" (any case)`],
    ['Image: "*"', 'Image is any text'],
    ['Image: ""', 'Image equals ""'],
    ['Image: null', 'Image is null or missing'],
    ['Image|exists: true', 'Image exists'],
    ['Image|exists: false', 'Image is missing'],
    ['Port: [22, true]', 'Port equals 22 or true'],
    ['Port|gte: 5', 'Port >= 5'],
    ['At|hour: [1, 2]', 'At (hour) equals 1 or 2'],
    ['At|hour|lt: 6', 'At (hour) < 6'],
    ['Ip|cidr: [10.0.0.0/8, "2001:db8::/32"]', 'Ip cidr 10.0.0.0/8 or 2001:db8::/32'],
    ["Text|re|i: 'a+/b'", 'Text re /a+/b/i'],
    ['A|fieldref|endswith: B', 'A endswith the field B (any case)'],
    ['Text|base64: foo', 'Text equals "Zm9v" (any case)'],
    ['Text|windash|contains: " -x"', 'Text like "* [-/\u2013\u2014\u2015]x*" (any case)'],
    ['User|expand: "%admins%"', 'User equals "alice" (any case) or startswith "svc-" (any case)'],
  ])('says %s as %s', (item, expected) => {
    expect(testsOf(item)).toEqual([expected]);
  });

  it('shows the three forms of base64offset below one another', () => {
    expect(testsOf('Text|base64offset|contains: "a longer text to look for"')).toEqual([
      'Text contains one of (any case)',
      '  "YSBsb25nZXIgdGV4dCB0byBsb29rIGZvc"',
      '  "EgbG9uZ2VyIHRleHQgdG8gbG9vayBmb3"',
      '  "hIGxvbmdlciB0ZXh0IHRvIGxvb2sgZm9y"',
    ]);
  });

  it('sets alternatives apart, each with its tests', () => {
    expect(explained('s:\n  - A: "1"\n    B: "2"\n  - C: "3"\ncondition: s').selections).toEqual([
      { name: 's', lines: ['either', '  A equals "1"', '  B equals "2"', 'or', '  C equals "3"'] },
    ]);
  });

  it('says where keywords are looked for', () => {
    expect(explained('s: ["1", "2"]\ncondition: s').selections[0]?.lines).toEqual(['any value contains "1" or "2"']);
  });

  it.each([
    ['1 of sel_*', 'sel_a or sel_b'],
    ['all of them', 'sel_a and sel_b and x'],
    ['x and 1 of sel_*', 'x and (sel_a or sel_b)'],
    ['x and (sel_a and not sel_b)', 'x and sel_a and not sel_b'],
    ['not (x or sel_a) and sel_b', 'not (x or sel_a) and sel_b'],
    ['not not x and 1 of sel*', 'not not x and (sel_a or sel_b)'],
    ['x or sel_a and sel_b', 'x or sel_a and sel_b'],
  ])('writes the condition %s out as %s', (condition, expected) => {
    const detection = `sel_a: {A: 1}\nsel_b: {B: 1}\nx: {X: 1}\ncondition: ${condition}`;
    const parsed = parseSigmaFile(
      `title: T\nlogsource: {product: p}\ndetection:\n${detection.replace(/^/gm, '  ')}\n`,
      'f.yml',
      { usedElsewhere: () => ['sel_a', 'sel_b', 'x'] },
    );
    const [document] = parsed.documents;

    expect(document?.kind === 'rule' && explainDetection(document.detection).condition).toBe(expected);
  });

  it('tells which values of which field a record cannot do without, as the file writes them', () => {
    const { needed } = explained(
      'a: {Category: [Queued, Started], N: 5}\nb: {User|contains: x}\ncondition: a and not b',
    );

    expect(needed).toEqual([
      { field: 'Category', values: ['Queued', 'Started'] },
      { field: 'N', values: ['5'] },
    ]);
  });

  it('prints nothing a terminal would obey, whatever the rule holds', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', minLength: 1, maxLength: 20 }), (text) => {
        const source = JSON.stringify({
          title: 'T',
          logsource: { product: 'p' },
          detection: {
            s: { [`f${text}`.replaceAll('|', '')]: text, 'g|re': 'x', 'h|neq': [text, `${text}2`] },
            condition: 's',
          },
        });
        for (const document of parseSigmaFile(source, 'f.yml').documents) {
          if (document.kind !== 'rule') continue;
          const { selections, needed } = explainDetection(document.detection);
          const lines = [
            ...selections.flatMap((one) => one.lines),
            ...needed.flatMap((one) => [one.field, ...one.values]),
          ];
          for (const line of [...lines, ...explainMismatch(document.detection, { h: text })])
            expect(line).toBe(printable(line));
        }
      }),
    );
  });
});

describe('explainMismatch', () => {
  const { detection } = rule(
    'deploy: {Category: Queued, Prod: true}\nnight: {Off: true}\nsystem: {Kind: system}\ncondition: deploy and night and not system',
  ).document;

  it('is empty for a record that matches', () => {
    expect(explainMismatch(detection, { Category: 'queued', Prod: true, Off: true })).toEqual([]);
  });

  it('names only the tests that are in the way, and what the record has instead', () => {
    expect(explainMismatch(detection, { Category: 'Queued', Prod: false })).toEqual([
      'deploy: Prod equals true; the record has false',
      'night: Off equals true; the record has no such field',
    ]);
  });

  it('names a selection that matches where it must not', () => {
    expect(explainMismatch(detection, { Category: 'Queued', Prod: true, Off: true, Kind: 'System' })).toEqual([
      'system matches, and must not',
    ]);
  });

  it('names every alternative, because none holds', () => {
    const either = rule('a: {A: 1}\nb: {B|contains: x}\ncondition: a or b').document.detection;

    expect(explainMismatch(either, { A: 2, B: ['y', 'z'] })).toEqual([
      'a: A equals 1; the record has 2',
      'b: B contains "x" (any case); the record has ["y","z"]',
    ]);
  });

  it('has something to say exactly when the record does not match', () => {
    const field = fc.constantFrom('A', 'B');
    const selection = fc.dictionary(field, fc.constantFrom('1', '2', '*'), { minKeys: 1 });
    const condition = fc.constantFrom(
      's and t',
      's or t',
      's and not t',
      'not (s or t)',
      'not s or not t',
      '1 of them',
    );
    fc.assert(
      fc.property(
        selection,
        selection,
        condition,
        fc.dictionary(field, fc.constantFrom('1', '2')),
        (s, t, text, record) => {
          const source = JSON.stringify({
            title: 'T',
            logsource: { product: 'p' },
            detection: { s, t, condition: text },
          });
          const [one] = compile(source).rules;

          expect(one && explainMismatch(one.document.detection, record).length === 0).toBe(one?.matches(record));
        },
      ),
    );
  });
});

describe('explainWindow', () => {
  const windowOf = (correlation: string) => {
    const rules = ['a', 'b'].map(
      (name) => `title: ${name}\nname: ${name}\nlogsource: {product: p}\ndetection: {s: {X: ${name}}, condition: s}\n`,
    );
    const [one] = compile(
      `${rules.join('---\n')}---\ntitle: C\ncorrelation: {rules: [a, b], timespan: 5m, ${correlation}}\n`,
    ).correlations;
    return one && explainWindow(one);
  };

  it.each([
    ['type: event_count, condition: {gte: 5}', 'number of events: at least 5'],
    ['type: event_count, condition: {gt: 5, lt: 9}', 'number of events: more than 5 and less than 9'],
    ['type: value_count, condition: {field: U, eq: 3}', 'number of different values of U: exactly 3'],
    ['type: value_sum, condition: {field: U, lte: 3}', 'sum of U: at most 3'],
    ['type: value_avg, condition: {field: U, neq: 3}', 'average of U: other than 3'],
    ['type: value_percentile, condition: {field: U, percentile: 95, gte: 3}', '95th percentile of U: at least 3'],
    ['type: temporal', 'number of rules that have events: at least 2'],
    ['type: temporal, condition: a and not b', 'rules with events: a and not b'],
    ['type: temporal_ordered', 'all 2 rules have events, in the order of the list'],
  ])('says %s as %s', (correlation, expected) => {
    expect(windowOf(correlation)).toBe(expected);
  });
});
