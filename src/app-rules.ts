import { createHash } from 'node:crypto';
import type { Config } from './config.ts';
import { adviceFor } from './config-renamed.ts';
import { loadRulePack, type RulePack } from './detect/index.ts';
import { createZone } from './enrich/index.ts';
import { UsageError } from './lib/errors.ts';
import { printable } from './lib/text.ts';
import type { Log } from './pipeline/instance.ts';

/**
 * Loads the rules; each refused file is an error in the log, and the others work. Throws UsageError when none is left, or
 * when octowatch.yaml adjusts a rule that does not exist.
 */
export function loadRules(config: Config, log: Log): RulePack {
  const { placeholders, timeZone } = config;
  const zone = createZone(timeZone);
  const pack = loadRulePack(config.rulesPaths, config.ruleAdjustments, { placeholders, zone });
  for (const { file, line, column, message } of pack.mistakes) {
    log.error({ place: `${file}:${line}:${column}`, mistake: message }, 'a rule was refused');
  }
  if (pack.rules.size === 0) {
    throw new UsageError(`no rule could be loaded from ${config.rulesPaths.join(', ')}`, {
      hint: 'Set OCTOWATCH_RULES to a folder with rules, and see `octowatch rules check`.',
    });
  }
  const unknown = Object.keys(config.ruleAdjustments).filter(
    (name) => !pack.rules.has(name) && config.ruleAdjustments[name]?.enabled !== false,
  );
  if (unknown.length > 0) {
    const named = unknown.map((name) => `${printable(name)}${adviceFor(name, ['rules'], pack.rules.keys())}`);
    throw new UsageError(`octowatch.yaml adjusts rules that do not exist: ${named.join('; ')}`, {
      hint: 'Correct or remove these names under `rules`; `octowatch rules list` shows the rules there are, `octowatch rules check` those that are refused.',
    });
  }
  return pack;
}

/** Name and hash of every rule and filter: what is hidden belongs to the record as much as what is found. */
export function hashesOf(pack: RulePack): [string, string][] {
  const rules = [...pack.rules.values()].map((rule): [string, string] => [rule.name, rule.sha256]);
  return [...rules, ...pack.ruleSet.filters.map(({ key, document }): [string, string] => [key, document.sha256])];
}

/** One SHA-256, in hex, for the rules and filters in force, whatever the order they were read in. */
export function rulesHash(pack: RulePack): string {
  const all = hashesOf(pack)
    .map((one) => one.join(' '))
    .sort();
  return createHash('sha256').update(all.join('\n')).digest('hex');
}
