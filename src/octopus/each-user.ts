import type { User } from '../model/inventory.ts';
import type { OctopusError } from './errors.ts';

/** Each failure has spent its whole budget of retries: a server that is down must not cost that once per user. */
const MAX_FAILURES_IN_ROW = 3;

/**
 * Reads something of each user, `inFlight` users at a time. `read` answers with the error that it met, or null. After
 * three failures in a row that trying again might heal (429, 5xx, no answer) no further user is asked.
 *
 * Returns how many failed in a row when it gave up, else null. Rejects with the first error that `read` throws, once no
 * request is under way any more.
 */
export async function readEachUser(
  users: readonly User[],
  inFlight: number,
  read: (user: User) => Promise<OctopusError | null>,
): Promise<number | null> {
  const waiting = users.values();
  let isStopped = false;
  let failuresInRow = 0;
  let gaveUpAfter: number | null = null;

  async function work(): Promise<void> {
    for (const user of waiting) {
      if (isStopped) return;
      const error = await read(user);
      failuresInRow = error?.isRetryable ? failuresInRow + 1 : 0;
      if (failuresInRow < MAX_FAILURES_IN_ROW || isStopped) continue;
      isStopped = true;
      gaveUpAfter = failuresInRow;
    }
  }

  const workers = Array.from({ length: Math.max(1, inFlight) }, async () => {
    try {
      await work();
    } catch (error) {
      isStopped = true;
      throw error;
    }
  });
  const failed = (await Promise.allSettled(workers)).find((result) => result.status === 'rejected');
  if (failed) throw failed.reason;
  return gaveUpAfter;
}
