import { once } from 'node:events';
import { createReadStream } from 'node:fs';
import { access, constants, stat } from 'node:fs/promises';
import type { Command } from 'commander';
import { messageOf, UsageError } from '../lib/errors.ts';
import { readLines } from '../lib/lines.ts';
import { printable } from '../lib/text.ts';
import { createZone } from '../lib/zone.ts';
import { type EvalMatch, evaluateLines, loadRulesForEval } from '../pipeline/eval.ts';
import { configFor, tellMistakes } from './rules-source.ts';
import { createProgressLine, describeProgress } from './terminal.ts';

/** Larger reads than usual: each costs a turn of the event loop. */
const READ_BYTES = 256 * 1024;
/** Matches are written in pieces of this many lines: one at a time costs a system call each. */

/** What is read, and how much there is of it: null where nobody knows. */
type Input = { readonly bytes: AsyncIterable<Uint8Array>; readonly sizeBytes: number | null };

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
Records carry no log source: every rule is tried on every record, and no examples are asked for. A filter with dates under
\`octowatch\` hides the records of its time (--time-field); without a time it hides all.

Examples:
  $ octowatch rules eval --rules ./sigma events.jsonl
  $ octowatch rules eval --rules brute-force.yml --time-field timestamp auth.jsonl
  $ zcat events.jsonl.gz | octowatch rules eval --rules ./sigma -`,
    )
    .action(async (file: string, options: { rules?: string; timeField: string }) => {
      process.exitCode = await evaluate(file, options.rules, options.timeField);
    });
}

async function evaluate(file: string, rules: string | undefined, timeField: string): Promise<number> {
  const config = configFor(rules);
  const pack = loadRulesForEval(config.rulesPaths, config.placeholders, createZone(config.timeZone));
  tellMistakes(pack.mistakes);
  if (pack.rules.size === 0 && pack.mistakes.length === 0) {
    throw new UsageError('there is no rule in these paths', {
      hint: 'Name a rule file, or a folder of them, by --rules.',
    });
  }
  const progress = createProgressLine();
  const lines = countedLines(await openInput(file), progress);
  await evaluateLines(pack, lines, timeField, {
    onMatches: (matches) => {
      progress.clear();
      return print(matches);
    },
    onBadLine: ({ line, problem }) => {
      progress.clear();
      process.stderr.write(`line ${line}: ${printable(problem)}\n`);
    },
  });
  progress.clear();
  return pack.mistakes.length > 0 ? 3 : 0;
}

/** The lines of the input; on a terminal with a word of how far it is, which costs nothing elsewhere. */
function countedLines(input: Input, progress: ReturnType<typeof createProgressLine>): AsyncIterable<string> {
  if (!progress.isVisible) return readLines(input.bytes);
  let readBytes = 0;
  let lines = 0;
  async function* counted() {
    for await (const chunk of input.bytes) {
      readBytes += chunk.length;
      yield chunk;
    }
  }
  async function* shown() {
    for await (const line of readLines(counted())) {
      lines += 1;
      const share = input.sizeBytes === null ? null : readBytes / input.sizeBytes;
      if (lines % 1000 === 0) progress.show(describeProgress(lines, 'lines read', share));
      yield line;
    }
  }
  return shown();
}

/** Waits for a slow reader instead of piling up text for it. */
async function print(matches: readonly EvalMatch[]): Promise<void> {
  const lines = matches.map((match) => `${JSON.stringify(match)}\n`);
  if (!process.stdout.write(lines.join(''))) await once(process.stdout, 'drain');
}

async function openInput(file: string): Promise<Input> {
  if (file === '-') return { bytes: process.stdin, sizeBytes: null };
  const hint = 'Give a file with one JSON record a line, or - for standard input.';
  try {
    await access(file, constants.R_OK);
  } catch (error) {
    throw new UsageError(`cannot read ${file}: ${messageOf(error)}`, { hint });
  }
  const { size } = await statOf(file, hint);
  // A pipe under a name (`<(zcat …)`) has no size.
  return { bytes: createReadStream(file, { highWaterMark: READ_BYTES }), sizeBytes: size > 0 ? size : null };
}

async function statOf(file: string, hint: string): Promise<{ size: number }> {
  const found = await stat(file);
  if (found.isDirectory()) throw new UsageError(`${file} is a folder`, { hint });
  return found;
}
