import { type createEventJudge, DEFAULT_CALENDAR, type QueuedDeployment } from '../enrich/index.ts';
import type { Derived, FlatRecord } from '../model/record.ts';
import { parseStoredEvent } from '../octopus/stored-event.ts';
import type { QueuedRow, ReplayRow, Store } from '../store/index.ts';
import {
  type AskedLookups,
  type InstanceKnowledge,
  keptFirstSeen,
  rememberLookups,
  toQueuedDeployment,
} from './evaluate.ts';
import { rememberedInventory, rememberedWords } from './instance.ts';

/** What is kept beside an event of how it was judged; absent parts were as usual. */
type Remembered = Partial<AskedLookups & Record<'calendar' | 'changeWindow' | 'ticket' | 'freeze', string>>;

export type Judge = ReturnType<typeof createEventJudge>;

/** What stored events are judged with again. */
export type ReplayKnowledge = Pick<InstanceKnowledge, 'inventory' | 'categoryNames' | 'ownIds'>;

/** Reads it once for many events of one instance. */
export function replayKnowledge(store: Store, instanceId: number): ReplayKnowledge {
  return { inventory: rememberedInventory(store, instanceId), ...rememberedWords(store, instanceId) };
}

/** The record of a stored event, with the facts that were derived from it then: the inventory may say otherwise now. */
export function recordAsJudged(source: Store, row: ReplayRow, judge: Judge, known: ReplayKnowledge): FlatRecord {
  const { judged } = judgeStored(row, judge, known, queuedAsStored(source, row));
  return withFacts(judged.record, row, { ...lastingFacts(row), ...configuredFacts(row) });
}

/** A stored event judged by the configuration of now, as it is to be stored. */
export type JudgedAnew = {
  readonly derived: Derived;
  readonly record: FlatRecord;
  readonly category: string;
  /** What the row is to remember of it. */
  readonly remembered: string | null;
};

/**
 * Judges a stored event again: what rests on the configuration is derived anew, who did what stays as it was, for that rests
 * on the inventory of then. A started deployment is joined with its queued event judged anew as well.
 */
export function judgeAnew(source: Store, row: ReplayRow, judge: Judge, known: ReplayKnowledge): JudgedAnew {
  const { judged } = judgeStored(row, judge, known, queuedJudgedAnew(source, row, judge, known));
  const record = withFacts(judged.record, row, lastingFacts(row));
  const derived: Derived = {
    ...judged.derived,
    ...{ actorKind: row.actor_kind, actorName: row.actor_name },
    ...{ apiKeyId: row.api_key_id, apiKeyPurpose: row.api_key_purpose },
    ...{ projectId: row.project_id, projectName: row.project_name },
    ...{ releaseVersion: row.release_version, tenantName: row.tenant_name },
    ...{ deploymentId: row.deployment_id, subjectAccount: row.subject_account },
  };
  return { derived, record, category: row.category, remembered: rememberLookups({ derived, record }, lookupsOf(row)) };
}

/** The record of a stored event judged by the configuration of now. */
export function recordJudgedAnew(source: Store, row: ReplayRow, judge: Judge, known: ReplayKnowledge): FlatRecord {
  return judgeAnew(source, row, judge, known).record;
}

function judgeStored(row: ReplayRow, judge: Judge, known: ReplayKnowledge, queued: QueuedDeployment | null) {
  const event = parseStoredEvent(row.raw);
  const judged = judge(event, {
    instance: row.instance,
    inventory: known.inventory,
    categoryName: known.categoryNames.get(event.category) ?? null,
    ownIds: known.ownIds,
    queued,
    ...lookupsOf(row),
  });
  return { event, judged };
}

function rememberedOf(row: ReplayRow): Remembered {
  return row.variable_lookups === null ? {} : (JSON.parse(row.variable_lookups) as Remembered);
}

/** What was asked of others when an event was judged. */
function lookupsOf(row: ReplayRow): AskedLookups {
  const remembered = rememberedOf(row);
  const { variableSetHasSensitive = null, detailsRefused = null, serverVersion = null } = remembered;
  return {
    variableSetHasSensitive,
    detailsRefused,
    serverVersion,
    areAddressesTrusted: remembered.areAddressesTrusted ?? true,
  };
}

function queuedRowOf(source: Store, row: ReplayRow): QueuedRow | undefined {
  if (row.category !== 'DeploymentStarted' || row.deployment_id === null) return undefined;
  return source.events.queuedEvent(row.instance_id, row.deployment_id);
}

function queuedAsStored(source: Store, row: ReplayRow): QueuedDeployment | null {
  const queued = queuedRowOf(source, row);
  return queued ? toQueuedDeployment(queued) : null;
}

function queuedJudgedAnew(
  source: Store,
  row: ReplayRow,
  judge: Judge,
  known: ReplayKnowledge,
): QueuedDeployment | null {
  const stored = queuedRowOf(source, row);
  const queuedRow = stored && source.events.replayOne(row.instance_id, stored.event_id);
  if (!stored || !queuedRow) return null;
  const { derived } = judgeStored(queuedRow, judge, known, null).judged;
  return {
    ...toQueuedDeployment(stored),
    isOffHours: derived.isOffHours,
    offHoursReason: derived.offHoursReason,
  };
}

function withFacts(judged: FlatRecord, row: ReplayRow, facts: Readonly<Record<string, unknown>>): FlatRecord {
  const record: Record<string, unknown> = { ...judged, ...keptFirstSeen(row.first_seen) };
  for (const [field, value] of Object.entries(facts)) {
    if (value === null) delete record[field];
    else record[field] = value;
  }
  return record;
}

/** What an event showed of itself and of the inventory of then: no configuration changes it. */
function lastingFacts(row: ReplayRow): Record<string, unknown> {
  return {
    'Actor.Kind': row.actor_kind,
    'Actor.Name': row.actor_name,
    'ApiKey.Id': row.api_key_id,
    'ApiKey.Purpose': row.api_key_purpose,
    'Project.Id': row.project_id,
    'Project.Name': row.project_name,
    'Deployment.Id': row.deployment_id,
    'Release.Version': row.release_version,
    'Tenant.Name': row.tenant_name,
    'Subject.Account': row.subject_account,
  };
}

/** What rests on the configuration the event was judged by. */
function configuredFacts(row: ReplayRow): Record<string, unknown> {
  const { calendar = DEFAULT_CALENDAR, changeWindow = null, ticket = null, freeze = null } = rememberedOf(row);
  return {
    'Environment.Id': row.environment_id,
    'Environment.Name': row.environment_name,
    'Environment.IsProduction': row.is_production === null ? null : row.is_production === 1,
    OffHours: row.is_off_hours === 1,
    OffHoursReason: row.off_hours_reason,
    'Calendar.Name': calendar,
    'ChangeWindow.Name': changeWindow,
    'ChangeWindow.Ticket': ticket,
    'Freeze.Name': freeze,
  };
}
