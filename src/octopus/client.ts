import { Pool } from 'undici';
import type { Clock } from '../lib/clock.ts';
import { UsageError } from '../lib/errors.ts';
import { backoffMs, withRetries } from '../lib/retry.ts';
import { printable, truncate } from '../lib/text.ts';
import { type Answer, parseJsonAnswer, type Reading, refusal, transportError } from './answer.ts';
import { checkOctopusUrl } from './base-url.ts';
import { createSkewMeter } from './clock-skew.ts';
import { OctopusError } from './errors.ts';
import { createSharedLookup } from './shared-lookup.ts';

/** Largest answer taken, in bytes, packed or unpacked: a page of 1000 events is about 1.3 MB, some servers send diffs. */
const MAX_ANSWER_BYTES = 64 * 1024 * 1024;

/** Receives what the client has to say of retries; fits a pino logger. Never given a key, a query or an answer. */
type OctopusLog = {
  warn(data: Readonly<Record<string, unknown>>, message: string): void;
};

export type OctopusClientOptions = {
  readonly url: string;
  readonly apiKey: string;
  readonly clock: Clock;
  readonly random: () => number;
  /** Deadline of one request from connecting to the last byte, in milliseconds; 30 s unless given. */
  readonly requestTimeoutMs?: number;
  /** Budget of one read with all its retries and pauses, in milliseconds; 60 s unless given. */
  readonly giveUpAfterMs?: number;
  /** Fail at the first failure, whatever it is: for checks that say what they saw. */
  readonly isSingleTry?: boolean;
  /** Shows in Octopus's own list of clients; the key's owner recognises the monitor by it. */
  readonly userAgent: string;
  readonly allowedHttpHosts?: readonly string[];
  readonly log?: OctopusLog;
};

type GetOptions = {
  /** What is read, in words, for errors and the log. */
  readonly operation: string;
  readonly query?: Readonly<Record<string, string | number>>;
  readonly signal?: AbortSignal | undefined;
  /** Budget of this read where it is to be less than the client's, in milliseconds. */
  readonly giveUpAfterMs?: number;
};

export type OctopusClient = {
  /** Scheme, host and port: fit to be shown. */
  readonly origin: string;
  /** The client's clock, milliseconds since the epoch. */
  now(): number;
  /**
   * Reads a path such as `/api/events`, below the server's virtual directory if it has one, and returns its JSON.
   *
   * @throws OctopusError after the retries that make sense; the signal's reason when it aborts.
   */
  get(path: string, options: GetOptions): Promise<Answer>;
  /** Seconds by which the server's clock is ahead of ours (negative: behind), from the newest answer; null: unknown. */
  clockSkewSeconds(): number | null;
  /** What the newest answer's headers said of request limits (FACT octopus-api 6.4, from 2026.3); null: nothing. */
  rateLimit(): { readonly policy: string | null; readonly left: string | null } | null;
  /** Drops all connections; reads under way fail. */
  close(): Promise<void>;
};

/**
 * A client for one Octopus server with one API key. Tries again what may heal by itself (429, 5xx, resets, hangs,
 * truncated answers), never what cannot (401, 403, 404 and other 4xx: a poller that repeats a dead key writes sign-in
 * failures into the very log it watches). A 429 pauses every request of this client until its `Retry-After` is over.
 * The key lives in this closure only: printing or serialising the client does not show it.
 *
 * @throws UsageError for an address or a key that cannot work.
 */
export function createOctopusClient(options: OctopusClientOptions): OctopusClient {
  const { apiKey, clock, random, log } = options;
  const { requestTimeoutMs = 30_000, giveUpAfterMs = 60_000 } = options;
  const base = checkOctopusUrl(options.url, options.allowedHttpHosts);
  if (!/^[\x21-\x7e]+$/.test(apiKey)) {
    throw new UsageError('The API key of Octopus is empty or holds characters that no key has.', {
      hint: 'It looks like API-… and is set by OCTOPUS_API_KEY or OCTOPUS_API_KEY_FILE.',
    });
  }
  const pool = new Pool(base.origin, {
    connections: 8,
    connect: { timeout: requestTimeoutMs, lookup: createSharedLookup() },
    headersTimeout: requestTimeoutMs,
    bodyTimeout: requestTimeoutMs,
    maxResponseSize: MAX_ANSWER_BYTES,
  });
  const skew = createSkewMeter(clock);
  let pausedUntilMs = 0;
  let rateLimit: ReturnType<OctopusClient['rateLimit']> = null;

  async function waitForPause(reading: Reading, remainingMs: number, signal: AbortSignal | undefined): Promise<void> {
    let waitedMs = 0;
    for (;;) {
      const pauseMs = pausedUntilMs - clock.now();
      if (pauseMs <= 0) return;
      if (waitedMs + pauseMs >= remainingMs) {
        throw new OctopusError('the server asked to be left alone for longer than there is time', {
          ...reading,
          kind: 'rate_limited',
          status: 429,
          isRetryable: true,
          retryAfterMs: pauseMs,
        });
      }
      waitedMs += pauseMs;
      await clock.sleep(pauseMs, signal);
    }
  }

  async function requestOnce(reading: Reading, target: string, timeoutMs: number, signal?: AbortSignal) {
    const deadline = new AbortController();
    // A timer of its own instead of AbortSignal.any, which keeps growing on a signal that lives as long as the process.
    const timer = setTimeout(() => deadline.abort(), timeoutMs);
    const onAbort = () => deadline.abort();
    signal?.addEventListener('abort', onAbort, { once: true });
    try {
      const sentAtMs = clock.now();
      const response = await pool.request({
        method: 'GET',
        path: target,
        headers: {
          'X-Octopus-ApiKey': apiKey,
          'User-Agent': options.userAgent,
          Accept: 'application/json',
          'Accept-Encoding': 'gzip',
        },
        signal: deadline.signal,
      });
      skew.observe(response.headers, sentAtMs);
      rateLimit = readRateLimit(response.headers);
      const packed = Buffer.from(await response.body.arrayBuffer());
      return { status: response.statusCode, headers: response.headers, packed };
    } catch (error) {
      if (signal?.aborted) throw signal.reason;
      throw transportError(error, reading, deadline.signal.aborted ? timeoutMs : null);
    } finally {
      clearTimeout(timer);
      signal?.removeEventListener('abort', onAbort);
    }
  }

  async function attemptRead(reading: Reading, target: string, remaining: () => number, signal?: AbortSignal) {
    await waitForPause(reading, remaining(), signal);
    signal?.throwIfAborted();
    const timeoutMs = Math.max(1, Math.min(requestTimeoutMs, remaining()));
    const response = await requestOnce(reading, target, timeoutMs, signal);
    if (response.status === 200) return parseJsonAnswer(response, reading, apiKey, MAX_ANSWER_BYTES);
    throw refusal(response, reading, apiKey, clock.now());
  }

  return {
    origin: base.origin,
    now: () => clock.now(),
    async get(path, { operation, query = {}, signal, giveUpAfterMs: ownBudgetMs = giveUpAfterMs }) {
      const parameters = new URLSearchParams();
      for (const [name, value] of Object.entries(query)) parameters.set(name, String(value));
      const search = parameters.toString();
      const target = `${base.directory}${path}${search === '' ? '' : `?${search}`}`;
      // Ids and names in it come from the server.
      const reading: Reading = { operation: truncate(printable(operation), 200), path: truncate(path, 300) };
      const startedAtMs = clock.now();
      const budgetMs = Math.min(giveUpAfterMs, ownBudgetMs);
      const remaining = () => budgetMs - (clock.now() - startedAtMs);
      return withRetries(
        async (_remainingMs, attempt) => {
          try {
            return await attemptRead(reading, target, remaining, signal);
          } catch (error) {
            if (error instanceof OctopusError && error.status === 429) {
              pausedUntilMs = Math.max(pausedUntilMs, clock.now() + (error.retryAfterMs ?? backoffMs(attempt, random)));
            }
            throw error;
          }
        },
        {
          clock,
          random,
          giveUpAfterMs: options.isSingleTry === true ? 0 : budgetMs,
          signal,
          retryAfterMs: (error) => (error instanceof OctopusError ? error.retryAfterMs : null),
          onRetry: (error, attempt, waitMs) => {
            const facts = error instanceof OctopusError ? { kind: error.kind, status: error.status } : {};
            log?.warn({ ...reading, attempt, waitMs, ...facts }, 'reading Octopus failed, will try again');
          },
        },
      );
    },
    clockSkewSeconds: skew.seconds,
    rateLimit: () => rateLimit,
    async close() {
      await pool.destroy();
    },
  };
}

function readRateLimit(headers: Readonly<Record<string, string | string[] | undefined>>) {
  const read = (name: string) => {
    const value = headers[name];
    return typeof value === 'string' ? truncate(printable(value), 100) : null;
  };
  const policy = read('octopus-ratelimit-policy');
  const left = read('octopus-ratelimit');
  return policy === null && left === null ? null : { policy, left };
}
