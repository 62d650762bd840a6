import { planCorrection } from './app-correction.ts';
import { watchOwnPosture } from './app-posture.ts';
import { hashesOf, rulesHash } from './app-rules.ts';
import type { Config } from './config.ts';
import { type DetectContext, type RulePack, retireInstances, rulesInForce } from './detect/index.ts';
import { type Clock, toInstant } from './lib/clock.ts';
import type { Log } from './pipeline/instance.ts';
import { chainHead, type Store } from './store/index.ts';

/** What a start is recorded with. */
type StartParts = {
  readonly config: Config;
  readonly store: Store;
  readonly pack: RulePack;
  readonly context: DetectContext;
  readonly clock: Clock;
  readonly log: Log;
  readonly instances: readonly { readonly id: number; readonly name: string }[];
  readonly noteUpgrade: (nowMs: number) => void;
};

/**
 * Records a start in one transaction: what is in force from now on, what that changes against the start before (an upgrade, a
 * correction, weaker detection, instances that are gone), and that deliveries of dead processes are free.
 */
export function recordStart(parts: StartParts, mode: string): void {
  const { clock, config, context, instances, log, pack, store } = parts;
  const head = chainHead(store);
  // In a log that is kept elsewhere it proves that the chain was not cut off or rewritten since.
  log.info({ chainHead: head }, 'the chain of evidence continues');
  store.transaction(() => {
    const nowMs = clock.now();
    const at = toInstant(nowMs);
    parts.noteUpgrade(nowMs);
    store.journal.add(at, 'started', mode, { instances: instances.map((one) => one.name), chainHead: head });
    const hours = config.calendar.describe();
    store.journal.add(at, 'config_loaded', config.sha256, { timeZone: config.timeZone, hours });
    store.journal.add(at, 'rules_loaded', rulesHash(pack), Object.fromEntries(hashesOf(pack)));
    store.ruleVersions.record(rulesInForce(pack), at);
    planCorrection(store, config, log, at);
    store.ruleVersions.recordConfig(config, at);
    watchOwnPosture(context, config, pack, instances, nowMs);
    const retired = retireInstances(context, config.instanceNames, nowMs);
    if (retired.length > 0) log.info({ instances: retired }, 'these instances are configured no more');
    store.deliveries.recover(at);
  });
}
