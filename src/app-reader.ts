import type { Config, InstanceConfig } from './config.ts';
import type { DetectContext, RulePack } from './detect/index.ts';
import { type Clock, toInstant } from './lib/clock.ts';
import { createOctopusClient } from './octopus/client.ts';
import { createCycle } from './pipeline/cycle.ts';
import type { Evaluator } from './pipeline/evaluate.ts';
import { type Instance, type Log, rememberedInventory, rememberedWords } from './pipeline/instance.ts';
import type { Reader } from './pipeline/loop.ts';
import type { PollHooks } from './pipeline/poll.ts';
import type { Store } from './store/index.ts';
import { VERSION } from './version.ts';

/** A request in a one-shot command must not outlast what the whole read may take. */
const READ_BUDGET_MS = { oneShot: 60_000, daemon: 5 * 60_000 } as const;

/** What the readers of all instances share. */
type ReaderParts = {
  readonly config: Config;
  readonly store: Store;
  readonly pack: RulePack;
  readonly evaluator: Evaluator;
  readonly context: DetectContext;
  readonly clock: Clock;
  readonly random: () => number;
  readonly log: Log;
  readonly isOneShot: boolean;
  readonly holder: string;
  /** Deadline of one request to Octopus, in milliseconds. */
  readonly requestTimeoutMs: number;
  readonly isStopping: () => boolean;
  readonly onWindow?: PollHooks['onWindow'];
};

/** Makes what reads one instance: its client, what is remembered of it, and its cycle. */
export function createReader({ name, url, apiKey }: InstanceConfig, parts: ReaderParts): Reader {
  const { config, store, pack, evaluator, context, clock, random, log, isOneShot, holder } = parts;
  const { instance_id } = store.transaction(() =>
    store.instances.ensure(name, url, config.pollIntervalMs, toInstant(clock.now())),
  );
  const instance: Instance = {
    id: instance_id,
    name,
    url: url.replace(/\/+$/, ''),
    client: createOctopusClient({
      url,
      apiKey,
      clock,
      random,
      requestTimeoutMs: parts.requestTimeoutMs,
      giveUpAfterMs: isOneShot ? READ_BUDGET_MS.oneShot : READ_BUDGET_MS.daemon,
      userAgent: `Octowatch/${VERSION}`,
      allowedHttpHosts: config.allowedHttpHosts,
      log,
    }),
    store,
    evaluator,
    context,
    clock,
    log,
    isOneShot,
    assertLease() {
      if (!store.leases.isHeldBy(instance_id, holder))
        throw new Error('the lease of the instance was lost to another process');
    },
    register: config.register,
    scope: 'all',
    serverVersion: null,
    inventory: rememberedInventory(store, instance_id),
    ...rememberedWords(store, instance_id),
  };
  const runCycle = createCycle({
    instance,
    apiKey,
    pack,
    production: config.production,
    backfillMs: config.backfillMs,
    pollIntervalMs: config.pollIntervalMs,
    random,
    isStopping: parts.isStopping,
    ...(parts.onWindow ? { onWindow: parts.onWindow } : {}),
  });
  return { instance, runCycle, holder, pollIntervalMs: config.pollIntervalMs };
}
