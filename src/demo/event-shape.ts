import type { Actor } from './actors.ts';
import { composeMessage, type Named } from './message-text.ts';
import type { WireEvent } from './wire.ts';

/** What every event has: its id, when it happened (epoch milliseconds or an ISO 8601 instant) and who did it. */
export type EventHead = { readonly id: string; readonly at: number | string; readonly actor: Actor };

/** An instant as Octopus writes it: milliseconds and a numeric offset (FACT: samples, 2023.1). */
function toOccurred(at: number | string): string {
  return new Date(at).toISOString().replace('Z', '+00:00');
}

/** One audit event in the shape of a recorded 2023.1 payload, with the key fields of 2026 servers. */
export function auditEvent(
  head: EventHead,
  facts: {
    readonly category: string;
    readonly related: readonly string[];
    readonly message: readonly (string | Named)[];
    readonly spaceId: string | null;
    readonly comments?: string;
    readonly change?: { readonly DocumentContext: unknown; readonly Differences: unknown };
  },
): WireEvent {
  const { id, actor } = head;
  return {
    Id: id,
    RelatedDocumentIds: facts.related,
    Category: facts.category,
    UserId: actor.userId,
    Username: actor.username,
    IsService: actor.isService,
    IdentityEstablishedWith: actor.identity,
    UserAgent: actor.userAgent,
    Occurred: toOccurred(head.at),
    ...composeMessage(facts.message),
    Comments: facts.comments ?? null,
    Details: null,
    ChangeDetails: facts.change ?? { DocumentContext: null, Differences: null },
    IpAddress: actor.ipAddress,
    SpaceId: facts.spaceId,
    ApiKeyId: actor.apiKeyId,
    ApiKeyHint: actor.apiKeyHint,
    Links: { Self: `/api/events/${id}` },
  };
}
