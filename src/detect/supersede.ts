import { toInstant } from '../lib/clock.ts';
import type { FindingRow, Store } from '../store/index.ts';

/** Rule to the rules whose findings it takes in. */
export type Supersedes = ReadonlyMap<string, readonly string[]>;

/**
 * A finding takes in the unresolved findings of the rules its rule supersedes that share its subject or an evidence
 * event, whichever came first. Returns true when the finding itself was taken in. Call inside a transaction.
 */
export function supersede(store: Store, supersedes: Supersedes, finding: FindingRow, nowMs: number): boolean {
  const higher = [...supersedes].filter(([, lower]) => lower.includes(finding.rule)).map(([rule]) => rule);
  const [above] = store.findings.relatives(finding, higher);
  if (above) {
    takeIn(store, above.finding_id, finding.finding_id, nowMs);
    return true;
  }
  for (const below of store.findings.relatives(finding, supersedes.get(finding.rule) ?? [])) {
    takeIn(store, finding.finding_id, below.finding_id, nowMs);
  }
  return false;
}

/** One finding becomes part of another: what was not told of it yet need not be. */
export function takeIn(store: Store, intoId: number, fromId: number, nowMs: number): void {
  store.deliveries.removePending(fromId);
  store.findings.resolve(fromId, 'superseded', toInstant(nowMs), intoId);
  store.journal.add(toInstant(nowMs), 'finding_resolved', String(fromId), { resolution: 'superseded', by: intoId });
}
