import { existsSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { readCalendars } from './config-calendar.ts';
import { type Routing, readRouting } from './config-channels.ts';
import { describeConfig } from './config-description.ts';
import { type DigestConfig, readDigest } from './config-digest.ts';
import type { ConfigFile } from './config-file.ts';
import { keysPath, readKeyRegister } from './config-keys.ts';
import { type Privacy, type Retention, readPrivacy, readRetention } from './config-retention.ts';
import { configPath, type Environment, readConfigFile, withSecretFiles } from './config-sources.ts';
import { idleVariables } from './config-variables.ts';
import { readChangeWindows } from './config-windows.ts';
import type { RuleAdjustment } from './detect/index.ts';
import {
  type Calendar,
  type ChangeWindow,
  createProductionMatcher,
  createRegisterIndex,
  createZone,
  type PlacedCalendar,
  type ProductionMatcher,
  type RegisterIndex,
} from './enrich/index.ts';
import { parseDuration } from './lib/duration.ts';
import { messageOf, UsageError } from './lib/errors.ts';
import { LEVELS, type Level } from './model/finding.ts';
import { checkOctopusUrl } from './octopus/base-url.ts';

export type InstanceConfig = { readonly name: string; readonly url: string; readonly apiKey: string };

/** Everything the program is told from outside, checked. Secrets are in `instances`, `routing.channels`, `digest.smtpUrl`, `chainKey` and `…Url`s only. */
export type Config = {
  readonly db: string;
  readonly rulesPaths: readonly string[];
  readonly instances: readonly InstanceConfig[];
  readonly timeZone: string;
  readonly isTimeZoneSet: boolean;
  /** The calendar of whatever none of `calendars` is responsible for. */
  readonly calendar: Calendar;
  /** The first that matches a place is responsible for it. */
  readonly calendars: readonly PlacedCalendar[];
  readonly changeWindows: readonly ChangeWindow[];
  readonly production: ProductionMatcher;
  /** What the company says of its API keys; null without a `keys.yml`. */
  readonly register: RegisterIndex | null;
  /** Where the key register is, or would be. */
  readonly keysFile: string;
  readonly pollIntervalMs: number;
  readonly backfillMs: number;
  readonly allowedHttpHosts: readonly string[];
  readonly heartbeatUrl: string | null;
  /** The key the chain of evidence is sealed with; null for none. */
  readonly chainKey: string | null;
  /** Where findings are told, and who is told what. */
  readonly routing: Routing;
  readonly digest: DigestConfig;
  /** How long rows are kept. */
  readonly retention: Retention;
  /** What messages do not carry. */
  readonly privacy: Privacy;
  /** Also where `instances` is empty because the command does not poll. */
  readonly instanceNames: readonly string[];
  /** How long after its last message a finding that has grown is told again: the first time, the second, … */
  readonly repeatAfterMs: readonly number[];
  readonly logLevel: string;
  /** Variables that look like settings and are none, in words. */
  readonly variableWarnings: readonly string[];
  readonly ruleAdjustments: Readonly<Record<string, RuleAdjustment>>;
  /** What `%name%` stands for in rules, by name without the percent signs. */
  readonly placeholders: ReadonlyMap<string, readonly (string | number)[]>;
  /** Hash of what derived columns and findings rest on: zone, calendars, change windows, production, key register, adjustments and placeholders of rules. */
  readonly sha256: string;
  /** What `sha256` is the hash of, JSON; holds no secret. */
  readonly description: string;
  /** The same hash without the version of the taxonomy: it changes only when somebody changes the configuration. */
  readonly settingsSha256: string;
};

const DEFAULT_REPEAT_AFTER = ['1h', '4h', '24h'];
const LOG_LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'];

/** What a command needs beyond the database: `poll` needs instances and their keys. */
export type Needs = 'database' | 'rules' | 'poll';

/**
 * Reads flags, environment and `octowatch.yaml`, in that order of weight. Throws one UsageError that lists every mistake
 * with its path (exit code 2).
 */
export function loadConfig(options: {
  readonly env: Environment;
  readonly cwd: string;
  readonly flags?: { readonly db?: string | undefined; readonly rules?: string | undefined };
  readonly needs: Needs;
}): Config {
  const { cwd, flags = {} } = options;
  const mistakes: string[] = [];
  const env = withSecretFiles(options.env, cwd, mistakes);
  const file = readConfigFile(env, cwd, mistakes);

  const zoneName = env['OCTOWATCH_TIMEZONE'] || file.timezone;
  const rulesText = flags.rules ?? env['OCTOWATCH_RULES'] ?? file.rulesPaths;
  const logLevel = env['LOG_LEVEL'] || file.logLevel || 'info';
  if (!LOG_LEVELS.includes(logLevel)) mistakes.push(`LOG_LEVEL: "${logLevel}" is none of ${LOG_LEVELS.join(', ')}`);
  const slackMinLevel = env['SLACK_MIN_LEVEL'] || file.slackMinLevel || 'medium';
  if (!isLevel(slackMinLevel)) mistakes.push(`SLACK_MIN_LEVEL: "${slackMinLevel}" is none of ${LEVELS.join(', ')}`);
  const allowedHttpHosts = listOf(env['OCTOWATCH_ALLOW_HTTP']) ?? file.allowHttp ?? [];
  const calendars = readCalendars(zoneName ?? 'UTC', file, path.dirname(configPath(env, cwd)), mistakes);
  const changeWindows = readChangeWindows(file, mistakes);
  const keys = keysPath(env, cwd, file.keysFile);
  if (keys.namedBy && options.needs !== 'database' && !existsSync(keys.file))
    mistakes.push(`${keys.namedBy}: there is no file ${keys.file}`);
  const register = readKeyRegister(keys.file, mistakes);
  const described = describeConfig({
    zoneName: zoneName ?? 'UTC',
    file,
    holidayFiles: calendars?.holidayFiles ?? {},
    registerSha256: register?.sha256 ?? null,
  });
  const instanceNames = file.instances?.map(({ name }) => name) ?? ['default'];
  const read = {
    db: path.resolve(cwd, flags.db ?? env['OCTOWATCH_DB'] ?? file.db ?? 'data/octowatch.db'),
    rulesPaths: rulesPathsOf(rulesText, cwd),
    instances: options.needs === 'poll' ? readInstances(env, file, allowedHttpHosts, mistakes) : [],
    timeZone: zoneName ?? 'UTC',
    isTimeZoneSet: zoneName !== undefined,
    changeWindows,
    production: createProductionMatcher(file.production),
    keysFile: keys.file,
    pollIntervalMs: readDuration(
      'OCTOWATCH_POLL_INTERVAL',
      env['OCTOWATCH_POLL_INTERVAL'] || file.pollInterval || '60s',
      1000,
      mistakes,
    ),
    backfillMs: readDuration('OCTOWATCH_BACKFILL', env['OCTOWATCH_BACKFILL'] || file.backfill || '90d', 0, mistakes),
    allowedHttpHosts,
    heartbeatUrl: readUrl('OCTOWATCH_HEARTBEAT_URL', env, mistakes),
    chainKey: readChainKey(env['OCTOWATCH_CHAIN_KEY'], mistakes),
    routing: readRouting(
      env,
      file,
      {
        minLevel: isLevel(slackMinLevel) ? slackMinLevel : 'medium',
        instances: instanceNames,
        isDelivering: options.needs === 'poll',
      },
      mistakes,
    ),
    digest: readDigest(env, file, mistakes),
    retention: readRetention(file, mistakes),
    privacy: readPrivacy(file),
    instanceNames,
    repeatAfterMs: (file.repeatAfter ?? DEFAULT_REPEAT_AFTER).map((text, index) =>
      readDuration(`repeatAfter.${index}`, text, 60_000, mistakes),
    ),
    logLevel,
    variableWarnings: idleVariables(options.env),
    ruleAdjustments: file.rules ?? {},
    placeholders: new Map(Object.entries(file.placeholders ?? {})),
    ...described,
  };
  if (mistakes.length > 0 || !calendars) {
    throw new UsageError(
      `the configuration has ${mistakes.length === 1 ? 'a mistake' : `${mistakes.length} mistakes`}:\n${mistakes.map((one) => `  ${one}`).join('\n')}`,
    );
  }
  const { calendar, calendars: placed } = calendars;
  return {
    ...read,
    calendar,
    calendars: placed,
    register: register && createRegisterIndex(register, createZone(read.timeZone)),
  };
}

function readInstances(
  env: Environment,
  file: ConfigFile,
  allowedHttpHosts: readonly string[],
  mistakes: string[],
): InstanceConfig[] {
  const listed = file.instances ?? [{ name: 'default', url: env['OCTOPUS_URL'] ?? '' }];
  const names = new Set<string>();
  return listed.map(({ name, url }, index) => {
    if (names.has(name)) mistakes.push(`instances.${index}.name: "${name}" is there twice`);
    names.add(name);
    const variable = keyVariable(name);
    const apiKey = env[variable] ?? (listed.length === 1 ? env['OCTOPUS_API_KEY'] : undefined);
    if (url === '') mistakes.push('OCTOPUS_URL: is not set; it is the address of the Octopus server, https://…');
    else {
      try {
        checkOctopusUrl(url, allowedHttpHosts);
      } catch (error) {
        const hint = error instanceof UsageError && error.hint ? ` ${error.hint}` : '';
        mistakes.push(`${file.instances ? `instances.${index}.url` : 'OCTOPUS_URL'}: ${messageOf(error)}${hint}`);
      }
    }
    if (!apiKey)
      mistakes.push(
        `${variable}: is not set; it is the API key of the monitor's own service account (or name a file that holds it in ${variable}_FILE)`,
      );
    return { name, url, apiKey: apiKey ?? '' };
  });
}

function keyVariable(instance: string): string {
  return instance === 'default' ? 'OCTOPUS_API_KEY' : `OCTOPUS_API_KEY_${instance.toUpperCase().replaceAll('-', '_')}`;
}

/** The package's own rules; they travel with the code, whatever the working directory. */
const OWN_RULES = fileURLToPath(new URL('../rules', import.meta.url));

function rulesPathsOf(source: string | readonly string[] | undefined, cwd: string): string[] {
  const named = typeof source === 'string' ? listOf(source) : source;
  if (named && named.length > 0) return named.map((one) => path.resolve(cwd, one));
  const local = path.resolve(cwd, 'rules');
  return [existsSync(local) ? local : OWN_RULES];
}

function readDuration(name: string, text: string, leastMs: number, mistakes: string[]): number {
  const ms = parseDuration(text);
  if (ms === null) mistakes.push(`${name}: "${text}" is no duration; write 30s, 5m, 12h or 90d`);
  else if (ms < leastMs) mistakes.push(`${name}: ${text} is less than ${leastMs / 1000}s`);
  return ms ?? 0;
}

/** An address that is itself a secret: a mistake names the variable, never the value. */
function readUrl(name: string, env: Environment, mistakes: string[]): string | null {
  const text = env[name];
  if (!text) return null;
  if (!/^https?:$/.test(URL.parse(text)?.protocol ?? '')) {
    mistakes.push(`${name}: is not an http(s) address`);
    return null;
  }
  return text;
}

/** Shorter ones could be found by trying: every link of the chain tells whether a guess was right. */
const LEAST_CHAIN_KEY_LENGTH = 20;

function readChainKey(text: string | undefined, mistakes: string[]): string | null {
  if (!text) return null;
  if (text.length < LEAST_CHAIN_KEY_LENGTH)
    mistakes.push(
      `OCTOWATCH_CHAIN_KEY: is shorter than ${LEAST_CHAIN_KEY_LENGTH} characters; make one with \`openssl rand -hex 32\``,
    );
  return text;
}

function listOf(text: string | undefined): string[] | undefined {
  const items = text
    ?.split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '');
  return items && items.length > 0 ? items : undefined;
}

function isLevel(text: string): text is Level {
  return (LEVELS as readonly string[]).includes(text);
}
