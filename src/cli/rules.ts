import type { Command } from 'commander';
import type { RulePack } from '../detect/index.ts';
import { plural } from '../lib/text.ts';
import type { OutputFormat } from './output.ts';
import { printRows, withFormat } from './rows.ts';
import { addRulesBacktest } from './rules-backtest.ts';
import { addRulesCheck } from './rules-check.ts';
import { addRulesEval } from './rules-eval.ts';
import { addRulesReport } from './rules-report.ts';
import { addRulesShow } from './rules-show.ts';
import { configFor, loadRules, mentionMistakes, nearPath, RULES_OPTION } from './rules-source.ts';
import { addRulesTest } from './rules-test.ts';

const COLUMNS = ['rule', 'level', 'status', 'kind', 'findings', 'title', 'file'];
const NARROW_CELLS = 110;

export function addRules(program: Command): void {
  const rules = program
    .command('rules')
    .description('look at the rules, prove them and tune them')
    .addHelpText(
      'after',
      `
Examples:
  $ octowatch rules check --rules ./my-rules
  $ octowatch rules report --since 30d
  $ octowatch rules backtest --set rules.repeated_auth_failures.threshold=8`,
    );
  withFormat(
    rules
      .command('list')
      .description('list the rules that are in force, and the filters')
      .option(...RULES_OPTION),
  )
    .addHelpText('after', '\nExamples:\n  $ octowatch rules list\n  $ octowatch rules list --format json')
    .action((options: { rules?: string; format: OutputFormat }) => list(options));
  addRulesShow(rules, RULES_OPTION);
  addRulesCheck(rules, RULES_OPTION);
  addRulesTest(rules, RULES_OPTION);
  addRulesEval(rules, RULES_OPTION);
  addRulesReport(rules, RULES_OPTION);
  addRulesBacktest(rules, RULES_OPTION);
}

function list(options: { rules?: string; format: OutputFormat }): void {
  const pack = loadRules(configFor(options.rules));
  const columns = options.format === 'table' && process.stdout.isTTY ? fitting(process.stdout.columns) : COLUMNS;
  const rows = [...ruleRows(pack), ...filterRows(pack)].map((row) => row.slice(0, columns.length));
  printRows(columns, rows, options.format);
  mentionMistakes(pack.mistakes);
}

/** On a terminal the file, on a narrow one the title too, would leave the rest no room: `rules show` tells them. */
function fitting(width: number): string[] {
  return COLUMNS.slice(0, width < NARROW_CELLS ? -2 : -1);
}

function ruleRows(pack: RulePack): string[][] {
  return [...pack.rules.values()].map((rule) => [
    rule.name,
    rule.level,
    rule.status,
    rule.kind,
    rule.yieldsFindings ? 'yes' : 'counted',
    rule.title,
    nearPath(rule.file),
  ]);
}

function filterRows(pack: RulePack): string[][] {
  return pack.ruleSet.filters.map(({ key, document, rules }) => [
    key,
    '',
    document.status ?? '',
    'filter',
    `filters ${plural(rules.length, 'rule')}`,
    document.title,
    nearPath(document.file),
  ]);
}
