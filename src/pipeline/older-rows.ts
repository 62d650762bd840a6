import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Clock } from '../lib/clock.ts';
import { linkOlderRows, type Store } from '../store/index.ts';
import type { Log } from './instance.ts';

/** A line in the log for so many rows. */
const TOLD_EVERY = 50_000;

/**
 * Links the rows that were stored before there was a chain of evidence, in small transactions with room for others between
 * them. What is not done when the signal aborts, or the process dies, is done by the next start.
 */
export async function linkOlder(store: Store, clock: Clock, log: Log, signal: AbortSignal): Promise<void> {
  let linked = 0;
  let told = 0;
  while (!signal.aborted) {
    const step = linkOlderRows(store, clock.now());
    if (step === null) return;
    linked += step.linked;
    if (step.isDone) {
      log.info({ rows: linked }, 'rows older than the chain of evidence were linked');
      return;
    }
    if (linked - told >= TOLD_EVERY) {
      told = linked;
      log.info({ rows: linked }, 'rows older than the chain of evidence are being linked');
    }
    await nextTurn();
  }
}
