import { readFileSync } from 'node:fs';
import type { Command } from 'commander';
import { describeViews, findQuestion, loadQuestions } from '../audit/index.ts';
import { loadConfig } from '../config.ts';
import { UsageError } from '../lib/errors.ts';
import type { OutputFormat } from './output.ts';
import { collectParam, printQuery, printRows, withFormat } from './rows.ts';

type QueryOptions = {
  file?: string;
  saved?: string;
  list?: boolean;
  schema?: boolean;
  param: Record<string, string | number>;
  format: OutputFormat;
};

export function addQuery(program: Command): void {
  const command = program
    .command('query')
    .description('ask the database in SQL, read-only')
    .argument('[sql]', 'one statement that returns rows')
    .option('--file <file>', 'read the statement from a file')
    .option('--saved <name>', 'run a saved question')
    .option('--list', 'list the saved questions')
    .option('--schema', 'print what every view and column means')
    .option('--param <name=value>', 'a value for :name in the statement; may be repeated', collectParam, {});
  withFormat(command)
    .addHelpText(
      'after',
      `
The query runs in a process of its own that cannot write, is ended after 10 seconds and prints at most 10,000 rows.

Examples:
  $ octowatch query "SELECT username, count(*) FROM events GROUP BY 1 ORDER BY 2 DESC LIMIT 10"
  $ octowatch query "SELECT * FROM events WHERE username = :who" --param who=alice --format csv
  $ octowatch query --saved production-deployments-by-person
  $ octowatch query --schema`,
    )
    .action(async (sql: string | undefined, options: QueryOptions) => {
      const config = loadConfig({ env: process.env, cwd: process.cwd(), needs: 'database' });
      if (options.list) {
        printRows(
          ['name', 'title', 'description'],
          loadQuestions().map((one) => [one.name, one.title, one.description]),
          options.format,
        );
      } else if (options.schema) printSchema(config.db, options.format);
      else await printQuery(config.db, { ...chooseQuery(sql, options), params: options.param }, options.format);
    });
}

function printSchema(dbFile: string, format: OutputFormat): void {
  const rows = describeViews(dbFile).flatMap(({ view, description, columns }) => [
    [view, '', description],
    ...columns.map((column) => [view, column.name, column.description]),
  ]);
  printRows(['view', 'column', 'meaning'], rows, format);
}

function chooseQuery(sql: string | undefined, options: QueryOptions): { sql: string; name: string } {
  const given = [sql, options.file, options.saved].filter((one) => one !== undefined);
  if (given.length !== 1) {
    throw new UsageError('query takes one of: SQL text, --file, --saved', {
      hint: 'For example: octowatch query "SELECT * FROM findings". See octowatch query --help.',
    });
  }
  if (options.saved !== undefined) return { sql: findQuestion(options.saved).sql, name: options.saved };
  if (options.file !== undefined) return { sql: readFileSync(options.file, 'utf8'), name: options.file };
  return { sql: sql as string, name: 'ad hoc' };
}
