import { toInstant } from '../lib/clock.ts';
import { compareLevels } from '../model/finding.ts';
import type { FindingRow, Store } from '../store/index.ts';
import type { DetectContext } from './context.ts';
import type { StoredReport } from './finding-texts.ts';
import { supersede } from './supersede.ts';

const HOUR_MS = 3_600_000;
/** A message of a finding found this long after its last event waits until its instance has been read to now. */
const CATCH_UP_AFTER_MS = 6 * HOUR_MS;
/** A finding of the first back-fill whose last event lies so far back is history. */
const HISTORY_AFTER_MS = 7 * 24 * HOUR_MS;

/**
 * Sets a finding's level to the highest of its signals and owes it to the channels of that level; what is pending for
 * channels that no longer concern it is removed.
 */
export function settleLevel(context: DetectContext, findingId: number, nowMs: number): void {
  const { store } = context;
  const finding = raiseToSignals(store, findingId);
  if (!finding || !isToldOf(context, finding, nowMs)) return;
  if (supersede(store, context.supersedes, finding, nowMs)) return;
  const { isStable } = JSON.parse(finding.report) as StoredReport;
  const channels = context.channelsFor({ name: finding.rule, isStable }, finding.level, finding.instance);
  store.deliveries.removePendingExcept(findingId, channels);
  const isCatchUp = Date.parse(finding.last_seen_at) < nowMs - CATCH_UP_AFTER_MS;
  for (const channel of channels)
    store.deliveries.owe(findingId, channel, 'alert', isCatchUp, toInstant(nowMs), context.isCorrection);
}

/** Sets a finding's level to the highest of its signals, and returns it as it is then. */
export function raiseToSignals(store: Store, findingId: number): FindingRow | undefined {
  const level = store.signals.levelsOf(findingId).sort(compareLevels).at(-1);
  const known = store.findings.get(findingId);
  if (level !== undefined && level !== known?.level) store.findings.setLevel(findingId, level);
  return known && { ...known, level: level ?? known.level };
}

/**
 * Whether people are told of a finding. What the first back-fill finds of long before the monitor came is history, and
 * resolved as such; one that grows into the present is open again.
 */
function isToldOf({ store }: DetectContext, finding: FindingRow, nowMs: number): boolean {
  const isHistory =
    finding.is_state === 0 && isLongBefore(store.instances.createdAt(finding.instance_id), finding, nowMs);
  if (finding.status === 'open' && isHistory) {
    store.deliveries.removePending(finding.finding_id);
    store.findings.resolve(finding.finding_id, 'history', toInstant(nowMs));
  }
  if (finding.resolution === 'history' && !isHistory) store.findings.reopen(finding.finding_id);
  return !isHistory && (finding.status === 'open' || finding.resolution === 'history');
}

/** Whether what ended at a time lies so far before the monitor met its instance that it is history, of which nobody is told. */
export function isLongBefore(
  createdAt: string | null,
  { last_seen_at }: Pick<FindingRow, 'last_seen_at'>,
  nowMs: number,
): boolean {
  return createdAt !== null && last_seen_at < createdAt && Date.parse(last_seen_at) < nowMs - HISTORY_AFTER_MS;
}

/**
 * Ends a finding, in a correction because the configuration changed: what was not told yet need not be, and who was told of it
 * is told that it ended.
 */
export function endFinding(context: DetectContext, findingId: number, nowMs: number): void {
  const { store, isCorrection } = context;
  const at = toInstant(nowMs);
  const resolution = isCorrection ? 'configuration_changed' : 'ended';
  store.deliveries.removePending(findingId);
  store.findings.resolve(findingId, resolution, at);
  for (const channel of store.deliveries.channelsTold(findingId)) {
    store.deliveries.owe(findingId, channel, 'resolved', false, at, isCorrection);
  }
  store.journal.add(at, 'finding_resolved', String(findingId), { resolution });
}
