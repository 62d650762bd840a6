import { toInstant } from '../lib/clock.ts';
import { messageOf } from '../lib/errors.ts';
import { backoffMs } from '../lib/retry.ts';
import type { Channel } from '../model/message.ts';
import { OctopusError } from '../octopus/index.ts';
import type { Deliverer, DrainResult } from './deliver.ts';
import type { Digester } from './digest-send.ts';
import type { Instance } from './instance.ts';
import type { Pruner } from './prune.ts';

/** A dead key is not tried again for so long: every try writes a failed sign-in into the very log that is watched. */
const REFUSED_PAUSE_MS = 3_600_000;
const LEASE_MS = 60_000;
const LEASE_RENEWAL_MS = 20_000;
/** How often a channel looks for new deliveries that nobody woke it for (another process may have made them). */
const OUTBOX_LOOK_MS = 5_000;
const DIGEST_LOOK_MS = 60_000;
/** Between two slices of pruning everybody else may write. */
const PRUNE_PAUSE_MS = 250;
const PRUNE_EVERY_MS = 24 * 3_600_000;

export type RunCycle = (signal: AbortSignal, isTimeUp: () => boolean) => Promise<void>;

/** One instance ready to be read: its parts, its cycle, and who we are when we take its lease. */
export type Reader = {
  readonly instance: Instance;
  readonly runCycle: RunCycle;
  readonly holder: string;
  readonly pollIntervalMs: number;
};

export type ReadOutcome = 'read' | 'failed' | 'leased elsewhere';

/**
 * Runs one cycle under the instance's lease. Failures are told by the cycle itself and come back as `failed`, with the
 * error for whoever plans the next try; so does one of the database, for other instances go on. Rejects only when the
 * signal aborts.
 */
export async function readOnce(
  reader: Reader,
  signal: AbortSignal,
  isTimeUp: () => boolean,
): Promise<{ outcome: ReadOutcome; error: unknown }> {
  const { instance, holder } = reader;
  const { store, clock, log } = instance;
  const take = () =>
    store.transaction(() => store.leases.take(instance.id, holder, clock.now(), LEASE_MS + reader.pollIntervalMs));
  const renew = () => {
    try {
      take();
    } catch (error) {
      // The lease may lapse; who stores something asserts that it holds it.
      log.warn({ instance: instance.name, reason: messageOf(error) }, 'the lease could not be renewed');
    }
  };
  let renewal: NodeJS.Timeout | undefined;
  try {
    const other = take();
    if (other !== null) {
      log.info({ instance: instance.name, holder: other }, 'another process reads this instance');
      return { outcome: 'leased elsewhere', error: null };
    }
    renewal = setInterval(renew, LEASE_RENEWAL_MS);
    await reader.runCycle(signal, isTimeUp);
    return { outcome: 'read', error: null };
  } catch (error) {
    if (signal.aborted) throw error;
    return { outcome: 'failed', error };
  } finally {
    clearInterval(renewal);
  }
}

/**
 * Reads an instance again and again until `stop` aborts; `abort` ends it in the middle of a request. Whatever goes wrong
 * is logged and tried again an interval later: the other instances must not end with it.
 */
export async function readForever(
  reader: Reader,
  signals: { stop: AbortSignal; abort: AbortSignal },
  onCycle: (outcome: ReadOutcome) => void,
): Promise<void> {
  const { clock, store, id, name, log } = reader.instance;
  async function readNext(startedMs: number): Promise<number> {
    const isTimeUp = () => clock.now() - startedMs >= reader.pollIntervalMs;
    const { outcome, error } = await readOnce(reader, signals.abort, isTimeUp);
    onCycle(outcome);
    const isRefused = error instanceof OctopusError && error.kind === 'unauthorized';
    const hasMore = outcome === 'read' && store.backlog.next(id) !== undefined;
    return isRefused ? REFUSED_PAUSE_MS : hasMore ? 0 : reader.pollIntervalMs - (clock.now() - startedMs);
  }
  const tell = (error: unknown) =>
    log.error({ instance: name, reason: messageOf(error) }, 'the cycle of an instance broke off, will try again');
  try {
    while (!signals.stop.aborted) {
      const startedMs = clock.now();
      const pauseMs = await readNext(startedMs).catch((error: unknown) => {
        if (signals.abort.aborted) throw error;
        tell(error);
        return reader.pollIntervalMs;
      });
      if (pauseMs > 0) await clock.sleep(pauseMs, signals.stop).catch(() => undefined);
    }
  } finally {
    // Also when it ends in the middle of a request: whoever reads next must not wait for the lease to lapse.
    try {
      store.transaction(() => store.leases.release(id, reader.holder));
    } catch (error) {
      tell(error);
    }
  }
}

/** Drains one channel whenever something is due, until `stop` aborts. */
export async function deliverForever(
  deliverer: Deliverer,
  channel: Channel,
  options: { clock: Instance['clock']; random: () => number; log: Instance['log'] },
  signals: { stop: AbortSignal; abort: AbortSignal },
): Promise<void> {
  const { clock, random, log } = options;
  let failures = 0;
  while (!signals.stop.aborted) {
    let result: DrainResult = { sent: 0, refused: 0, pausedUntilMs: null };
    try {
      result = await deliverer.drain(channel, signals.abort);
    } catch (error) {
      if (signals.abort.aborted) return;
      log.error({ channel: channel.name, reason: messageOf(error) }, 'the outbox could not be drained');
      failures += 1;
    }
    failures = result.pausedUntilMs === null ? 0 : failures + 1;
    if (result.pausedUntilMs !== null)
      log.warn(
        { channel: channel.name, until: toInstant(result.pausedUntilMs) },
        'the channel does not take messages for now',
      );
    const untilMs = result.pausedUntilMs ?? clock.now() + (failures > 0 ? backoffMs(failures, random) : OUTBOX_LOOK_MS);
    await clock.sleep(Math.max(50, untilMs - clock.now()), signals.stop).catch(() => undefined);
  }
}

/** Sends digests when they close, until `stop` aborts. */
export async function digestForever(
  digester: Digester,
  options: { clock: Instance['clock']; random: () => number; log: Instance['log'] },
  signals: { stop: AbortSignal; abort: AbortSignal },
): Promise<void> {
  const { clock, random, log } = options;
  let failures = 0;
  while (!signals.stop.aborted) {
    try {
      await digester.sendDue(signals.abort);
      failures = 0;
    } catch (error) {
      if (signals.abort.aborted) return;
      log.error({ reason: messageOf(error) }, 'the digest could not be made');
      failures += 1;
    }
    const nowMs = clock.now();
    const waitMs = failures > 0 ? backoffMs(failures, random) : digester.nextDueMs() - nowMs;
    // The time of day may change under a sleeping process: it looks at least once a minute.
    await clock.sleep(Math.min(Math.max(50, waitMs), DIGEST_LOOK_MS), signals.stop).catch(() => undefined);
  }
}

/** Removes rows whose time has come, once a day, in small slices with room for others between, until `stop` aborts. */
export async function pruneForever(
  pruner: Pruner,
  options: { clock: Instance['clock']; log: Instance['log'] },
  stop: AbortSignal,
): Promise<void> {
  const { clock, log } = options;
  while (!stop.aborted) {
    let waitMs = PRUNE_PAUSE_MS;
    try {
      if (pruner.pruneSome(clock.now()).isDone) waitMs = PRUNE_EVERY_MS;
    } catch (error) {
      log.error({ reason: messageOf(error) }, 'rows whose time has come could not be removed');
      waitMs = PRUNE_EVERY_MS;
    }
    await clock.sleep(waitMs, stop).catch(() => undefined);
  }
}
