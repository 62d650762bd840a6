import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { loadConfig } from '../../src/config.ts';
import { channelsFor, idlePatterns, type Route } from '../../src/config-channels.ts';
import { UsageError } from '../../src/lib/errors.ts';
import type { Level } from '../../src/model/finding.ts';
import { CHANNEL_SETTINGS } from '../../src/notify/channel-settings.ts';
import { readText } from '../support/checkout.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'octowatch-routes-'));
afterAll(() => rmSync(folder, { recursive: true }));

const HOOK = 'https://hooks.slack.test/services/T0/B0/s3cr3t';
const POLL = { OCTOPUS_URL: 'https://octopus.example.test', OCTOPUS_API_KEY: 'API-X' };

function load(yaml: string, env: Record<string, string> = {}, needs: 'poll' | 'database' = 'poll') {
  writeFileSync(path.join(folder, 'octowatch.yaml'), yaml);
  return loadConfig({ env: { ...POLL, ...env }, cwd: folder, needs });
}

/** Every mistake of a configuration, one a line. */
function mistakesOf(yaml: string, env: Record<string, string> = {}): string[] {
  try {
    load(yaml, env);
    return [];
  } catch (error) {
    expect(error).toBeInstanceOf(UsageError);
    expect(String(error)).not.toContain('s3cr3t');
    return String(error)
      .split('\n')
      .slice(1)
      .map((line) => line.trim());
  }
}

function told(yaml: string, env: Record<string, string>, rule: string, level: Level, instance = 'default'): string[] {
  return channelsFor(load(yaml, env).routing.routes, rule, level, instance);
}

describe('without routes', () => {
  it('medium and above goes to Slack at once', () => {
    const env = { SLACK_WEBHOOK_URL: HOOK };

    expect(told('', env, 'a', 'low')).toEqual([]);
    expect(told('', env, 'a', 'medium')).toEqual(['slack']);
    expect(told('', env, 'monitor_poll_failing', 'critical')).toEqual(['slack']);
  });

  it('SLACK_MIN_LEVEL says what goes to Slack', () => {
    const env = { SLACK_WEBHOOK_URL: HOOK, SLACK_MIN_LEVEL: 'high' };

    expect(told('', env, 'a', 'medium')).toEqual([]);
    expect(told('', env, 'a', 'high')).toEqual(['slack']);
  });

  it('findings are printed, low ones too, while there is no channel', () => {
    expect(load('').routing.channels).toEqual([{ name: 'console', type: 'console', settings: new Map() }]);
    expect(told('', {}, 'a', 'low')).toEqual(['console']);
    expect(told('', {}, 'a', 'informational')).toEqual([]);
  });

  it('every channel that is named is told the same', () => {
    const yaml = 'channels: {ops: {type: slack}, siem: {type: webhook}}';
    const env = {
      SLACK_WEBHOOK_URL: HOOK,
      SLACK_WEBHOOK_URL_OPS: `${HOOK}-ops`,
      WEBHOOK_URL_SIEM: 'https://siem.example.test/hook',
      WEBHOOK_SECRET_SIEM: 's3cr3t',
    };

    expect(told(yaml, env, 'a', 'medium')).toEqual(['slack', 'ops', 'siem']);
    expect(load(yaml, env).routing.channels.map(({ name, settings }) => [name, ...settings.values()])).toEqual([
      ['slack', HOOK],
      ['ops', `${HOOK}-ops`],
      ['siem', 'https://siem.example.test/hook', 's3cr3t'],
    ]);
  });
});

describe('routes', () => {
  const YAML = `
    instances: [{name: eu, url: "https://eu.example.test"}, {name: us, url: "https://us.example.test"}]
    channels: {ops: {type: slack}, keys: {type: slack}}
    routes:
      - {to: [slack]}
      - {minLevel: low, rules: ["*_api_key", "repeated_*"], to: [keys, slack]}
      - {minLevel: high, instances: [eu], to: [ops]}`;
  const env = {
    OCTOPUS_API_KEY_EU: 'API-1',
    OCTOPUS_API_KEY_US: 'API-2',
    SLACK_WEBHOOK_URL: HOOK,
    SLACK_WEBHOOK_URL_OPS: HOOK,
    SLACK_WEBHOOK_URL_KEYS: HOOK,
  };

  it.each([
    ['unused_api_key', 'low', 'us', ['keys', 'slack']],
    ['unused_api_key', 'medium', 'us', ['slack', 'keys']],
    ['unused_api_key', 'high', 'eu', ['slack', 'keys', 'ops']],
    ['repeated_auth_failures', 'low', 'eu', ['keys', 'slack']],
    ['off_hours_production_deploy', 'low', 'eu', []],
    ['off_hours_production_deploy', 'medium', 'eu', ['slack']],
    ['off_hours_production_deploy', 'critical', 'us', ['slack']],
  ] as const)('that fit all apply, each channel once: %s, %s, %s', (rule, level, instance, expected) => {
    expect(told(YAML, env, rule, level, instance)).toEqual(expected);
  });

  it('may name the console without its being declared', () => {
    const { routing } = load('routes: [{minLevel: low, to: [console]}]', { SLACK_WEBHOOK_URL: HOOK });

    expect(routing.channels.map(({ name }) => name)).toEqual(['console']);
    expect(routing.warnings).toEqual(['channels.slack: no route leads to it, so it is told nothing']);
  });

  it('list every mistake at once, each at its place, and quote no secret', () => {
    const yaml = `
      channels: {ops: {type: slack}, siem: {type: webhook}, email: {type: console}, slack: {type: webhook}, log-file: {type: console}}
      routes:
        - {to: []}
        - {to: [opps, email]}
        - {instances: [defautl], to: [ops]}`;

    expect(mistakesOf(yaml, { WEBHOOK_URL_SIEM: 's3cr3t' })).toEqual([
      "channels.email: the name belongs to the digest's mail; choose another",
      'channels.slack: a channel of that name is of type slack, not webhook; choose another name',
      'channels.log-file: a name that ends in "file" cannot be told from `NAME_FILE`; choose another',
      'SLACK_WEBHOOK_URL_OPS: is not set; channel ops needs it: the address of an incoming webhook, as Slack shows it (or name a file in SLACK_WEBHOOK_URL_OPS_FILE)',
      'WEBHOOK_URL_SIEM: is not an http(s) address',
      'WEBHOOK_SECRET_SIEM: is not set; channel siem needs it: what documents are signed with, known to the receiver too (or name a file in WEBHOOK_SECRET_SIEM_FILE)',
      'routes.0.to: leads nowhere; name at least one channel',
      'routes.1.to: there is no channel `opps` under `channels`, did you mean `ops`?',
      'routes.1.to: the mail is the daily digest, which holds every finding; it takes no single ones',
      'routes.2.instances: there is no instance `defautl`, did you mean `default`?',
    ]);
  });

  it.each([
    ['channels: {Ops: {type: slack}}', 'channels.Ops: takes small letters, digits and hyphens'],
    [
      'channels: {ops: {type: teams}}',
      'channels.ops.type: Invalid option: expected one of "console"|"slack"|"webhook"',
    ],
    ['channels: {ops: {type: slack, url: "x"}}', 'channels.ops: Unrecognized key: "url"'],
    ['routes: [{minLevel: hgih, to: [slack]}]', 'routes.0.minLevel: Invalid option'],
    ['routes: [{rules: [], to: [slack]}]', 'routes.0.rules: Too small'],
    ['routes: [{level: low, to: [slack]}]', 'routes.0: Unrecognized key: "level"'],
    ['routes: [{minLevel: low}]', 'routes.0.to: Invalid input'],
  ])('refuse %s', (yaml, expected) => {
    expect(mistakesOf(yaml, { SLACK_WEBHOOK_URL: HOOK }).join('\n')).toContain(expected);
  });

  it('that name Slack need its variable', () => {
    expect(mistakesOf('routes: [{to: [slack]}]')).toEqual(['routes.0.to: SLACK_WEBHOOK_URL is not set']);
  });

  it.each(['https://user:s3cr3t@hooks.test/x', 'ftp://hooks.test/s3cr3t', 's3cr3t'])(
    'refuse an address that is none or holds a password: %s',
    (address) => {
      expect(mistakesOf('', { SLACK_WEBHOOK_URL: address })).toHaveLength(1);
    },
  );
});

describe('variables of channels', () => {
  it('may be given as files', () => {
    writeFileSync(path.join(folder, 'secret.txt'), ' s3cr3t \n');

    const { channels } = load('channels: {siem-eu: {type: webhook}}', {
      WEBHOOK_URL_SIEM_EU: 'https://siem.example.test',
      WEBHOOK_SECRET_SIEM_EU_FILE: 'secret.txt',
    }).routing;

    expect(channels[0]?.settings.get('WEBHOOK_SECRET')).toBe('s3cr3t');
  });

  it('of channels that are not declared are warned of: whoever set one expects messages there', () => {
    const { warnings } = load('', { SLACK_WEBHOOK_URL: HOOK, SLACK_WEBHOOK_URL_OSP: HOOK }).routing;

    expect(warnings).toEqual([
      'SLACK_WEBHOOK_URL_OSP: is set, but octowatch.yaml has no channel of that name and type under `channels`',
    ]);
  });

  it('with a plain http address are warned of, unless it is on this host', () => {
    const warningsOf = (url: string) => load('', { SLACK_WEBHOOK_URL: url }).routing.warnings;

    expect(warningsOf('http://relay.example.test/s3cr3t')).toEqual([
      'SLACK_WEBHOOK_URL: findings travel in clear text, its address is http://',
    ]);
    expect(warningsOf('http://127.0.0.1:8080/x')).toEqual([]);
  });

  it('are not needed by commands that deliver nothing', () => {
    expect(load('channels: {ops: {type: slack}}\nroutes: [{to: [ops]}]', {}, 'database').routing.channels).toHaveLength(
      1,
    );
  });

  it('of every type of channel are in docs/configuration.md', () => {
    const page = readText('docs/configuration.md');

    for (const { variable } of Object.values(CHANNEL_SETTINGS).flat())
      expect(page.includes(`\`${variable}_NAME\``), variable).toBe(true);
  });
});

describe('patterns of rules', () => {
  const route = (...rules: string[]): Route => ({ minLevel: 'low', rules, instances: null, to: ['slack'] });

  it.each([
    ['a*', 'a', true],
    ['a*', 'ba', false],
    ['*a', 'ba', true],
    ['*', '', true],
    ['a*b*c', 'a_b_b_c', true],
    ['a*b*c', 'a_c_b', false],
    ['ab*ba', 'aba', false],
    ['a.c', 'abc', false],
    ['**', 'x', true],
  ])('%s fits %s: %s', (pattern, name, expected) => {
    expect(channelsFor([route(pattern)], name, 'high', 'default').length === 1).toBe(expected);
  });

  it('fit what a regular expression with `.*` fits', () => {
    const text = fc.string({ unit: fc.constantFrom('a', 'b', '*'), maxLength: 8 });
    fc.assert(
      fc.property(text, text, (pattern, name) => {
        const expected = new RegExp(`^${pattern.replaceAll('*', '.*')}$`).test(name);

        expect(channelsFor([route(pattern)], name, 'high', 'default').length === 1).toBe(expected);
      }),
      { numRuns: 500 },
    );
  });

  it('that fit no rule are warned of, with what may have been meant', () => {
    const names = ['unused_api_key', 'monitor_poll_failing'];

    expect(idlePatterns([route('unused_*'), route('unused_api_kye', 'monitor_*')], names)).toEqual([
      'routes.1.rules: no rule is called `unused_api_kye`, did you mean `unused_api_key`?',
    ]);
  });
});
