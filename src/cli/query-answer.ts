import { once } from 'node:events';
import { type Cell, type QueryParameter, type RunningQuery, sampleRows, streamQuery } from '../audit/index.ts';
import { messageOf } from '../lib/errors.ts';
import { createRowsRenderer, type OutputFormat } from './output.ts';
import { journalledSql, type UserJournal } from './query-journal.ts';

type Row = readonly Cell[];

export type Question = {
  readonly sql: string;
  readonly params: Readonly<Record<string, QueryParameter>>;
  /** What the journal calls it. */
  readonly name: string;
};

export type AnswerOptions = {
  readonly dbFile: string;
  readonly format: OutputFormat;
  readonly deadlineMs: number;
  /** 0 for all. */
  readonly maxRows: number;
  readonly sample?: { readonly n: number; readonly seed: string };
  readonly signal?: AbortSignal;
  /** Where rows go; and how wide it is. */
  readonly output: NodeJS.WritableStream & { readonly isTTY?: boolean };
  readonly look: { readonly width: number; readonly colour: boolean };
  /** Tells the person beside the rows. */
  readonly say: (text: string) => void;
  readonly journal: UserJournal;
};

/**
 * Runs a question and prints its rows as they come, no faster than they are read; says when they are not all. It is
 * journalled in any case: answered, cut, failed, stopped, or left by its reader. Throws what the query throws.
 */
export async function printAnswer(question: Question, options: AnswerOptions): Promise<void> {
  const { output, say, sample } = options;
  const startedAtMs = performance.now();
  const running: { query: RunningQuery | null; isNoted: boolean } = { query: null, isNoted: false };
  const note = (failed: string | null) => {
    if (running.isNoted) return;
    running.isNoted = true;
    const summary = running.query?.summary();
    options.journal.add({
      action: 'query_run',
      object: question.name,
      detail: {
        ...journalledSql(question.sql),
        ...(Object.keys(question.params).length > 0 ? { params: asJson(question.params) } : {}),
        ...(sample ? { sample } : {}),
        rows: summary?.rowCount ?? 0,
        duration_ms: summary?.durationMs ?? Math.round(performance.now() - startedAtMs),
        cut: summary?.cut !== null && summary?.cut !== undefined,
        failed,
      },
    });
  };
  // The program ends when its output is closed (`| head`): that, too, was an answer somebody got.
  const onLost = () => note('its reader went away');
  output.prependListener('error', onLost);
  try {
    running.query = await streamQuery({ ...options, ...question, maxRows: sample ? 0 : options.maxRows });
    await (sample ? printSample(running.query, sample, options) : printRowsOf(running.query, options));
    const { rowCount, cut } = running.query.summary();
    if (cut !== null) say(describeCut(rowCount));
    note(null);
  } catch (error) {
    // The place in the statement, on further lines, is for who typed it.
    note(messageOf(error instanceof Error ? error.message.split('\n')[0] : error));
    const count = running.query?.summary().rowCount ?? 0;
    if (count > 0) say(`the answer is incomplete: it failed after ${count.toLocaleString('en')} rows`);
    throw error;
  } finally {
    output.removeListener('error', onLost);
  }
}

function describeCut(rowCount: number): string {
  const count = rowCount.toLocaleString('en');
  return `CUT: only the first ${count} rows are shown, there are more. All of them: --max-rows 0.`;
}

async function printRowsOf({ columns, batches }: RunningQuery, options: AnswerOptions): Promise<void> {
  const { output, say } = options;
  const renderer = createRowsRenderer(columns, options.format, lookOn(options));
  for await (const batch of batches) await write(output, renderer.add(batch));
  const { text, note } = renderer.end();
  await write(output, text);
  if (note !== null) say(note);
}

async function printSample(
  query: RunningQuery,
  by: { n: number; seed: string },
  options: AnswerOptions,
): Promise<void> {
  const { output, say, format } = options;
  const { populationCount, populationSha256, seed, rows } = await sampleRows(rowsOf(query.batches), by);
  const lines = [
    `population  ${populationCount} rows`,
    `sha256      ${populationSha256}`,
    `seed        ${seed}`,
    `sample      ${rows.length} rows`,
  ];
  // In what a program reads they would be rows.
  if (format === 'table') await write(output, `${lines.join('\n')}\n\n`);
  else for (const line of lines) say(line);
  const renderer = createRowsRenderer(query.columns, format, lookOn(options));
  await write(output, renderer.add(rows));
  const { text, note } = renderer.end();
  await write(output, text);
  if (note !== null) say(note);
}

async function* rowsOf(batches: AsyncIterable<readonly Row[]>): AsyncGenerator<Row> {
  for await (const batch of batches) yield* batch;
}

function lookOn({ output, look }: AnswerOptions) {
  // Into a pipe or a file nothing is shortened: there is no terminal to fit.
  return { ...look, width: output.isTTY ? look.width : Number.MAX_SAFE_INTEGER, isTerminal: output.isTTY === true };
}

async function write(output: NodeJS.WritableStream, text: string): Promise<void> {
  if (text !== '' && !output.write(text)) await once(output, 'drain');
}

function asJson(params: Readonly<Record<string, QueryParameter>>): object {
  const entries = Object.entries(params).map(([name, value]) => [
    name,
    typeof value === 'bigint' ? sent(value) : value,
  ]);
  return Object.fromEntries(entries);
}

function sent(value: bigint): number | string {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value.toString();
}

/** Runs `work` with a signal that Ctrl-C and SIGTERM abort: what was asked is then journalled as stopped. */
export async function untilInterrupted(work: (signal: AbortSignal) => Promise<void>): Promise<void> {
  const stop = new AbortController();
  const onSignal = () => stop.abort();
  process.once('SIGINT', onSignal);
  process.once('SIGTERM', onSignal);
  try {
    await work(stop.signal);
  } finally {
    process.removeListener('SIGINT', onSignal);
    process.removeListener('SIGTERM', onSignal);
  }
}
