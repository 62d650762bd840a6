import { toInstant } from '../lib/clock.ts';
import type { DetectContext } from './context.ts';

/** About the monitor as a whole; they only stand under an instance because every finding does. */
const OF_THE_MONITOR: readonly string[] = ['monitor_delivery_failing', 'monitor_detection_weakened'];

/**
 * Notes which stored instances are configured no more, unless another process reads them, and ends what was found about
 * states there: nobody looks any more, so it could never end by itself. Nobody is told. Findings about events stay as they
 * are, for what happened there may still matter. Returns the names. Call inside the transaction of the start.
 */
export function retireInstances(
  { store }: Pick<DetectContext, 'store'>,
  configured: readonly string[],
  nowMs: number,
): string[] {
  const at = toInstant(nowMs);
  const gone = store.instances
    .all()
    .filter((one) => one.retired_at === null && !configured.includes(one.name))
    .filter((one) => store.leases.holderOf(one.instance_id, nowMs) === null);
  for (const { instance_id } of gone) {
    store.instances.retire(instance_id, at);
    for (const { finding_id, rule } of store.findings.unresolvedStates(instance_id)) {
      if (OF_THE_MONITOR.includes(rule)) continue;
      store.deliveries.removePending(finding_id);
      store.findings.resolve(finding_id, 'configuration_changed', at);
      store.journal.add(at, 'finding_resolved', String(finding_id), { resolution: 'configuration_changed' });
    }
  }
  return gone.map((one) => one.name);
}
