import { parseRetryAfter } from '../lib/retry.ts';
import type { SendResult } from '../model/message.ts';

/** Longer waits are not obeyed: a wrong header must not silence alerts for a day. */
const MAX_RETRY_AFTER_MS = 3_600_000;

/**
 * Why no answer came, as the system's own code (`ECONNRESET`, `ENOTFOUND`, `CERT_HAS_EXPIRED`, …). Only codes and never
 * messages: those of URL and redirect errors quote the address, and the address of a webhook is a secret.
 */
export function connectionFailure(error: unknown): string {
  for (let cause = error, depth = 0; cause instanceof Error && depth < 8; cause = cause.cause, depth += 1) {
    if (cause.name === 'TimeoutError') return 'no answer in time';
    if (
      'code' in cause &&
      typeof cause.code === 'string' &&
      /^(E[A-Z]|UND_ERR_|CERT_|DEPTH_|UNABLE_|SELF_)/.test(cause.code)
    ) {
      return /TIMEOUT|ETIMEDOUT/.test(cause.code)
        ? `no answer in time (${cause.code})`
        : `no connection (${cause.code})`;
    }
  }
  return 'no connection';
}

export function retry(reason: string, retryAfterMs: number | null = null): SendResult {
  return { outcome: 'retry', reason, retryAfterMs };
}

/**
 * What the answer of an HTTP receiver other than 2xx means: 429, 408, 5xx and redirects are to be retried; any other 4xx is a
 * dead letter. `hints` say by status what to do about it; `word` is a harmless part of the answer to quote.
 */
export function judgeAnswer(
  receiver: string,
  status: number,
  retryAfter: string | null,
  hints: Readonly<Record<number, string>>,
  word = '',
): SendResult {
  const askedMs = parseRetryAfter(retryAfter, Date.now());
  const retryAfterMs = askedMs === null ? null : Math.min(askedMs, MAX_RETRY_AFTER_MS);
  if (status === 429) return retry(`${receiver} answered 429: too many messages`, retryAfterMs);
  if (status === 408 || status >= 500) return retry(`${receiver} answered ${status}`, retryAfterMs);
  if (status < 400) return retry(`${receiver} answered ${status}: a redirect, which is not followed`, retryAfterMs);
  const hint = hints[status] ?? 'it will not be accepted later either';
  return { outcome: 'failed', reason: `${receiver} answered ${status}${word}: ${hint}` };
}

/** Whether an address is http(s) and free of credentials, which belong nowhere in it. */
export function isUsableAddress(address: string): boolean {
  const url = URL.parse(address);
  return url !== null && /^https?:$/.test(url.protocol) && url.username === '' && url.password === '';
}
