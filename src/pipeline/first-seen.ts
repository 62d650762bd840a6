import { clientKindOf, type FirstSeenFields, type FirstSeenPair, firstSeenPairs, networkOf } from '../enrich/index.ts';
import { toInstant } from '../lib/clock.ts';
import type { Store } from '../store/index.ts';
import type { AddressTrust } from './address-trust.ts';

const DAY_MS = 86_400_000;
/** So long nothing is called new: everything would be. */
const LEARNING_DAYS = 14;
/** Pairs held in memory; when there are more, it begins anew. */
const MAX_KNOWN = 20_000;

/** Decides what the events of one transaction show for the first time, in the order of storing. */
export type FirstSeenDecider = (occurredAt: string, pairs: readonly FirstSeenPair[]) => FirstSeenFields | null;

/**
 * Makes the decider of one evaluator. A pair is new to an event when no event of the same time or an earlier one showed it.
 * Nothing is decided in the first days of the history, and for events before which time is still unread; those teach all
 * the same. The answer depends on the events stored before and their order, not on windows or restarts.
 */
export function createFirstSeen(store: Store) {
  // What earlier transactions committed: read from the database, never taken from what was only written. A time in it
  // can be too late (another process found an earlier one), which costs a look-up and never a wrong answer.
  const known = new Map<string, string>();

  /** Call once per transaction. Addresses say nothing of a network unless they could be trusted all through the learning. */
  return function begin(instanceId: number, isPastUnread: boolean, trust: AddressTrust): FirstSeenDecider {
    const written = new Set<string>();
    let beginning = store.firstSeen.beginning(instanceId) ?? learnStored(store, instanceId);
    let learnedAt = beginning === undefined ? null : daysFrom(beginning, LEARNING_DAYS);
    // An answer per day, for it is asked of every event.
    const networks = new Map<string, { readonly isLearning: boolean; readonly isTold: boolean }>();

    function firstAt(key: string, pair: FirstSeenPair, occurredAt: string): string | undefined {
      const cached = known.get(key);
      if (cached !== undefined && cached <= occurredAt) return cached;
      const stored = store.firstSeen.firstAt(instanceId, pair);
      if (stored !== undefined && !written.has(key)) {
        if (known.size >= MAX_KNOWN) known.clear();
        known.set(key, stored);
      }
      return stored;
    }

    // Whole days before, so that the share of a proxy does not depend on how much of a day is read.
    function networksAt(occurredAt: string) {
      const day = occurredAt.slice(0, 10);
      const answered = networks.get(day);
      if (answered) return answered;
      const isLearning = trust(daysFrom(occurredAt, -1));
      // After a proxy was told apart from its clients all networks are new: they are learned first.
      const answer = { isLearning, isTold: isLearning && trust(daysFrom(occurredAt, -LEARNING_DAYS)) };
      networks.set(day, answer);
      return answer;
    }

    return function decide(occurredAt, pairs) {
      if (pairs.length === 0) return null;
      if (beginning === undefined || learnedAt === null || occurredAt < beginning) {
        store.firstSeen.begin(instanceId, occurredAt);
        beginning = occurredAt;
        learnedAt = daysFrom(occurredAt, LEARNING_DAYS);
      }
      const isDecided = !isPastUnread && occurredAt >= learnedAt;
      const fields: Record<string, boolean> = {};
      for (const pair of pairs) {
        const isNetwork = pair.fact === 'ActorNetwork' || pair.fact === 'KeyNetwork';
        if (isNetwork && !networksAt(occurredAt).isLearning) continue;
        const key = JSON.stringify([instanceId, pair.fact, pair.subject, pair.value]);
        const first = firstAt(key, pair, occurredAt);
        const isNew = first === undefined || first > occurredAt;
        // A key's first client is no news: it was made to be used by some program.
        const isFirstClient =
          isNew && pair.fact === 'KeyClient' && !store.firstSeen.isSubjectKnown(instanceId, pair, occurredAt);
        if (isNew) {
          store.firstSeen.learn(instanceId, pair, occurredAt);
          written.add(key);
          known.delete(key);
        }
        if (isDecided && !isFirstClient && (!isNetwork || networksAt(occurredAt).isTold))
          fields[`FirstSeen.${pair.fact}`] = isNew;
      }
      return Object.keys(fields).length === 0 ? null : fields;
    };
  };
}

/**
 * Learns from events that a version stored which did not watch first times: what they show must not be called new. Returns
 * the time of the earliest that teaches anything; undefined when there is none. That an event is a runbook's run is told by
 * its category here, and addresses count whether or not they were trusted: both can only make less look new.
 */
function learnStored(store: Store, instanceId: number): string | undefined {
  for (const act of store.firstSeen.storedActs(instanceId)) {
    const pairs = firstSeenPairs({
      ...{ userId: act.user_id, category: act.category, isRunbookRun: /runbook/i.test(act.category) },
      ...{ apiKeyId: act.api_key_id, environmentId: act.environment_id },
      ...{ network: networkOf(act.ip_address), clientKind: clientKindOf(act.user_agent) },
    });
    if (pairs.length > 0) store.firstSeen.begin(instanceId, act.first_at);
    for (const pair of pairs) store.firstSeen.learn(instanceId, pair, act.first_at);
  }
  return store.firstSeen.beginning(instanceId);
}

function daysFrom(instant: string, days: number): string {
  return toInstant(Date.parse(instant) + days * DAY_MS);
}
