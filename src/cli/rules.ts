import path from 'node:path';
import type { Command } from 'commander';
import { type Config, loadConfig } from '../config.ts';
import { loadRulePack } from '../detect/index.ts';
import { plural } from '../lib/text.ts';
import { runExamples } from '../pipeline/examples.ts';
import type { OutputFormat } from './output.ts';
import { printRows, withFormat } from './rows.ts';
import { addRulesBacktest } from './rules-backtest.ts';
import { addRulesEval } from './rules-eval.ts';

export function addRules(program: Command): void {
  const rules = program.command('rules').description('look at the rules and prove them');
  const paths = [
    '--rules <paths>',
    'folders or files, separated by commas (default: OCTOWATCH_RULES, ./rules, or the shipped ones)',
  ] as const;

  withFormat(
    rules
      .command('list')
      .description('list the rules that are in force')
      .option(...paths),
  )
    .addHelpText('after', '\nExamples:\n  $ octowatch rules list\n  $ octowatch rules list --format json')
    .action((options: { rules?: string; format: OutputFormat }) => {
      const config = configFor(options.rules);
      const pack = loadRulePack(config.rulesPaths, config.ruleAdjustments, { placeholders: config.placeholders });
      const rows = [...pack.rules.values()].map((rule) => [
        rule.name,
        rule.level,
        rule.status,
        rule.kind,
        rule.yieldsFindings ? 'yes' : 'counted by a correlation',
        rule.title,
        path.relative(process.cwd(), rule.file),
      ]);
      printRows(['rule', 'level', 'status', 'kind', 'findings', 'title', 'file'], rows, options.format);
      if (pack.mistakes.length > 0)
        process.stderr.write(`${plural(pack.mistakes.length, 'mistake')}: see octowatch rules check\n`);
    });

  addRulesEval(rules, paths);
  addRulesBacktest(rules, paths);

  rules
    .command('check')
    .description('validate the rules and run their examples')
    .option(...paths)
    .addHelpText(
      'after',
      '\nExit 3 when a rule is refused or an example does not do what it promises.\n\nExamples:\n  $ octowatch rules check\n  $ octowatch rules check --rules ./my-rules',
    )
    .action((options: { rules?: string }) => {
      process.exitCode = check(configFor(options.rules));
    });
}

function configFor(rules: string | undefined): Config {
  return loadConfig({ env: process.env, cwd: process.cwd(), needs: 'rules', flags: { rules } });
}

function check(config: Config): number {
  const pack = loadRulePack(config.rulesPaths, config.ruleAdjustments, { placeholders: config.placeholders });
  for (const { file, line, column, message } of pack.mistakes) {
    process.stderr.write(`${path.relative(process.cwd(), file)}:${line}:${column}: ${message}\n`);
  }
  const { ran, failures } = runExamples(pack);
  for (const { rule, example, problem } of failures)
    process.stderr.write(`${rule}: example "${example}": ${problem}\n`);
  const found = `${plural(pack.rules.size, 'rule')}, ${plural(ran, 'example')}`;
  if (pack.mistakes.length === 0 && failures.length === 0 && pack.rules.size > 0) {
    process.stdout.write(`${found}: all good\n`);
    return 0;
  }
  if (pack.rules.size === 0 && pack.mistakes.length === 0) process.stderr.write('there is no rule in these paths\n');
  process.stdout.write(
    `${found}: ${plural(pack.mistakes.length, 'mistake')}, ${plural(failures.length, 'example')} failed\n`,
  );
  return pack.rules.size === 0 && pack.mistakes.length === 0 ? 2 : 3;
}
