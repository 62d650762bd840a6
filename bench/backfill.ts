import { rmSync } from 'node:fs';
import path from 'node:path';
import { createApp } from '../src/app.ts';
import { loadConfig } from '../src/config.ts';
import { systemClock } from '../src/lib/clock.ts';
import { daysOf, NOW_MS } from './workload.ts';

/**
 * The whole product over HTTP, from an empty database to the last alert: `node bench/backfill.ts URL FILE EVENTS`.
 * Prints one line of JSON.
 */

const [url = '', file = '', events = '0'] = process.argv.slice(2);
const folder = path.dirname(file);
for (const suffix of ['', '-wal', '-shm']) rmSync(`${file}${suffix}`, { force: true });
const startedAtMs = performance.now();
const config = loadConfig({
  env: {
    OCTOPUS_URL: url,
    OCTOPUS_API_KEY: 'API-BENCHMARK000000000000000',
    OCTOWATCH_DB: file,
    OCTOWATCH_TIMEZONE: 'Europe/London',
    OCTOWATCH_BACKFILL: `${daysOf(Number(events))}d`,
  },
  cwd: folder,
  needs: 'poll',
});
let windows = 0;
let told = 0;
const app = createApp({
  config,
  log: { debug() {}, info() {}, warn: report, error: report },
  isOneShot: true,
  console: {
    write(text) {
      told += text.length;
    },
    colour: false,
    width: 120,
  },
  clock: { now: () => NOW_MS + Math.round(performance.now() - startedAtMs), sleep: systemClock.sleep },
  onWindow: () => {
    windows += 1;
  },
});
const count = (table: string) => app.store.db.prepare(`SELECT count(*) FROM ${table}`).pluck().get() as number;
// Counted before the application closes its database.
let stored = 0;
let findings = 0;
const close = app.store.close;
Object.assign(app.store, {
  close() {
    stored = count('_events');
    findings = count('_findings');
    return close();
  },
});
const { isComplete } = await app.runOnce();
const elapsedMs = performance.now() - startedAtMs;
const cpu = process.cpuUsage();
const result = {
  isComplete,
  events: stored,
  windows,
  findings,
  told,
  elapsedMs,
  cpuMs: (cpu.user + cpu.system) / 1000,
  peakMegabytes: process.resourceUsage().maxRSS / 1024,
};
console.log(JSON.stringify(result));

function report(data: object, text: string): void {
  console.error(text, JSON.stringify(data));
}
