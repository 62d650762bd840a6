import type { Config } from './config.ts';
import { idlePatterns } from './config-channels.ts';
import { MONITOR_RULES, type RulePack } from './detect/index.ts';
import { checkOctopusUrl } from './octopus/index.ts';
import type { Log } from './pipeline/instance.ts';
import type { Store } from './store/index.ts';

/** Settings of variables, digest and routes that are probably not what was meant, in words. */
export function doubtfulSettings({ digest, routing, variableWarnings }: Config, pack: RulePack): string[] {
  const ruleNames = [...pack.rules.keys(), ...MONITOR_RULES];
  return [...variableWarnings, ...digest.warnings, ...routing.warnings, ...idlePatterns(routing.routes, ruleNames)];
}

/** Says in the log, at a start, what of the configuration deserves a second look. */
export function warnOfSettings(config: Config, pack: RulePack, store: Store, log: Log): void {
  for (const { name, url } of config.instances) {
    if (!checkOctopusUrl(url, config.allowedHttpHosts).isPlainHttp) continue;
    log.warn({ instance: name }, 'the API key of this instance travels in clear text: its address is http://');
  }
  for (const warning of doubtfulSettings(config, pack))
    log.warn({ warning }, 'a setting is probably not what was meant');
  const keys = store.apiKeys.identities();
  // Before the first reading no entry is about a key, which says nothing.
  for (const entry of keys.length > 0 ? (config.register?.idleEntries(keys) ?? []) : [])
    log.warn({ entry }, 'an entry of the key register has no effect');
  if (!config.isTimeZoneSet) {
    log.warn({ zone: 'UTC' }, 'OCTOWATCH_TIMEZONE is not set: business hours are judged in UTC');
  }
}
