import { requestHeartbeat } from '../notify/index.ts';
import type { Log } from './instance.ts';
import type { ReadOutcome } from './loop.ts';

const TIMEOUT_MS = 10_000;

/**
 * Lets somebody else notice when the monitor is dead, or blind: requests `url` (null: nothing) each time that every
 * instance has been read since the last time. An instance that hangs or fails holds it back.
 */
export function createHeartbeat(options: {
  readonly url: string | null;
  readonly instances: readonly string[];
  readonly log: Log;
  readonly signal: AbortSignal;
}) {
  const { url, instances, log, signal } = options;
  const awaited = new Set(instances);

  async function beat(): Promise<void> {
    if (url === null) return;
    const result = await requestHeartbeat({ url, timeoutMs: TIMEOUT_MS, signal });
    if (result.outcome === 'failed') log.warn({ reason: result.reason }, 'the heartbeat could not be sent');
  }

  return {
    beat,

    /** Notes how a cycle of an instance ended. What another process reads is not waited for. */
    note(instance: string, outcome: ReadOutcome) {
      if (outcome === 'failed') awaited.add(instance);
      else awaited.delete(instance);
      // A process that read nothing, because another does, knows nothing of a complete cycle.
      if (outcome !== 'read' || awaited.size > 0) return;
      for (const each of instances) awaited.add(each);
      void beat();
    },
  };
}
