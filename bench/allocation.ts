import { PerformanceObserver } from 'node:perf_hooks';
import { compile, thirtyRules, variedRules } from './rules.ts';
import { eventsOfDay } from './workload.ts';

/**
 * What matching leaves on the heap: `node --expose-gc --max-semi-space-size=64 bench/allocation.ts`. A million records
 * that match nothing pass the rules; the heap may then have grown by no more than measuring it costs, and nothing may
 * have been collected in between, or the growth would tell less than was allocated. Prints one line of JSON.
 */
const RECORDS = 1_000_000;
const SOURCE = { product: 'octopus', service: 'audit' };

const collect = (globalThis as { gc?: () => void }).gc;
if (!collect) throw new Error('start with --expose-gc');
const ruleSet = compile([...thirtyRules(), ...variedRules().slice(24)]);
const records = eventsOfDay(3)
  .map((record) => JSON.parse(JSON.stringify(record)) as Record<string, unknown>)
  .filter((record) => ruleSet.match(record, SOURCE).length === 0);
let collections = 0;
const observer = new PerformanceObserver((list) => {
  collections += list.getEntries().length;
});
const passes = Math.ceil(RECORDS / records.length);
const run = (count: number) => {
  let found = 0;
  for (let pass = 0; pass < count; pass++) {
    for (const record of records) found += ruleSet.match(record, SOURCE).length;
  }
  return found;
};
// Warm: compiled code, remembered values and tables are made once and are not what a record costs.
run(Math.ceil(passes / 4));
collect();
await new Promise((resolve) => setTimeout(resolve, 200));
observer.observe({ entryTypes: ['gc'] });
const before = process.memoryUsage().heapUsed;
const found = run(passes);
const grownBytes = process.memoryUsage().heapUsed - before;
await new Promise((resolve) => setTimeout(resolve, 50));
console.log(
  JSON.stringify({ records: passes * records.length, distinct: records.length, found, grownBytes, collections }),
);
