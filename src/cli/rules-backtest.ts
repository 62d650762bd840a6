import { existsSync } from 'node:fs';
import { type Command, InvalidArgumentError } from 'commander';
import { VERSION } from '../app.ts';
import { loadConfig } from '../config.ts';
import { loadRulePack } from '../detect/index.ts';
import { createEventJudge } from '../enrich/index.ts';
import { toInstant } from '../lib/clock.ts';
import { parseDuration } from '../lib/duration.ts';
import { OctowatchError, UsageError } from '../lib/errors.ts';
import { backtest, countByDay } from '../pipeline/backtest.ts';
import { openStore } from '../store/index.ts';
import type { OutputFormat } from './output.ts';
import { printRows, withFormat } from './rows.ts';
import { createProgressLine } from './terminal.ts';

export function addRulesBacktest(rules: Command, rulesOption: readonly [string, string]): void {
  const command = rules
    .command('backtest')
    .description('what the rules would have found in stored history, per rule and day; nothing is written or told')
    .option(...rulesOption)
    .option('--since <duration>', 'how far back', parseSince, parseSince('30d'))
    .option('--rule <name>', 'only this rule');
  withFormat(command)
    .addHelpText(
      'after',
      `
State rules (API keys) and the monitor's own findings depend on the moment and are left out.

Examples:
  $ octowatch rules backtest --since 90d
  $ octowatch rules backtest --rules ./my-rules --rule my_rule --format json`,
    )
    .action((options: { rules?: string; since: number; rule?: string; format: OutputFormat }) => run(options));
}

function run(options: { rules?: string; since: number; rule?: string; format: OutputFormat }): void {
  const config = loadConfig({ env: process.env, cwd: process.cwd(), needs: 'rules', flags: { rules: options.rules } });
  const pack = loadRulePack(config.rulesPaths, config.ruleAdjustments, { placeholders: config.placeholders });
  if (options.rule !== undefined && !pack.rules.has(options.rule)) {
    throw new UsageError(`there is no rule ${options.rule}`, { hint: 'octowatch rules list names them.' });
  }
  if (pack.mistakes.length > 0) process.stderr.write('some rules were refused: see octowatch rules check\n');
  if (!existsSync(config.db)) {
    throw new OctowatchError(`there is no database ${config.db}`, {
      hint: 'Fill it with octowatch run --once, or set OCTOWATCH_DB.',
    });
  }
  const source = openStore(config.db, { monitorVersion: VERSION });
  const progress = createProgressLine();
  const replayed = backtest({
    source,
    pack,
    judge: createEventJudge({ calendar: config.calendar, production: config.production }),
    calendar: config.calendar.describe(),
    fromInstant: toInstant(Date.now() - options.since),
    onProgress: (events) => progress.show(`${events} events replayed`),
  });
  progress.clear();
  const days = countByDay(replayed).filter((one) => options.rule === undefined || one.rule === options.rule);
  replayed.close();
  source.close();
  printRows(
    ['rule', 'day', 'signals', 'findings'],
    days.map((one) => [one.rule, one.day, one.signals, one.findings]),
    options.format,
  );
}

function parseSince(text: string): number {
  const ms = parseDuration(text);
  if (ms === null) throw new InvalidArgumentError('write it as 30d, 12h or 2w');
  return ms;
}
