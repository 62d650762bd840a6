import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { measureEval } from './eval.ts';
import { type Figure, printFigures } from './figures.ts';
import { measureLocalTime, measureRules } from './matching.ts';
import { measureQuestions } from './questions.ts';
import { measureNaive, measureStages } from './stages.ts';

/**
 * `npm run bench -- [PART…] [--full] [--json]`: speed and memory as ratios within one run, on generated data with a fixed
 * seed and loopback only. Parts are time, matching, allocation, eval, backfill, memory, live, corrections and questions; all of them unless some are
 * named. No figure is a pass or a failure; goals are printed beside them.
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
  return runScript('./backfill.ts', [url, path.join(folder, 'backfill.db'), String(events)]) as Backfill;
}

/** Runs a script of this folder in a process of its own and returns the line of JSON it prints. */
function runScript(script: string, args: readonly string[], options: readonly string[] = []): unknown {
  const { stdout, status, stderr } = spawnSync(process.execPath, [...options, here(script), ...args], {
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(`${script} failed: ${stderr}`);
  return JSON.parse(stdout);
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

function measureAllocation(): Figure[] {
  const { records, grownBytes, collections } = runScript(
    './allocation.ts',
    [],
    ['--expose-gc', '--max-semi-space-size=64'],
  ) as { records: number; grownBytes: number; collections: number };
  return [
    {
      name: 'heap left by 1M records that match nothing, bytes per record',
      value: grownBytes / records,
      goal: 'nothing',
    },
    { name: '  garbage collections in between', value: collections, goal: 'none' },
  ];
}

async function measureLive(): Promise<Figure[]> {
  const events = 100_000;
  return withServer(events, async (url) => {
    backfill(url, events);
    const live = runScript('./live.ts', [url, path.join(folder, 'backfill.db'), String(events)]) as {
      polls: number;
      fromAnswerMs: number;
      worstFromAnswerMs: number;
      fromRevealMs: number;
    };
    const polls = `middle one of ${live.polls} polls`;
    return [
      {
        name: `live poll at 100k events, answer to committed finding, ms (${polls})`,
        value: live.fromAnswerMs,
        goal: 'at most 5',
      },
      { name: '  the slowest of them', value: live.worstFromAnswerMs, goal: null },
      { name: '  from the server revealing the event, the request included', value: live.fromRevealMs, goal: null },
    ];
  });
}

/** What a correction of the configuration costs: every stored event is judged again. */
async function measureCorrections(): Promise<Figure[]> {
  return withServer(SMALL, async (url) => {
    const filled = backfill(url, SMALL);
    const again = runScript('./rejudge.ts', [path.join(folder, 'backfill.db')]) as {
      events: number;
      cpuMs: number;
      middleSliceMs: number;
      longestSliceMs: number;
      peakMegabytes: number;
    };
    const againUs = (again.cpuMs * 1000) / again.events;
    return [
      { name: 'judging stored events again, µs of processor time per event', value: againUs, goal: null },
      {
        name: '  against the back-fill that stored them',
        value: againUs / ((filled.cpuMs * 1000) / filled.events),
        goal: null,
      },
      { name: '  the middle one of its transactions, ms', value: again.middleSliceMs, goal: null },
      { name: '  the longest of them', value: again.longestSliceMs, goal: null },
      { name: '  peak memory, MB', value: again.peakMegabytes, goal: null },
    ];
  });
}

const PARTS: Readonly<Record<string, () => Figure[] | Promise<Figure[]>>> = {
  time: measureLocalTime,
  matching: measureRules,
  allocation: measureAllocation,
  eval: () => measureEval(folder),
  backfill: measureBackfill,
  memory: measureMemory,
  live: measureLive,
  corrections: measureCorrections,
  questions: () => measureQuestions(folder),
};

try {
  const named = process.argv.slice(2).filter((word) => !word.startsWith('--'));
  const unknown = named.find((name) => !Object.hasOwn(PARTS, name));
  if (unknown) throw new Error(`there is no part ${unknown}; there are ${Object.keys(PARTS).join(', ')}`);
  const figures: Figure[] = [];
  for (const [name, measure] of Object.entries(PARTS)) {
    if (named.length === 0 || named.includes(name)) figures.push(...(await measure()));
  }
  printFigures(figures, isJson);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
