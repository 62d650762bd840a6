import type { AuditEvent } from '../model/event.ts';
import type { ApiKey } from '../model/inventory.ts';
import type { ActorKind } from '../model/record.ts';
import type { InventoryIndex } from './inventory-index.ts';

/** The account under which the server itself acts (FACT: samples, 2019 to 2024). */
export function isSystemUser(userId: string | null): boolean {
  return userId?.toLowerCase() === 'users-system';
}

/** What is known of the API key that an event was made with; null for each part that is not. */
export type KeyAttribution = {
  readonly id: string | null;
  readonly purpose: string | null;
  readonly hint: string | null;
  readonly key: ApiKey | null;
};

const NO_KEY: KeyAttribution = { id: null, purpose: null, hint: null, key: null };
// The purpose is free text that may itself hold `' created `, so the last one separates (FACT: samples, 2023.1).
const IDENTITY = /^API key '(.*)' created (.+)$/s;

/**
 * Says which API key an event was made with. Servers of 2026 name its id or hint; older ones only its purpose and the
 * second it was created, which is matched within the user's keys (INF: two keys of one user with equal purpose, made in
 * the same second, cannot be told apart: then the purpose is known and the id is not).
 */
export function attributeKey(event: AuditEvent, index: InventoryIndex): KeyAttribution {
  const identity = parseIdentity(event.identityEstablishedWith);
  if (event.apiKeyId === null && event.apiKeyHint === null && identity === null) return NO_KEY;
  const key = findKey(event, identity, index);
  return {
    id: event.apiKeyId ?? key?.id ?? null,
    purpose: key?.purpose ?? identity?.purpose ?? null,
    hint: event.apiKeyHint ?? key?.hint ?? null,
    key,
  };
}

type KeyIdentity = { readonly purpose: string; readonly createdSecond: number | null };

function parseIdentity(text: string | null): KeyIdentity | null {
  const match = IDENTITY.exec(text ?? '');
  if (!match) return null;
  const createdMs = Date.parse(match[2] ?? '');
  return { purpose: match[1] ?? '', createdSecond: Number.isNaN(createdMs) ? null : Math.floor(createdMs / 1000) };
}

function findKey(event: AuditEvent, identity: KeyIdentity | null, index: InventoryIndex): ApiKey | null {
  // An id that the inventory does not hold is a key that is gone: no other key may take its place.
  if (event.apiKeyId !== null) return index.apiKeysById.get(event.apiKeyId) ?? null;
  const ofUser = (event.userId === null ? undefined : index.apiKeysByUserId.get(event.userId)) ?? [];
  if (event.apiKeyHint !== null) {
    const byHint = only(ofUser.filter(({ hint }) => hint === event.apiKeyHint));
    if (byHint) return byHint;
  }
  if (identity === null || identity.createdSecond === null) return null;
  return only(
    ofUser.filter(
      ({ purpose, createdAt }) =>
        purpose === identity.purpose &&
        createdAt !== null &&
        Math.floor(Date.parse(createdAt) / 1000) === identity.createdSecond,
    ),
  );
}

function only<T>(items: readonly T[]): T | null {
  return items.length === 1 ? (items[0] ?? null) : null;
}

/**
 * What kind of actor an event has; null when neither the event nor the inventory tells. `IsService` of an event is that
 * of its user (FACT: samples, 2023.1); agents are known from servers of 2026 on.
 */
export function actorKindOf(event: AuditEvent, key: ApiKey | null, index: InventoryIndex): ActorKind | null {
  if (isSystemUser(event.userId)) return 'system';
  const user = event.userId === null ? undefined : index.usersById.get(event.userId);
  if (key?.actorType === 'AiAgent' || user?.serviceAccountType === 'Agent') return 'agent';
  if (event.isService || user?.isService) return 'service';
  if (event.userId === null) return null;
  return event.isService === false || user ? 'human' : null;
}
