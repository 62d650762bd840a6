import type { CompiledCorrelation, CorrelationRow } from '../sigma/index.ts';
import type { Store } from '../store/index.ts';

/** A hit of a correlation that is stored. */
export type StoredHit = ReturnType<Store['signals']['hitsFrom']>[number];

/** The first of all instants, as text. */
const EVER = '';

/**
 * The rows of a correlation's group, without what the events before this version of it meet by themselves, under a lower
 * threshold say. The condition begins to hold only where a hit is stored, or where an event takes part that was received
 * since the version is in force; what went on unheeded begins there.
 */
export function sinceInForce(
  { ruleVersions, signals }: Pick<Store, 'ruleVersions' | 'signals'>,
  group: { readonly correlation: CompiledCorrelation; readonly instanceId: number; readonly groupKey: string },
  rows: readonly CorrelationRow[],
  stored: readonly StoredHit[],
): readonly CorrelationRow[] {
  const { correlation, instanceId, groupKey } = group;
  const after = ruleVersions.afterEvent(correlation.key);
  if (rows.every((row) => row.seq > after)) return rows;
  const known = new Set(stored.map((hit) => hit.event_id));
  const inputs = { scope: String(instanceId), correlation: correlation.key, groupKey };
  let isOpen = false;
  let isHeldBack = false;

  function isNews({ seq, ref, at_ms, starts }: CorrelationRow): boolean {
    if (seq > after || known.has(ref)) return true;
    // Only the first row can go on without a beginning among the rows.
    const goesOn = starts === 0 && !isHeldBack;
    if (goesOn && signals.hitsFrom(correlation.key, instanceId, groupKey, EVER).length > 0) return true;
    return signals.hasInputAfter(after, inputs, at_ms - correlation.timespanMs, at_ms);
  }

  return rows.map((row) => {
    if (row.holds === 0 || (!isOpen && !isNews(row))) {
      isHeldBack = row.holds === 1;
      isOpen = false;
      return { ...row, holds: 0, starts: 0 };
    }
    const starts = isHeldBack ? 1 : row.starts;
    isOpen = true;
    isHeldBack = false;
    return { ...row, starts };
  });
}
