import { toInstant } from '../lib/clock.ts';
import { compareLevels } from '../model/finding.ts';
import type { FindingRow } from '../store/index.ts';
import type { DetectContext } from './context.ts';
import { raiseToSignals, settleLevel } from './finding-state.ts';
import { redescribe, type Sighting } from './finding-texts.ts';
import { fingerprintOf, openFinding } from './findings.ts';

/**
 * Opens a finding about a state, with its one signal, unless an unresolved one about the same subject exists: such a
 * finding opens once and keeps its number until the state ends; it can only grow worse. `objectId` is what the state is
 * about; `isQuiet`: nobody is told of it now.
 */
export function openStateFinding(
  context: DetectContext,
  sighting: Sighting,
  objectId: string,
  nowMs: number,
  isQuiet = false,
): void {
  const { store } = context;
  const { instanceId, rule } = sighting;
  const fingerprint = fingerprintOf(instanceId, rule.name, sighting.subject);
  const known = store.findings.unresolvedStateOf(fingerprint);
  if (known) {
    const isWorse = compareLevels(sighting.level, known.level) > 0;
    // What a correction of the configuration says of it holds, better or worse.
    if (isWorse || context.isCorrection) restate(context, known, sighting, { isWorse, isQuiet }, nowMs);
    return;
  }
  const findingId = openFinding(context, sighting, fingerprint, true, objectId, nowMs);
  const occurredAt = toInstant(nowMs);
  const signalId = store.signals.insert({
    instanceId,
    rule: rule.name,
    eventId: objectId,
    eventPk: null,
    groupKey: null,
    occurredAt,
    level: sighting.level,
    suppressedBy: null,
  });
  store.signals.place(signalId, findingId);
  store.findings.addEvent(findingId, objectId, occurredAt);
  store.findings.refreshSpan(findingId);
  if (isQuiet) raiseToSignals(store, findingId);
  else settleLevel(context, findingId, nowMs);
}

/**
 * Gives a state's finding level and texts of now. Who was told of one that is worse is told once more, unless somebody took it
 * on or it is quiet.
 */
function restate(
  context: DetectContext,
  finding: FindingRow,
  sighting: Sighting,
  { isWorse, isQuiet }: { readonly isWorse: boolean; readonly isQuiet: boolean },
  nowMs: number,
): void {
  const { store } = context;
  store.signals.raise(finding.finding_id, sighting.level);
  redescribe(context, finding, sighting);
  if (isQuiet) {
    raiseToSignals(store, finding.finding_id);
    return;
  }
  settleLevel(context, finding.finding_id, nowMs);
  if (finding.status !== 'open' || !isWorse) return;
  for (const channel of store.deliveries.channelsTold(finding.finding_id)) {
    store.deliveries.owe(finding.finding_id, channel, 'repeat', false, toInstant(nowMs), context.isCorrection);
  }
}
