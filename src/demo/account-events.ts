import { type ActingUser, type Actor, sessionActor, systemActor } from './actors.ts';
import { auditEvent, type EventHead } from './event-shape.ts';
import type { Named } from './message-text.ts';
import type { WireEvent } from './wire.ts';

/**
 * `LoginFailed`, at the level of the system. No recorded payload exists anywhere; the shape is INF: written by the server
 * (`users-system`), with the account in the message and, when it is a known one, its id among the related documents.
 */
export function loginFailed(head: {
  readonly id: string;
  readonly at: number | string;
  readonly username: string;
  /** The id of the account, or null when nobody has that name. */
  readonly userId: string | null;
  readonly ipAddress: string | null;
  readonly userAgent?: string;
}): WireEvent {
  const actor: Actor = {
    ...systemActor,
    ipAddress: head.ipAddress,
    userAgent: head.userAgent ?? 'OctopusClient-js/2026.3.15581',
  };
  const account = head.userId === null ? head.username : { id: head.userId, name: head.username };
  return auditEvent(
    { id: head.id, at: head.at, actor },
    {
      category: 'LoginFailed',
      related: head.userId === null ? [] : [head.userId],
      message: ['Login failed for user ', account],
      spaceId: null,
    },
  );
}

/** `LoginSucceeded`; the related user id is there since 2024.3.12615 (ISS#9000), the wording is INF. */
export function loginSucceeded(head: {
  readonly id: string;
  readonly at: number | string;
  readonly user: ActingUser;
  readonly ipAddress: string;
  readonly userAgent?: string;
}): WireEvent {
  const { user } = head;
  return auditEvent(
    { id: head.id, at: head.at, actor: sessionActor(user, head.ipAddress, head.userAgent) },
    {
      category: 'LoginSucceeded',
      related: [user.id],
      message: ['Login succeeded for user ', { id: user.id, name: user.username }],
      spaceId: null,
    },
  );
}

/** A new account; the trailing blank of the message is the server's own (FACT: samples, 2020.2). */
export function userCreated(head: EventHead & { readonly user: Named }): WireEvent {
  return auditEvent(head, {
    category: 'Created',
    related: [head.user.id],
    message: ['User ', head.user, ' has been created '],
    spaceId: null,
  });
}

/** A new API key, in the wording since June 2026 (ISS#10067). That the key's id is related is INF. */
export function apiKeyCreated(
  head: EventHead & { readonly key: { readonly id: string; readonly purpose: string }; readonly owner: Named },
): WireEvent {
  return auditEvent(head, {
    category: 'Created',
    related: [head.key.id, head.owner.id],
    message: ['User API key ', { id: head.key.id, name: head.key.purpose }, ' was generated for ', head.owner],
    spaceId: null,
  });
}

/** A revoked API key: that deletion is audited is FACT (octopus-api 4.1), the wording INF. */
export function apiKeyDeleted(
  head: EventHead & { readonly key: { readonly id: string; readonly purpose: string }; readonly owner: Named },
): WireEvent {
  return auditEvent(head, {
    category: 'Deleted',
    related: [head.key.id, head.owner.id],
    message: ['User API key ', { id: head.key.id, name: head.key.purpose }, ' was deleted for ', head.owner],
    spaceId: null,
  });
}
