/**
 * An error that tells a person what happened, to what, whether trying again helps, and what to do. Messages never hold
 * a secret: whoever builds one passes only names, hosts, codes and texts that were redacted before.
 */
export class OctowatchError extends Error {
  override readonly name: string = 'OctowatchError';
  /** True when the same operation may succeed later without anybody changing anything. */
  readonly isRetryable: boolean;
  /** What to do about it, as a sentence; null when there is nothing to advise. */
  readonly hint: string | null;

  constructor(message: string, options: { isRetryable?: boolean; hint?: string; cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.isRetryable = options.isRetryable ?? false;
    this.hint = options.hint ?? null;
  }
}

/** Wrong usage or configuration: exit code 2, all mistakes in one message. */
export class UsageError extends OctowatchError {
  override readonly name: string = 'UsageError';
}

/** The message of whatever was thrown, on one line. */
export function messageOf(error: unknown): string {
  const text = error instanceof Error ? error.message || error.name : String(error);
  return text.replace(/\s+/g, ' ').trim();
}
