import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { describeUnknown, loadRulePack, rulesOnServer } from '../../src/detect/index.ts';
import { makeFolder } from '../support/monitor.ts';

const CATEGORIES = new Map([
  ['Modified', 'Document modified'],
  ['LoginFailed', 'Login failed'],
  ['LoginSucceeded', 'Login succeeded'],
  ['UserBanned', 'Login Banned'],
  ['DeploymentQueued', 'Deployment queued'],
]);
const DOCUMENT_TYPES = new Map([
  ['Users', 'User'],
  ['VariableSet', 'Variable Set'],
  ['ApiKeys', 'Api Key'],
  ['deployment-processes', 'Deployment Process'],
]);
const WORDS = { categories: CATEGORIES, documentTypes: DOCUMENT_TYPES };

function judge(yaml: string, words: Parameters<typeof rulesOnServer>[1] = WORDS) {
  const { folder, remove } = makeFolder();
  onTestFinished(remove);
  const file = path.join(folder, 'rules.yml');
  writeFileSync(file, yaml);
  const pack = loadRulePack([file], {}, { areExamplesRequired: false });
  expect(pack.mistakes).toEqual([]);
  return rulesOnServer(pack, words);
}

function rule(name: string, detection: string): string {
  return `title: ${name}\nname: ${name}\nlogsource: { product: octopus, service: audit }\ndetection: ${detection}\n`;
}

const verdictOf = (detection: string) => judge(rule('one', detection))[0];

describe('a rule held against the words of a server', () => {
  it.each([
    ['{ s: { Category: LoginFailed }, condition: s }', ['LoginFailed']],
    ['{ s: { Category: loginfailed }, condition: s }', ['LoginFailed']],
    ['{ s: { Category.Name: Login Banned }, condition: s }', ['UserBanned']],
    ['{ s: { Category.Name|contains: banned }, condition: s }', ['UserBanned']],
    ['{ s: { Message|contains: banned }, condition: s }', null],
    ['{ s: { Category: Modified }, n: { Category: Gone }, condition: s and not n }', ['Modified']],
    ['{ s: { Category: LoginFailed, DocumentTypes: [ApiKeys] }, condition: s }', ['LoginFailed']],
  ])('fires where the server knows every value: %s', (detection, categories) => {
    expect(verdictOf(detection)).toEqual({ rule: 'one', verdict: 'fires', unknown: [], categories });
  });

  it.each([
    ['{ s: { Category: LoginFaild }, condition: s }', 'no category `LoginFaild`, did you mean `LoginFailed`?'],
    ['{ s: { Category.Name|contains: rate limit }, condition: s }', 'no category called `*rate limit*`'],
    ['{ s: { DocumentTypes: Subscriptions }, condition: s }', 'no document type `Subscriptions`'],
    ['{ s: { DocumentTypes|all: [Users, Teams] }, condition: s }', 'no document type `Teams`'],
    ['{ s: { Category: Modified }, t: { Category: LoginFailed }, condition: s and t }', ''],
  ])('never fires where none can match: %s', (detection, missing) => {
    const found = verdictOf(detection);

    expect(found?.verdict).toBe('never');
    expect(found && describeUnknown(found)).toBe(missing);
  });

  it('fires in part where only some values are known, and names the others', () => {
    const found = verdictOf('{ s: { Category: [LoginFailed, LoginBanned] }, condition: s }');

    expect(found).toMatchObject({ verdict: 'partly', categories: ['LoginFailed'] });
    expect(found?.unknown).toEqual([
      { field: 'Category', value: 'LoginBanned', hint: ', did you mean `UserBanned` (Login Banned)?' },
    ]);
  });

  it('takes another sign of the same thing for enough', () => {
    const found = verdictOf(
      '{ a: { Category: LoginBanned }, b: { Category.Name|contains: banned }, condition: a or b }',
    );

    expect(found).toMatchObject({ verdict: 'partly', categories: ['UserBanned'] });
  });

  it('sets spelling, hyphens and plurals of document types aside', () => {
    for (const type of ['VariableSets', 'VariableSetSnapshots', 'api key', 'DeploymentProcesses', 'user'])
      expect(verdictOf(`{ s: { DocumentTypes: ${type} }, condition: s }`)?.verdict).toBe('fires');
  });

  it('holds nothing against a rule where a list was not read', () => {
    const yaml = rule('one', '{ s: { Category: Nonsense, DocumentTypes: Nonsense }, condition: s }');

    expect(judge(yaml, { categories: null, documentTypes: null })).toEqual([
      { rule: 'one', verdict: 'fires', unknown: [], categories: null },
    ]);
    expect(judge(yaml, { ...WORDS, categories: null })[0]?.verdict).toBe('never');
  });

  it('says nothing of rules about API keys', () => {
    const yaml = rule('one', '{ s: { Category: Nonsense }, condition: s }').replace(
      'service: audit',
      'category: api_key',
    );

    expect(judge(yaml)).toEqual([]);
  });
});

describe('a correlation held against the words of a server', () => {
  const members = [
    rule('failed', '{ s: { Category: LoginFailed }, condition: s }'),
    rule('banned', '{ s: { Category: LoginBanned }, condition: s }'),
  ];
  const correlation = (section: string) =>
    judge([...members, `title: both\nname: both\ncorrelation: ${section}\n`].join('---\n')).find(
      (one) => one.rule === 'both',
    );

  it('counts on as long as one of its rules fires', () => {
    const found = correlation(
      '{ type: event_count, rules: [failed, banned], group-by: [Username], timespan: 10m, condition: { gte: 5 } }',
    );

    expect(found).toMatchObject({ verdict: 'partly', categories: ['LoginFailed'] });
  });

  it('never fires when it counts only what never happens', () => {
    const found = correlation(
      '{ type: event_count, rules: [banned], group-by: [Username], timespan: 10m, condition: { gte: 5 } }',
    );

    expect(found).toMatchObject({ verdict: 'never', categories: [] });
  });

  it('never fires when it waits for all of its rules and one is dead', () => {
    const found = correlation('{ type: temporal, rules: [failed, banned], group-by: [Username], timespan: 10m }');

    expect(found?.verdict).toBe('never');
  });

  it('can fire by an expression that does without the dead one', () => {
    const section = (condition: string) =>
      `{ type: temporal, rules: [failed, banned], group-by: [Username], timespan: 10m, condition: ${condition} }`;

    expect(correlation(section('failed and not banned'))?.verdict).toBe('partly');
    expect(correlation(section('failed and banned'))?.verdict).toBe('never');
  });
});
