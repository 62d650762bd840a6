import type { Command } from 'commander';
import { printable } from '../lib/text.ts';
import { wrapText } from '../lib/wrap.ts';
import { type ExampleOutcome, runExamples } from '../pipeline/examples.ts';
import type { OutputFormat } from './output.ts';
import { printRows, withFormat } from './rows.ts';
import { exitCodeOf, summaryOf } from './rules-check.ts';
import { configFor, findRule, loadRules, loadRulesAsWritten, tellMistakes } from './rules-source.ts';
import { createProgressLine, describeProgress, lookOf } from './terminal.ts';

type TestOptions = { rules?: string; rule?: string; format: OutputFormat };
type Look = { readonly width: number; readonly colour: boolean };

const GREEN = '32';
const RED = '31';
/** Longer lines are hard to read, however wide the terminal. */
const MAX_WIDTH = 120;
const INDENT = ' '.repeat(10);

export function addRulesTest(rules: Command, rulesOption: readonly [string, string]): void {
  const command = rules
    .command('test')
    .description('run the examples of the rules; say of each whether it keeps its promise, and why not')
    .option(...rulesOption)
    .option('--rule <name>', 'only the examples of this rule (name, id or title)');
  withFormat(command)
    .addHelpText(
      'after',
      `
Of an example that fails it says which rules fired instead, and which test of the rule each record does not meet.
Exit 3 when one fails or a file was refused, 2 when there is no such rule.

Examples:
  $ octowatch rules test --rules ./my-rules
  $ octowatch rules test --rule off_hours_production_deploy
  $ octowatch rules test --format json`,
    )
    .action((options: TestOptions) => {
      process.exitCode = test(options);
    });
}

function test({ rules, rule, format }: TestOptions): number {
  const config = configFor(rules);
  const pack = loadRules(config);
  const known = [...pack.ruleSet.rules, ...pack.ruleSet.correlations];
  const only = rule === undefined ? null : findRule(known, rule, pack, config).key;
  tellMistakes(pack.mistakes);
  const progress = createProgressLine();
  const examples = runExamples(loadRulesAsWritten(config, pack), {
    ...(only === null ? {} : { rule: only }),
    onProgress: (ran, total) => progress.show(describeProgress(ran, 'examples run', ran / total)),
  });
  progress.clear();
  if (format === 'table') process.stdout.write(render(examples.outcomes, lookOf(process.stdout)));
  else printRows(COLUMNS, examples.outcomes.map(rowOf), format);
  const summary = only === null ? summaryOf(pack, examples) : `${printable(only)}: ${countsOf(examples)}`;
  (format === 'table' ? process.stdout : process.stderr).write(`${summary}\n`);
  return exitCodeOf(pack, examples);
}

function countsOf({ ran, failures }: ReturnType<typeof runExamples>): string {
  if (ran === 0) return 'it has no examples';
  return failures.length === 0 ? `all ${ran} examples good` : `${failures.length} of ${ran} examples failed`;
}

const COLUMNS = ['rule', 'example', 'promise', 'result', 'fired', 'problem', 'reasons'];

function rowOf({ rule, example, promise, fired, problem, reasons }: ExampleOutcome): unknown[] {
  return [rule, example, promise, problem === null ? 'ok' : 'failed', fired, problem, reasons];
}

function render(outcomes: readonly ExampleOutcome[], terminal: Look): string {
  const look = { ...terminal, width: Math.min(terminal.width, MAX_WIDTH) };
  const byRule = Map.groupBy(outcomes, (outcome) => outcome.rule);
  return [...byRule]
    .map(([rule, own]) => `${[printable(rule), ...own.flatMap((one) => linesOf(one, look))].join('\n')}\n\n`)
    .join('');
}

function linesOf({ example, promise, problem, reasons }: ExampleOutcome, look: Look): string[] {
  const result = problem === null ? paint(GREEN, 'ok    ', look) : paint(RED, 'FAILED', look);
  const [first = '', ...rest] = wrapText(example, look.width, ' '.repeat(16));
  const head = `  ${result}  ${promise}  ${first.trimStart()}`;
  if (problem === null) return [head, ...rest];
  return [head, ...rest, ...[problem, ...reasons].flatMap((text) => hanging(text, look))];
}

function hanging(text: string, look: Look): string[] {
  const [first = '', ...rest] = wrapText(text, look.width, `${INDENT}  `);
  return [`${INDENT}${first.trimStart()}`, ...rest];
}

function paint(attributes: string, text: string, look: Look): string {
  return look.colour ? `\u001b[${attributes}m${text}\u001b[0m` : text;
}
