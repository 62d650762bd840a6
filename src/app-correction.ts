import type { Config } from './config.ts';
import { judgingDifferences } from './config-description.ts';
import type { Log } from './pipeline/instance.ts';
import type { Store } from './store/index.ts';

/** In what this configuration judges events otherwise than that of the last start, in words; empty before the first start. */
export function correctionsOf(store: Store, config: Pick<Config, 'description'>): string[] {
  const before = store.ruleVersions.configInForce();
  return before ? judgingDifferences(before.description, config.description) : [];
}

/**
 * Plans that stored history is judged again where the configuration has changed since the last start. Call in the transaction
 * of the start, before its configuration is recorded.
 */
export function planCorrection(
  store: Store,
  config: Pick<Config, 'description' | 'sha256'>,
  log: Log,
  at: string,
): void {
  const changes = correctionsOf(store, config);
  const judgedBy = config.sha256.slice(0, 16);
  // What a start before has not finished goes on; its rules or exceptions may have been others.
  store.rejudgements.adopt(judgedBy);
  if (changes.length === 0) return;
  for (const { instance_id, name } of store.instances.all()) {
    const events = store.rejudgements.plan(instance_id, changes, judgedBy, '', at);
    if (events > 0) log.info({ instance: name, changes, events }, 'stored events are to be judged again');
  }
}
