import type { Detector, JudgedEvent } from '../detect/index.ts';
import type { createEventJudge, InventoryIndex, Judged, Lookups, QueuedDeployment } from '../enrich/index.ts';
import { toInstant } from '../lib/clock.ts';
import type { AuditEvent } from '../model/event.ts';
import type { FlatRecord } from '../model/record.ts';
import { parseStoredEvent } from '../octopus/stored-event.ts';
import type { QueuedRow, Store } from '../store/index.ts';

/** What is known of the instance whose events are judged. */
export type InstanceKnowledge = {
  readonly instanceId: number;
  readonly inventory: InventoryIndex;
  readonly serverVersion: string | null;
};

/** How the details of an event turned out: read, refused for good, or given up on. */
export type Details =
  | { readonly event: AuditEvent; readonly setHasSensitive: boolean | null }
  | { readonly event: null; readonly setHasSensitive: boolean | null; readonly refused: string };

type VariableLookups = Pick<Lookups, 'variableSetHasSensitive' | 'detailsRefused'>;
const NO_VARIABLE_LOOKUPS: VariableLookups = { variableSetHasSensitive: null, detailsRefused: null };

/**
 * When so large a share of people's events of a month comes from one address, it is a proxy's whose word the server does
 * not take (Octopus shows the proxy unless it is told to trust it); with fewer events nothing is concluded.
 */
const PROXY_SHARE = 0.95;
const PROXY_LEAST_EVENTS = 20;
const PROXY_DAYS = 30;

export type Evaluator = ReturnType<typeof createEvaluator>;

/** Joins enrich, store and detect: events become rows, records, signals and findings. Nothing here awaits. */
export function createEvaluator(options: {
  readonly store: Store;
  readonly judge: ReturnType<typeof createEventJudge>;
  readonly detector: Detector;
  readonly judgedBy: string;
}) {
  const { store, judge, detector, judgedBy } = options;

  function lookupsFor(
    event: AuditEvent,
    known: InstanceKnowledge,
    variables: VariableLookups,
    trust: AddressTrust,
  ): Lookups {
    return {
      inventory: known.inventory,
      serverVersion: known.serverVersion,
      queued: queuedFor(event, known.instanceId),
      areAddressesTrusted: event.category === 'LoginFailed' ? trust(event.occurredAt) : true,
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
      return judge(event, lookupsFor(event, known, NO_VARIABLE_LOOKUPS, trust)).record;
    });
    return { trust, batch };
  }

  return {
    /**
     * Stores and judges the events of a window, oldest first; those already stored are passed over. Returns how many
     * were new. Call inside the window's transaction.
     */
    storeWindow(known: InstanceKnowledge, events: readonly AuditEvent[], nowMs: number): number {
      const fresh = events.filter((event) => !store.events.has(known.instanceId, event.id));
      countAddresses(store, known.instanceId, fresh);
      const { trust, batch } = begin(known, nowMs);
      const receivedAt = toInstant(nowMs);
      for (const event of fresh) {
        const judged = judge(event, lookupsFor(event, known, NO_VARIABLE_LOOKUPS, trust));
        const lookups = rememberLookups(judged, known, NO_VARIABLE_LOOKUPS);
        const eventPk = store.events.insert(known.instanceId, event, judged.derived, receivedAt, judgedBy, lookups);
        if (judged.isDetailOwed) {
          store.owedDetails.add(eventPk, known.instanceId, receivedAt);
          continue;
        }
        keepEdits(eventPk, judged);
        batch.judge(judgedEvent(eventPk, event, judged.record));
        if (event.category === 'DeploymentQueued') judgeStartedAgain(judged.derived.deploymentId);
      }
      batch.finish();
      return fresh.length;

      // A queued event that comes after its started one (back-fill behind the live tail, late commits) tells who it was.
      function judgeStartedAgain(deploymentId: string | null) {
        if (deploymentId === null) return;
        for (const stored of store.events.startedEvents(known.instanceId, deploymentId)) {
          const event = parseStoredEvent(stored.raw);
          const judged = judge(event, lookupsFor(event, known, NO_VARIABLE_LOOKUPS, trust));
          store.events.rejudge(stored.event_pk, judged.derived, judgedBy, null);
          batch.judgeAgain(judgedEvent(stored.event_pk, event, judged.record));
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
      const judged = judge(event, lookupsFor(event, known, variables, trust));
      const lookups = rememberLookups(judged, known, variables);
      store.events.rejudge(eventPk, judged.derived, judgedBy, details.event?.raw ?? null, lookups);
      keepEdits(eventPk, judged);
      batch.judge(judgedEvent(eventPk, event, judged.record));
      batch.finish();
    },
  };
}

/** What the record of an event about variables rested on beside the event, kept so that a replay judges it alike. */
function rememberLookups(judged: Judged, known: InstanceKnowledge, variables: VariableLookups): string | null {
  if (judged.derived.variableSetId === null) return null;
  return JSON.stringify({ ...variables, serverVersion: known.serverVersion });
}

type AddressTrust = (occurredAt: string) => boolean;

function addressTrust(store: Store, instanceId: number): AddressTrust {
  const byDay = new Map<string, boolean>();
  return (occurredAt) => {
    const day = occurredAt.slice(0, 10);
    let isTrusted = byDay.get(day);
    if (isTrusted === undefined) {
      const before = toInstant(Date.parse(day) - PROXY_DAYS * 86_400_000).slice(0, 10);
      const { busiest, total } = store.events.addressShare(instanceId, before, day);
      isTrusted = total < PROXY_LEAST_EVENTS || busiest / total < PROXY_SHARE;
      byDay.set(day, isTrusted);
    }
    return isTrusted;
  };
}

/** Counts where people's events come from. Failed sign-ins do not count: an attacker must not be able to look like a proxy. */
function countAddresses(store: Store, instanceId: number, events: readonly AuditEvent[]): void {
  const byDay = new Map<string, Map<string, number>>();
  for (const { category, ipAddress, isService, occurredAt, userId } of events) {
    const isPersons = isService === false && userId !== null && userId !== 'users-system';
    if (!isPersons || ipAddress === null || category === 'LoginFailed') continue;
    const day = occurredAt.slice(0, 10);
    const counts = byDay.get(day) ?? new Map<string, number>();
    byDay.set(day, counts);
    counts.set(ipAddress, (counts.get(ipAddress) ?? 0) + 1);
  }
  for (const [day, counts] of byDay) {
    for (const [ipAddress, count] of counts) store.events.countAddress(instanceId, day, ipAddress, count);
  }
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
