import { OctowatchError } from '../lib/errors.ts';
import { printable, truncate } from '../lib/text.ts';

export type OctopusErrorKind =
  | 'unauthorized'
  | 'forbidden'
  | 'not_found'
  | 'rate_limited'
  | 'timeout'
  | 'server'
  | 'network'
  | 'bad_answer';

type OctopusErrorDetails = {
  readonly kind: OctopusErrorKind;
  /** What was being read, in words: `the list of users`. */
  readonly operation: string;
  /** Path without the query, as seen from the base URL. */
  readonly path: string;
  readonly status?: number | null;
  readonly isRetryable?: boolean;
  readonly isTooLarge?: boolean;
  readonly retryAfterMs?: number | null;
  readonly hint?: string;
};

/** A read of Octopus that failed: what was read, what came back, and what to do. Never holds the key or a query. */
export class OctopusError extends OctowatchError {
  override readonly name = 'OctopusError';
  readonly kind: OctopusErrorKind;
  readonly operation: string;
  readonly path: string;
  /** The HTTP status, or null when no answer came. */
  readonly status: number | null;
  /** The wait the server asked for with `Retry-After`, in milliseconds; null if it asked for none. */
  readonly retryAfterMs: number | null;
  /** True when the answer was larger than the client takes: asking for fewer rows may help. */
  readonly isTooLarge: boolean;

  // No `cause`: undici's errors can hold the request's headers, and with them the key.
  constructor(message: string, details: OctopusErrorDetails) {
    const { hint } = details;
    super(`${printable(details.operation)} (${printable(details.path)}): ${message}`, {
      isRetryable: details.isRetryable ?? false,
      ...(hint === undefined ? {} : { hint }),
    });
    this.kind = details.kind;
    this.operation = details.operation;
    this.path = details.path;
    this.status = details.status ?? null;
    this.retryAfterMs = details.retryAfterMs ?? null;
    this.isTooLarge = details.isTooLarge ?? false;
  }
}

const MAX_SERVER_TEXT = 300;

/** Text of the server made fit for an error: the key and whatever looks like one removed, one printable, short line. */
export function redactServerText(text: string, apiKey: string): string {
  const withoutKey = apiKey.length > 0 ? text.replaceAll(apiKey, 'API-…') : text;
  // Cut before the pattern runs, so that a huge answer costs nothing; the margin keeps a key at the edge whole.
  const shortened = truncate(withoutKey, MAX_SERVER_TEXT * 2).replace(/API-[A-Za-z0-9]{3,}/gi, 'API-…');
  return truncate(printable(shortened).replace(/\s+/g, ' ').trim(), MAX_SERVER_TEXT);
}
