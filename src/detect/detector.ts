import type { Level } from '../model/finding.ts';
import type { FlatRecord } from '../model/record.ts';
import {
  type CompiledCorrelation,
  correlationInput,
  recordOfHit,
  type SigmaMatch,
  type SigmaRecord,
} from '../sigma/index.ts';
import { correlateGroup, correlationReader, type GroupHits, type TouchedGroup } from './correlate.ts';
import { type DetectContext, endFinding, recordSighting, redescribe, type Sighting, settleLevel } from './findings.ts';
import { AUDIT_SOURCE, type PackRule, type RulePack } from './rule-pack.ts';

/** One stored event as it is judged: its row, its identity and its record. */
export type JudgedEvent = {
  readonly eventPk: number;
  readonly eventId: string;
  readonly occurredAt: string;
  readonly record: FlatRecord;
};

export type Detector = ReturnType<typeof createDetector>;

/**
 * Matches events against the rules and turns matches into signals and findings. A batch belongs to one transaction:
 * `judge` each event, then `finish` once, which runs the correlations of the groups that were touched.
 */
export function createDetector(context: DetectContext, pack: RulePack) {
  const { store } = context;
  const readers = new Map<string, ReturnType<typeof correlationReader>>();

  function readerOf(correlation: CompiledCorrelation) {
    const reader = readers.get(correlation.key) ?? correlationReader(store, correlation);
    readers.set(correlation.key, reader);
    return reader;
  }

  function begin(instanceId: number, nowMs: number, recordOfStored: (eventId: string) => FlatRecord) {
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

    /** Enters an event of a rule, or a hit of a correlation, into the correlations that are about it. */
    function feed(memberKey: string, record: SigmaRecord, event: { eventPk: number; eventId: string; atMs: number }) {
      for (const correlation of pack.correlationsByRule.get(memberKey) ?? []) {
        const { groupKey, value } = correlationInput(correlation, memberKey, record);
        const isNew = store.signals.addInput({
          scope: String(instanceId),
          correlation: correlation.key,
          groupKey,
          atMs: event.atMs,
          seq: event.eventPk,
          rule: memberKey,
          ref: event.eventId,
          value,
        });
        if (isNew) touch(correlation.key, groupKey, event.atMs);
      }
    }

    /** Exceptions act by the time of the event; only for them it is read. */
    function matchesOf({ record, occurredAt }: JudgedEvent) {
      const atMs = pack.exceptions.size > 0 ? Date.parse(occurredAt) : undefined;
      return pack.ruleSet.match(record, AUDIT_SOURCE, atMs);
    }

    /** A match that a filter rejects counts in no correlation. */
    function feedMatch(event: JudgedEvent, match: SigmaMatch) {
      if (match.rejectedBy !== null || !pack.correlationsByRule.has(match.rule.key)) return;
      records.set(event.eventId, event.record);
      const { eventPk, eventId } = event;
      feed(match.rule.key, event.record, { eventPk, eventId, atMs: Date.parse(event.occurredAt) });
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
        feed(correlation.key, record, { eventPk: seq, eventId: ref, atMs: at_ms });
      }
    }

    function place(event: JudgedEvent, rule: PackRule, match: SigmaMatch, knownFindingId: number | null) {
      const adjustment = adjustmentFor(rule, match, event.record);
      const level: Level = adjustment?.level ?? rule.level;
      const signalId = store.signals.insert({
        instanceId,
        rule: rule.name,
        eventId: event.eventId,
        eventPk: event.eventPk,
        groupKey: null,
        occurredAt: event.occurredAt,
        level,
        suppressedBy: match.rejectedBy,
      });
      if (match.rejectedBy !== null) {
        store.signals.place(signalId, null);
        if (knownFindingId !== null) takeBack(knownFindingId, event.eventId);
        return;
      }
      if (!rule.yieldsFindings) return;
      const sighting: Sighting = {
        instanceId,
        rule,
        level,
        because: adjustment?.because ?? null,
        summary: adjustment?.summary ?? null,
        respond: adjustment?.respond ?? null,
        subject: subjectOf(rule, event),
        record: event.record,
        extra: { Threshold: rule.threshold },
        openedBy: event.eventId,
        evidence: [{ eventId: event.eventId, occurredAt: event.occurredAt }],
      };
      const findingId = knownFindingId ?? recordSighting(context, sighting, nowMs);
      store.signals.place(signalId, findingId);
      const finding = store.findings.get(findingId);
      if (knownFindingId !== null && finding) redescribe(context, finding, sighting);
      settleLevel(context, findingId, nowMs);
    }

    return {
      /** Matches one new event. */
      judge(event: JudgedEvent) {
        const matches = matchesOf(event);
        for (const match of matches) {
          const rule = pack.rules.get(match.rule.key);
          if (!rule) continue;
          feedMatch(event, match);
          place(event, rule, match, null);
        }
      },

      /**
       * Matches an event again whose record has changed (its queued event came late). What still matches stays in its
       * finding with level and texts made anew; what no longer does, or what a filter now rejects, is taken back.
       */
      judgeAgain(event: JudgedEvent) {
        const before = store.signals.ofEvent(event.eventPk);
        for (const input of store.signals.inputsOf(event.eventPk))
          touch(input.correlation, input.group_key, input.at_ms);
        store.signals.removeInputs(event.eventPk);
        const matches = matchesOf(event);
        for (const match of matches) {
          const rule = pack.rules.get(match.rule.key);
          if (!rule) continue;
          feedMatch(event, match);
          place(event, rule, match, before.find((signal) => signal.rule === rule.name)?.finding_id ?? null);
        }
        for (const signal of before) {
          if (matches.some((match) => match.rule.key === signal.rule)) continue;
          store.signals.remove(signal.signal_id);
          if (signal.finding_id !== null) takeBack(signal.finding_id, event.eventId);
        }
      },

      /** Runs the correlations of every group that was touched; those that are about others come behind them. */
      finish() {
        for (const correlation of pack.ruleSet.correlations) {
          const rule = pack.rules.get(correlation.key);
          if (!rule) continue;
          const groups = touched.get(correlation.key);
          if (!groups) continue;
          const rowsOf = readerOf(correlation);
          for (const group of groups.values()) {
            const hits = correlateGroup(context, { correlation, rowsOf, rule, instanceId, nowMs, recordOf }, group);
            feedHits(correlation, group.groupKey, hits);
          }
        }
      },
    };

    function takeBack(findingId: number, eventId: string) {
      store.findings.removeEvent(findingId, eventId);
      if (store.findings.countEvents(findingId) === 0) {
        endFinding(context, findingId, nowMs);
        return;
      }
      store.findings.refreshSpan(findingId);
      settleLevel(context, findingId, nowMs);
    }
  }

  return { begin };
}

function adjustmentFor(rule: PackRule, match: SigmaMatch, record: FlatRecord) {
  return rule.attributes.levels.find((one) => match.rule.selection(one.when)(record));
}

/** Without a subject of its own a rule's findings are about the event itself. */
function subjectOf(rule: PackRule, event: JudgedEvent): unknown[] {
  if (rule.attributes.subject.length === 0) return [event.eventId];
  return rule.attributes.subject.map((field) => event.record[field] ?? null);
}
