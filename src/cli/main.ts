import { Command, CommanderError } from 'commander';
import { VERSION } from '../app.ts';
import { messageOf, OctowatchError, UsageError } from '../lib/errors.ts';
import { printable } from '../lib/text.ts';
import { addAck } from './ack.ts';
import { addDemo } from './demo.ts';
import { addDigest } from './digest.ts';
import { addDoctor } from './doctor.ts';
import { addErase } from './erase.ts';
import { addExceptions } from './exceptions.ts';
import { addExport } from './export.ts';
import { addFindings, addKeys } from './findings.ts';
import { addPrune } from './prune.ts';
import { addQuery } from './query.ts';
import { addRules } from './rules.ts';
import { addRun } from './run.ts';
import { addSnapshot } from './snapshot.ts';
import { addVerify } from './verify.ts';

/**
 * Runs one command. Exit codes: 0 done, 1 failed while working, 2 wrong usage or configuration, 3 a check found something
 * wrong. Everything that fails says so in a sentence on stderr, with what to do about it.
 */
export async function main(argv: readonly string[]): Promise<void> {
  const program = new Command('octowatch')
    .description('Audit-log anomaly monitor for Octopus Deploy')
    .version(VERSION)
    .showSuggestionAfterError()
    // An option belongs to the command before it: `findings explain` has another --format than `findings`.
    .enablePositionalOptions()
    .configureHelp({ showGlobalOptions: true })
    .addHelpText('after', '\nStart with `octowatch demo`: the whole product, no credentials needed.');
  for (const add of [
    addRun,
    addDemo,
    addQuery,
    addSnapshot,
    addFindings,
    addAck,
    addKeys,
    addDigest,
    addRules,
    addExceptions,
    addVerify,
    addExport,
    addPrune,
    addErase,
    addDoctor,
  ])
    add(program);
  overrideExits(program);
  // A reader that goes away (`| head`) ends the program quietly.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    process.exit(error.code === 'EPIPE' ? 0 : 1);
  });
  try {
    await program.parseAsync([...argv]);
  } catch (error) {
    process.exitCode = exitCodeFor(error);
  }
}

function overrideExits(command: Command): void {
  command.exitOverride();
  for (const child of command.commands) overrideExits(child);
}

function exitCodeFor(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
  const lines = (error instanceof Error ? error.message : messageOf(error)).split('\n').map(printable).join('\n');
  process.stderr.write(`octowatch: ${lines}\n`);
  if (error instanceof OctowatchError && error.hint) process.stderr.write(`${printable(error.hint)}\n`);
  if (!(error instanceof OctowatchError) && process.env['LOG_LEVEL'] === 'debug' && error instanceof Error) {
    process.stderr.write(`${error.stack}\n`);
  }
  return error instanceof UsageError ? 2 : 1;
}
