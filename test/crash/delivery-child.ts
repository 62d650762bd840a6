import { createSlackChannel } from '../../src/notify/index.ts';
import { createDeliverer } from '../../src/pipeline/deliver.ts';
import { deliverForever } from '../../src/pipeline/loop.ts';
import { newHolder, openStore } from '../../src/store/index.ts';

/** Drains the outbox of one database until it is killed, five times faster than the clock. */
export type DeliveryOrders = { readonly db: string; readonly slackUrl: string };

// Whoever started it may be killed itself; then nobody would end this.
process.stdin.resume().on('close', () => process.exit());
const FASTER = 5;
/**
 * Who gives up on an answer sends again, and must: so the receiver, which is as busy as the machine, gets all the time there is
 * before the claim on a message (a minute of this clock) ends.
 */
const REQUEST_TIMEOUT_MS = 10_000;
const orders = JSON.parse(process.argv[2] ?? '{}') as DeliveryOrders;
const startedMs = Date.now();
const clock = {
  now: () => startedMs + (Date.now() - startedMs) * FASTER,
  sleep: (ms: number, signal?: AbortSignal) =>
    new Promise<void>((resolve, reject) => {
      const timer = setTimeout(resolve, ms / FASTER);
      signal?.addEventListener('abort', () => {
        clearTimeout(timer);
        reject(signal.reason);
      });
    }),
};
const quiet = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };
const store = openStore(orders.db, { monitorVersion: 'test' });
store.transaction(() => store.deliveries.recover(new Date(clock.now()).toISOString()));
const deliverer = createDeliverer({
  store,
  context: {
    store,
    configSha256: 'test',
    monitorVersion: 'test',
    calendar: '',
    supersedes: new Map(),
    channelsFor: () => [],
  },
  clock,
  random: Math.random,
  log: quiet,
  holder: newHolder(),
  timeZone: 'UTC',
  octopusUrlOf: () => 'https://octopus.example.com',
  keyRules: [],
  localDateOf: (epochMs) => new Date(epochMs).toISOString().slice(0, 10),
});
const never = new AbortController().signal;
const slack = createSlackChannel({ name: 'slack', webhookUrl: orders.slackUrl, requestTimeoutMs: REQUEST_TIMEOUT_MS });
await deliverForever(
  deliverer,
  // Without the second that Slack wants between messages: five hundred would take eight minutes.
  { ...slack, minIntervalMs: 0 },
  { clock, random: Math.random, log: quiet },
  { stop: never, abort: never },
);
