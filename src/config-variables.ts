import { adviceFor, RENAMED } from './config-renamed.ts';
import type { Environment } from './config-sources.ts';
import { suggestion } from './lib/suggestion.ts';
import { quoted } from './lib/text.ts';

/** The variables of Octowatch by name; docs/configuration.md describes them. Further ones are those of instances and channels. */
export const VARIABLES = [
  'OCTOWATCH_ALLOW_HTTP',
  'OCTOWATCH_BACKFILL',
  'OCTOWATCH_CHAIN_KEY',
  'OCTOWATCH_CHAIN_KEY_FILE',
  'OCTOWATCH_CONFIG',
  'OCTOWATCH_DB',
  'OCTOWATCH_HEARTBEAT_URL',
  'OCTOWATCH_HEARTBEAT_URL_FILE',
  'OCTOWATCH_KEYS',
  'OCTOWATCH_POLL_INTERVAL',
  'OCTOWATCH_RULES',
  'OCTOWATCH_TIMEZONE',
] as const;

/** Variables that look like Octowatch's and that nothing reads, as warnings. Values are not named: one may be a secret. */
export function idleVariables(env: Environment, renamed = RENAMED): string[] {
  const known: readonly string[] = VARIABLES;
  return Object.keys(env)
    .filter((name) => env[name] !== undefined && env[name] !== '' && !known.includes(name))
    .filter((name) => /^octowatch/i.test(name) || (/^octo/i.test(name) && suggestion(name, known) !== ''))
    .sort()
    .map((name) => `${quoted(name)}: nothing reads this variable${adviceFor(name, [], known, renamed)}`);
}
