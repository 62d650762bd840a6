import { type Command, Option } from 'commander';
import { loadConfig } from '../config.ts';
import { withExplain } from './findings-explain.ts';
import type { OutputFormat } from './output.ts';
import { printQuery, withFormat } from './rows.ts';

const RANK = `CASE level WHEN 'critical' THEN 4 WHEN 'high' THEN 3 WHEN 'medium' THEN 2 WHEN 'low' THEN 1 ELSE 0 END`;

/** A terminal gets what fits; machines get every column. */
const SHORT = 'finding_id, level, rule, title, last_seen_at, event_count, status, instance';

export function addFindings(program: Command): void {
  const command = program
    .command('findings')
    .description('list findings, the gravest first')
    .addOption(
      new Option('--status <status>', 'which ones')
        .choices(['unresolved', 'open', 'acknowledged', 'resolved', 'all'])
        .default('unresolved'),
    )
    .option('--rule <name>', 'only those of one rule');
  withFormat(command)
    .addHelpText(
      'after',
      `
Examples:
  $ octowatch findings
  $ octowatch findings --rule unused_api_key --format csv
  $ octowatch findings --status all --format json
  $ octowatch findings explain 17`,
    )
    .action(async (options: { status: string; rule?: string; format: OutputFormat }) => {
      const config = loadConfig({ env: process.env, cwd: process.cwd(), needs: 'database' });
      const sql = `SELECT ${options.format === 'table' ? SHORT : '*'} FROM findings
        WHERE (:status = 'all' OR status = :status OR (:status = 'unresolved' AND status <> 'resolved'))
          AND (:rule = '' OR rule = :rule)
        ORDER BY ${RANK} DESC, last_seen_at DESC, finding_id`;
      await printQuery(
        config,
        { sql, params: { status: options.status, rule: options.rule ?? '' }, name: 'findings' },
        options.format,
      );
    });
  // Otherwise options behind `explain` would be taken for those of the list.
  withExplain(command.enablePositionalOptions());
}
