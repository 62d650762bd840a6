import { setImmediate as turn } from 'node:timers/promises';
import type { Clock } from '../../src/lib/clock.ts';

export type ManualClock = Clock & {
  /** Moves time from sleeper to sleeper; each has its turn before time goes on. */
  advance(ms: number): Promise<void>;
  /** How long each of those who sleep now asked to sleep, in milliseconds. */
  sleeping(): readonly number[];
};

/** A clock for `runForever`: several sleep at a time, and nobody wakes before the test moves time. */
export function manualClock(startMs: number): ManualClock {
  let nowMs = startMs;
  const sleepers = new Set<{ readonly dueMs: number; readonly ms: number; readonly wake: () => void }>();
  return {
    now: () => nowMs,
    sleeping: () => [...sleepers].map((one) => one.ms),
    sleep(ms, signal) {
      return new Promise((resolve, reject) => {
        if (signal?.aborted) {
          reject(signal.reason);
          return;
        }
        const leave = () => {
          sleepers.delete(sleeper);
          signal?.removeEventListener('abort', onAbort);
        };
        const onAbort = () => {
          leave();
          reject(signal?.reason);
        };
        const wake = () => {
          leave();
          resolve();
        };
        const sleeper = { dueMs: nowMs + ms, ms, wake };
        sleepers.add(sleeper);
        signal?.addEventListener('abort', onAbort, { once: true });
      });
    },
    async advance(ms) {
      const untilMs = nowMs + ms;
      for (;;) {
        await turn();
        const [next] = [...sleepers].sort((a, b) => a.dueMs - b.dueMs);
        if (!next || next.dueMs > untilMs) break;
        nowMs = Math.max(nowMs, next.dueMs);
        next.wake();
      }
      nowMs = untilMs;
      await turn();
    },
  };
}
