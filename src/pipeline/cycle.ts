import { type RulePack, raiseCondition, settleCondition } from '../detect/index.ts';
import { isFreezeId, type ProductionMatcher } from '../enrich/index.ts';
import { toInstant } from '../lib/clock.ts';
import { describeDuration } from '../lib/duration.ts';
import { messageOf, OctowatchError } from '../lib/errors.ts';
import type { Inventory } from '../model/inventory.ts';
import { OctopusError } from '../octopus/index.ts';
import { ADDRESS_REMEDY, addressNotice } from '../store/index.ts';
import { settleOwedDetails } from './details.ts';
import { FAILING_AFTER_INTERVALS } from './failing-after.ts';
import { type Instance, meetServer, serverNowMs } from './instance.ts';
import { refreshInventory } from './inventory.ts';
import { judgeKeys } from './key-ledger.ts';
import { planReread } from './plan.ts';
import { type PollHooks, readBacklog, readTail } from './poll.ts';
import { meetRules } from './rules-here.ts';

const INVENTORY_MAX_AGE_MS = 3_600_000;
/** An id in an event this much older than the last reading of the inventory is gone for good: reading again is no use. */
const INVENTORY_SLACK_MS = 60_000;
const SKEW_WARNING_SECONDS = 60;
const SKEW_SETTLED_SECONDS = 30;

export type CycleOptions = {
  readonly instance: Instance;
  readonly apiKey: string;
  readonly pack: RulePack;
  readonly production: ProductionMatcher;
  readonly backfillMs: number;
  readonly pollIntervalMs: number;
  readonly random: () => number;
  readonly onWindow?: PollHooks['onWindow'];
  /** True once the program was told to stop: the window under way is finished, nothing further begun. */
  readonly isStopping: () => boolean;
};

/**
 * Makes the function that runs one cycle of one instance: inventory if due, live tail, backlog until `isTimeUp`, owed
 * details, keys, and the watch over itself. It throws what made the reading fail, after having told it as a finding.
 */
export function createCycle(options: CycleOptions) {
  const { instance, apiKey, pack, random } = options;
  const { store, id, context, clock, log } = instance;
  let isAcquainted = false;
  let inventory: Inventory | null = null;
  /** The reading by which keys were judged last: a cycle that fails in between leaves that to the next one. */
  let judgedBy: Inventory | null = null;
  let isAddressTrustTold = false;
  const goneForGood = new Set<string>();

  async function readInventoryNow(signal: AbortSignal) {
    inventory = await refreshInventory(instance, apiKey, options, signal);
  }

  function hooks(signal: AbortSignal): PollHooks {
    return {
      ...(options.onWindow ? { onWindow: options.onWindow } : {}),
      async onUnknownIds(ids, newestAtMs) {
        const asked = ids.filter((one) => !goneForGood.has(one));
        const readAtMs = inventory === null ? 0 : Date.parse(inventory.readAt);
        if (asked.length > 0 && newestAtMs > readAtMs - INVENTORY_SLACK_MS) await readInventoryNow(signal);
        // A freeze may change again: the time of the event alone decides whether it is read anew.
        for (const one of asked) if (!isFreezeId(one)) goneForGood.add(one);
      },
    };
  }

  async function work(signal: AbortSignal, isTimeUp: () => boolean) {
    if (!isAcquainted) {
      await meetServer(instance, signal);
      isAcquainted = true;
    }
    const isDue = inventory === null || clock.now() - Date.parse(inventory.readAt) >= INVENTORY_MAX_AGE_MS;
    const before = inventory;
    if (isDue || instance.isOneShot) await readInventoryNow(signal);
    if (before === null && inventory !== null) {
      tellProduction(inventory);
      meetRules(instance, pack);
    }
    await readTail(instance, options.backfillMs, hooks(signal), signal, options.isStopping);
    if (options.isStopping()) return;
    planReread(instance);
    const hadUnreadPast = store.backlog.hasUnreadPast(id);
    await readBacklog(instance, hooks(signal), signal, () => isTimeUp() || options.isStopping());
    if (options.isStopping()) return;
    await settleOwedDetails(instance, random, signal);
    const isPastNowRead = hadUnreadPast && !store.backlog.hasUnreadPast(id);
    if (inventory !== null && (inventory !== judgedBy || isPastNowRead)) {
      judgeKeys(instance, inventory, pack, options);
      judgedBy = inventory;
    }
    watchClock();
    watchAddresses();
    store.transaction(() => {
      store.instances.markRead(id, toInstant(clock.now()));
      settleCondition(context, id, 'monitor_poll_failing', clock.now());
    });
  }

  /** Nothing in Octopus marks production; what is taken for it must be seen, and a space without any is suspicious. */
  function tellProduction(read: Inventory) {
    const production = read.environments.filter((one) => options.production.isProduction(one));
    log.info(
      { instance: instance.name, environments: production.map((one) => one.name) },
      'these environments count as production',
    );
    for (const space of read.spaces) {
      if (production.some((one) => one.spaceId === space.id)) continue;
      log.warn(
        { instance: instance.name, space: space.name },
        'no environment of this space counts as production; set `production` in octowatch.yaml',
      );
    }
  }

  function watchClock() {
    const skew = instance.client.clockSkewSeconds();
    if (skew === null) return;
    const nowMs = clock.now();
    store.transaction(() => {
      if (Math.abs(skew) <= SKEW_SETTLED_SECONDS) settleCondition(context, id, 'monitor_clock_skew', nowMs);
      if (Math.abs(skew) <= SKEW_WARNING_SECONDS) return;
      const way = skew > 0 ? 'ahead of' : 'behind';
      raiseCondition(
        context,
        id,
        'monitor_clock_skew',
        {
          subject: instance.name,
          summary: `${instance.name}: the server's clock is ${describeDuration(Math.abs(skew) * 1000)} ${way} the monitor's`,
          why: `More than ${SKEW_WARNING_SECONDS} s apart. Windows are asked for in the server's time, so nothing is missed.`,
        },
        nowMs,
      );
    });
  }

  /** Once per start: rules about addresses are silent meanwhile, which must not be taken for peace. */
  function watchAddresses() {
    if (isAddressTrustTold) return;
    const since = store.addresses.untrustedSince(id, toInstant(serverNowMs(instance)).slice(0, 10));
    if (since === null) return;
    isAddressTrustTold = true;
    const notice = `${addressNotice(since)}. ${ADDRESS_REMEDY}`;
    log.warn({ instance: instance.name, since, notice }, 'facts about addresses are off');
  }

  function tellFailure(error: unknown) {
    const nowMs = clock.now();
    const reason = messageOf(error);
    store.transaction(() => {
      store.instances.markFailed(id, toInstant(nowMs), reason);
      const since = Date.parse(store.instances.get(instance.name)?.failing_since_at ?? toInstant(nowMs));
      const isRefused = error instanceof OctopusError && (error.kind === 'unauthorized' || error.kind === 'forbidden');
      const isLong = nowMs - since >= FAILING_AFTER_INTERVALS * options.pollIntervalMs;
      // Nothing but a person mends a refusal, and a one-shot command has no next cycle: both are told at once.
      if (!isRefused && !isLong && !instance.isOneShot) return;
      raiseCondition(
        context,
        id,
        'monitor_poll_failing',
        {
          subject: instance.name,
          summary: `${instance.name}: the audit log cannot be read: ${reason}`,
          why: error instanceof OctowatchError && error.hint ? error.hint : 'Nothing is being watched meanwhile.',
        },
        nowMs,
      );
    });
  }

  return async function runCycle(signal: AbortSignal, isTimeUp: () => boolean): Promise<void> {
    try {
      await work(signal, isTimeUp);
    } catch (error) {
      if (signal.aborted) throw error;
      tellFailure(error);
      log.error(
        {
          instance: instance.name,
          reason: messageOf(error),
          hint: error instanceof OctowatchError ? error.hint : null,
        },
        'the instance could not be read',
      );
      throw error;
    }
  };
}
