import { applyKeyRules, type RulePack } from '../detect/index.ts';
import type { Store } from '../store/index.ts';
import type { KeysAsRead } from './keys-as-read.ts';

/**
 * Adds to a backtest what the rules about API keys find in the keys as they were last read: of the keys of before no history
 * is replayed. The findings are of the time of that reading.
 */
export function judgeKeysAsRead(replayed: Store, pack: RulePack, read: readonly KeysAsRead[], calendar: string): void {
  const context = {
    store: replayed,
    configSha256: '',
    monitorVersion: 'backtest',
    calendar,
    supersedes: new Map(),
    channelsFor: () => [],
  };
  replayed.transaction(() => {
    for (const { instance, readMs, keys } of read) {
      const row = replayed.instances.get(instance);
      if (row) applyKeyRules(context, pack, row.instance_id, keys, () => true, readMs);
    }
  });
}
