import { Command, CommanderError } from 'commander';
import { messageOf, OctowatchError, UsageError } from '../lib/errors.ts';
import { printable } from '../lib/text.ts';
import { VERSION } from '../version.ts';

/** Each is loaded when it is asked for: a command must not wait for what the others need. */
const COMMANDS: Readonly<Record<string, () => Promise<(program: Command) => void>>> = {
  run: async () => (await import('./run.ts')).addRun,
  demo: async () => (await import('./demo.ts')).addDemo,
  query: async () => (await import('./query.ts')).addQuery,
  snapshot: async () => (await import('./snapshot.ts')).addSnapshot,
  findings: async () => (await import('./findings.ts')).addFindings,
  ack: async () => (await import('./ack.ts')).addAck,
  keys: async () => (await import('./keys.ts')).addKeys,
  digest: async () => (await import('./digest.ts')).addDigest,
  rules: async () => (await import('./rules.ts')).addRules,
  rejudge: async () => (await import('./rejudge.ts')).addRejudge,
  exceptions: async () => (await import('./exceptions.ts')).addExceptions,
  verify: async () => (await import('./verify.ts')).addVerify,
  export: async () => (await import('./export.ts')).addExport,
  prune: async () => (await import('./prune.ts')).addPrune,
  erase: async () => (await import('./erase.ts')).addErase,
  doctor: async () => (await import('./doctor.ts')).addDoctor,
};

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
  // Without a command that is known, all of them: for the help, and to say which one was meant.
  const wanted = Object.hasOwn(COMMANDS, argv[2] ?? '') ? COMMANDS[argv[2] ?? ''] : undefined;
  for (const load of wanted ? [wanted] : Object.values(COMMANDS)) (await load())(program);
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
