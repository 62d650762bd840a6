import type { Clock } from '../lib/clock.ts';

type Headers = Readonly<Record<string, string | string[] | undefined>>;

/** Answers that took longer say too little about the moment their Date header was written. */
const MAX_LATENCY_MS = 5000;

/**
 * Measures by how many seconds the server's clock is ahead of ours. The Date header has whole seconds, so that its
 * instant lies half a second later on average, and was written somewhere between sending and receiving: a difference
 * within that uncertainty counts as none.
 */
export function createSkewMeter(clock: Clock): {
  observe(headers: Headers, sentAtMs: number): void;
  seconds(): number | null;
} {
  let skewSeconds: number | null = null;
  return {
    observe(headers, sentAtMs) {
      const receivedAtMs = clock.now();
      const latencyMs = receivedAtMs - sentAtMs;
      const date = headers['date'];
      // An Age header marks the copy of a proxy: its Date is old by design.
      if (typeof date !== 'string' || headers['age'] !== undefined || latencyMs < 0 || latencyMs > MAX_LATENCY_MS)
        return;
      const serverMs = Date.parse(date) + 500;
      if (Number.isNaN(serverMs)) return;
      const differenceMs = serverMs - (sentAtMs + latencyMs / 2);
      const uncertaintyMs = 500 + latencyMs / 2;
      skewSeconds = Math.abs(differenceMs) <= uncertaintyMs ? 0 : Math.round(differenceMs / 1000);
    },
    seconds: () => skewSeconds,
  };
}
