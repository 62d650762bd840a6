import type { Clock } from './clock.ts';
import { OctowatchError } from './errors.ts';

const FIRST_MS = 1000;
const JITTER = 0.25;
/** Kept below the promised five minutes so that the longest wait has its jitter too. */
const LONGEST_MS = 300_000 / (1 + JITTER);

/**
 * How long to wait after the `attempt`-th failure (1 for the first), in milliseconds: 1 s, doubling, plus up to a
 * quarter of jitter, never more than 5 minutes. `random` yields [0, 1).
 */
export function backoffMs(attempt: number, random: () => number): number {
  const doublings = Math.min(Math.max(0, attempt - 1), 30);
  return Math.round(Math.min(FIRST_MS * 2 ** doublings, LONGEST_MS) * (1 + JITTER * random()));
}

/**
 * Reads a `Retry-After` header, seconds or an HTTP date, and returns milliseconds from `nowMs` (0 for a date that has
 * passed); null when there is none or it says nothing.
 */
export function parseRetryAfter(header: string | null | undefined, nowMs: number): number | null {
  const text = header?.trim();
  if (!text) return null;
  if (/^\d+(\.\d+)?$/.test(text)) {
    const ms = Math.ceil(Number(text) * 1000);
    return Number.isSafeInteger(ms) ? ms : Number.MAX_SAFE_INTEGER;
  }
  // Only texts with a name of a month: Date.parse takes much for a date that is none ("5 minutes" is a year).
  if (!/^[A-Za-z]{3,9},? /.test(text)) return null;
  // The oldest of the three forms of an HTTP date names no zone and means GMT.
  const at = Date.parse(/\b(GMT|UTC)\b|[+-]\d{4}$/.test(text) ? text : `${text} GMT`);
  return Number.isNaN(at) ? null : Math.max(0, at - nowMs);
}

export type RetryOptions = {
  readonly clock: Clock;
  readonly random: () => number;
  /** Budget of all attempts and the waits between them, in milliseconds; Infinity for none. */
  readonly giveUpAfterMs: number;
  readonly signal?: AbortSignal | undefined;
  /** The wait the other side asked for, if the error carries one; null for the ordinary back-off. */
  readonly retryAfterMs?: (error: unknown) => number | null;
  readonly onRetry?: (error: OctowatchError, attempt: number, waitMs: number) => void;
};

/**
 * Runs `work` until it succeeds. An error is tried again only if it is an `OctowatchError` with `isRetryable`; all
 * others, and a wait that would outlast the budget, end it at once with that error. `work` is told what is left of the
 * budget in milliseconds. An aborted signal rejects with its reason.
 */
export async function withRetries<T>(
  work: (remainingMs: number, attempt: number) => Promise<T>,
  options: RetryOptions,
): Promise<T> {
  const { clock, random, giveUpAfterMs, signal } = options;
  const startedAtMs = clock.now();
  for (let attempt = 1; ; attempt++) {
    signal?.throwIfAborted();
    try {
      return await work(giveUpAfterMs - (clock.now() - startedAtMs), attempt);
    } catch (error) {
      if (!(error instanceof OctowatchError) || !error.isRetryable) throw error;
      const waitMs = options.retryAfterMs?.(error) ?? backoffMs(attempt, random);
      if (clock.now() - startedAtMs + waitMs >= giveUpAfterMs) throw error;
      options.onRetry?.(error, attempt, waitMs);
      await clock.sleep(waitMs, signal);
    }
  }
}
