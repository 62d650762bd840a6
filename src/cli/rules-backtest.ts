import { existsSync } from 'node:fs';
import { type Command, InvalidArgumentError } from 'commander';
import { createEventJudge } from '../enrich/index.ts';
import { toInstant } from '../lib/clock.ts';
import { parseDuration } from '../lib/duration.ts';
import { OctowatchError } from '../lib/errors.ts';
import { printable } from '../lib/text.ts';
import { backtest, countByDay } from '../pipeline/backtest.ts';
import { openStore, type Store } from '../store/index.ts';
import { VERSION } from '../version.ts';
import type { OutputFormat } from './output.ts';
import { printRows, withFormat } from './rows.ts';
import { compareWith, printComparison } from './rules-backtest-set.ts';
import { overrideRules } from './rules-overrides.ts';
import { configFor, findRule, loadRules, mentionMistakes } from './rules-source.ts';
import { createProgressLine, describeProgress } from './terminal.ts';

type BacktestOptions = { rules?: string; since: number; rule?: string; set?: string[]; format: OutputFormat };

/** Behind every instant as text. */
const END_OF_TIME = '9999';

export function addRulesBacktest(rules: Command, rulesOption: readonly [string, string]): void {
  const command = rules
    .command('backtest')
    .description('what the rules would have found in stored history, per rule and day; nothing is written or told')
    .option(...rulesOption)
    .option('--since <duration>', 'how far back', parseSince, parseSince('30d'))
    .option('--rule <name>', 'only this rule (name, id or title)')
    .option(
      '--set <assignment>',
      'compare with rules.NAME.threshold=8, .level=low or .enabled=false; repeatable',
      gather,
    );
  withFormat(command)
    .addHelpText(
      'after',
      `
State rules (API keys) and the monitor's own findings depend on the moment and are left out.

--set runs it twice, as configured and as octowatch.yaml would have it with the new values, and shows per rule what
differs and which findings would go away, appear or have another level. Keys are then judged as they were last read.

Examples:
  $ octowatch rules backtest --since 90d
  $ octowatch rules backtest --rules ./my-rules --rule my_rule --format json
  $ octowatch rules backtest --set rules.repeated_auth_failures.threshold=8
  $ octowatch rules backtest --set rules.vague_api_key_purpose.enabled=false --set rules.password_spray.level=low`,
    )
    .action((options: BacktestOptions) => run(options));
}

async function run(options: BacktestOptions): Promise<void> {
  const config = configFor(options.rules);
  const pack = loadRules(config);
  const known = [...pack.ruleSet.rules, ...pack.ruleSet.correlations];
  const only = options.rule === undefined ? null : findRule(known, options.rule, pack, config).key;
  mentionMistakes(pack.mistakes);
  const overridden = options.set === undefined ? null : overrideRules(options.set, config, pack);
  if (overridden === null && only !== null && pack.rules.get(only)?.kind === 'api_key') {
    process.stderr.write(`${printable(only)} depends on the state of API keys, of which no history is replayed\n`);
  }
  if (!existsSync(config.db)) {
    throw new OctowatchError(`there is no database ${config.db}`, {
      hint: 'Fill it with octowatch run --once, or set OCTOWATCH_DB.',
    });
  }
  const source = openStore(config.db, { monitorVersion: VERSION });
  const fromInstant = toInstant(Date.now() - options.since);
  const progress = createProgressLine();
  // Counting first is cheap (an index holds the times), and only a terminal shows it.
  const total = progress.isVisible ? countEvents(source, fromInstant) : 0;
  const replay = {
    source,
    pack,
    judge: createEventJudge(config),
    calendar: config.calendar.describe(),
    fromInstant,
    onProgress: (events: number) =>
      progress.show(describeProgress(events, 'events replayed', total > 0 ? events / total : null)),
  };
  if (overridden !== null) {
    for (const name of overridden.named) {
      if (pack.rules.get(name)?.kind !== 'api_key') continue;
      process.stderr.write(`${printable(name)} is judged by the keys as they were last read: no history is replayed\n`);
    }
    const comparison = await compareWith({ ...replay, keys: config }, overridden, only);
    progress.clear();
    source.close();
    printComparison(comparison, options.format);
    return;
  }
  const replayed = await backtest(replay);
  progress.clear();
  const days = countByDay(replayed).filter((one) => only === null || one.rule === only);
  replayed.close();
  source.close();
  printRows(
    ['rule', 'day', 'signals', 'findings'],
    days.map((one) => [one.rule, one.day, one.signals, one.findings]),
    options.format,
  );
}

function countEvents(source: Store, fromInstant: string): number {
  return source.instances
    .all()
    .map(({ instance_id }) => source.events.countInWindow(instance_id, fromInstant, END_OF_TIME))
    .reduce((sum, events) => sum + events, 0);
}

function parseSince(text: string): number {
  const ms = parseDuration(text);
  if (ms === null) throw new InvalidArgumentError('write it as 30d, 12h or 2w');
  return ms;
}

function gather(text: string, before: readonly string[] | undefined): string[] {
  return [...(before ?? []), text];
}
