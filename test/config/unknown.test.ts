import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { loadRules } from '../../src/app-rules.ts';
import { loadConfig } from '../../src/config.ts';
import { adviceFor } from '../../src/config-renamed.ts';
import { idleVariables, VARIABLES } from '../../src/config-variables.ts';
import { CHECKOUT } from '../support/checkout.ts';
import { createMonitor, type LogLine, makeFolder } from '../support/monitor.ts';
import { NOON } from '../support/small-history.ts';
import { steppingClock } from '../support/stepping-clock.ts';

const { folder, remove } = makeFolder();
afterAll(remove);

const RENAMED = [
  { from: 'calendar.hours', to: 'calendar.businessHours', since: '0.9.0' },
  { from: 'channels.*.kind', to: 'channels.*.type', since: '0.9.0' },
  { from: 'OCTOWATCH_ZONE', to: 'OCTOWATCH_TIMEZONE', since: '0.9.0' },
];

/** What is said of a file, without its name. */
function said(yaml: string): string[] {
  const file = path.join(folder, 'octowatch.yaml');
  writeFileSync(file, yaml);
  try {
    loadConfig({ env: {}, cwd: folder, needs: 'database' });
    return [];
  } catch (error) {
    const [, ...lines] = (error as Error).message.split('\n');
    return lines.map((line) => line.trim().replace(`${file}:`, ''));
  }
}

describe('an unknown key of octowatch.yaml', () => {
  it.each([
    ['timezoen: UTC', '1:1: (top): Unrecognized key: "timezoen", did you mean `timezone`?'],
    ['# a comment\ncalendar:\n  huors: {}', '3:3: calendar: Unrecognized key: "huors", did you mean `hours`?'],
    [
      'routes:\n  - { to: [slack], minlevel: low }',
      '2:20: routes.0: Unrecognized key: "minlevel", did you mean `minLevel`?',
    ],
    [
      'rules:\n  my_rule: { treshold: 3 }',
      '2:14: rules.my_rule: Unrecognized key: "treshold", did you mean `threshold`?',
    ],
    ['instances: [{name: a, url: "https://x", adress: y}]', '1:41: instances.0: Unrecognized key: "adress"'],
    ['colour: blue', '1:1: (top): Unrecognized key: "colour"'],
    [
      'slackWebhookUrl: "https://hooks.example.com/s3cr3t"',
      '1:1: (top): Unrecognized key: "slackWebhookUrl" (secrets come from the environment or from a file named by ' +
        'NAME_FILE, never from the yaml)',
    ],
    ['"a\\u001b[31m": 1', '1:1: (top): Unrecognized key: "a\\\\u{1b}[31m"'],
  ])('is refused with its place and what was probably meant: %s', (yaml, expected) => {
    expect(said(yaml)).toEqual([expected]);
  });

  it('is one mistake of all, each told by itself', () => {
    expect(said('timezoen: UTC\nlogLevl: info\npollInterval: 3')).toEqual([
      '3:15: pollInterval: Invalid input: expected string, received number',
      '1:1: (top): Unrecognized key: "timezoen", did you mean `timezone`?',
      '2:1: (top): Unrecognized key: "logLevl", did you mean `logLevel`?',
    ]);
  });

  it('that was renamed is told its new name', () => {
    expect(adviceFor('hours', ['calendar'], [], RENAMED)).toBe(
      ': `calendar.hours` is now `calendar.businessHours` (since 0.9.0): rename it',
    );
    expect(adviceFor('kind', ['channels', 'ops'], [], RENAMED)).toBe(
      ': `channels.*.kind` is now `channels.*.type` (since 0.9.0): rename it',
    );
    expect(adviceFor('hours', [], ['hour'], RENAMED)).toBe(', did you mean `hour`?');
  });
});

describe('an adjusted rule that does not exist', () => {
  it('is refused with what was probably meant, and what to do', () => {
    const yaml = 'rules: {unused_api_kye: {threshold: 60}, a_rule_of_long_ago: {level: low}}';
    writeFileSync(path.join(folder, 'octowatch.yaml'), yaml);
    const config = loadConfig({ env: {}, cwd: folder, needs: 'rules' });
    const log = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };

    const load = () => loadRules(config, log);

    expect(load).toThrow(
      'octowatch.yaml adjusts rules that do not exist: unused_api_kye, did you mean `unused_api_key`?; a_rule_of_long_ago',
    );
    expect(load).toThrow(expect.objectContaining({ hint: expect.stringContaining('`octowatch rules list`') }));
    rmSync(path.join(folder, 'octowatch.yaml'));
  });
});

describe('a variable that nothing reads', () => {
  it.each([
    ['OCTOWATCH_TIMEZOEN', '`OCTOWATCH_TIMEZOEN`: nothing reads this variable, did you mean `OCTOWATCH_TIMEZONE`?'],
    ['OCTOWATCH_DEBUG_EVERYTHING', '`OCTOWATCH_DEBUG_EVERYTHING`: nothing reads this variable'],
    ['octowatch_db', '`octowatch_db`: nothing reads this variable, did you mean `OCTOWATCH_DB`?'],
    ['OCTOWATHC_RULES', '`OCTOWATHC_RULES`: nothing reads this variable, did you mean `OCTOWATCH_RULES`?'],
    [
      'OCTOWATCH_ZONE',
      '`OCTOWATCH_ZONE`: nothing reads this variable: `OCTOWATCH_ZONE` is now `OCTOWATCH_TIMEZONE` (since 0.9.0): rename it',
    ],
  ])('is a warning with what was probably meant: %s', (name, expected) => {
    expect(idleVariables({ [name]: 's3cr3t' }, RENAMED)).toEqual([expected]);
  });

  it('is none of these', () => {
    const env = { OCTOPUS_SPACE: 'x', OCTOPUS_API_KEY_EU: 'x', PATH: 'x', OCTOWATCH_OLD: '', OCTOPRINT_KEY: 'x' };

    expect(idleVariables({ ...env, ...Object.fromEntries(VARIABLES.map((name) => [name, 'x'])) })).toEqual([]);
  });

  it('is said at a start, without its value', async () => {
    const log: LogLine[] = [];
    const app = createMonitor({
      octopusUrl: 'http://127.0.0.1:9',
      db: path.join(makeFolderFor(), 'octowatch.db'),
      clock: steppingClock(NOON),
      env: { OCTOWATCH_TIMEZOEN: 's3cr3t' },
      log,
    });

    await app.runOnce();

    expect(log.filter(({ text }) => text === 'a setting is probably not what was meant')).toMatchObject([
      { level: 'warn', data: { warning: expect.stringContaining('did you mean `OCTOWATCH_TIMEZONE`?') } },
    ]);
    expect(JSON.stringify(log)).not.toContain('s3cr3t');
  });
});

describe('the list of variables', () => {
  it('is that of the source and of the documentation', () => {
    const names = (text: string) => new Set(text.match(/\bOCTOWATCH_[A-Z_]+[A-Z]\b/g));
    const sources = readdirSync(path.join(CHECKOUT, 'src'), { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('.ts') && !file.endsWith('config-variables.ts'))
      .map((file) => readFileSync(path.join(CHECKOUT, 'src', file), 'utf8'));
    const documentation = readFileSync(path.join(CHECKOUT, 'docs/configuration.md'), 'utf8');

    expect([...names(documentation)].sort()).toEqual([...VARIABLES]);
    expect([...names(sources.join('\n'))].filter((name) => !VARIABLES.some((one) => one === name))).toEqual([]);
  });
});

function makeFolderFor(): string {
  return path.join(folder, 'start');
}
