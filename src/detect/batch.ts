import type { Level } from '../model/finding.ts';
import type { FlatRecord } from '../model/record.ts';
import {
  type CompiledCorrelation,
  correlationInput,
  recordOfHit,
  type SigmaMatch,
  type SigmaRecord,
} from '../sigma/index.ts';
import type { CorrelationInputRow } from '../store/index.ts';
import type { DetectContext } from './context.ts';
import { type CorrelationReader, correlateGroup, type GroupHits, type TouchedGroup } from './correlate.ts';
import type { Sighting } from './finding-texts.ts';
import { AUDIT_SOURCE, type PackRule, type RulePack } from './rule-pack.ts';

/** One stored event as it is judged: its row, its identity and its record. */
export type JudgedEvent = {
  readonly eventPk: number;
  readonly eventId: string;
  readonly occurredAt: string;
  readonly record: FlatRecord;
};

/** What the events of one transaction are judged with. */
export type BatchOptions = {
  readonly context: DetectContext;
  readonly pack: RulePack;
  readonly readerOf: (correlation: CompiledCorrelation) => CorrelationReader;
  readonly instanceId: number;
  readonly nowMs: number;
  readonly recordOfStored: (eventId: string) => FlatRecord;
};

/** What judging events for the first time and judging them again have in common: matches, and the groups they touch. */
export function createBatch(options: BatchOptions) {
  const { context, instanceId, nowMs, pack, readerOf, recordOfStored } = options;
  const { store } = context;
  const touched = new Map<string, Map<string, TouchedGroup>>();
  const records = new Map<string, FlatRecord>();
  const recordOf = (eventId: string) => records.get(eventId) ?? recordOfStored(eventId);

  function touch(correlationKey: string, groupKey: string, atMs: number) {
    const groups = touched.get(correlationKey) ?? new Map<string, TouchedGroup>();
    touched.set(correlationKey, groups);
    const known = groups.get(groupKey);
    if (known) known.fromMs = Math.min(known.fromMs, atMs);
    else groups.set(groupKey, { groupKey, fromMs: atMs });
  }

  /** What an event of a rule, or a hit of a correlation, is to the correlations that are about it. */
  function inputsOf(memberKey: string, record: SigmaRecord, event: { eventPk: number; eventId: string; atMs: number }) {
    return (pack.correlationsByRule.get(memberKey) ?? []).map((correlation): CorrelationInputRow => {
      const { groupKey, value } = correlationInput(correlation, memberKey, record);
      const { atMs, eventId: ref, eventPk: seq } = event;
      return {
        scope: String(instanceId),
        correlation: correlation.key,
        groupKey,
        atMs,
        seq,
        rule: memberKey,
        ref,
        value,
      };
    });
  }

  function enter(input: CorrelationInputRow) {
    if (store.signals.addInput(input)) touch(input.correlation, input.groupKey, input.atMs);
  }

  /** Carries what changed in the hits of a correlation on to those that are about it. */
  function feedHits(correlation: CompiledCorrelation, groupKey: string, { hits, removed }: GroupHits) {
    if (!pack.correlationsByRule.has(correlation.key)) return;
    for (const { event_pk } of removed) {
      for (const input of store.signals.inputsOf(event_pk)) {
        if (input.rule === correlation.key) touch(input.correlation, input.group_key, input.at_ms);
      }
      store.signals.removeHitInputs(event_pk, correlation.key);
    }
    for (const { seq, ref, at_ms } of hits) {
      const record = recordOfHit(correlation, groupKey, recordOf(ref));
      for (const input of inputsOf(correlation.key, record, { eventPk: seq, eventId: ref, atMs: at_ms })) enter(input);
    }
  }

  return {
    recordOf,
    touch,
    enter,

    /** Exceptions act by the time of the event; only for them it is read. */
    matchesOf({ record, occurredAt }: JudgedEvent): readonly SigmaMatch[] {
      const atMs = pack.exceptions.size > 0 ? Date.parse(occurredAt) : undefined;
      return pack.ruleSet.match(record, AUDIT_SOURCE, atMs);
    },

    /** What a match is to correlations; a match that a filter rejects counts in none. */
    inputsOfMatch(event: JudgedEvent, match: SigmaMatch): readonly CorrelationInputRow[] {
      if (match.rejectedBy !== null || !pack.correlationsByRule.has(match.rule.key)) return [];
      records.set(event.eventId, event.record);
      const { eventPk, eventId } = event;
      return inputsOf(match.rule.key, event.record, { eventPk, eventId, atMs: Date.parse(event.occurredAt) });
    },

    /** What a rule saw in an event, as findings take it. */
    sightingOf(event: JudgedEvent, rule: PackRule, match: SigmaMatch): Sighting {
      const adjustment = adjustmentFor(rule, match, event.record);
      return {
        instanceId,
        rule,
        level: adjustment?.level ?? rule.level,
        because: adjustment?.because ?? null,
        summary: adjustment?.summary ?? null,
        respond: adjustment?.respond ?? null,
        subject: subjectOf(rule, event),
        record: event.record,
        extra: { Threshold: rule.threshold },
        openedBy: event.eventId,
        evidence: [{ eventId: event.eventId, occurredAt: event.occurredAt }],
      };
    },

    /** Stores a match as a signal, or what is new of it, and returns its number. */
    storeSignal(event: JudgedEvent, rule: PackRule, level: Level, match: SigmaMatch): number {
      return store.signals.insert({
        instanceId,
        rule: rule.name,
        eventId: event.eventId,
        eventPk: event.eventPk,
        groupKey: null,
        occurredAt: event.occurredAt,
        level,
        suppressedBy: match.rejectedBy,
      });
    },

    /**
     * Runs the correlations of every group that was touched; those that are about others come behind them. `onGroup` hears of
     * each group, with the time from which on it was computed again.
     */
    correlate(onGroup: (rule: PackRule, groupKey: string, fromMs: number, hits: GroupHits) => void = () => undefined) {
      for (const correlation of pack.ruleSet.correlations) {
        const rule = pack.rules.get(correlation.key);
        if (!rule) continue;
        const groups = touched.get(correlation.key);
        if (!groups) continue;
        const rowsOf = readerOf(correlation);
        for (const group of groups.values()) {
          const hits = correlateGroup(context, { correlation, rowsOf, rule, instanceId, nowMs, recordOf }, group);
          feedHits(correlation, group.groupKey, hits);
          onGroup(rule, group.groupKey, group.fromMs - correlation.timespanMs, hits);
        }
      }
    },
  };
}

function adjustmentFor(rule: PackRule, match: SigmaMatch, record: FlatRecord) {
  return rule.attributes.levels.find((one) => match.rule.selection(one.when)(record));
}

/** Without a subject of its own a rule's findings are about the event itself. */
function subjectOf(rule: PackRule, event: JudgedEvent): unknown[] {
  if (rule.attributes.subject.length === 0) return [event.eventId];
  return rule.attributes.subject.map((field) => event.record[field] ?? null);
}
