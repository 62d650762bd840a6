import { existsSync } from 'node:fs';
import { createInterface } from 'node:readline/promises';
import type { Command } from 'commander';
import { reasonNotToWrite } from '../audit/index.ts';
import { loadConfig } from '../config.ts';
import { messageOf, OctowatchError, UsageError } from '../lib/errors.ts';
import { plural, printable } from '../lib/text.ts';
import {
  createEraser,
  erasePerson,
  findPeople,
  openStore,
  type PersonNames,
  type PersonTraces,
  rewriteFile,
  type Store,
  tracesOf,
} from '../store/index.ts';
import { VERSION } from '../version.ts';

type EraseOptions = {
  readonly user: string;
  readonly reason?: string;
  readonly instance?: string;
  readonly yes?: boolean;
  readonly dryRun?: boolean;
};

export function addErase(program: Command): void {
  program
    .command('erase')
    .description('erase the text of one person’s events for good; the chain of evidence still holds')
    .requiredOption('--user <name|id>', 'user name, display name or id (Users-12)')
    .option('--reason <text>', 'why; it goes into the journal and must not name the person')
    .option('--instance <name>', 'only there; needed where the same name or id is several people')
    .option('--dry-run', 'say what would be erased and change nothing')
    .option('--yes', 'do not ask')
    .addHelpText(
      'after',
      `
IT CANNOT BE UNDONE. Copies, backups, snapshots, packs and messages that were sent are not reached (docs/privacy.md).
The database file is written anew at the end: that takes as much free disk as the file, and everybody else waits meanwhile.
An account that still exists in Octopus is read again with the next inventory: delete it there first.

Examples:
  $ octowatch erase --user alice --dry-run
  $ octowatch erase --user alice --reason "request 2026-17"
  $ octowatch erase --user Users-12 --instance eu-west --reason "request 2026-18" --yes`,
    )
    .action(async (options: EraseOptions) => {
      process.exitCode = await run(options);
    });
}

async function run(options: EraseOptions): Promise<number> {
  const isDry = options.dryRun === true;
  if (!isDry && !options.reason?.trim())
    throw new UsageError('--reason is missing: why it is erased goes into the journal', {
      hint: 'Write for instance --reason "request 2026-17"; it must not name the person.',
    });
  const config = loadConfig({ env: process.env, cwd: process.cwd(), needs: 'database' });
  if (!existsSync(config.db)) throw new OctowatchError(`there is no database at ${config.db}`);
  const unwritable = reasonNotToWrite(config.db);
  if (unwritable !== null) throw new OctowatchError(`nothing can be erased: ${unwritable}`);
  const store = openStore(config.db, { monitorVersion: VERSION, chainKey: config.chainKey });
  try {
    store.chain.assertKey();
    const people = choose(findPeople(store, options.user), options);
    if (options.reason !== undefined && people.some((one) => createEraser(one).names(options.reason ?? '')))
      throw new UsageError('the reason names the person, and the journal cannot be erased; nothing was changed');
    const found = people.map((person) => ({ person, traces: tracesOf(store, person) }));
    for (const { person, traces } of found) say(describe(person, traces));
    if (isDry) {
      say(['Nothing was changed.']);
      return 0;
    }
    if (options.yes !== true && !(await isConfirmed(options.user))) {
      say(['Nothing was changed.']);
      return 1;
    }
    for (const { person, traces } of found)
      erasePerson(store, person, traces, options.reason?.trim() ?? '', Date.now());
    return finish(store, config.db);
  } finally {
    store.close();
  }
}

/** Erasing the wrong person cannot be undone: where the name or id may be several, the caller has to say which. */
function choose(found: readonly PersonNames[], { user, instance }: EraseOptions): readonly PersonNames[] {
  const people = found.filter((one) => instance === undefined || one.instance === instance);
  const shown = printable(user);
  if (people.length === 0)
    throw new OctowatchError(
      `nobody is stored as "${shown}"${instance === undefined ? '' : ` on ${printable(instance)}`}; nothing was changed`,
      { hint: 'See `octowatch query "SELECT DISTINCT instance, user_id, username FROM events"`.' },
    );
  if (people.length > 1) {
    const list = people.map((one) => `${one.instance}: ${one.userId ?? 'no id'} (${one.names.join(', ')})`).join('\n');
    throw new UsageError(`"${shown}" may be several people; nothing was changed:\n${list}`, {
      hint: 'Say which with --user Users-n and --instance NAME, once for each.',
    });
  }
  return people;
}

function describe(person: PersonNames, traces: PersonTraces): string[] {
  const who = [...person.names, person.userId].filter((one) => one !== null).join(', ');
  const lines = [
    `On ${person.instance}, of ${who}:`,
    `  ${plural(traces.events.length, 'event')} of theirs, failed sign-ins among them: the text goes as a whole`,
    `  ${plural(traces.mentions.length, 'other event')} that name them: the name goes`,
    `  ${plural(traces.findings.length, 'finding')} about them: the text goes as a whole`,
    `  ${plural(traces.mentioningFindings.length, 'other finding')} that name them: the name goes`,
    `  ${plural(traces.quarantine.length, 'element')} set aside, ${plural(traces.deliveries.length, 'message')} of the outbox, ${plural(traces.digests.length, 'subject')} of digests`,
    `  ${plural(traces.accounts, 'account')} and ${plural(traces.apiKeys, 'API key')} of the inventory: removed`,
  ];
  if (traces.journal > 0)
    lines.push(
      `  stays: ${plural(traces.journal, 'journal entry', 'journal entries')} that name them; the journal is append-only`,
    );
  if (traces.versions > 0)
    lines.push(
      `  stays: ${plural(traces.versions, 'version')} of rules or configuration that name them; take the name out of the files`,
    );
  return lines;
}

async function isConfirmed(user: string): Promise<boolean> {
  if (!process.stdin.isTTY)
    throw new UsageError('this cannot be undone, and there is no terminal to ask; nothing was changed', {
      hint: 'Look at it with --dry-run, then add --yes.',
    });
  const ask = createInterface({ input: process.stdin, output: process.stderr });
  try {
    return (
      (await ask.question('This CANNOT BE UNDONE. Type the name or id again to erase it: ')).trim() === user.trim()
    );
  } finally {
    ask.close();
  }
}

function finish(store: Store, file: string): number {
  const again =
    'Stop the monitor and whoever reads the database, and run the same command again to write the file anew.';
  try {
    if (rewriteFile(store)) {
      say(['Erased, and the file was written anew. Check with `octowatch verify`.']);
      return 0;
    }
    say([`Erased. ${file}-wal still holds older pages, because another process reads them. ${again}`]);
  } catch (error) {
    say([
      `Erased, but the file could not be written anew (${messageOf(error)}): old bytes may be left in its log. ${again}`,
    ]);
  }
  return 1;
}

function say(lines: readonly string[]): void {
  process.stdout.write(lines.map((line) => `${printable(line)}\n`).join(''));
}
