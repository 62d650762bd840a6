/** Time as an argument: what the program knows of "now" and of waiting. Tests start it at a named instant. */
export type Clock = {
  /** Milliseconds since the epoch, UTC. */
  now(): number;
  /** Resolves after `ms` milliseconds; rejects with the signal's reason as soon as it aborts. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
};

export const systemClock: Clock = {
  now: () => Date.now(),
  sleep(ms, signal) {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) {
        reject(signal.reason);
        return;
      }
      const onAbort = () => {
        clearTimeout(timer);
        reject(signal?.reason);
      };
      const timer = setTimeout(() => {
        signal?.removeEventListener('abort', onAbort);
        resolve();
      }, ms);
      signal?.addEventListener('abort', onAbort, { once: true });
    });
  },
};

/** The one way instants are written in the database and in output: UTC, milliseconds, `YYYY-MM-DDTHH:MM:SS.mmmZ`. */
export function toInstant(epochMs: number): string {
  return new Date(epochMs).toISOString();
}
