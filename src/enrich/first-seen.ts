import type { AuditEvent } from '../model/event.ts';
import type { Derived } from '../model/record.ts';
import { idsOf } from './documents.ts';
import { isSystemUser } from './identity.ts';

/** What is watched for its first time: who or which key, and where or with what. */
export type FirstSeenFact = 'ActorNetwork' | 'KeyNetwork' | 'ActorEnvironment' | 'KeyClient';

/** A pair that an event shows; `FirstSeen.<fact>` says whether no earlier event showed it. */
export type FirstSeenPair = { readonly fact: FirstSeenFact; readonly subject: string; readonly value: string };

/** The fields `FirstSeen.*` of one event, as they were decided when it was stored. */
export type FirstSeenFields = Readonly<Record<string, boolean>>;

/**
 * The pairs that an event shows. None for what the server did by itself, and none for sign-ins that failed or were banned:
 * whoever does not get in must not be able to teach the monitor where somebody else is at home.
 * @param network,clientKind as the record says them
 */
export function firstSeenPairs(
  event: AuditEvent,
  derived: Derived,
  { network, clientKind }: { readonly network: string | null; readonly clientKind: string | null },
): FirstSeenPair[] {
  const { userId } = event;
  if (userId === null || userId === '' || isSystemUser(userId) || /^Login(?!Succeeded$)/.test(event.category))
    return [];
  const pairs: FirstSeenPair[] = [];
  const add = (fact: FirstSeenFact, subject: string | null, value: string | null) => {
    if (subject !== null && value !== null) pairs.push({ fact, subject, value });
  };
  add('ActorNetwork', userId, network);
  add('KeyNetwork', derived.apiKeyId, network);
  if (event.category === 'DeploymentQueued' || idsOf(event, 'RunbookRuns-').length > 0)
    add('ActorEnvironment', userId, derived.environmentId);
  add('KeyClient', derived.apiKeyId, clientKind);
  return pairs;
}
