import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Figure, printFigures } from './figures.ts';
import { measureLocalTime, measureRules } from './matching.ts';
import { measureNaive, measureStages } from './stages.ts';

/**
 * `npm run bench [-- --full] [-- --json]`: speed and memory as ratios within one run, on generated data with a fixed seed and
 * loopback only. No figure is a pass or a failure; goals are printed beside them.
 */
const isFull = process.argv.includes('--full');
const isJson = process.argv.includes('--json');
const SMALL = 60_000;
const folder = mkdtempSync(path.join(tmpdir(), 'octowatch-bench-'));
const here = (file: string) => fileURLToPath(new URL(file, import.meta.url));

type Backfill = { isComplete: boolean; events: number; elapsedMs: number; cpuMs: number; peakMegabytes: number };

/** Runs `work` against a server process that holds so many events. */
async function withServer<T>(events: number, work: (url: string) => Promise<T>): Promise<T> {
  const server = spawn(process.execPath, [here('./server.ts'), String(events)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  try {
    const url = await new Promise<string>((resolve, reject) => {
      server.once('exit', (code) => reject(new Error(`the server ended with ${code}`)));
      server.stdout.setEncoding('utf8').once('data', (text: string) => resolve(text.trim()));
    });
    return await work(url);
  } finally {
    server.kill('SIGKILL');
  }
}

function backfill(url: string, events: number): Backfill {
  const args = [here('./backfill.ts'), url, path.join(folder, 'backfill.db'), String(events)];
  const { stdout, status, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`the back-fill failed: ${stderr}`);
  return JSON.parse(stdout) as Backfill;
}

/** The middle one of three runs: machines are shared and noisy. */
function middle<T>(runs: readonly T[], by: (run: T) => number): T {
  return runs.toSorted((a, b) => by(a) - by(b))[Math.floor(runs.length / 2)] as T;
}

async function measureBackfill(): Promise<Figure[]> {
  return withServer(SMALL, async (url) => {
    const runs = [1, 2, 3].map(() => backfill(url, SMALL));
    const whole = middle(runs, (run) => run.elapsedMs);
    const perEventUs = (whole.elapsedMs * 1000) / whole.events;
    const stages = await measureStages(url, SMALL, path.join(folder, 'stages.db'));
    const naive = await measureNaive(url, folder);
    const sumUs = stages.readUs + stages.judgeUs + stages.matchUs + stages.insertUs;
    return [
      { name: 'back-fill over HTTP, µs per event, start of the process included', value: perEventUs, goal: null },
      { name: '  stage read (fetch, parse, slice), µs per event', value: stages.readUs, goal: null },
      { name: '  stage judge, µs per event', value: stages.judgeUs, goal: null },
      { name: '  stage match, µs per event', value: stages.matchUs, goal: null },
      { name: '  stage insert (same rows and indexes), µs per event', value: stages.insertUs, goal: null },
      { name: 'back-fill against the sum of its stages', value: sumUs / perEventUs, goal: 'at least 0.75' },
      { name: 'back-fill against the raw insert limit', value: stages.insertUs / perEventUs, goal: 'at least 0.40' },
      {
        name: 'back-fill against a naive script, rollback journal',
        value: naive.rollbackUs / perEventUs,
        goal: 'at least 30',
      },
      { name: 'back-fill against a naive script, WAL', value: naive.walUs / perEventUs, goal: 'at least 6' },
    ];
  });
}

async function measureMemory(): Promise<Figure[]> {
  const at = async (events: number) => withServer(events, async (url) => backfill(url, events));
  const small = await at(100_000);
  const figures: Figure[] = [
    { name: 'peak memory of a back-fill of 100k events, MB', value: small.peakMegabytes, goal: 'at most 220' },
  ];
  if (!isFull) return figures;
  const large = await at(1_000_000);
  return [
    ...figures,
    { name: 'peak memory of a back-fill of 1M events, MB', value: large.peakMegabytes, goal: 'at most 220' },
    { name: 'peak memory, 1M against 100k', value: large.peakMegabytes / small.peakMegabytes, goal: 'within 10 %' },
    {
      name: 'time per event, 1M against 100k',
      value: large.elapsedMs / large.events / (small.elapsedMs / small.events),
      goal: null,
    },
  ];
}

try {
  const figures = [
    ...measureLocalTime(),
    ...(await measureRules()),
    ...(await measureBackfill()),
    ...(await measureMemory()),
  ];
  printFigures(figures, isJson);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
