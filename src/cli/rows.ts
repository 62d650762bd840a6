import { existsSync } from 'node:fs';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { VERSION } from '../app.ts';
import { runQuery } from '../audit/index.ts';
import { toInstant } from '../lib/clock.ts';
import { messageOf } from '../lib/errors.ts';
import { openStore } from '../store/index.ts';
import { OUTPUT_FORMATS, type OutputFormat, renderRows } from './output.ts';
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
  const look = process.stdout.isTTY ? lookOf(process.stdout) : { width: Number.MAX_SAFE_INTEGER, colour: false };
  const { text, note } = renderRows(columns, rows, format, look);
  process.stdout.write(text);
  if (note) process.stderr.write(`${note}\n`);
}

/** Runs a query over the views in a child process, prints its rows and journals that it was run. */
export async function printQuery(
  dbFile: string,
  query: { sql: string; params?: Record<string, string | number>; name: string },
  format: OutputFormat,
): Promise<void> {
  const result = await runQuery({ dbFile, sql: query.sql, ...(query.params ? { params: query.params } : {}) });
  printRows(result.columns, result.rows, format);
  if (result.wasCut)
    process.stderr.write(`only the first ${result.rows.length} rows are shown: add a LIMIT or a narrower WHERE\n`);
  journalQuery(dbFile, query, result.rows.length);
}

/** Who asked what is part of the record. An auditor on a read-only copy may still ask. */
function journalQuery(dbFile: string, query: { sql: string; name: string }, rows: number): void {
  if (!existsSync(dbFile)) return;
  try {
    const store = openStore(dbFile, { monitorVersion: VERSION });
    store.transaction(() =>
      store.journal.add(toInstant(Date.now()), 'query_run', query.name, { sql: query.sql.trim(), rows }),
    );
    store.close();
  } catch (error) {
    process.stderr.write(`the query could not be journalled: ${messageOf(error)}\n`);
  }
}

/** `name=value`, collected into one object; numbers stay numbers. */
export function collectParam(text: string, previous: Record<string, string | number>): Record<string, string | number> {
  const at = text.indexOf('=');
  if (at < 1) throw new InvalidArgumentError('write it as name=value');
  const value = text.slice(at + 1);
  return { ...previous, [text.slice(0, at)]: /^-?\d{1,15}$/.test(value) ? Number(value) : value };
}
