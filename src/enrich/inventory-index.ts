import type { AuditEvent } from '../model/event.ts';
import type { KnownFreeze } from '../model/freeze.ts';
import type { ApiKey, Environment, Inventory, Space, User } from '../model/inventory.ts';

import { createFreezeIndex, type FreezeIndex } from './freezes.ts';

/** An inventory made ready for look-ups by id. */
export type InventoryIndex = {
  readonly usersById: ReadonlyMap<string, User>;
  readonly apiKeysById: ReadonlyMap<string, ApiKey>;
  readonly apiKeysByUserId: ReadonlyMap<string, readonly ApiKey[]>;
  readonly spacesById: ReadonlyMap<string, Space>;
  readonly environmentsById: ReadonlyMap<string, Environment>;
  /** The server's own deployment freezes. */
  readonly freezes: FreezeIndex;
};

/** Indexes an inventory, and the freezes that are known of the server; `null` (none was read yet) gives an index that knows nothing. */
export function createInventoryIndex(
  inventory: Inventory | null,
  freezes: readonly KnownFreeze[] = [],
): InventoryIndex {
  const apiKeys = inventory?.apiKeys ?? [];
  return {
    usersById: byId(inventory?.users ?? []),
    apiKeysById: byId(apiKeys),
    apiKeysByUserId: Map.groupBy(apiKeys, (key) => key.userId),
    spacesById: byId(inventory?.spaces ?? []),
    environmentsById: byId(inventory?.environments ?? []),
    freezes: createFreezeIndex(freezes),
  };
}

/**
 * Ids of users, spaces and environments that an event names and the inventory does not hold: a reason to read it again.
 * The documents of a `Deleted` event are left out, for no reading will find them. A deployment freeze that an event is about is
 * never known: what has become of it only a later reading tells.
 */
export function unknownIds(event: AuditEvent, index: InventoryIndex): string[] {
  const unknown = new Set<string>();
  const note = (id: string) => {
    const known = placeOf(id, index);
    if (known && !known.has(id)) unknown.add(id);
  };
  if (event.userId !== null) note(event.userId);
  if (event.spaceId !== null) note(event.spaceId);
  if (event.category !== 'Deleted') {
    for (const id of event.relatedDocumentIds) note(id);
    for (const { documentId } of event.messageReferences) note(documentId);
  }
  for (const id of event.relatedDocumentIds) if (isFreezeId(id)) unknown.add(id);
  for (const { scope } of event.variableChange?.variables ?? [])
    for (const id of scope?.['Environment'] ?? []) note(id);
  return [...unknown];
}

/** Whether an id is that of a deployment freeze (FACT: ids of the vendor's documentation; INF: events about one name it). */
export function isFreezeId(id: string): boolean {
  return id.startsWith('DeploymentFreezes-');
}

function placeOf(id: string, index: InventoryIndex): ReadonlyMap<string, unknown> | null {
  // Asked for every document of every event, nearly all of other kinds: the beginning is compared before the pattern.
  // Built-in accounts (`users-system`) are written in small letters and are in no list (FACT: samples, 2019 to 2024).
  if (id.startsWith('Users-')) return /^Users-\d+$/.test(id) ? index.usersById : null;
  if (id.startsWith('Spaces-')) return /^Spaces-\d+$/.test(id) ? index.spacesById : null;
  if (id.startsWith('Environments-')) return /^Environments-\d+$/.test(id) ? index.environmentsById : null;
  return null;
}

function byId<T extends { readonly id: string }>(items: readonly T[]): ReadonlyMap<string, T> {
  return new Map(items.map((item) => [item.id, item]));
}
