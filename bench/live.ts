import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { createApp } from '../src/app.ts';
import { loadConfig } from '../src/config.ts';
import { systemClock } from '../src/lib/clock.ts';
import { daysOf, NOW_MS } from './workload.ts';

/**
 * Live polls by a process that goes on running, over a database that a back-fill has filled: `node bench/live.ts URL FILE
 * EVENTS`. In each, the server reveals one deployment that is a finding. Prints one line of JSON, times in milliseconds.
 */

const POLLS = 30;
const WARM_UP_POLLS = 5;
const POLL_INTERVAL_MS = 60_000;
const [url = '', file = '', events = '0'] = process.argv.slice(2);
const config = loadConfig({
  env: {
    OCTOPUS_URL: url,
    OCTOPUS_API_KEY: 'API-BENCHMARK000000000000000',
    OCTOWATCH_DB: file,
    OCTOWATCH_TIMEZONE: 'Europe/London',
    OCTOWATCH_BACKFILL: `${daysOf(Number(events))}d`,
  },
  cwd: path.dirname(file),
  needs: 'poll',
});

// Time stands still but for a minute per poll, and whoever sleeps sleeps until then.
let nowMs = NOW_MS + POLL_INTERVAL_MS;
let sleepers: (() => void)[] = [];
let onWindow = (): void => {};
const quiet = { debug() {}, info() {}, warn: report, error: report };
const app = createApp({
  config,
  log: quiet,
  isOneShot: false,
  console: { write() {}, colour: false, width: 120 },
  clock: {
    now: () => nowMs,
    sleep: (ms, signal) =>
      ms < 1000
        ? systemClock.sleep(ms, signal)
        : new Promise((resolve) => {
            sleepers.push(resolve);
            signal?.addEventListener('abort', () => resolve(), { once: true });
          }),
  },
  onWindow: () => onWindow(),
});
const signals = app.store.db.prepare('SELECT count(*) FROM _signals WHERE finding_id IS NOT NULL').pluck();
const stored = app.store.db.prepare('SELECT count(*) FROM _events').pluck();

const running = app.runForever();
await pause(2_000);
const fromRevealMs: number[] = [];
const fromAnswerMs: number[] = [];
for (let poll = 0; poll < WARM_UP_POLLS + POLLS; poll++) {
  nowMs += POLL_INTERVAL_MS;
  const before = signals.get() as number;
  await fetch(`${url}/bench/reveal?at=${nowMs - 5_000}`, { method: 'POST' });
  const revealedAtNs = process.hrtime.bigint();
  const committedAtNs = await new Promise<bigint>((resolve) => {
    onWindow = () => {
      const atNs = process.hrtime.bigint();
      if ((signals.get() as number) > before) resolve(atNs);
    };
    const waking = sleepers;
    sleepers = [];
    for (const wake of waking) wake();
  });
  const answeredAtNs = BigInt(await (await fetch(`${url}/bench/answered`)).text());
  // What follows a poll, such as delivery, ends before the next.
  await pause(50);
  if (poll < WARM_UP_POLLS || answeredAtNs > committedAtNs) continue;
  fromRevealMs.push(Number(committedAtNs - revealedAtNs) / 1e6);
  fromAnswerMs.push(Number(committedAtNs - answeredAtNs) / 1e6);
}
const events_stored = stored.get() as number;
app.stop();
await running;
const middle = (values: readonly number[]) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? null;
const result = {
  events: events_stored,
  polls: fromAnswerMs.length,
  fromRevealMs: middle(fromRevealMs),
  fromAnswerMs: middle(fromAnswerMs),
  worstFromAnswerMs: Math.max(...fromAnswerMs),
};
console.log(JSON.stringify(result));
process.exit(0);

function report(data: object, text: string): void {
  console.error(text, JSON.stringify(data));
}
