import { toInstant } from '../lib/clock.ts';
import type { CompiledCorrelation } from '../sigma/index.ts';
import type { FindingRow } from '../store/index.ts';
import type { BatchOptions, createBatch } from './batch.ts';
import { burstsIn, sightingOfBurst } from './correlate.ts';
import { endFinding, settleLevel } from './finding-state.ts';
import { describeAnew, type Sighting } from './finding-texts.ts';
import { mergeInto, recordSighting } from './findings.ts';
import type { PackRule } from './rule-pack.ts';

/** What findings are made of: a matched event, or a burst of a correlation with all of its events. */
type Unit = {
  readonly signalIds: readonly number[];
  readonly fromAt: string;
  readonly toAt: string;
  readonly evidence: Sighting['evidence'];
  /** Null where the rule of now does not see it: the finding keeps its texts. */
  readonly sighting: () => Sighting | null;
};

/** Makes findings right whose signals a correction of the configuration has changed. Call inside its transaction. */
export function createSettler(options: BatchOptions & { readonly batch: ReturnType<typeof createBatch> }) {
  const { batch, context, instanceId, nowMs, pack, readerOf } = options;
  const { store } = context;

  function unitsOf(finding: FindingRow, rule: PackRule): Unit[] {
    const signals = store.signals.ofFinding(finding.finding_id);
    if (rule.kind === 'event') return signals.map((signal) => unitOfSignal(rule, signal));
    const correlation = pack.ruleSet.correlations.find((one) => one.key === rule.name);
    if (!correlation) return [];
    const groups = Map.groupBy(signals, (signal) => signal.group_key ?? '');
    return [...groups]
      .flatMap(([groupKey, hits]) => unitsOfGroup(correlation, rule, groupKey, hits))
      .sort((a, b) => (a.fromAt < b.fromAt ? -1 : a.fromAt > b.fromAt ? 1 : 0));
  }

  function unitOfSignal(rule: PackRule, signal: ReturnType<typeof store.signals.ofFinding>[number]): Unit {
    const { event_id: eventId, event_pk: eventPk, occurred_at: occurredAt, signal_id } = signal;
    return {
      signalIds: [signal_id],
      fromAt: occurredAt,
      toAt: occurredAt,
      evidence: [{ eventId, occurredAt }],
      sighting() {
        const event = { eventPk, eventId, occurredAt, record: batch.recordOf(eventId) };
        const match = batch.matchesOf(event).find((one) => one.rule.key === rule.name && one.rejectedBy === null);
        return match ? batch.sightingOf(event, rule, match) : null;
      },
    };
  }

  function unitsOfGroup(
    correlation: CompiledCorrelation,
    rule: PackRule,
    groupKey: string,
    hits: ReturnType<typeof store.signals.ofFinding>,
  ): Unit[] {
    const signalOf = new Map(hits.map((hit) => [hit.event_id, hit.signal_id]));
    const earliestMs = Math.min(...hits.map((hit) => Date.parse(hit.occurred_at)));
    const rows = readerOf(correlation)(instanceId, groupKey, earliestMs - correlation.timespanMs);
    return burstsIn(rows).flatMap((burst): Unit[] => {
      const signalId = signalOf.get(burst.hit.ref);
      if (signalId === undefined) return [];
      const run = { correlation, rule, instanceId, recordOf: batch.recordOf };
      const sighting = sightingOfBurst(store, run, groupKey, burst);
      const times = sighting.evidence.map((one) => one.occurredAt).sort();
      return [
        {
          signalIds: [signalId],
          fromAt: times[0] ?? '',
          toAt: times.at(-1) ?? '',
          evidence: sighting.evidence,
          sighting: () => sighting,
        },
      ];
    });
  }

  /** The units that belong together, as live detection joins them: each within the rule's window of those before. */
  function clustersOf(units: readonly Unit[], windowMs: number): Unit[][] {
    const clusters: Unit[][] = [];
    let endsAtMs = Number.NEGATIVE_INFINITY;
    for (const unit of units) {
      const cluster = clusters.at(-1);
      if (cluster && Date.parse(unit.fromAt) - endsAtMs <= windowMs) cluster.push(unit);
      else clusters.push([unit]);
      endsAtMs = Math.max(endsAtMs, Date.parse(unit.toAt));
    }
    return clusters;
  }

  function settleOne(findingId: number): void {
    const finding = store.findings.get(findingId);
    const rule = finding && pack.rules.get(finding.rule);
    if (!finding || !rule || finding.is_state === 1) return;
    const [kept, ...others] = clustersOf(unitsOf(finding, rule), rule.attributes.windowMs);
    if (kept === undefined) {
      close(finding);
      return;
    }
    // Their levels do not count for what stays.
    for (const signalId of others.flat().flatMap((unit) => unit.signalIds)) store.signals.place(signalId, null);
    keep(finding, rule, kept);
    const wasTold = store.deliveries.channelsTold(findingId).length > 0;
    for (const unit of others.flat()) takeOut(unit, wasTold);
  }

  function keep(finding: FindingRow, rule: PackRule, units: readonly Unit[]): void {
    const { finding_id: id } = finding;
    const wanted = new Map(units.flatMap((unit) => unit.evidence.map((one) => [one.eventId, one.occurredAt])));
    const held = new Set(store.findings.eventIds(id));
    for (const eventId of held) if (!wanted.has(eventId)) store.findings.removeEvent(id, eventId);
    for (const [eventId, occurredAt] of wanted)
      if (!held.has(eventId)) store.findings.addEvent(id, eventId, occurredAt);
    if (held.size !== wanted.size || [...wanted.keys()].some((one) => !held.has(one))) store.findings.refreshSpan(id);
    // Texts are those of the rule that found it; another version would say what it never did.
    const first = rule.sha256 === finding.rule_sha256 ? (units[0]?.sighting() ?? null) : null;
    if (first !== null) describeAnew(context, finding, first);
    settleLevel(context, id, nowMs);
  }

  /** What lies too far behind the rest is a finding of its own. It has been told as part of the one it was in. */
  function takeOut(unit: Unit, wasTold: boolean): void {
    const sighting = unit.sighting();
    if (sighting === null) return;
    const id = recordSighting(context, sighting, nowMs);
    for (const signalId of unit.signalIds) store.signals.place(signalId, id);
    settleLevel(context, id, nowMs);
    if (wasTold) store.deliveries.removePending(id);
  }

  function close(finding: FindingRow): void {
    const { finding_id: id, resolution } = finding;
    // What was taken in stays part of the other; if that is closed as well, there is nothing to come back to.
    if (resolution === 'superseded' || resolution === 'configuration_changed') return;
    if (finding.status === 'resolved') store.findings.resolve(id, 'configuration_changed', toInstant(nowMs));
    else endFinding(context, id, nowMs);
    const back = store.findings
      .takenIn(id)
      .filter((below) => below.is_state === 1 || store.signals.ofFinding(below.finding_id).length > 0);
    for (const { finding_id: belowId } of back) {
      store.findings.reopen(belowId);
      const because = `finding ${id} no longer holds`;
      store.journal.add(toInstant(nowMs), 'finding_reopened', String(belowId), { because });
    }
    // While it was taken in, every new sighting of a subject was a finding of its own.
    for (const { finding_id: belowId } of back) settleReopened(belowId);
  }

  function settleReopened(findingId: number): void {
    const finding = store.findings.get(findingId);
    if (finding?.status !== 'open') return;
    const windowMs = pack.rules.get(finding.rule)?.attributes.windowMs ?? 0;
    const [from, to] = [Date.parse(finding.first_seen_at) - windowMs, Date.parse(finding.last_seen_at) + windowMs];
    const near =
      finding.is_state === 1 ? [] : store.findings.openWithin(finding.fingerprint, toInstant(from), toInstant(to));
    const [oldest = findingId, ...others] = near.map((one) => one.finding_id).sort((a, b) => a - b);
    for (const other of others) mergeInto(store, oldest, other, nowMs);
    store.findings.refreshSpan(oldest);
    if (finding.is_state === 1) settleLevel(context, oldest, nowMs);
    else settleOne(oldest);
  }

  return {
    /** Settles these findings. */
    settle(findingIds: ReadonlySet<number>): void {
      for (const id of findingIds) settleOne(id);
    },
  };
}
