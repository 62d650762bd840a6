import { createDetector, type DetectContext, type RulePack } from '../detect/index.ts';
import type { createEventJudge, Lookups, VariableLookups } from '../enrich/index.ts';
import type { FlatRecord } from '../model/record.ts';
import { parseStoredEvent } from '../octopus/stored-event.ts';
import { openStore, type ReplayRow, type Store } from '../store/index.ts';
import { type InstanceKnowledge, keptFirstSeen, toQueuedDeployment } from './evaluate.ts';
import { rememberedInventory, rememberedWords } from './instance.ts';

type RememberedLookups = VariableLookups & Pick<Lookups, 'areAddressesTrusted'>;
const NOTHING_REMEMBERED: RememberedLookups = {
  variableSetHasSensitive: null,
  detailsRefused: null,
  serverVersion: null,
  areAddressesTrusted: true,
};

type Judge = ReturnType<typeof createEventJudge>;

/** What one rule would have found on one day (UTC, of the event; for a finding of its first event). */
export type BacktestDay = {
  readonly rule: string;
  readonly day: string;
  readonly signals: number;
  readonly findings: number;
};

/** Rows replayed between two runs of the correlations; one batch has to fit into memory, the history does not. */
const BATCH = 5000;

/**
 * Runs the rules over stored history, oldest first, in a database in memory: nothing is written to `source`, nothing is
 * told. Events are judged with what was derived from them when they came, by the matching, correlation SQL and findings
 * of live detection, so that unchanged rules give what they gave live. State rules and the monitor's own findings depend
 * on the moment and are left out. Returns the memory database for the caller to look at and to close.
 */
export function backtest(options: {
  readonly source: Store;
  readonly pack: RulePack;
  readonly judge: Judge;
  readonly calendar: string;
  readonly fromInstant: string;
  readonly onProgress?: (events: number) => void;
}): Store {
  const { source, pack, judge } = options;
  const replayed = openStore(':memory:', { monitorVersion: 'backtest' });
  // Signals refer to events; those stay where they are.
  replayed.db.pragma('foreign_keys = OFF');
  const context: DetectContext = {
    store: replayed,
    configSha256: '',
    monitorVersion: 'backtest',
    calendar: options.calendar,
    supersedes: new Map([...pack.rules.values()].map((rule) => [rule.name, rule.attributes.supersedes])),
    channelsFor: () => [],
  };
  const detector = createDetector(context, pack);
  let events = 0;
  for (const instance of source.instances.all()) {
    const { instance_id } = replayed.instances.ensure(instance.name, instance.url, instance.poll_interval_ms);
    const remembered = replayKnowledge(source, instance.instance_id);
    const judged = (row: ReplayRow) => recordAsJudged(source, row, judge, remembered);
    let after = { occurredAt: options.fromInstant, eventPk: 0 };
    const recordOf = (eventId: string): FlatRecord => {
      const row = source.events.replayOne(instance.instance_id, eventId);
      return row ? judged(row) : {};
    };
    for (;;) {
      const page = source.events.replay(instance.instance_id, after, BATCH);
      const last = page.at(-1);
      if (!last) break;
      replayed.transaction(() => {
        const batch = detector.begin(instance_id, Date.parse(last.occurred_at), recordOf);
        for (const row of page) {
          batch.judge({
            eventPk: row.event_pk,
            eventId: row.event_id,
            occurredAt: row.occurred_at,
            record: judged(row),
          });
        }
        batch.finish();
      });
      after = { occurredAt: last.occurred_at, eventPk: last.event_pk };
      events += page.length;
      options.onProgress?.(events);
    }
  }
  return replayed;
}

/** Signals and findings of a backtest per rule and day. */
export function countByDay(replayed: Store): BacktestDay[] {
  return replayed.db
    .prepare<[], BacktestDay>(
      `SELECT rule, day, sum(is_signal) AS signals, sum(1 - is_signal) AS findings FROM (
         SELECT rule, substr(occurred_at, 1, 10) AS day, 1 AS is_signal FROM _signals WHERE suppressed_by IS NULL
         UNION ALL
         SELECT rule, substr(first_seen_at, 1, 10), 0 FROM _findings WHERE status <> 'resolved')
       GROUP BY rule, day ORDER BY rule, day`,
    )
    .all();
}

/** What stored events are judged with again. */
export type ReplayKnowledge = Pick<InstanceKnowledge, 'inventory' | 'categoryNames' | 'ownIds'>;

/** Reads it once for many events of one instance. */
export function replayKnowledge(store: Store, instanceId: number): ReplayKnowledge {
  return { inventory: rememberedInventory(store, instanceId), ...rememberedWords(store, instanceId) };
}

/** The record of a stored event, with the facts that were derived from it then: the inventory may say otherwise now. */
export function recordAsJudged(source: Store, row: ReplayRow, judge: Judge, known: ReplayKnowledge): FlatRecord {
  const event = parseStoredEvent(row.raw);
  const remembered = row.variable_lookups ? (JSON.parse(row.variable_lookups) as Partial<RememberedLookups>) : {};
  const isStarted = event.category === 'DeploymentStarted' && row.deployment_id !== null;
  const queued = isStarted ? source.events.queuedEvent(row.instance_id, row.deployment_id ?? '') : undefined;
  const judged = judge(event, {
    instance: row.instance,
    inventory: known.inventory,
    categoryName: known.categoryNames.get(event.category) ?? null,
    ownIds: known.ownIds,
    queued: queued ? toQueuedDeployment(queued) : null,
    ...NOTHING_REMEMBERED,
    ...remembered,
  });
  const record: Record<string, unknown> = { ...judged.record, ...keptFirstSeen(row.first_seen) };
  for (const [field, value] of Object.entries(storedFacts(row))) {
    if (value === null) delete record[field];
    else record[field] = value;
  }
  return record;
}

function storedFacts(row: ReplayRow): Record<string, unknown> {
  return {
    'Actor.Kind': row.actor_kind,
    'Actor.Name': row.actor_name,
    'ApiKey.Id': row.api_key_id,
    'ApiKey.Purpose': row.api_key_purpose,
    'Project.Id': row.project_id,
    'Project.Name': row.project_name,
    'Environment.Id': row.environment_id,
    'Environment.Name': row.environment_name,
    'Environment.IsProduction': row.is_production === null ? null : row.is_production === 1,
    OffHours: row.is_off_hours === 1,
    OffHoursReason: row.off_hours_reason,
    'Deployment.Id': row.deployment_id,
    'Release.Version': row.release_version,
    'Tenant.Name': row.tenant_name,
    'Subject.Account': row.subject_account,
  };
}
