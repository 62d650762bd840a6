import type { KeyRecord, RulePack } from '../detect/index.ts';
import { registerFields } from '../enrich/index.ts';
import type { Store } from '../store/index.ts';
import { unusedAfterDays } from './key-ledger.ts';
import { createKeyJudge, type KeyKnowledge } from './key-records.ts';

/** The keys of one instance as its last reading of the inventory showed them. */
export type KeysAsRead = {
  readonly instanceId: number;
  readonly instance: string;
  readonly readMs: number;
  readonly keys: readonly KeyRecord[];
};

/** The records of the keys that were there at the last reading of each instance, judged at the time of that reading. */
export function keysAsRead(store: Store, pack: RulePack, knowledge: KeyKnowledge): KeysAsRead[] {
  return store.instances.all().flatMap(({ instance_id: instanceId, name, inventory_read_at: readAt }) => {
    if (readAt === null) return [];
    const nowMs = Date.parse(readAt);
    const present = store.apiKeys.loadPresent(instanceId);
    const { judge } = createKeyJudge({
      store,
      instanceId,
      present,
      users: store.inventory.load(instanceId).users,
      areSpacesComplete: true,
      knowledge,
      unusedAfterDays: unusedAfterDays(pack),
      nowMs,
    });
    const keys = present.map((key) => {
      const { record, stateReason } = judge(key);
      const said = registerFields(store.apiKeys.registerReading(instanceId, key.id), nowMs);
      return { keyId: key.id, record: { ...record, ...said }, stateReason };
    });
    return [{ instanceId, instance: name, readMs: nowMs, keys }];
  });
}
