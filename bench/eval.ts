import { createReadStream, openSync, writeFileSync, writeSync } from 'node:fs';
import path from 'node:path';
import { readLines } from '../src/lib/lines.ts';
import { type EvalMatch, evaluateLines, loadRulesForEval } from '../src/pipeline/eval.ts';
import type { Figure } from './figures.ts';
import { CORRELATIONS, fileOf, variedRules } from './rules.ts';
import { daysOf, eventsOfDay } from './workload.ts';

const RECORDS = 100_000;
/** Lines are taken through the parts in batches: long enough to time, short enough to be in the caches as in a stream. */
const BATCH = 50;
const READ_BYTES = 256 * 1024;

type Pack = ReturnType<typeof loadRulesForEval>;
type Parts = { readMs: number; parseMs: number; matchMs: number };

/**
 * `rules eval` on 100,000 records with fifty rules: the whole through its own code, and each part alone in the same run
 * over the same file. Shares are of the whole.
 */
export async function measureEval(folder: string): Promise<Figure[]> {
  const file = path.join(folder, 'records.jsonl');
  const records = Array.from({ length: daysOf(RECORDS) }, (_, day) => eventsOfDay(day))
    .flat()
    .slice(0, RECORDS);
  writeFileSync(file, records.map((record) => `${JSON.stringify(record)}\n`).join(''));
  records.length = 0;
  const pack = load(folder, 'rules.yml', [...variedRules(), ...CORRELATIONS]);
  const plain = load(folder, 'plain.yml', variedRules());
  const lines = () => readLines(createReadStream(file, { highWaterMark: READ_BYTES }));
  const devNull = openSync('/dev/null', 'w');
  const write = (matches: readonly EvalMatch[]) => {
    for (const match of matches) writeSync(devNull, `${JSON.stringify(match)}\n`);
  };
  const counting: string[] = [];
  const parts: Parts[] = [];
  const wholes: number[] = [];
  let matches: EvalMatch[] = [];
  for (let round = 0; round < 3; round++) {
    counting.length = 0;
    parts.push(await measureParts(pack, lines(), counting));
    wholes.push(
      await timeMs(async () => {
        matches = await evaluate(pack, lines());
        write(matches);
      }),
    );
  }
  // What correlations cost is the difference they make to the records they count.
  const correlated = await leastMs(() => evaluate(pack, each(counting)));
  const uncorrelated = await leastMs(() => evaluate(plain, each(counting)));
  const outputMs = await leastMs(async () => write(matches));
  const wholeMs = Math.min(...wholes);
  const least = (part: keyof Parts) => Math.min(...parts.map((round) => round[part]));
  const shares: readonly (readonly [string, number])[] = [
    ['reading and splitting lines', least('readMs')],
    ['JSON.parse', least('parseMs')],
    ['matching', least('matchMs')],
    [`correlations, ${counting.length} events stored and the SQL`, correlated - uncorrelated],
    [`output of ${matches.length} matches`, outputMs],
  ];
  const rest = wholeMs - shares.reduce((sum, [, ms]) => sum + ms, 0);
  return [
    { name: 'rules eval, 100,000 records, 50 rules, µs per record', value: (wholeMs * 1000) / RECORDS, goal: null },
    ...[...shares, ['everything else', rest] as const].map(([name, ms]) => ({
      name: `  share of ${name}`,
      value: ms / wholeMs,
      goal: null,
    })),
    {
      name: 'rules eval: matching against reading (lines and JSON.parse)',
      value: least('matchMs') / (least('readMs') + least('parseMs')),
      goal: 'below 1',
    },
    {
      name: 'rules eval: matching against JSON.parse alone',
      value: least('matchMs') / least('parseMs'),
      goal: 'below 1',
    },
  ];
}

function load(folder: string, name: string, documents: readonly object[]): Pack {
  const file = path.join(folder, name);
  writeFileSync(file, fileOf(documents));
  const pack = loadRulesForEval([file]);
  const [mistake] = pack.mistakes;
  if (mistake) throw new Error(`${name}:${mistake.line}: ${mistake.message}`);
  return pack;
}

async function evaluate(pack: Pack, lines: AsyncIterable<string>): Promise<EvalMatch[]> {
  const matches: EvalMatch[] = [];
  await evaluateLines(pack, lines, 'Occurred', {
    onMatches: (found) => {
      for (const match of found) matches.push(match);
    },
    onBadLine: ({ line, problem }) => {
      throw new Error(`line ${line}: ${problem}`);
    },
  });
  return matches;
}

/** Reads, parses and matches batch by batch, each timed alone; puts the lines that correlations count into `counting`. */
async function measureParts(pack: Pack, lines: AsyncGenerator<string>, counting: string[]): Promise<Parts> {
  const parts: Parts = { readMs: 0, parseMs: 0, matchMs: 0 };
  for (let isDone = false; !isDone; ) {
    const readAtMs = performance.now();
    const texts: string[] = [];
    while (texts.length < BATCH && !isDone) {
      const { value, done } = await lines.next();
      if (done) isDone = true;
      else texts.push(value);
    }
    const parseAtMs = performance.now();
    const records = texts.map((text) => JSON.parse(text) as Record<string, unknown>);
    const matchAtMs = performance.now();
    const found = records.map((record) => pack.ruleSet.match(record));
    const doneAtMs = performance.now();
    parts.readMs += parseAtMs - readAtMs;
    parts.parseMs += matchAtMs - parseAtMs;
    parts.matchMs += doneAtMs - matchAtMs;
    for (const [index, matches] of found.entries()) {
      if (matches.some(({ rule }) => pack.correlationsByRule.has(rule.key))) counting.push(texts[index] as string);
    }
  }
  return parts;
}

async function* each(lines: readonly string[]): AsyncGenerator<string> {
  for (const line of lines) yield line;
}

async function timeMs(work: () => Promise<unknown>): Promise<number> {
  const startedAtMs = performance.now();
  await work();
  return performance.now() - startedAtMs;
}

/** The least of five: other work on the machine only ever adds. */
async function leastMs(work: () => Promise<unknown>): Promise<number> {
  const times: number[] = [];
  for (let i = 0; i < 5; i++) times.push(await timeMs(work));
  return Math.min(...times);
}
