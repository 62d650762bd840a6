import {
  type ApiKeyFacts,
  apiKeyRecord,
  createKeyCompany,
  type KnownPlaces,
  type ProductionMatcher,
  powersOf,
  registerFields,
  replacedKeys,
  rotationsOf,
  type UsedKey,
} from '../enrich/index.ts';
import { toInstant } from '../lib/clock.ts';
import type { ApiKey, User } from '../model/inventory.ts';
import type { FlatRecord } from '../model/record.ts';
import type { Store } from '../store/index.ts';

const DAY_MS = 86_400_000;
export const DEFAULT_UNUSED_AFTER_DAYS = 90;

/** What the configuration knows that keys are judged with. */
export type KeyKnowledge = { readonly production: ProductionMatcher };

type KeyQuestion = {
  readonly store: Store;
  readonly instanceId: number;
  /** All keys of the instance that exist: what one is worth depends on the others. */
  readonly present: readonly ApiKey[];
  readonly users: readonly User[];
  readonly areSpacesComplete: boolean;
  readonly knowledge: KeyKnowledge;
  readonly unusedAfterDays: number;
  readonly nowMs: number;
};

/**
 * Makes what judges the keys of an instance: with what is stored of their accounts, places and events. Permissions that could
 * not be read this time are those of the last reading.
 */
export function createKeyJudge(question: KeyQuestion): {
  readonly judge: (key: ApiKey) => ApiKeyFacts;
  readonly used: readonly UsedKey[];
} {
  const { store, instanceId, present, unusedAfterDays, nowMs } = question;
  const { production } = question.knowledge;
  const users = new Map(question.users.map((user) => [user.id, user]));
  const owners = store.inventory.owners(instanceId);
  const places = store.inventory.places(instanceId);
  const known: KnownPlaces = {
    spaceIds: places.spaces.map(({ id }) => id),
    environments: places.environments,
    areSpacesComplete: question.areSpacesComplete,
  };
  const lastWriteOf = (keyId: string) => store.events.lastWrite(instanceId, keyId);
  // A day behind is as far as a monitor that runs ever is; after an outage nothing is said until it has caught up.
  const historyFromAt = store.keyEvidence.historyFrom(instanceId, toInstant(nowMs - DAY_MS));
  const used = present.map((key) => ({ key, lastUsedAt: latest(recordedUse(key), lastWriteOf(key.id)) }));
  const rotations = rotationsOf(used, nowMs);
  const replaced = replacedKeys(rotations);
  const instance = store.instances.nameOf(instanceId);
  const monitorKeyId = store.instances.ownKeyId(instanceId);
  const companyOf = createKeyCompany(present, nowMs);

  function judge(key: ApiKey): ApiKeyFacts {
    const owner = owners.get(key.userId);
    const access = owner?.access ?? null;
    return apiKeyRecord({
      instance,
      key,
      user: users.get(key.userId) ?? null,
      nowMs,
      lastAuditedWriteAt: lastWriteOf(key.id),
      possibleWriteAt: store.keyEvidence.possibleWrite(instanceId, key.userId, key.purpose),
      historyFromAt,
      unusedAfterDays,
      access,
      powers: powersOf(key.accessLevel, access, known, production),
      company: companyOf(key),
      rotation: rotations.get(key.id) ?? null,
      replacesId: replaced.get(key.id) ?? null,
      isMonitorKey: key.id === monitorKeyId,
      enabledAgainAt: owner?.enabledAgainAt ?? null,
      hasUsed: (power, since) => store.keyEvidence.hasUsed(instanceId, key.id, power, since),
    });
  }
  return { judge, used };
}

/** Makes what recalls the record of an API key, gone ones included, from the last reading of its instance. */
export function createKeyRecall(
  store: Store,
  knowledge: KeyKnowledge,
  nowMs: number,
): (instanceId: number, keyId: string) => FlatRecord {
  const recalls = new Map<number, (keyId: string) => FlatRecord>();

  function recallOf(instanceId: number): (keyId: string) => FlatRecord {
    const keys = new Map(store.apiKeys.load(instanceId).map((key) => [key.id, key]));
    const { judge } = createKeyJudge({
      store,
      instanceId,
      present: store.apiKeys.loadPresent(instanceId),
      users: store.inventory.load(instanceId).users,
      areSpacesComplete: true,
      knowledge,
      unusedAfterDays: DEFAULT_UNUSED_AFTER_DAYS,
      nowMs,
    });
    return (keyId) => {
      const key = keys.get(keyId);
      if (!key) return { Instance: store.instances.nameOf(instanceId), KeyId: keyId };
      return { ...judge(key).record, ...registerFields(store.apiKeys.registerReading(instanceId, keyId), nowMs) };
    };
  }
  return (instanceId, keyId) => {
    const recall = recalls.get(instanceId) ?? recallOf(instanceId);
    recalls.set(instanceId, recall);
    return recall(keyId);
  };
}

function recordedUse({ lastUsed }: ApiKey): string | null {
  return lastUsed?.known ? lastUsed.at : null;
}

function latest(a: string | null, b: string | null): string | null {
  return a !== null && (b === null || a > b) ? a : b;
}
