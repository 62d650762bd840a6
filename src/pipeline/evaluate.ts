import type { Detector, JudgedEvent } from '../detect/index.ts';
import type {
  createEventJudge,
  FirstSeenFields,
  InventoryIndex,
  Judged,
  Lookups,
  QueuedDeployment,
} from '../enrich/index.ts';
import { toInstant } from '../lib/clock.ts';
import type { AuditEvent } from '../model/event.ts';
import type { FlatRecord } from '../model/record.ts';
import { parseStoredEvent } from '../octopus/stored-event.ts';
import type { QueuedRow, Store } from '../store/index.ts';
import { type AddressTrust, addressTrust, countAddresses } from './address-trust.ts';
import { createFirstSeen } from './first-seen.ts';

/** What is known of the instance whose events are judged. */
export type InstanceKnowledge = {
  readonly instanceId: number;
  readonly instance: string;
  readonly inventory: InventoryIndex;
  readonly serverVersion: string | null;
  /** The server's own words for categories, by id. */
  readonly categoryNames: ReadonlyMap<string, string>;
  /** Ids of the monitor's own account and keys. */
  readonly ownIds: ReadonlySet<string>;
};

/** How the details of an event turned out: read, refused for good, or given up on. */
export type Details =
  | { readonly event: AuditEvent; readonly setHasSensitive: boolean | null }
  | { readonly event: null; readonly setHasSensitive: boolean | null; readonly refused: string };

/** What is asked of others for one event and remembered beside it. */
export type AskedLookups = Pick<
  Lookups,
  'variableSetHasSensitive' | 'detailsRefused' | 'serverVersion' | 'areAddressesTrusted'
>;

type VariableLookups = Pick<Lookups, 'variableSetHasSensitive' | 'detailsRefused'>;
const NO_VARIABLE_LOOKUPS: VariableLookups = { variableSetHasSensitive: null, detailsRefused: null };

export type Evaluator = ReturnType<typeof createEvaluator>;

/** Joins enrich, store and detect: events become rows, records, signals and findings. Nothing here awaits. */
export function createEvaluator(options: {
  readonly store: Store;
  readonly judge: ReturnType<typeof createEventJudge>;
  readonly detector: Detector;
  readonly judgedBy: string;
}) {
  const { store, judge, detector, judgedBy } = options;
  const beginFirstSeen = createFirstSeen(store);

  function lookupsFor(
    event: AuditEvent,
    known: InstanceKnowledge,
    variables: VariableLookups,
    trust: AddressTrust,
  ): Lookups {
    return {
      instance: known.instance,
      inventory: known.inventory,
      serverVersion: known.serverVersion,
      queued: queuedFor(event, known.instanceId),
      areAddressesTrusted: trust(event.occurredAt),
      categoryName: known.categoryNames.get(event.category) ?? null,
      ownIds: known.ownIds,
      ...variables,
    };
  }

  function queuedFor(event: AuditEvent, instanceId: number): QueuedDeployment | null {
    if (event.category !== 'DeploymentStarted') return null;
    const deploymentId = event.relatedDocumentIds.find((id) => id.startsWith('Deployments-'));
    const row = deploymentId === undefined ? undefined : store.events.queuedEvent(instanceId, deploymentId);
    return row ? toQueuedDeployment(row) : null;
  }

  function judgedEvent(eventPk: number, event: AuditEvent, record: FlatRecord): JudgedEvent {
    return { eventPk, eventId: event.id, occurredAt: event.occurredAt, record };
  }

  function keepEdits(eventPk: number, judged: Judged) {
    if (judged.variableEdits.length === 0) return;
    store.events.setVariableEdits(eventPk, judged.variableEdits[0]?.ownerName ?? null, judged.variableEdits);
  }

  function begin(known: InstanceKnowledge, nowMs: number) {
    const trust = addressTrust(store, known.instanceId);
    const batch = detector.begin(known.instanceId, nowMs, (eventId) => {
      const stored = store.events.get(known.instanceId, eventId);
      if (!stored) return {};
      const event = parseStoredEvent(stored.raw);
      const { record } = judge(event, lookupsFor(event, known, NO_VARIABLE_LOOKUPS, trust));
      return { ...record, ...keptFirstSeen(stored.first_seen) };
    });
    return { trust, batch };
  }

  return {
    /**
     * Stores and judges the events of a window, oldest first; those already stored are passed over. Returns how many
     * were new. Call inside the window's transaction.
     * @param isPastUnread whether events from before these are still to be read, so that nothing can be called new
     */
    storeWindow(known: InstanceKnowledge, events: readonly AuditEvent[], nowMs: number, isPastUnread = false): number {
      const fresh = events.filter((event) => !store.events.has(known.instanceId, event.id));
      countAddresses(store, known.instanceId, fresh);
      const { trust, batch } = begin(known, nowMs);
      const decideFirstSeen = beginFirstSeen(known.instanceId, isPastUnread, trust);
      const receivedAt = toInstant(nowMs);
      for (const event of fresh) {
        const asked = lookupsFor(event, known, NO_VARIABLE_LOOKUPS, trust);
        const judged = judge(event, asked);
        const lookups = rememberLookups(judged, asked);
        const firstSeen = decideFirstSeen(event.occurredAt, judged.firstSeenPairs);
        const eventPk = store.events.insert(
          known.instanceId,
          event,
          judged.derived,
          receivedAt,
          judgedBy,
          lookups,
          firstSeen,
        );
        if (judged.isDetailOwed) {
          store.owedDetails.add(eventPk, known.instanceId, receivedAt);
          continue;
        }
        keepEdits(eventPk, judged);
        batch.judge(judgedEvent(eventPk, event, { ...judged.record, ...firstSeen }));
        if (event.category === 'DeploymentQueued') judgeStartedAgain(judged.derived.deploymentId);
      }
      batch.finish();
      return fresh.length;

      // A queued event that comes after its started one (back-fill behind the live tail, late commits) tells who it was.
      function judgeStartedAgain(deploymentId: string | null) {
        if (deploymentId === null) return;
        for (const stored of store.events.startedEvents(known.instanceId, deploymentId)) {
          const event = parseStoredEvent(stored.raw);
          const asked = lookupsFor(event, known, NO_VARIABLE_LOOKUPS, trust);
          const judged = judge(event, asked);
          store.events.rejudge(stored.event_pk, judged.derived, judgedBy, null, rememberLookups(judged, asked));
          const record = { ...judged.record, ...keptFirstSeen(stored.first_seen) };
          batch.judgeAgain(judgedEvent(stored.event_pk, event, record));
        }
      }
    },

    /**
     * Judges a stored event whose details were owed, with them or, when they were refused for good, without. Does
     * nothing when the debt is settled already. Call inside a transaction of its own.
     */
    settleDetails(known: InstanceKnowledge, eventPk: number, storedRaw: string, details: Details, nowMs: number): void {
      if (!store.owedDetails.settle(eventPk)) return;
      const { trust, batch } = begin(known, nowMs);
      const event = details.event ?? parseStoredEvent(storedRaw);
      const variables = {
        variableSetHasSensitive: details.setHasSensitive,
        detailsRefused: details.event === null ? details.refused : null,
      };
      const asked = lookupsFor(event, known, variables, trust);
      const judged = judge(event, asked);
      const lookups = rememberLookups(judged, asked);
      store.events.rejudge(eventPk, judged.derived, judgedBy, details.event?.raw ?? null, lookups);
      keepEdits(eventPk, judged);
      const firstSeen = keptFirstSeen(store.events.at(eventPk)?.first_seen ?? null);
      batch.judge(judgedEvent(eventPk, event, { ...judged.record, ...firstSeen }));
      batch.finish();
    },
  };
}

/**
 * What the record of an event rested on beside the event, kept so that a replay judges it alike: facts about variables, that
 * its address was not to be trusted, the calendar unless it is the default one, and what allows or forbids it.
 */
export function rememberLookups(
  { derived, record }: Pick<Judged, 'derived' | 'record'>,
  asked: AskedLookups,
): string | null {
  const { variableSetHasSensitive, detailsRefused, serverVersion, areAddressesTrusted } = asked;
  const { calendar, changeWindow, ticket, freeze } = derived;
  const remembered = {
    ...(derived.variableSetId === null ? {} : { variableSetHasSensitive, detailsRefused, serverVersion }),
    ...(record['IpAddress'] !== undefined && !areAddressesTrusted ? { areAddressesTrusted } : {}),
    ...(calendar === null ? {} : { calendar }),
    ...(changeWindow === null ? {} : { changeWindow, ticket }),
    ...(freeze === null ? {} : { freeze }),
  };
  return Object.keys(remembered).length === 0 ? null : JSON.stringify(remembered);
}

/** What an event showed for the first time, as it was decided when it was stored: later events change nothing of it. */
export function keptFirstSeen(stored: string | null): FirstSeenFields {
  return stored === null ? {} : (JSON.parse(stored) as FirstSeenFields);
}

/** The queued event of a deployment, as the judge takes it. */
export function toQueuedDeployment(row: QueuedRow): QueuedDeployment {
  return {
    occurredAt: row.occurred_at,
    isOffHours: row.is_off_hours === 1,
    offHoursReason: row.off_hours_reason,
    actorKind: row.actor_kind,
    actorName: row.actor_name,
    apiKeyId: row.api_key_id,
    apiKeyPurpose: row.api_key_purpose,
    ipAddress: row.ip_address,
    userAgent: row.user_agent,
  };
}
