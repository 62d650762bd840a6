import { type Command, Option } from 'commander';
import { DEFAULT_DEADLINE_MS } from '../audit/index.ts';
import type { Config } from '../config.ts';
import { printable } from '../lib/text.ts';
import { OUTPUT_FORMATS, type OutputFormat, renderRows } from './output.ts';
import { printAnswer, untilInterrupted } from './query-answer.ts';
import { createUserJournal } from './query-journal.ts';
import { lookOf } from './terminal.ts';

/** Adds `--format`, which every command has that prints rows. */
export function withFormat(command: Command): Command {
  return command.addOption(
    new Option('--format <format>', 'how rows are printed').choices([...OUTPUT_FORMATS]).default('table'),
  );
}

export function printRows(
  columns: readonly string[],
  rows: readonly (readonly unknown[])[],
  format: OutputFormat,
): void {
  // Into a pipe or a file nothing is cut: there is no terminal to fit.
  const look = process.stdout.isTTY
    ? { ...lookOf(process.stdout), isTerminal: true }
    : { width: Number.MAX_SAFE_INTEGER, colour: false };
  const { text, note } = renderRows(columns, rows, format, look);
  process.stdout.write(text);
  if (note) process.stderr.write(`${note}\n`);
}

/** Runs a query of the program's own over the views, prints all its rows and journals that it was run. */
export async function printQuery(
  { db: dbFile, chainKey }: Pick<Config, 'db' | 'chainKey'>,
  query: { sql: string; params?: Record<string, string | number>; name: string },
  format: OutputFormat,
): Promise<void> {
  await untilInterrupted((signal) =>
    printAnswer(
      { sql: query.sql, params: query.params ?? {}, name: query.name },
      {
        dbFile,
        format,
        deadlineMs: DEFAULT_DEADLINE_MS,
        maxRows: 0,
        signal,
        output: process.stdout,
        look: lookOf(process.stdout),
        say: sayOnStderr,
        journal: createUserJournal(dbFile, sayOnStderr, chainKey),
      },
    ),
  );
}

/** A line on stderr, beside the rows. */
export function sayOnStderr(text: string): void {
  process.stderr.write(`${printable(text)}\n`);
}
