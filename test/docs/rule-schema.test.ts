import { existsSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { ruleFileSchema } from '../../src/detect/index.ts';
import { TAXONOMY } from '../../src/enrich/index.ts';
import { parseSigmaFile } from '../../src/sigma/index.ts';
import { CHECKOUT, readText } from '../support/checkout.ts';
import { type Schema, violations } from './json-schema.ts';

const schema: Schema = JSON.parse(JSON.stringify(ruleFileSchema(TAXONOMY)));
const SHIPPED = readdirSync(path.join(CHECKOUT, 'rules'), { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.yml'))
  .map((file) => path.join('rules', file));

/** What the schema says of each document of a file. */
function judge(text: string): string[][] {
  return parseAllDocuments(text).map((document) => violations(schema, document.toJS()));
}

const RULE = `title: T
logsource: { product: octopus, service: audit }
detection:
  selection: { Category: Modified }
  condition: selection
`;
const CORRELATION = `title: C
correlation:
  type: value_count
  rules: [a, b]
  group-by: [Actor.Name]
  timespan: 15m
  condition: { gte: 3, field: Project.Id }
`;
const FILTER = `title: F
logsource: { product: octopus }
filter:
  rules: [a]
  selection: { Actor.Name: alice }
  condition: not selection
`;

const TERMS =
  'octowatch: { owner: ann, approved_by: bob, reason: r, ticket: CHG-1, from: 2026-01-01, expires: 2026-12-31 }\n';

describe('docs/rule.schema.json', () => {
  test('is what the code says', async () => {
    await expect(`${JSON.stringify(schema, null, 2)}\n`).toMatchFileSnapshot('../../docs/rule.schema.json');
  });

  test.each(SHIPPED)('admits %s, each document of which leads an editor to it', (file) => {
    const text = readText(file);
    const documents = parseAllDocuments(text);

    expect(judge(text)).toEqual(documents.map(() => []));
    const leads = [...text.matchAll(/^# yaml-language-server: \$schema=(\S+)$/gm)].map((match) => match[1] ?? '');
    expect(leads).toHaveLength(documents.length);
    expect(text.startsWith('# yaml-language-server:')).toBe(true);
    for (const lead of leads) {
      const place = path.normalize(path.join(path.dirname(file), lead));
      expect(place).toBe('docs/rule.schema.json');
      expect(existsSync(path.join(CHECKOUT, place))).toBe(true);
    }
  });

  test('reaches the installed package together with the rules, at the same distance', () => {
    const { files } = JSON.parse(readText('package.json')) as { files: string[] };

    expect(files).toEqual(expect.arrayContaining(['rules', 'docs']));
  });

  test.each([
    ['a rule', RULE],
    ['a correlation', CORRELATION],
    ['a filter', FILTER],
    [
      'fields of other products',
      RULE.replace('{ Category: Modified }', '{ EventID|re|i: "46.*", Image|endswith: [a, b] }'),
    ],
    ['keywords', RULE.replace('{ Category: Modified }', '[one, two]')],
    ['a list of maps', RULE.replace('{ Category: Modified }', '[{ A: 1 }, { B: null, C|exists: false, D|lt: 5 }]')],
    ['several conditions', RULE.replace('condition: selection', 'condition: [selection, not selection]')],
    ['custom attributes', `${RULE}simulation: { type: atomic }\n`],
    ['an expression over rules', CORRELATION.replace('value_count', 'temporal').replace(/\{ gte.*\}/, 'a and not b')],
    [
      'every number of a percentile',
      CORRELATION.replace('value_count', 'value_percentile').replace('gte: 3', 'percentile: 95, gt: 1.5, lte: 9'),
    ],
    ['a filter of a whole log source', FILTER.replace('[a]', 'any')],
    ['an exception', FILTER + TERMS],
    ['an exception with a number for its ticket', FILTER + TERMS.replace('CHG-1', '12')],
  ])('admits %s, as the parser does', (_what, text) => {
    expect(judge(text)).toEqual([[]]);
    expect(parseSigmaFile(text, 'sound.yml').mistakes).toEqual([]);
  });

  test.each([
    ['no title', RULE.replace('title: T', 'description: T'), '/ lacks title'],
    ['no log source', RULE.replace('logsource', 'log_source'), '/ lacks logsource'],
    ['an empty log source', RULE.replace('{ product: octopus, service: audit }', '{}'), '/logsource is none of'],
    ['neither of the three', RULE.replace('detection', 'detections'), '/ lacks detection'],
    ['two of the three', `${CORRELATION}detection: { a: { B: c }, condition: a }\n`, '/detection has no place here'],
    ['no condition', RULE.replace('  condition: selection\n', ''), '/detection lacks condition'],
    ['an unknown level', `${RULE}level: hgih\n`, '/level is none of informational'],
    ['a date in words', `${RULE}date: today\n`, '/date is not like'],
    ['tags as text', `${RULE}tags: attack.t1078\n`, '/tags is no array'],
    ['an unknown modifier', RULE.replace('Category', 'Category|contain'), '/detection/selection is none of'],
    [
      'text to compare with',
      RULE.replace('Category: Modified', 'IdleDays|gte: many'),
      '/detection/selection is none of',
    ],
    ['an unknown type', CORRELATION.replace('value_count', 'value_cuont'), '/correlation/type is none of event_count'],
    ['an unknown unit', CORRELATION.replace('15m', '15min'), '/correlation/timespan is not like'],
    ['no comparison', CORRELATION.replace('gte: 3, ', ''), '/correlation/condition is none of'],
    ['an unknown comparison', CORRELATION.replace('gte', 'min'), '/correlation/condition/min has no place here'],
    ['a count without a condition', CORRELATION.replace(/ {2}condition.*\n/, ''), '/correlation lacks condition'],
    ['a filter for nothing', FILTER.replace('  rules: [a]\n', ''), '/filter lacks rules'],
    ['a filter with two conditions', FILTER.replace('not selection', '[a, b]'), '/filter/condition is no string'],
    ['an unknown attribute', `${RULE}octowatch: { respnd: [a] }\n`, '/octowatch/respnd has no place here'],
    ['an exception nobody approved', FILTER + TERMS.replace('approved_by: bob, ', ''), '/octowatch lacks approved_by'],
    ['an exception that ends in words', FILTER + TERMS.replace('2026-12-31', 'soon'), '/octowatch/expires is not like'],
    ["an exception with a rule's attributes", FILTER + TERMS.replace('{', '{ window: 1h,'), '/octowatch/window has no'],
    ["a rule with an exception's attributes", RULE + TERMS, '/octowatch/owner has no place here'],
    ['an example without records', `${RULE}octowatch: { examples: { fires: [{ name: n }] } }\n`, '/0 lacks records'],
  ])('refuses %s at its place', (_what, text, expected) => {
    expect(judge(text).flat().join('\n')).toContain(expected);
  });

  test('describes every attribute, so that an editor can show help', () => {
    expect(silent(schema, '')).toEqual([]);
  });

  test('offers every field of the taxonomy, and knows every attribute a shipped rule uses', () => {
    const fields = schema.definitions?.['fields']?.properties ?? {};

    expect(Object.keys(fields)).toEqual([...new Set(TAXONOMY.map(({ field }) => field))]);
    const used = SHIPPED.flatMap((file) => parseAllDocuments(readText(file)).flatMap((one) => Object.keys(one.toJS())));
    expect(used.filter((key) => !(key in (schema.properties ?? {})))).toEqual([]);
  });
});

/** Properties without a description, by their path. */
function silent(part: Schema | boolean, at: string): string[] {
  if (typeof part === 'boolean') return [];
  const own = Object.entries(part.properties ?? {}).flatMap(([key, value]) => {
    const isSilent = typeof value !== 'boolean' && value.description === undefined;
    return [...(isSilent ? [`${at}/${key}`] : []), ...silent(value, `${at}/${key}`)];
  });
  const within = [
    part.items,
    part.additionalProperties,
    ...(part.anyOf ?? []),
    ...Object.values(part.definitions ?? {}),
  ];
  return [...own, ...within.flatMap((one) => (one === undefined ? [] : silent(one, at)))];
}
