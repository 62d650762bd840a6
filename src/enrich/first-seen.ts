import { isSystemUser } from './identity.ts';

/** What is watched for its first time: who or which key, and where or with what. */
export type FirstSeenFact = 'ActorNetwork' | 'KeyNetwork' | 'ActorEnvironment' | 'KeyClient';

/** A pair that an event shows; `FirstSeen.<fact>` says whether no earlier event showed it. */
export type FirstSeenPair = { readonly fact: FirstSeenFact; readonly subject: string; readonly value: string };

/** The fields `FirstSeen.*` of one event, as they were decided when it was stored. */
export type FirstSeenFields = Readonly<Record<string, boolean>>;

/** What of an event its pairs are made of; `network` and `clientKind` as the record says them. */
export type ShownAct = {
  readonly userId: string | null;
  readonly category: string;
  readonly isRunbookRun: boolean;
  readonly apiKeyId: string | null;
  readonly environmentId: string | null;
  readonly network: string | null;
  readonly clientKind: string | null;
};

/**
 * The pairs that an event shows. None for what the server did by itself, and none for sign-ins that failed or were banned:
 * whoever does not get in must not be able to teach the monitor where somebody else is at home.
 */
export function firstSeenPairs(act: ShownAct): FirstSeenPair[] {
  const { userId, category, apiKeyId, network } = act;
  if (userId === null || userId === '' || isSystemUser(userId) || /^Login(?!Succeeded$)/.test(category)) return [];
  const pairs: FirstSeenPair[] = [];
  const add = (fact: FirstSeenFact, subject: string | null, value: string | null) => {
    if (subject !== null && value !== null) pairs.push({ fact, subject, value });
  };
  add('ActorNetwork', userId, network);
  add('KeyNetwork', apiKeyId, network);
  if (category === 'DeploymentQueued' || act.isRunbookRun) add('ActorEnvironment', userId, act.environmentId);
  add('KeyClient', apiKeyId, act.clientKind);
  return pairs;
}
