import { type ActingUser, systemActor } from './actors.ts';
import { auditEvent } from './event-shape.ts';
import type { Named } from './message-text.ts';
import type { WireEvent } from './wire.ts';

type Head = { readonly id: string; readonly at: number | string; readonly ipAddress: string | null };

/**
 * `LoginFailed` by an API key. That failures of keys are audited, since 2026 with the owner of an expired key, is FACT
 * (ISS#10106); category, wording and shape are INF. `owner` is null for a key that matches nothing.
 */
export function apiKeyRejected(head: Head & { readonly owner: Named | null; readonly userAgent: string }): WireEvent {
  const { id, at, ipAddress, owner, userAgent } = head;
  return auditEvent(
    { id, at, actor: { ...systemActor, ipAddress, userAgent } },
    {
      category: 'LoginFailed',
      related: owner === null ? [] : [owner.id],
      message: ['Login failed using an API key', ...(owner === null ? [] : [' for user ', owner])],
      spaceId: null,
    },
  );
}

/** `LoginBanned`: its display name and that it is audited are FACT (ISS#4163), id and shape INF. */
export function loginBanned(head: Head & { readonly user: ActingUser }): WireEvent {
  const { id, at, ipAddress, user } = head;
  return auditEvent(
    { id, at, actor: { ...systemActor, ipAddress } },
    {
      category: 'LoginBanned',
      related: [user.id],
      message: ['User ', { id: user.id, name: user.username }, ' has been banned for 60 minutes'],
      spaceId: null,
    },
  );
}

/** A rejection by the rate limit: the wording is FACT (vendor's page on rate limiting, 2026.3), the category INF. */
export function rateLimitExceeded(head: Head & { readonly username: string }): WireEvent {
  const { id, at, ipAddress, username } = head;
  return auditEvent(
    { id, at, actor: systemActor },
    {
      category: 'RateLimitExceeded',
      related: [],
      message: [`Rate limit policy Authenticated requests exceeded for ${username} from ${ipAddress}`],
      spaceId: null,
    },
  );
}
