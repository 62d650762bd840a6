import type { SendResult } from '../model/message.ts';

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
