import { type Command, Option } from 'commander';
import type { RulePack } from '../detect/index.ts';
import { plural, printable } from '../lib/text.ts';
import { runExamples } from '../pipeline/examples.ts';
import { configFor, loadRules, loadRulesAsWritten, nearPath, tellMistakes } from './rules-source.ts';
import { createProgressLine, describeProgress } from './terminal.ts';

type CheckOptions = { rules?: string; format: 'table' | 'json' };
type Examples = ReturnType<typeof runExamples>;

export function addRulesCheck(rules: Command, rulesOption: readonly [string, string]): void {
  rules
    .command('check')
    .description('validate the rules and run their examples')
    .option(...rulesOption)
    .addOption(
      new Option('--format <format>', 'how what is wrong is printed').choices(['table', 'json']).default('table'),
    )
    .addHelpText(
      'after',
      `
Mistakes are named on stderr as file:line:column: message; with --format json they are all in one object on stdout.
Exit 3 when a rule is refused or an example does not do what it promises.

Examples:
  $ octowatch rules check
  $ octowatch rules check --rules ./my-rules
  $ octowatch rules check --format json | jq -r '.mistakes[].message'`,
    )
    .action((options: CheckOptions) => {
      process.exitCode = check(options);
    });
}

function check({ rules, format }: CheckOptions): number {
  const config = configFor(rules);
  const pack = loadRules(config);
  const progress = createProgressLine();
  const examples = runExamples(loadRulesAsWritten(config, pack), {
    onProgress: (ran, total) => progress.show(describeProgress(ran, 'examples run', ran / total)),
  });
  progress.clear();
  if (format === 'json') process.stdout.write(`${JSON.stringify(report(pack, examples), null, 2)}\n`);
  else tell(pack, examples);
  return exitCodeOf(pack, examples);
}

/** 2 where there was nothing to look at, 3 where something is wrong with it. */
export function exitCodeOf(pack: RulePack, { failures }: Examples): number {
  if (isEmpty(pack)) return 2;
  return pack.mistakes.length > 0 || failures.length > 0 ? 3 : 0;
}

function isEmpty(pack: RulePack): boolean {
  return pack.rules.size === 0 && pack.ruleSet.filters.length === 0 && pack.mistakes.length === 0;
}

function tell(pack: RulePack, examples: Examples): void {
  tellMistakes(pack.mistakes);
  for (const { rule, example, problem } of examples.failures) {
    process.stderr.write(printable(`${rule}: example "${example}": ${problem}`).concat('\n'));
  }
  if (examples.failures.length > 0) process.stderr.write('octowatch rules test says why\n');
  if (isEmpty(pack)) process.stderr.write('there is no rule in these paths\n');
  process.stdout.write(`${summaryOf(pack, examples)}\n`);
}

/** `5 rules, 1 filter, 25 examples: all good`, or how much is not. */
export function summaryOf(pack: RulePack, { ran, failures }: Examples): string {
  const filters = pack.ruleSet.filters.length;
  const counted = [
    plural(pack.rules.size, 'rule'),
    ...(filters > 0 ? [plural(filters, 'filter')] : []),
    plural(ran, 'example'),
  ];
  const isGood = pack.mistakes.length === 0 && failures.length === 0 && !isEmpty(pack);
  const wrong = `${plural(pack.mistakes.length, 'mistake')}, ${plural(failures.length, 'example')} failed`;
  return `${counted.join(', ')}: ${isGood ? 'all good' : wrong}`;
}

function report(pack: RulePack, { outcomes, failures }: Examples) {
  return {
    isGood: exitCodeOf(pack, { ran: outcomes.length, outcomes, failures }) === 0,
    rules: pack.rules.size,
    filters: pack.ruleSet.filters.length,
    mistakes: pack.mistakes.map(({ file, line, column, message }) => ({ file: nearPath(file), line, column, message })),
    examples: outcomes,
  };
}
