import type { Clock } from '../../src/lib/clock.ts';

export type SteppingClock = Clock & { advance(ms: number): void };

/** A clock that stands still until somebody sleeps, which takes no time but moves it, or `advance` is called. */
export function steppingClock(startMs: number): SteppingClock {
  let nowMs = startMs;
  return {
    now: () => nowMs,
    async sleep(ms, signal) {
      signal?.throwIfAborted();
      nowMs += ms;
    },
    advance(ms) {
      nowMs += ms;
    },
  };
}
