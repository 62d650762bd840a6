import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadRulePack } from '../../src/detect/index.ts';
import { runExamples } from '../../src/pipeline/examples.ts';
import { octowatch } from './octowatch.ts';

const DETECTION = `logsource: {product: octopus, service: audit}
detection:
  deploy: {Category: DeploymentQueued, Environment.IsProduction: true}
  system: {Actor.Kind: system}
  condition: deploy and not system
`;
const NIGHT = `title: Night
name: night
${DETECTION}octowatch:
  examples:
    fires:
      - name: "in test \\e[2J"
        records: [{at: "+00:00", Category: DeploymentQueued, Environment.IsProduction: false}]
      - name: by the system
        records: [{at: "+00:10:05", Category: DeploymentQueued, Environment.IsProduction: true, Actor.Kind: system}]
      - name: expects another
        records: [{at: "+00:00", Category: DeploymentQueued, Environment.IsProduction: true}]
        expect: [night, nihgt]
    quiet:
      - name: a good one
        records: [{at: "+00:00", Category: LoginFailed}]
      - name: loud
        records: [{at: "+00:00", Category: LoginFailed}, {at: "+00:01", Category: DeploymentQueued, Environment.IsProduction: true}]
`;
const BURST = `title: Failed
name: failed
logsource: {product: octopus, service: audit}
detection: {s: {Category: LoginFailed}, condition: s}
---
title: Burst
name: burst
correlation: {type: event_count, rules: [failed], group-by: [User], timespan: 5m, condition: {gte: 3}}
octowatch:
  examples:
    fires:
      - name: three
        records:
          - {at: "+00:00", Category: LoginFailed, User: a}
          - {at: "+00:01", Category: LoginFailed, User: a}
          - {at: "+00:02", Category: LoginFailed}
          - {at: "+00:03", Category: Login, User: a}
    quiet:
      - name: one
        records: [{at: "+00:00", Category: LoginFailed, User: a}]
`;
const FOREIGN = `title: Foreign
name: foreign
logsource: {product: windows}
detection: {s: {EventID: 1}, condition: s}
octowatch:
  examples:
    fires: [{name: one, records: [{at: "+00:00", EventID: 1}]}]
`;

describe('rules test', () => {
  let folder: string;

  beforeAll(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'octowatch-test-'));
    mkdirSync(path.join(folder, 'rules'));
    for (const [name, text] of Object.entries({ night: NIGHT, burst: BURST, foreign: FOREIGN }))
      writeFileSync(path.join(folder, 'rules', `${name}.yml`), text);
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  const outcomeOf = (rule: string, example: string) => {
    const { outcomes } = runExamples(loadRulePack([path.join(folder, 'rules')]), { rule });
    return outcomes.find((one) => one.example.startsWith(example));
  };

  it('says nothing more of an example that keeps its promise', () => {
    expect(outcomeOf('night', 'a good one')).toMatchObject({ promise: 'quiet', problem: null, reasons: [], fired: [] });
  });

  it('names the test that a record does not meet', () => {
    expect(outcomeOf('night', 'in test')).toMatchObject({
      problem: 'it should fire and stays quiet',
      reasons: ['record 1 (+00:00): deploy: Environment.IsProduction equals true; the record has false'],
    });
  });

  it('names a selection that matches and must not', () => {
    expect(outcomeOf('night', 'by the system')?.reasons).toEqual([
      'record 1 (+00:10:05): system matches, and must not',
    ]);
  });

  it('names the record that makes a quiet example fire', () => {
    expect(outcomeOf('night', 'loud')).toMatchObject({ fired: ['night'], reasons: ['record 2 (+00:01) matches'] });
  });

  it('names the rule that `expect` means', () => {
    expect(outcomeOf('night', 'expects another')?.reasons).toEqual([
      'nihgt: there is no rule of that name, did you mean `night`?',
    ]);
  });

  it('shows what each group of a correlation counts, and what is not counted', () => {
    expect(outcomeOf('burst', 'three')?.reasons).toEqual([
      'the group User "a" counts 2 records, within 5 min: 1 (+00:00, failed), 2 (+00:01, failed)',
      'the group User (missing) counts 1 record, within 5 min: 3 (+00:02, failed)',
      'record 4 (+00:03) is not counted by failed: s: Category equals "LoginFailed" (any case); the record has "Login"',
    ]);
  });

  it('says that a rule of another product never meets an event of Octopus', () => {
    expect(outcomeOf('foreign', 'one')?.reasons).toEqual([
      'record 1 (+00:00) matches, but the log source product: windows is not one of Octowatch',
    ]);
  });

  it('shows every example and why it fails, sums up and exits 3', async () => {
    const { code, stdout, stderr } = await octowatch(['rules', 'test', '--rules', 'rules'], { cwd: folder });

    expect(code).toBe(3);
    expect(stderr).toBe('');
    expect(stdout).toMatch(
      /^night\n {2}FAILED {2}fires {2}in test \\u\{1b\}\[2J\n {10}it should fire and stays quiet\n/m,
    );
    expect(stdout).toMatch(/^ {2}ok {6}quiet {2}a good one$/m);
    expect(stdout).toMatch(/\n4 rules, 8 examples: 0 mistakes, 6 examples failed\n$/);
  });

  it('prints rows for machines, of one rule, with the summary on stderr', async () => {
    const { code, stdout, stderr } = await octowatch(
      ['rules', 'test', '--rules', 'rules', '--rule', 'Burst', '--format', 'json'],
      { cwd: folder },
    );

    expect(code).toBe(3);
    expect(JSON.parse(stdout)).toMatchObject([
      { rule: 'burst', example: 'three', promise: 'fires', result: 'failed', fired: [] },
      { rule: 'burst', example: 'one', promise: 'quiet', result: 'ok', reasons: [] },
    ]);
    expect(stderr).toBe('burst: 1 of 2 examples failed\n');
  });
});

describe('rules check', () => {
  let folder: string;

  beforeAll(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'octowatch-check-'));
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it('gives mistakes and examples as one object with --format json', async () => {
    writeFileSync(path.join(folder, 'night.yml'), NIGHT);
    writeFileSync(
      path.join(folder, 'bad.yml'),
      'title: Bad\nlogsource: {product: x}\ndetection: {s: {A|contain: x}, condition: s}\n',
    );

    const { code, stdout, stderr } = await octowatch(
      ['rules', 'check', '--rules', 'night.yml,bad.yml', '--format', 'json'],
      {
        cwd: folder,
      },
    );

    const report = JSON.parse(stdout) as { mistakes: object[]; examples: object[] };
    expect(code).toBe(3);
    expect(stderr).toBe('');
    expect(report).toMatchObject({ isGood: false, rules: 1, filters: 0 });
    expect(report.mistakes).toEqual([
      { file: 'bad.yml', line: 3, column: 17, message: 'unknown modifier `contain`, did you mean `contains`?' },
    ]);
    expect(report.examples).toHaveLength(5);
  });

  it('counts filters, runs the examples without them, and list names them', async () => {
    const quiet = NIGHT.replace(
      /fires:\n(.*\n)*? {4}quiet:/,
      'fires: [{name: f, records: [{at: "+00:00", Category: DeploymentQueued, Environment.IsProduction: true}]}]\n    quiet:',
    ).replace(/ {6}- name: loud\n.*\n/, '');
    const filter =
      'title: Never\nname: never\nlogsource: {product: octopus}\nfilter: {rules: [night], s: {Category: "*"}, condition: not s}\n' +
      'octowatch: {owner: ann, approved_by: bob, reason: r, from: 2026-01-01, expires: 2026-12-31}\n';
    writeFileSync(path.join(folder, 'good.yml'), `${quiet}---\n${filter}`);

    const [check, list] = await Promise.all([
      octowatch(['rules', 'check', '--rules', 'good.yml'], { cwd: folder }),
      octowatch(['rules', 'list', '--rules', 'good.yml', '--format', 'json'], { cwd: folder }),
    ]);

    expect(check).toMatchObject({ code: 0, stdout: '1 rule, 1 filter, 2 examples: all good\n', stderr: '' });
    expect(JSON.parse(list.stdout)).toMatchObject([
      { rule: 'night', kind: 'event', findings: 'yes' },
      { rule: 'never', kind: 'filter', findings: 'filters 1 rule' },
    ]);
  });

  it('escapes what a file says before it reaches the terminal', async () => {
    writeFileSync(path.join(folder, 'hostile.yml'), `title: H\n${DETECTION}octowatch: {"evil\\e]0;x\\a": 1}\n`);

    const { code, stderr } = await octowatch(['rules', 'check', '--rules', 'hostile.yml'], { cwd: folder });

    expect(code).toBe(3);
    expect(stderr).toContain('evil\\u{1b}]0;x');
    expect(stderr).not.toContain('\u001b');
  });
});
