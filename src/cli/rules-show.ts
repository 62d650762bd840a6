import { type Command, Option } from 'commander';
import { sheetOf } from './rule-sheet.ts';
import { renderRule } from './rule-text.ts';
import { configFor, findRule, loadRules, mentionMistakes } from './rules-source.ts';
import { lookOf } from './terminal.ts';

type ShowOptions = { rules?: string; format: 'table' | 'json' };

export function addRulesShow(rules: Command, rulesOption: readonly [string, string]): void {
  rules
    .command('show')
    .description('everything about one rule: what it says, what it was compiled to, what is made of a match')
    .argument('<name>', 'name, id or title of a rule, correlation or filter')
    .option(...rulesOption)
    .addOption(new Option('--format <format>', 'how it is printed').choices(['table', 'json']).default('table'))
    .addHelpText(
      'after',
      `
Tests are shown as they are made: modifiers applied, Base64 written out, \`1 of\` and \`all of\` resolved. A correlation
is shown with the SQL it runs as.

Examples:
  $ octowatch rules show off_hours_production_deploy
  $ octowatch rules show "Repeated failed sign-ins"
  $ octowatch rules show my_rule --rules ./my-rules --format json`,
    )
    .action((name: string, options: ShowOptions) => show(name, options));
}

function show(name: string, { rules, format }: ShowOptions): void {
  const config = configFor(rules);
  // A rule that still lacks examples is one that its author wants to look at.
  const pack = loadRules(config, false);
  const { ruleSet } = pack;
  const found = findRule([...ruleSet.rules, ...ruleSet.correlations, ...ruleSet.filters], name, pack, config);
  const sheet = sheetOf(found, pack);
  process.stdout.write(
    format === 'json' ? `${JSON.stringify(sheet, null, 2)}\n` : renderRule(sheet, lookOf(process.stdout)),
  );
  mentionMistakes(pack.mistakes);
}
