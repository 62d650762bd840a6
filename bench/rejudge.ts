import path from 'node:path';
import { planCorrection } from '../src/app-correction.ts';
import { createJudging } from '../src/app-judging.ts';
import { loadRules } from '../src/app-rules.ts';
import { loadConfig } from '../src/config.ts';
import { systemClock, toInstant } from '../src/lib/clock.ts';
import { createRejudger } from '../src/pipeline/rejudge.ts';
import { openStore } from '../src/store/index.ts';
import { NOW_MS } from './workload.ts';

/**
 * Judges a filled database again by another zone, as a start with a corrected configuration does: `node bench/rejudge.ts FILE`.
 * Prints one line of JSON.
 */
const [file = ''] = process.argv.slice(2);
const log = { debug() {}, info() {}, warn() {}, error() {} };
const config = loadConfig({
  env: { OCTOWATCH_DB: file, OCTOWATCH_TIMEZONE: 'Asia/Singapore' },
  cwd: path.dirname(file),
  needs: 'rules',
});
const store = openStore(file, { monitorVersion: 'bench' });
const judging = createJudging(config, store, loadRules(config, log));
const clock = { now: () => NOW_MS, sleep: systemClock.sleep };
store.transaction(() => planCorrection(store, config, log, toInstant(NOW_MS)));
const rejudger = createRejudger({ ...judging, clock, log });
const cpuBefore = process.cpuUsage();
const slices: number[] = [];
for (let startedAtMs = performance.now(); rejudger.step() !== null; startedAtMs = performance.now())
  slices.push(performance.now() - startedAtMs);
const cpu = process.cpuUsage(cpuBefore);
const done = store.rejudgements.latest();
const result = {
  events: done?.events_done ?? 0,
  opened: done?.findings_opened ?? 0,
  closed: done?.findings_closed ?? 0,
  cpuMs: (cpu.user + cpu.system) / 1000,
  middleSliceMs: slices.toSorted((a, b) => a - b)[Math.floor(slices.length / 2)] ?? 0,
  longestSliceMs: Math.max(...slices),
  peakMegabytes: process.resourceUsage().maxRSS / 1024,
};
store.close();
console.log(JSON.stringify(result));
