import { createReadStream } from 'node:fs';
import { access } from 'node:fs/promises';
import path from 'node:path';
import type { Command } from 'commander';
import { loadConfig } from '../config.ts';
import { UsageError } from '../lib/errors.ts';
import { readLines } from '../lib/lines.ts';
import { printable } from '../lib/text.ts';
import { evaluateLines, loadRulesForEval } from '../pipeline/eval.ts';

/** Larger reads than usual: each costs a turn of the event loop. */
const READ_BYTES = 256 * 1024;

export function addRulesEval(rules: Command, rulesOption: readonly [string, string]): void {
  rules
    .command('eval')
    .description('match plain JSON records against any Sigma rules, one JSON line per match')
    .argument('<file>', 'JSON records, one a line; - for standard input')
    .option(...rulesOption)
    .option('--time-field <name>', 'field that holds when a record happened, for correlations', 'Occurred')
    .addHelpText(
      'after',
      `
Prints {"rule": id or title, "line": n} for each match; for a correlation the line that completed it. A line that is no
JSON is named on stderr and passed over. Exit 3 when a rule file was refused; the good rules are used all the same.

Examples:
  $ octowatch rules eval --rules ./sigma events.jsonl
  $ octowatch rules eval --rules brute-force.yml --time-field timestamp auth.jsonl`,
    )
    .action(async (file: string, options: { rules?: string; timeField: string }) => {
      process.exitCode = await evaluate(file, options.rules, options.timeField);
    });
}

async function evaluate(file: string, rules: string | undefined, timeField: string): Promise<number> {
  const config = loadConfig({ env: process.env, cwd: process.cwd(), needs: 'rules', flags: { rules } });
  const pack = loadRulesForEval(config.rulesPaths, config.placeholders);
  for (const mistake of pack.mistakes) {
    const place = `${path.relative(process.cwd(), mistake.file)}:${mistake.line}:${mistake.column}`;
    process.stderr.write(`${place}: ${printable(mistake.message)}\n`);
  }
  const lines = readLines(await openInput(file));
  const matches = await evaluateLines(pack, lines, timeField, ({ line, problem }) => {
    process.stderr.write(`line ${line}: ${printable(problem)}\n`);
  });
  for (const match of matches) process.stdout.write(`${JSON.stringify(match)}\n`);
  return pack.mistakes.length > 0 ? 3 : 0;
}

async function openInput(file: string): Promise<AsyncIterable<Uint8Array>> {
  if (file === '-') return process.stdin;
  try {
    await access(file);
  } catch {
    throw new UsageError(`there is no file ${file} to read`, {
      hint: 'Give a file with one JSON record a line, or - for standard input.',
    });
  }
  return createReadStream(file, { highWaterMark: READ_BYTES });
}
