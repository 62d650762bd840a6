import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse, stringify } from 'yaml';
import { type Config, loadConfig } from '../../src/config.ts';
import { allKeys } from '../../src/config-schema.ts';
import { createZone } from '../../src/enrich/index.ts';

const FOLDER = path.join(import.meta.dirname, 'older');
const VERSIONS = readdirSync(FOLDER);
const INSTANTS = [
  '2026-10-05T06:59:00Z',
  '2026-10-05T07:00:00Z',
  '2026-10-09T11:30:00Z',
  '2026-10-10T22:00:00Z',
  '2026-10-11T12:00:00Z',
  '2026-12-18T16:30:00Z',
  '2026-12-08T12:00:00Z',
];

function load(version: string): Config {
  const cwd = path.join(FOLDER, version);
  const env = JSON.parse(readFileSync(path.join(cwd, 'variables.json'), 'utf8')) as Record<string, string>;
  return loadConfig({ env, cwd, needs: 'poll' });
}

/** What a configuration means, without secrets and in words that outlive the code's. */
function meaningOf(config: Config, cwd: string) {
  const { calendar, production, register, routing, digest, instances, placeholders } = config;
  const relative = (file: string) => path.relative(cwd, file);
  const key = {
    instance: 'default',
    id: 'apikeys-9',
    account: 'svc-release',
    purpose: 'Release 4',
    hint: 'API-REL',
  };
  const registered = register?.find(key);
  return {
    db: relative(config.db),
    keysFile: relative(config.keysFile),
    rulesPaths: config.rulesPaths.map(relative),
    instances: instances.map(({ name, url, apiKey }) => ({ name, url, hasKey: apiKey !== '' })),
    timeZone: config.timeZone,
    pollIntervalMs: config.pollIntervalMs,
    backfillMs: config.backfillMs,
    allowedHttpHosts: config.allowedHttpHosts,
    logLevel: config.logLevel,
    repeatAfterMs: config.repeatAfterMs,
    offHours: INSTANTS.map((at) => [at, calendar.judge(Date.parse(at)).reason]),
    calendars: config.calendars.map((placed) => ({
      words: placed.calendar.describe(),
      offHours: INSTANTS.map((at) => [at, placed.calendar.judge(Date.parse(at)).reason]),
      ...(placed.match ? { match: placed.match } : {}),
    })),
    changeWindows: config.changeWindows.map(({ terms, describe: inWords }) => ({
      ...{ owner: terms.owner, ticket: terms.ticket, duringFreeze: terms.duringFreeze },
      words: inWords(createZone(config.timeZone)),
    })),
    production: ['Prod 1', 'Test', 'Live'].filter((name) =>
      production.isProduction({ id: 'Environments-1', name, slug: name.toLowerCase(), tags: [] }),
    ),
    productionById: production.isProduction({ id: 'Environments-9', name: 'x', slug: 'x', tags: [] }),
    productionByTag: production.isProduction({ id: 'Environments-1', name: 'x', slug: 'x', tags: ['Stage/Live'] }),
    register: { entries: register?.entries, found: registered?.entry, hours: registered?.hoursText },
    channels: routing.channels.map(({ name, type, settings }) => ({ name, type, settings: [...settings.keys()] })),
    routes: routing.routes,
    digest: { to: digest.to, from: digest.from, at: digest.at },
    retention: config.retention,
    privacy: config.privacy,
    placeholders: [...placeholders],
    rules: config.ruleAdjustments,
    hasChainKey: config.chainKey !== null,
    hasHeartbeat: config.heartbeatUrl !== null,
    hasMail: digest.smtpUrl !== null,
  };
}

/** Every key that a file has, as the schema names them: `*` for a place in a list, and for names where `known` has none. */
function keysOf(value: unknown, known: ReadonlySet<string>, at: readonly string[] = []): string[] {
  if (Array.isArray(value)) return value.flatMap((one) => keysOf(one, known, [...at, '*']));
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, below]) => {
    const own = [...at, key].join('.');
    return known.has(own) ? [own, ...keysOf(below, known, [...at, key])] : keysOf(below, known, [...at, '*']);
  });
}

describe('the configuration of an older version', () => {
  it.each(VERSIONS)('%s is loaded without a word, and means what it meant', async (version) => {
    const config = load(version);

    expect([...config.routing.warnings, ...config.digest.warnings, ...config.variableWarnings]).toEqual([]);
    const meaning = stringify(meaningOf(config, path.join(FOLDER, version)), { aliasDuplicateObjects: false });
    expect(meaning).not.toContain('fictional-secret');
    await expect(meaning).toMatchFileSnapshot(path.join(FOLDER, version, 'meaning.yml'));
  });

  it('has every key there is: a new one is added to the folder of the version it comes with', () => {
    const known = new Set(allKeys());

    const used = VERSIONS.flatMap((version) =>
      keysOf(parse(readFileSync(path.join(FOLDER, version, 'octowatch.yaml'), 'utf8')), known),
    );

    expect([...known].filter((key) => !used.includes(key))).toEqual([]);
    expect(known.size).toBeGreaterThan(30);
  });
});
