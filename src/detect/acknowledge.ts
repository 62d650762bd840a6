import { toInstant } from '../lib/clock.ts';
import { formatEpochDay } from '../lib/local-date.ts';
import type { Zone } from '../lib/zone.ts';
import type { Acknowledgement, Store } from '../store/index.ts';

/**
 * Notes that somebody took a finding on: it stops growing, and what was still to be said of it need not be. What is
 * acknowledged already is so anew. Returns why it could not be done, or `done`. Call inside a transaction.
 */
export function acknowledge(
  store: Store,
  findingId: number,
  acknowledgement: Acknowledgement,
  nowMs: number,
): 'done' | 'unknown' | 'resolved' {
  const finding = store.findings.get(findingId);
  if (!finding) return 'unknown';
  if (finding.status === 'resolved') return 'resolved';
  const at = toInstant(nowMs);
  store.acknowledgements.add(findingId, acknowledgement, at);
  store.deliveries.removePending(findingId);
  store.journal.add(at, 'finding_acknowledged', String(findingId), { rule: finding.rule, ...acknowledgement });
  return 'done';
}

/**
 * Opens acknowledged findings again whose local day has come. Returns their numbers; what is to be said of them is the
 * caller's to decide. Call inside a transaction.
 */
export function reopenLapsed(store: Store, nowMs: number, zone: Zone): number[] {
  const at = toInstant(nowMs);
  const lapsed = store.acknowledgements.lapsedBy(formatEpochDay(zone.localTime(nowMs).epochDay));
  for (const findingId of lapsed) {
    store.acknowledgements.reopen(findingId, at);
    store.journal.add(at, 'finding_reopened', String(findingId), { because: 'its acknowledgement ended' });
  }
  return lapsed;
}
