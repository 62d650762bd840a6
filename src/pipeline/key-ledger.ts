import { applyKeyRules, type KeyRecord, type RulePack } from '../detect/index.ts';
import { registerFields, registerReading, tookOver } from '../enrich/index.ts';
import type { ApiKey, Inventory } from '../model/inventory.ts';
import type { Instance } from './instance.ts';
import { createKeyJudge, DEFAULT_UNUSED_AFTER_DAYS, type KeyKnowledge } from './key-records.ts';

/** The rule whose threshold decides from when on a key counts as unused in view `api_keys`. */
const UNUSED_RULE = 'unused_api_key';

/** After how many days without use a key counts as unused. */
export function unusedAfterDays(pack: RulePack): number {
  return pack.rules.get(UNUSED_RULE)?.threshold ?? DEFAULT_UNUSED_AFTER_DAYS;
}

/** Judges the keys of a reading against the events stored by now, and opens and ends findings about them. */
export function judgeKeys(instance: Instance, inventory: Inventory, pack: RulePack, knowledge: KeyKnowledge): void {
  const { store, id, context, clock } = instance;
  store.transaction(() => {
    instance.assertLease();
    const records = saveKeys(instance, inventory, unusedAfterDays(pack), knowledge);
    const completeUsers = new Set(inventory.complete.apiKeyUserIds);
    const listedUsers = new Set(inventory.users.map((user) => user.id));
    const ownerOf = new Map(store.apiKeys.load(id).map((key) => [key.id, key.userId]));
    const isComplete = (keyId: string) => {
      const owner = ownerOf.get(keyId);
      if (owner === undefined) return false;
      return completeUsers.has(owner) || (inventory.complete.users && !listedUsers.has(owner));
    };
    const isWhole = inventory.complete.users && inventory.users.every((user) => completeUsers.has(user.id));
    const judgedBy = store.instances.keysJudgedBy(id);
    const isCorrection = judgedBy !== null && judgedBy !== (context.settingsSha256 ?? judgedBy);
    const judging = isCorrection ? { ...context, isCorrection } : context;
    applyKeyRules(judging, pack, id, records, isComplete, clock.now(), isWhole);
    if (context.settingsSha256) store.instances.setKeysJudgedBy(id, context.settingsSha256);
  });
}

/** Stores what a reading showed of the keys with its history, and returns their records. Call inside a transaction. */
export function saveKeys(
  instance: Instance,
  inventory: Inventory,
  idleLimitDays: number,
  knowledge: KeyKnowledge,
): KeyRecord[] {
  const { store, id, clock, name, register } = instance;
  const nowMs = clock.now();
  const users = new Map(inventory.users.map((user) => [user.id, user]));
  const { judge, used } = createKeyJudge({
    store,
    instanceId: id,
    present: presentKeys(instance, inventory),
    users: inventory.users,
    areSpacesComplete: inventory.complete.spaces,
    knowledge,
    unusedAfterDays: idleLimitDays,
    nowMs,
  });
  const judged = inventory.apiKeys.map((key) => {
    const { record, ...facts } = judge(key);
    const user = users.get(key.userId) ?? null;
    const said = registerReading(register, { instance: name, key, user, powers: record['Powers'] });
    return { key, record: { ...record, ...registerFields(said, nowMs) }, facts, said };
  });
  const readings = judged.map(({ key, facts, said }) => ({ key, ...facts, register: said }));
  const ended = new Set(store.apiKeys.save(id, inventory.readAt, readings, inventory.complete.apiKeyUserIds));
  for (const key of ended.size === 0 ? [] : store.apiKeys.load(id)) {
    const successor = ended.has(key.id) ? tookOver(key, used, nowMs) : null;
    if (successor !== null) store.apiKeys.finishRotation(id, key.id, successor.id, inventory.readAt);
  }
  return judged.map(({ key, record, facts }) => ({ keyId: key.id, record, stateReason: facts.stateReason }));
}

/** The keys of a reading, and those that were there before and that it could not have shown. */
function presentKeys({ store, id }: Instance, inventory: Inventory): readonly ApiKey[] {
  const read = new Set(inventory.apiKeys.map((key) => key.id));
  const completeUsers = new Set(inventory.complete.apiKeyUserIds);
  const listedUsers = new Set(inventory.users.map((user) => user.id));
  const isUnseen = ({ id: keyId, userId }: ApiKey) =>
    !read.has(keyId) && !completeUsers.has(userId) && (!inventory.complete.users || listedUsers.has(userId));
  return [...inventory.apiKeys, ...store.apiKeys.loadPresent(id).filter(isUnseen)];
}
