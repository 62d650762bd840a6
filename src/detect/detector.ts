import type { FlatRecord } from '../model/record.ts';
import type { CompiledCorrelation, SigmaMatch } from '../sigma/index.ts';
import { createBatch, type JudgedEvent } from './batch.ts';
import type { DetectContext } from './context.ts';
import { createCorrection, type RuleApplies } from './correction.ts';
import { type CorrelationReader, correlationReader } from './correlate.ts';
import { endFinding, settleLevel } from './finding-state.ts';
import { redescribe } from './finding-texts.ts';
import { recordSighting } from './findings.ts';
import type { PackRule, RulePack } from './rule-pack.ts';

export type { JudgedEvent } from './batch.ts';

export type Detector = ReturnType<typeof createDetector>;

/**
 * Matches events against the rules and turns matches into signals and findings. A batch belongs to one transaction:
 * `judge` each event, then `finish` once, which runs the correlations of the groups that were touched.
 */
export function createDetector(context: DetectContext, pack: RulePack) {
  const { store } = context;
  const readers = new Map<string, CorrelationReader>();

  function readerOf(correlation: CompiledCorrelation) {
    const reader = readers.get(correlation.key) ?? correlationReader(store, correlation);
    readers.set(correlation.key, reader);
    return reader;
  }

  function begin(instanceId: number, nowMs: number, recordOfStored: (eventId: string) => FlatRecord) {
    const batch = createBatch({ context, pack, readerOf, instanceId, nowMs, recordOfStored });

    function feedMatch(event: JudgedEvent, match: SigmaMatch) {
      for (const input of batch.inputsOfMatch(event, match)) batch.enter(input);
    }

    function place(event: JudgedEvent, rule: PackRule, match: SigmaMatch, knownFindingId: number | null) {
      const sighting = batch.sightingOf(event, rule, match);
      const signalId = batch.storeSignal(event, rule, sighting.level, match);
      if (match.rejectedBy !== null) {
        store.signals.place(signalId, null);
        if (knownFindingId !== null) takeBack(knownFindingId, event.eventId);
        return;
      }
      if (!rule.yieldsFindings) return;
      const findingId = knownFindingId ?? recordSighting(context, sighting, nowMs);
      store.signals.place(signalId, findingId);
      const finding = store.findings.get(findingId);
      if (knownFindingId !== null && finding) redescribe(context, finding, sighting);
      settleLevel(context, findingId, nowMs);
    }

    function takeBack(findingId: number, eventId: string) {
      store.findings.removeEvent(findingId, eventId);
      if (store.findings.countEvents(findingId) === 0) {
        endFinding(context, findingId, nowMs);
        return;
      }
      store.findings.refreshSpan(findingId);
      settleLevel(context, findingId, nowMs);
    }

    return {
      /** Matches one new event. */
      judge(event: JudgedEvent) {
        const matches = batch.matchesOf(event);
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
          batch.touch(input.correlation, input.group_key, input.at_ms);
        store.signals.removeInputs(event.eventPk);
        const matches = batch.matchesOf(event);
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
      finish: () => batch.correlate(),
    };
  }

  return {
    begin,
    /** The same for stored events whose configuration was another; `applies` says which rules were in force when they came. */
    beginCorrection: (
      instanceId: number,
      nowMs: number,
      recordOfStored: (eventId: string) => FlatRecord,
      applies: RuleApplies,
    ) =>
      createCorrection(
        { context: { ...context, isCorrection: true }, pack, readerOf, instanceId, nowMs, recordOfStored },
        applies,
      ),
  };
}
