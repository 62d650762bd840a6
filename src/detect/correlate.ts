import { toInstant } from '../lib/clock.ts';
import { describeDuration } from '../lib/duration.ts';
import type { FlatRecord } from '../model/record.ts';
import {
  type CompiledCorrelation,
  type CorrelationRow,
  correlationSql,
  enoughSql,
  groupValues,
} from '../sigma/index.ts';
import { CORRELATION_INPUTS, type Store } from '../store/index.ts';
import type { DetectContext } from './context.ts';
import { settleLevel } from './finding-state.ts';
import type { Sighting } from './finding-texts.ts';
import { recordSighting } from './findings.ts';
import { type StoredHit, sinceInForce } from './in-force.ts';
import type { PackRule } from './rule-pack.ts';

/** A group of a correlation that new signals touched, and the earliest of them. */
export type TouchedGroup = { readonly groupKey: string; fromMs: number };

export type CorrelationReader = ReturnType<typeof correlationReader>;

/** What a group is correlated with. */
export type CorrelationRun = {
  readonly correlation: CompiledCorrelation;
  readonly rowsOf: CorrelationReader;
  readonly rule: PackRule;
  readonly instanceId: number;
  readonly nowMs: number;
  readonly recordOf: (eventId: string) => FlatRecord;
};

/** The hits of a group in the stretch that was computed again, and those stored before that are none any more. */
export type GroupHits = {
  readonly hits: readonly CorrelationRow[];
  readonly removed: readonly { readonly event_pk: number; readonly finding_id: number | null }[];
};

/** A stretch of events at each of which the condition of a correlation holds. */
export type Burst = { readonly hit: CorrelationRow; last: CorrelationRow };

/**
 * Makes what reads the rows of a correlation's groups, none where too few are there for a hit. Keep it: to prepare the SQL
 * takes longer than to run it for most groups.
 */
export function correlationReader(store: Store, correlation: CompiledCorrelation) {
  const rows = store.db.prepare<unknown[], CorrelationRow>(correlationSql(correlation, CORRELATION_INPUTS));
  const sql = enoughSql(correlation, CORRELATION_INPUTS);
  const enough = sql === null ? null : store.db.prepare<unknown[], 0 | 1>(sql).pluck();
  return (instanceId: number, groupKey: string, fromMs: number): CorrelationRow[] => {
    const of = { scope: String(instanceId), correlation: correlation.key, group_key: groupKey, from_ms: fromMs };
    return enough === null || enough.get(of) === 1 ? rows.all(of) : [];
  };
}

/**
 * Computes one group of a correlation again from its earliest new event on, in event time, and puts every burst into a
 * finding. Late and repeated events give the same result as ordered ones: nothing is kept but the stored relation.
 * Call inside the transaction that stored the signals.
 */
export function correlateGroup(context: DetectContext, run: CorrelationRun, touched: TouchedGroup): GroupHits {
  const { store } = context;
  const { correlation, rowsOf, rule, instanceId, nowMs } = run;
  const { groupKey } = touched;
  // A late event can make a burst begin earlier than the hit that is stored: look one timespan further back.
  const fromMs = touched.fromMs - correlation.timespanMs;
  const stored = store.signals.hitsFrom(rule.name, instanceId, groupKey, toInstant(fromMs));
  const found = rowsOf(instanceId, groupKey, fromMs);
  // A correction judges the past by the rules of now.
  const rows = context.isCorrection ? found : sinceInForce(store, { correlation, instanceId, groupKey }, found, stored);
  const hits = replaceHits(context, run, groupKey, stored, rows);
  if (!rule.yieldsFindings) return hits;
  for (const burst of burstsIn(rows).filter(({ last }) => last.at_ms >= touched.fromMs)) {
    // A burst that began before the rows is the one of the hit before them, however long ago that was.
    const continues = burst.hit.starts
      ? null
      : store.signals.findingOfHitBefore(rule.name, instanceId, groupKey, toInstant(burst.hit.at_ms));
    const sighting = sightingOfBurst(store, run, groupKey, burst);
    const findingId = recordSighting(context, sighting, nowMs, continues);
    for (const signal of store.signals.hitsFrom(rule.name, instanceId, groupKey, toInstant(burst.hit.at_ms))) {
      if (signal.occurred_at <= toInstant(burst.last.at_ms)) store.signals.place(signal.signal_id, findingId);
    }
    settleLevel(context, findingId, nowMs);
  }
  return hits;
}

/** A burst as findings take it. */
export function sightingOfBurst(
  store: Store,
  run: Omit<CorrelationRun, 'rowsOf' | 'nowMs'>,
  groupKey: string,
  { hit, last }: Burst,
): Sighting {
  const { correlation, rule, instanceId, recordOf } = run;
  const record = recordOf(hit.ref);
  const values = groupValues(groupKey);
  const fromMs = hit.at_ms - correlation.timespanMs;
  return {
    instanceId,
    rule,
    level: rule.level,
    because: null,
    summary: null,
    respond: null,
    subject: rule.attributes.subject.length > 0 ? rule.attributes.subject.map((field) => record[field]) : values,
    record,
    extra: {
      ...Object.fromEntries(correlation.groupBy.map((field, index) => [field, values[index]])),
      Count: hit.window_count,
      Observed: hit.observed,
      Timespan: describeDuration(correlation.timespanMs),
      Threshold: rule.threshold,
    },
    openedBy: hit.ref,
    evidence: evidenceOf(store, String(instanceId), correlation, groupKey, fromMs, last.at_ms),
  };
}

/** The events of a group between two instants; a hit of another correlation stands for all the events of its window. */
export function evidenceOf(
  store: Store,
  scope: string,
  correlation: CompiledCorrelation,
  groupKey: string,
  fromMs: number,
  toMs: number,
): Sighting['evidence'] {
  return store.signals.inputsBetween(scope, correlation.key, groupKey, fromMs, toMs).flatMap((input) => {
    const own = { eventId: input.ref, occurredAt: toInstant(input.at_ms) };
    const member = correlation.rules.find((rule) => rule.key === input.rule);
    const group = store.signals.groupOfHit(input.seq, input.rule);
    if (!member || !('timespanMs' in member) || group === null) return [own];
    return [own, ...evidenceOf(store, scope, member, group, input.at_ms - member.timespanMs, input.at_ms)];
  });
}

/**
 * Where the first row holds without starting, its burst began before the rows do; its hit is then the first row. `holds`
 * may be stricter than the condition the rows were made with.
 */
export function burstsIn(
  rows: readonly CorrelationRow[],
  holds: (row: CorrelationRow) => boolean = (row) => row.holds === 1,
): Burst[] {
  const bursts: Burst[] = [];
  let open: Burst | null = null;
  for (const row of rows) {
    if (!holds(row)) open = null;
    else if (open && !row.starts) open.last = row;
    else {
      open = { hit: row, last: row };
      bursts.push(open);
    }
  }
  return bursts;
}

/** A hit is an event at which the condition begins to hold; late events move it. */
function replaceHits(
  context: DetectContext,
  { rule, instanceId }: CorrelationRun,
  groupKey: string,
  stored: readonly StoredHit[],
  rows: readonly CorrelationRow[],
): GroupHits {
  const { signals } = context.store;
  const hits = rows.filter((row) => row.starts);
  const wanted = new Set(hits.map((row) => row.ref));
  const removed = stored.filter((signal) => !wanted.has(signal.event_id));
  for (const signal of removed) signals.remove(signal.signal_id);
  for (const row of hits) {
    signals.insert({
      instanceId,
      rule: rule.name,
      eventId: row.ref,
      eventPk: row.seq,
      groupKey,
      occurredAt: toInstant(row.at_ms),
      level: rule.level,
      suppressedBy: null,
    });
  }
  return { hits, removed };
}
