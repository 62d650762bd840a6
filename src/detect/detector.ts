import type { Level } from '../model/finding.ts';
import type { FlatRecord } from '../model/record.ts';
import { groupKeyOf, type SigmaMatch } from '../sigma/index.ts';
import { correlateGroup, type TouchedGroup } from './correlate.ts';
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

  function begin(instanceId: number, nowMs: number, recordOfStored: (eventId: string) => FlatRecord) {
    const touched = new Map<string, TouchedGroup>();
    const records = new Map<string, FlatRecord>();

    function touch(correlationKey: string, groupKey: string, atMs: number) {
      const correlation = pack.ruleSet.correlations.find((one) => one.key === correlationKey);
      if (!correlation) return;
      const id = JSON.stringify([correlationKey, groupKey]);
      const known = touched.get(id);
      if (known) known.fromMs = Math.min(known.fromMs, atMs);
      else touched.set(id, { correlation, groupKey, fromMs: atMs });
    }

    /** A match that a filter rejects counts in no correlation. */
    function feedCorrelations(event: JudgedEvent, match: SigmaMatch): boolean {
      if (match.rejectedBy !== null) return false;
      const correlations = pack.correlationsByRule.get(match.rule.key) ?? [];
      for (const correlation of correlations) {
        const groupKey = groupKeyOf(correlation, match.rule.key, event.record);
        const atMs = Date.parse(event.occurredAt);
        store.signals.addInput({
          scope: String(instanceId),
          correlation: correlation.key,
          groupKey,
          atMs,
          seq: event.eventPk,
          rule: match.rule.key,
          ref: event.eventId,
          value: null,
        });
        touch(correlation.key, groupKey, atMs);
      }
      return correlations.length > 0;
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
        const matches = pack.ruleSet.match(event.record, AUDIT_SOURCE);
        for (const match of matches) {
          const rule = pack.rules.get(match.rule.key);
          if (!rule) continue;
          if (feedCorrelations(event, match)) records.set(event.eventId, event.record);
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
        const matches = pack.ruleSet.match(event.record, AUDIT_SOURCE);
        for (const match of matches) {
          const rule = pack.rules.get(match.rule.key);
          if (!rule) continue;
          if (feedCorrelations(event, match)) records.set(event.eventId, event.record);
          place(event, rule, match, before.find((signal) => signal.rule === rule.name)?.finding_id ?? null);
        }
        for (const signal of before) {
          if (matches.some((match) => match.rule.key === signal.rule)) continue;
          store.signals.remove(signal.signal_id);
          if (signal.finding_id !== null) takeBack(signal.finding_id, event.eventId);
        }
      },

      /** Runs the correlations of every group that was touched. */
      finish() {
        for (const group of touched.values()) {
          const rule = pack.rules.get(group.correlation.key);
          if (!rule) continue;
          const recordOf = (eventId: string) => records.get(eventId) ?? recordOfStored(eventId);
          correlateGroup(context, rule, instanceId, group, recordOf, nowMs);
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
