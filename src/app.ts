import { createChannels, createMail, type Screen } from './app-channels.ts';
import { createJudging } from './app-judging.ts';
import { createReader } from './app-reader.ts';
import { loadRules } from './app-rules.ts';
import { recordStart } from './app-start.ts';
import { warnOfSettings } from './app-warnings.ts';
import type { Config } from './config.ts';
import { ageFindings, reopenLapsed } from './detect/index.ts';
import { createZone, formatEpochDay } from './enrich/index.ts';
import { type Clock, systemClock, toInstant } from './lib/clock.ts';
import { createDeliverer } from './pipeline/deliver.ts';
import { createDigester } from './pipeline/digest-send.ts';
import { createEvaluator } from './pipeline/evaluate.ts';
import { createHeartbeat } from './pipeline/heartbeat.ts';
import type { Log } from './pipeline/instance.ts';
import {
  deliverForever,
  digestForever,
  pruneForever,
  type Reader,
  type ReadOutcome,
  readForever,
  readOnce,
} from './pipeline/loop.ts';
import { linkOlder } from './pipeline/older-rows.ts';
import { createOneShotOutbox } from './pipeline/one-shot-outbox.ts';
import type { PollHooks } from './pipeline/poll.ts';
import { createPruner, longestTimespanMs } from './pipeline/prune.ts';
import { createRejudger, type RejudgeProgress } from './pipeline/rejudge.ts';
import { createUpgradeTeller } from './pipeline/upgrade.ts';
import { newHolder, openStore } from './store/index.ts';
import { VERSION } from './version.ts';

const REQUEST_TIMEOUT_MS = 30_000;
/** SIGTERM: a window is finished if that takes less; else it is abandoned uncommitted and read again next time. */
const STOP_GRACE_MS = 3_000;

export type AppOptions = {
  readonly config: Config;
  readonly log: Log;
  readonly isOneShot: boolean;
  /** Where alerts go while no channel is configured, or a route says so. */
  readonly console: Screen;
  readonly clock?: Clock;
  readonly random?: () => number;
  /** Deadline of one request to Octopus, in milliseconds; 30 s unless given. */
  readonly requestTimeoutMs?: number;
  readonly onWindow?: (instance: string, ...done: Parameters<NonNullable<PollHooks['onWindow']>>) => void;
  /** Hears of stored events that were judged again, slice by slice. */
  readonly onRejudged?: (progress: RejudgeProgress) => void;
  readonly onStatement?: (sql: unknown) => void;
};

export type App = ReturnType<typeof createApp>;

/**
 * Wires the whole program from its configuration. Throws UsageError when no rule can be loaded, OctowatchError when the
 * database cannot be opened.
 */
export function createApp(options: AppOptions) {
  const { config, log, isOneShot } = options;
  const clock = options.clock ?? systemClock;
  const random = options.random ?? Math.random;
  const holder = newHolder();
  const pack = loadRules(config, log);
  const store = openStore(config.db, {
    monitorVersion: VERSION,
    nowMs: clock.now(),
    now: clock.now,
    chainKey: config.chainKey,
    ...(options.onStatement ? { onStatement: options.onStatement } : {}),
  });
  // Nothing can be stored with another key; better to say so now than in the middle of the first window.
  store.chain.assertKey();
  const channels = createChannels(config, isOneShot, options.console);
  const judging = createJudging(config, store, pack);
  const { context } = judging;
  const evaluator = createEvaluator(judging);
  const rejudger = createRejudger({ ...judging, clock, log, onProgress: options.onRejudged });
  const zone = createZone(config.timeZone);
  const stop = new AbortController();
  const abort = new AbortController();
  const readers = config.instances.map(makeReader);
  const deliverer = createDeliverer({
    store,
    context,
    clock,
    random,
    log,
    holder,
    timeZone: config.timeZone,
    leaveOut: config.privacy.leaveOut,
    octopusUrlOf: urlOf,
    hasSeveralInstances: config.instanceNames.length > 1,
    keyRules: [...pack.rules.values()].filter((rule) => rule.kind === 'api_key').map((rule) => rule.name),
    localDateOf: (epochMs) => formatEpochDay(zone.localTime(epochMs).epochDay),
  });
  const digester = createDigester({
    store,
    clock,
    random,
    log,
    holder,
    timeZone: config.timeZone,
    isTimeZoneAssumed: !config.isTimeZoneSet,
    at: config.digest.at,
    instances: config.instanceNames,
    production: config.production,
    exceptions: () => [...pack.exceptions.values()],
    leaveOut: config.privacy.leaveOut,
    monitorVersion: VERSION,
    mail: createMail(config),
    // Who watches a terminal sees that it lives.
    aliveChannels: channels.filter((_, index) => config.routing.channels[index]?.type === 'slack'),
  });
  const pruner = createPruner({
    store,
    retention: config.retention,
    longestTimespanMs: longestTimespanMs(pack.ruleSet.correlations),
  });
  const upgrades = createUpgradeTeller({
    ...{ ...judging, pack, clock, log, calendar: config.calendar.describe(), production: config.production },
    monitorVersion: VERSION,
    configDescription: config.description,
    // Where people read; a machine has no use for the line.
    channels: config.routing.channels.filter(({ type }) => type !== 'webhook').map(({ name }) => name),
  });
  const { heartbeatUrl: url, instanceNames: instances } = config;
  const heartbeat = createHeartbeat({ url, instances, log, signal: abort.signal });

  function makeReader(instanceConfig: Config['instances'][number]): Reader {
    const { name } = instanceConfig;
    const onWindow = options.onWindow;
    return createReader(instanceConfig, {
      ...{ config, store, pack, evaluator, context, clock, random, log, isOneShot, holder },
      requestTimeoutMs: options.requestTimeoutMs ?? REQUEST_TIMEOUT_MS,
      isStopping: () => stop.signal.aborted,
      ...(onWindow ? { onWindow: (done) => onWindow(name, done) } : {}),
    });
  }

  /** Also of an instance that is configured no more; without a trailing slash. */
  function urlOf(id: number): string {
    const stored = () =>
      store.instances
        .all()
        .find((one) => one.instance_id === id)
        ?.url.replace(/\/+$/, '');
    return readers.find((one) => one.instance.id === id)?.instance.url ?? stored() ?? '';
  }

  function start(mode: string) {
    const instances = readers.map(({ instance }) => instance);
    recordStart({ ...{ config, store, pack, context, clock, log, instances }, noteUpgrade: upgrades.note }, mode);
    warnOfSettings(config, pack, store, log);
  }

  function finish() {
    store.transaction(() => store.journal.add(toInstant(clock.now()), 'stopped'));
    for (const { instance } of readers) void instance.client.close();
    store.close();
  }

  function afterCycle(name: string, outcome: ReadOutcome) {
    settleOld();
    const first = readers[0];
    if (first) deliverer.watchDeliveries(first.instance.id);
    if (!stop.signal.aborted) heartbeat.note(name, outcome);
  }

  /** Ends what ends by itself, and opens again what was acknowledged for a time only. */
  function settleOld() {
    store.transaction(() => {
      ageFindings(context, clock.now());
      reopenLapsed(store, clock.now(), zone);
    });
  }

  return {
    store,
    pack,
    config,

    /** One full cycle of every instance, and delivery of what is due when each of them ends. Returns whether all of it worked. */
    async runOnce(): Promise<{ isComplete: boolean }> {
      start('run --once');
      try {
        await linkOlder(store, clock, log, abort.signal);
        const told = upgrades.settle(abort.signal);
        const outbox = createOneShotOutbox(deliverer, channels, abort.signal);
        let reading = readers.length;
        const outcomes = await Promise.all(
          readers.map(async (reader) => {
            const { outcome } = await readOnce(reader, abort.signal, () => false);
            reading -= 1;
            // What is found on one server must not wait for another that does not answer.
            if (reading > 0) outbox.drainSoon();
            return outcome;
          }),
        );
        await rejudger.rejudgeAll(abort.signal);
        settleOld();
        await told;
        const first = readers[0];
        const [digest, refused] = await Promise.all([digester.sendOneShot(abort.signal), outbox.finish()]);
        if (first) deliverer.watchDeliveries(first.instance.id);
        for (const reader of readers) {
          store.transaction(() => store.leases.release(reader.instance.id, holder));
        }
        const isRead = !outcomes.includes('failed');
        // A process that read nothing, because another does, knows nothing of a complete cycle.
        if (outcomes.every((one) => one === 'read')) await heartbeat.beat();
        return { isComplete: isRead && digest.refused === 0 && refused === 0 };
      } finally {
        finish();
      }
    },

    /** Reads and delivers until `stop` is called. */
    async runForever(): Promise<void> {
      start('run');
      const signals = { stop: stop.signal, abort: abort.signal };
      try {
        await Promise.all([
          linkOlder(store, clock, log, stop.signal),
          rejudger.rejudgeForever(stop.signal),
          ...readers.map((reader) =>
            readForever(reader, signals, (outcome) => afterCycle(reader.instance.name, outcome)).catch(ignoreAbort),
          ),
          ...channels.map((channel) =>
            deliverForever(deliverer, channel, { clock, random, log }, signals).catch(ignoreAbort),
          ),
          digestForever(digester, { clock, random, log }, signals).catch(ignoreAbort),
          pruneForever(pruner, { clock, log }, stop.signal),
          // The last, so that the first requests are under way when it begins to count.
          upgrades.settle(stop.signal),
        ]);
      } finally {
        finish();
      }
    },

    /** Ends `runForever`: the window under way is finished if that takes under three seconds. */
    stop() {
      if (stop.signal.aborted) return;
      stop.abort(new Error('stopped'));
      setTimeout(() => abort.abort(new Error('stopped')), STOP_GRACE_MS).unref();
    },

    close: () => store.close(),
  };

  function ignoreAbort(error: unknown) {
    if (!abort.signal.aborted) throw error;
  }
}
