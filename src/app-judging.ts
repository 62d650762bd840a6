import type { Config } from './config.ts';
import { channelsFor } from './config-channels.ts';
import { createDetector, type DetectContext, type RulePack } from './detect/index.ts';
import { createEventJudge, describeCalendars } from './enrich/index.ts';
import type { Store } from './store/index.ts';
import { VERSION } from './version.ts';

/** What events are judged with by a configuration and its rules, and where findings of them go. */
export function createJudging(config: Config, store: Store, pack: RulePack) {
  const context: DetectContext = {
    store,
    configSha256: config.sha256,
    settingsSha256: config.settingsSha256,
    monitorVersion: VERSION,
    calendar: config.calendar.describe(),
    calendars: describeCalendars(config),
    repeatAfterMs: config.repeatAfterMs,
    supersedes: new Map([...pack.rules.values()].map((rule) => [rule.name, rule.attributes.supersedes])),
    channelsFor: (rule, level, instance) =>
      rule.isStable ? channelsFor(config.routing.routes, rule.name, level, instance) : [],
  };
  return {
    store,
    context,
    judge: createEventJudge(config),
    detector: createDetector(context, pack),
    judgedBy: config.sha256.slice(0, 16),
  };
}
