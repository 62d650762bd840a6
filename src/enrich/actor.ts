import type { AuditEvent } from '../model/event.ts';
import type { ActorKind, OffHoursReason } from '../model/record.ts';
import { actorKindOf, attributeKey, isSystemUser } from './identity.ts';
import type { InventoryIndex } from './inventory-index.ts';

/** The queued event of the same deployment: the only one that says who wanted it (octopus-api.md 5.2). */
export type QueuedDeployment = {
  readonly occurredAt: string;
  readonly isOffHours: boolean;
  readonly offHoursReason: OffHoursReason | null;
  readonly actorKind: ActorKind | null;
  readonly actorName: string | null;
  readonly apiKeyId: string | null;
  readonly apiKeyPurpose: string | null;
  readonly ipAddress: string | null;
  readonly userAgent: string | null;
};

/** Who did something, with which key, from where; null for each part that is not known. */
export type Actor = {
  readonly kind: ActorKind | null;
  readonly name: string | null;
  readonly keyId: string | null;
  readonly keyPurpose: string | null;
  readonly keyHint: string | null;
  readonly ipAddress: string | null;
  readonly userAgent: string | null;
};

/**
 * Who did it. A `DeploymentStarted` is always written by the server itself (FACT: samples, 2019 to 2023), so its actor is
 * that of the queued event; where that one is not known, the actor is not known either.
 */
export function actorOf(event: AuditEvent, inventory: InventoryIndex, queued: QueuedDeployment | null): Actor {
  if (event.category === 'DeploymentStarted' && (event.userId === null || isSystemUser(event.userId))) {
    return {
      kind: queued?.actorKind ?? null,
      name: queued?.actorName ?? null,
      keyId: queued?.apiKeyId ?? null,
      keyPurpose: queued?.apiKeyPurpose ?? null,
      keyHint: queued?.apiKeyId ? (inventory.apiKeysById.get(queued.apiKeyId)?.hint ?? null) : null,
      ipAddress: queued?.ipAddress ?? event.ipAddress,
      userAgent: queued?.userAgent ?? event.userAgent,
    };
  }
  const { id, purpose, hint, key } = attributeKey(event, inventory);
  const user = event.userId === null ? undefined : inventory.usersById.get(event.userId);
  return {
    kind: actorKindOf(event, key, inventory),
    name: event.username ?? user?.username ?? null,
    keyId: id,
    keyPurpose: purpose,
    keyHint: hint,
    ipAddress: event.ipAddress,
    userAgent: event.userAgent,
  };
}
