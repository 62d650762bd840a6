import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { type Command, Option } from 'commander';
import {
  bindParameters,
  DEFAULT_DEADLINE_MS,
  DEFAULT_MAX_ROWS,
  describeViews,
  findQuestion,
  loadQuestions,
} from '../audit/index.ts';
import { type Config, loadConfig } from '../config.ts';
import { messageOf, UsageError } from '../lib/errors.ts';
import type { OutputFormat } from './output.ts';
import { type AnswerOptions, printAnswer, type Question, untilInterrupted } from './query-answer.ts';
import { createUserJournal } from './query-journal.ts';
import { collectParam, parseDeadline, parseMaxRows, parseSampleSize, typedParams } from './query-params.ts';
import { runPrompt } from './query-prompt.ts';
import { printRows, sayOnStderr, withFormat } from './rows.ts';
import { lookOf } from './terminal.ts';

type QueryOptions = {
  file?: string;
  saved?: string;
  list?: boolean;
  schema?: boolean;
  param: Record<string, string>;
  deadline: number;
  maxRows: number;
  sample?: number;
  seed?: string;
  format: OutputFormat;
};

export function addQuery(program: Command): void {
  const command = program
    .command('query')
    .description('ask the database in SQL, read-only; without arguments on a terminal: a prompt')
    .argument('[sql]', 'one statement that returns rows')
    .option('--file <file>', 'read the statement from a file; - for standard input')
    .option('--saved <name>', 'run a saved question')
    .option('--list', 'list the saved questions')
    .option('--schema', 'print what every view and column means')
    .option('--param <name=value>', 'a value for :name in the statement; may be repeated', collectParam, {})
    .addOption(
      new Option('--deadline <time>', 'how long the query may work, such as 30s or 5m')
        .argParser(parseDeadline)
        .default(DEFAULT_DEADLINE_MS, '10s'),
    )
    .option('--max-rows <n>', 'how many rows are printed at most; 0 for all', parseMaxRows, DEFAULT_MAX_ROWS)
    .option('--sample <n>', 'draw so many rows by chance, with the count and the hash of all', parseSampleSize)
    .option('--seed <text>', 'the same seed draws the same sample on every machine (default: a new one)');
  withFormat(command)
    .addHelpText('after', HELP)
    .action(async (sql: string | undefined, options: QueryOptions) => {
      const config = loadConfig({ env: process.env, cwd: process.cwd(), needs: 'database' });
      if (options.list) printList(options.format);
      else if (options.schema) printSchema(config.db, options.format);
      else await ask(config, sql, options);
    });
}

const HELP = `
The query runs in a process of its own that cannot write, with at most 512 MB of memory. A value of --param that looks like
a number is one, NULL is NULL, 'in quotes' is text. In csv an apostrophe stands before what a spreadsheet would take for
a formula; json and ndjson are exact. Each query is noted in the journal.

Examples:
  $ octowatch query
  $ octowatch query "SELECT username, count(*) FROM events GROUP BY 1 ORDER BY 2 DESC LIMIT 10"
  $ octowatch query "SELECT * FROM events WHERE username = :who" --param who=alice --format csv
  $ octowatch query "SELECT * FROM events" --max-rows 0 --deadline 5m --format csv > events.csv
  $ octowatch query --saved production-deployments-by-person --sample 25 --seed audit-2026
  $ octowatch query --schema`;

async function ask({ db: dbFile, chainKey }: Config, sql: string | undefined, options: QueryOptions): Promise<void> {
  const answering: Omit<AnswerOptions, 'signal'> = {
    dbFile,
    format: options.format,
    deadlineMs: options.deadline,
    maxRows: options.maxRows,
    ...sampleOf(options),
    output: process.stdout,
    look: lookOf(process.stdout),
    say: sayOnStderr,
    journal: createUserJournal(dbFile, sayOnStderr, chainKey),
  };
  const isAsked = sql !== undefined || options.file !== undefined || options.saved !== undefined;
  if (!isAsked && process.stdin.isTTY && process.stdout.isTTY) {
    await runPrompt({ ...answering, look: () => lookOf(process.stdout), input: process.stdin, env: process.env });
    return;
  }
  const question = chooseQuestion(sql, options);
  await untilInterrupted((signal) => printAnswer(question, { ...answering, signal }));
}

function sampleOf({ sample, seed }: QueryOptions): Pick<AnswerOptions, 'sample'> {
  if (sample !== undefined) return { sample: { n: sample, seed: seed ?? randomBytes(8).toString('hex') } };
  if (seed === undefined) return {};
  throw new UsageError('--seed goes with --sample', { hint: 'For example: --sample 25 --seed audit-2026.' });
}

function printList(format: OutputFormat): void {
  const questions = loadQuestions().map((one) => [one.name, one.title, one.description]);
  printRows(['name', 'title', 'description'], questions, format);
}

function printSchema(dbFile: string, format: OutputFormat): void {
  const rows = describeViews(dbFile).flatMap(({ view, description, columns }) => [
    [view, '', description],
    ...columns.map((column) => [view, column.name, column.description]),
  ]);
  printRows(['view', 'column', 'meaning'], rows, format);
}

function chooseQuestion(sql: string | undefined, { file, saved, param }: QueryOptions): Question {
  const given = [sql, file, saved].filter((one) => one !== undefined);
  if (given.length !== 1) {
    throw new UsageError('query takes one of: SQL text, --file, --saved', {
      hint: 'For example: octowatch query "SELECT * FROM findings". See octowatch query --help.',
    });
  }
  if (saved !== undefined) {
    const question = findQuestion(saved);
    return { sql: question.sql, params: bindParameters(question, param), name: saved };
  }
  if (file !== undefined) return { sql: readStatement(file), params: typedParams(param), name: file };
  return { sql: sql as string, params: typedParams(param), name: 'ad hoc' };
}

function readStatement(file: string): string {
  try {
    return readFileSync(file === '-' ? 0 : file, 'utf8');
  } catch (cause) {
    throw new UsageError(`--file: ${file} could not be read: ${messageOf(cause)}`, { cause });
  }
}
