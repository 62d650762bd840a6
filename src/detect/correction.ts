import { toInstant } from '../lib/clock.ts';
import type { SigmaMatch } from '../sigma/index.ts';
import { type BatchOptions, createBatch, type JudgedEvent } from './batch.ts';
import { createSettler } from './correction-settle.ts';
import { settleLevel } from './finding-state.ts';
import { recordSighting } from './findings.ts';

/** Whether a rule was in force when an event came: rules find nothing in what was there before them. */
export type RuleApplies = (rule: string, receivedAt: string) => boolean;

/** What became of findings: those that are open now and were not, and those that were and are not. */
export type CorrectionTally = { readonly opened: number; readonly closed: number };

/**
 * Judges stored events again whose records have changed because the configuration has, in one transaction: `judge` each event,
 * then `finish` once. Signals, inputs of correlations and findings become what they would be had the configuration always been
 * that of now; what rests on rules that are no longer there stays.
 */
export function createCorrection(options: BatchOptions, applies: RuleApplies) {
  const { context, instanceId, nowMs, pack } = options;
  const { store } = context;
  const batch = createBatch(options);
  const settler = createSettler({ ...options, batch });
  const touched = new Set<number>();
  const lastEntry = store.journal.lastId();

  function judgeInputs(event: JudgedEvent, matches: readonly SigmaMatch[], receivedAt: string) {
    const before = store.signals.inputsOf(event.eventPk);
    const wanted = matches
      .flatMap((match) => batch.inputsOfMatch(event, match))
      .filter(
        ({ correlation }) => applies(correlation, receivedAt) || before.some((one) => one.correlation === correlation),
      );
    const isKnown = new Set<string>();
    for (const stored of before) {
      // Hits of correlations follow from their own groups, and what no rule of now is about stays.
      if (pack.rules.get(stored.rule)?.kind !== 'event' || !pack.rules.has(stored.correlation)) continue;
      const same = wanted.find(
        (input) =>
          input.correlation === stored.correlation &&
          input.rule === stored.rule &&
          input.groupKey === stored.group_key &&
          input.value === stored.value,
      );
      if (same) {
        isKnown.add(`${same.correlation} ${same.rule}`);
        continue;
      }
      store.signals.removeInput(event.eventPk, stored.correlation, stored.rule);
      batch.touch(stored.correlation, stored.group_key, stored.at_ms);
    }
    for (const input of wanted) if (!isKnown.has(`${input.correlation} ${input.rule}`)) batch.enter(input);
  }

  /** By the journal of this transaction: a finding that was opened and merged into another at once is none. */
  function tally(): CorrectionTally {
    const acts = store.journal
      .after(lastEntry)
      .filter(({ action }) => /^finding_(opened|reopened|resolved)$/.test(action));
    const ids = (isOfKind: (action: string) => boolean) =>
      new Set(acts.filter(({ action }) => isOfKind(action)).map(({ object }) => Number(object)));
    const isOpen = (id: number) => (store.findings.get(id)?.status ?? 'resolved') !== 'resolved';
    const opened = ids((action) => action !== 'finding_resolved');
    const closed = ids((action) => action === 'finding_resolved');
    return {
      opened: [...opened].filter(isOpen).length,
      closed: [...closed].filter((id) => !opened.has(id) && !isOpen(id)).length,
    };
  }

  return {
    /** Matches one stored event again; `receivedAt` is when it came. */
    judge(event: JudgedEvent, receivedAt: string) {
      const before = new Map(store.signals.ofEvent(event.eventPk).map((signal) => [signal.rule, signal]));
      const matches = batch
        .matchesOf(event)
        .filter(({ rule: { key } }) => pack.rules.has(key) && (before.has(key) || applies(key, receivedAt)));
      judgeInputs(event, matches, receivedAt);
      for (const match of matches) {
        const rule = pack.rules.get(match.rule.key);
        if (!rule) continue;
        const knownFindingId = before.get(rule.name)?.finding_id ?? null;
        if (knownFindingId !== null) touched.add(knownFindingId);
        const sighting = batch.sightingOf(event, rule, match);
        const signalId = batch.storeSignal(event, rule, sighting.level, match);
        if (match.rejectedBy !== null) store.signals.place(signalId, null);
        if (match.rejectedBy !== null || !rule.yieldsFindings || knownFindingId !== null) continue;
        const findingId = recordSighting(context, sighting, nowMs);
        store.signals.place(signalId, findingId);
        settleLevel(context, findingId, nowMs);
        touched.add(findingId);
      }
      for (const signal of before.values()) {
        if (!pack.rules.has(signal.rule) || matches.some((match) => match.rule.key === signal.rule)) continue;
        store.signals.remove(signal.signal_id);
        if (signal.finding_id !== null) touched.add(signal.finding_id);
      }
    },

    /** Runs the correlations of touched groups, then makes the findings right whose signals have changed. */
    finish(): CorrectionTally {
      batch.correlate((rule, groupKey, fromMs, { removed }) => {
        if (!rule.yieldsFindings) return;
        for (const { finding_id } of removed) if (finding_id !== null) touched.add(finding_id);
        for (const findingId of store.signals.findingsOfGroup(rule.name, instanceId, groupKey, toInstant(fromMs)))
          touched.add(findingId);
      });
      settler.settle(touched);
      return tally();
    },
  };
}
