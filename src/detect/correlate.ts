import { toInstant } from '../lib/clock.ts';
import { describeDuration } from '../lib/duration.ts';
import type { FlatRecord } from '../model/record.ts';
import { type CompiledCorrelation, type CorrelationRow, correlationSql, groupValues } from '../sigma/index.ts';
import { CORRELATION_INPUTS } from '../store/index.ts';
import { type DetectContext, recordSighting, settleLevel } from './findings.ts';
import type { PackRule } from './rule-pack.ts';

/** A group of a correlation that new signals touched, and the earliest of them. */
export type TouchedGroup = { readonly correlation: CompiledCorrelation; readonly groupKey: string; fromMs: number };

/** A stretch of events at each of which the condition of a correlation holds. */
type Burst = { readonly hit: CorrelationRow; last: CorrelationRow };

/**
 * Computes one group of a correlation again from its earliest new event on, in event time, and puts every burst into a
 * finding. Late and repeated events give the same result as ordered ones: nothing is kept but the stored relation.
 * Call inside the transaction that stored the signals.
 */
export function correlateGroup(
  context: DetectContext,
  rule: PackRule,
  instanceId: number,
  touched: TouchedGroup,
  recordOf: (eventId: string) => FlatRecord,
  nowMs: number,
): void {
  const { store } = context;
  const { correlation, groupKey } = touched;
  const scope = String(instanceId);
  // A late event can make a burst begin earlier than the hit that is stored: look one timespan further back.
  const fromMs = touched.fromMs - correlation.timespanMs;
  const rows = store.db
    .prepare<unknown[], CorrelationRow>(correlationSql(correlation, CORRELATION_INPUTS))
    .all({ scope, correlation: correlation.key, group_key: groupKey, from_ms: fromMs });
  const bursts = burstsIn(rows).filter((burst) => burst.last.at_ms >= touched.fromMs);
  replaceHits(context, rule, instanceId, groupKey, fromMs, rows);
  for (const burst of bursts) {
    const evidence = store.signals
      .inputsBetween(scope, correlation.key, groupKey, burst.hit.at_ms - correlation.timespanMs, burst.last.at_ms)
      .map((input) => ({ eventId: input.ref, occurredAt: toInstant(input.at_ms) }));
    const record = recordOf(burst.hit.ref);
    const findingId = recordSighting(
      context,
      {
        instanceId,
        rule,
        level: rule.level,
        because: null,
        summary: null,
        respond: null,
        subject:
          rule.attributes.subject.length > 0
            ? rule.attributes.subject.map((field) => record[field])
            : groupValues(groupKey),
        record,
        extra: {
          ...Object.fromEntries(correlation.groupBy.map((field, index) => [field, groupValues(groupKey)[index]])),
          Count: burst.hit.window_count,
          Timespan: describeDuration(correlation.timespanMs),
          Threshold: rule.threshold,
        },
        openedBy: burst.hit.ref,
        evidence,
      },
      nowMs,
    );
    for (const signal of store.signals.hitsFrom(rule.name, instanceId, groupKey, toInstant(burst.hit.at_ms))) {
      if (signal.occurred_at <= toInstant(burst.last.at_ms)) store.signals.place(signal.signal_id, findingId);
    }
    settleLevel(context, findingId, nowMs);
  }
}

/** Where the first row holds without starting, its burst began before the rows do; its hit is then the first row. */
function burstsIn(rows: readonly CorrelationRow[]): Burst[] {
  const bursts: Burst[] = [];
  let open: Burst | null = null;
  for (const row of rows) {
    if (!row.holds) open = null;
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
  rule: PackRule,
  instanceId: number,
  groupKey: string,
  fromMs: number,
  rows: readonly CorrelationRow[],
): void {
  const { signals } = context.store;
  const starts = rows.filter((row) => row.starts);
  const wanted = new Set(starts.map((row) => row.ref));
  for (const stored of signals.hitsFrom(rule.name, instanceId, groupKey, toInstant(fromMs))) {
    if (!wanted.has(stored.event_id)) signals.remove(stored.signal_id);
  }
  for (const row of starts) {
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
}
