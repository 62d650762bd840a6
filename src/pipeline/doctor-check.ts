import { messageOf, OctowatchError } from '../lib/errors.ts';
import { printable } from '../lib/text.ts';
import { OctopusError } from '../octopus/index.ts';

export type CheckStatus = 'ok' | 'warning' | 'failed' | 'skipped';

/** What a check saw. */
export type Seen = {
  readonly status: CheckStatus;
  readonly seen: string;
  /** What to do about it; absent where there is nothing to mend. */
  readonly fix?: string;
  /** Why the checks behind it cannot be made any more. */
  readonly stop?: string;
};

/** One thing to look at. `run` may throw: that is a failed check. */
export type Check<Context> = {
  readonly name: string;
  run(context: Context, signal: AbortSignal): Promise<Seen> | Seen;
};

export type CheckResult = {
  readonly check: string;
  /** Null for what is about this machine and its configuration. */
  readonly instance: string | null;
  readonly status: CheckStatus;
  readonly seen: string;
  readonly fix: string | null;
};

/** A check that takes longer has failed. */
export const CHECK_TIMEOUT_MS = 10_000;

const KEY_REFUSED = 'not tried: the key was refused, and every try writes a failed sign-in into the audit log';

export const ok = (seen: string): Seen => ({ status: 'ok', seen });
export const warning = (seen: string, fix: string): Seen => ({ status: 'warning', seen, fix });
export const failed = (seen: string, fix: string): Seen => ({ status: 'failed', seen, fix });
export const skipped = (seen: string): Seen => ({ status: 'skipped', seen });

/**
 * Runs checks one after the other. One that fails stops no other, unless it says so or the key was refused: those behind
 * it are then skipped.
 */
export async function runChecks<Context>(
  checks: readonly Check<Context>[],
  context: Context,
  options: { readonly instance: string | null; readonly timeoutMs?: number },
): Promise<CheckResult[]> {
  const results: CheckResult[] = [];
  let stopped: string | null = null;
  for (const check of checks) {
    const outcome: Seen =
      stopped === null ? await runOne(check, context, options.timeoutMs ?? CHECK_TIMEOUT_MS) : skipped(stopped);
    results.push({
      check: check.name,
      instance: options.instance,
      status: outcome.status,
      // Names in it come from servers and files.
      seen: printable(outcome.seen),
      fix: outcome.fix === undefined ? null : printable(outcome.fix),
    });
    stopped = outcome.stop ?? stopped;
  }
  return results;
}

async function runOne<Context>(check: Check<Context>, context: Context, timeoutMs: number): Promise<Seen> {
  const deadline = new AbortController();
  const tooLong = Promise.withResolvers<never>();
  const timer = setTimeout(() => {
    const error = new OctowatchError(`no result within ${Math.round(timeoutMs / 1000)} s`);
    deadline.abort(error);
    tooLong.reject(error);
  }, timeoutMs);
  try {
    return await Promise.race([check.run(context, deadline.signal), tooLong.promise]);
  } catch (error) {
    return seenOfError(error);
  } finally {
    clearTimeout(timer);
  }
}

function seenOfError(error: unknown): Seen {
  // The hint of a refusal sends people here.
  const isForbidden = error instanceof OctopusError && error.kind === 'forbidden';
  const hint = isForbidden
    ? 'See `permissions` for what the account lacks.'
    : error instanceof OctowatchError
      ? error.hint
      : null;
  const isRefused = error instanceof OctopusError && error.kind === 'unauthorized';
  return {
    status: 'failed',
    seen: messageOf(error),
    ...(hint === null ? {} : { fix: hint }),
    ...(isRefused ? { stop: KEY_REFUSED } : {}),
  };
}
