import path from 'node:path';
import { type Command, Option } from 'commander';
import { openReadOnly, rankedKeysSql, readLedger } from '../audit/index.ts';
import { type Config, loadConfig } from '../config.ts';
import { idleEntriesOf, initRegister } from './keys-init.ts';
import { keysScreen } from './keys-screen.ts';
import type { OutputFormat } from './output.ts';
import { createUserJournal } from './query-journal.ts';
import { printQuery, sayOnStderr, withFormat } from './rows.ts';
import { lookOf } from './terminal.ts';

/** Wider lines are hard to read, and a screen goes into a ticket as it is. */
const MAX_WIDTH = 100;

export function addKeys(program: Command): void {
  const command = program
    .command('keys')
    .description('the API keys: which to act on first and why, ledger and register side by side')
    .addOption(
      new Option('--state <state>', 'only keys in one state').choices([
        'used',
        'unused',
        'never_used',
        'unknown',
        'expired',
      ]),
    )
    .option('--init [file]', 'write a key register to start from, made from the keys that are known; never overwrites');
  withFormat(command)
    .addHelpText(
      'after',
      `
The screen fits 100 columns; json and csv hold every column of view api_keys with rank, score and reasons.
Last use comes from the server where it records it; elsewhere it is the last audited write, a lower bound, because
reads are not audited (last_used_source tells which).

--init writes FILE, or else the register of the configuration (keys.yml beside octowatch.yaml): an entry for each live
key, with guesses in comments and TODO where only you know. Complete it and keep it in version control.

Examples:
  $ octowatch keys
  $ octowatch keys --state never_used
  $ octowatch keys --format json
  $ octowatch keys --init`,
    )
    .action(async (options: { state?: string; init?: string | true; format: OutputFormat }) => {
      const config = loadConfig({ env: process.env, cwd: process.cwd(), needs: 'database' });
      if (options.init !== undefined) {
        const file = options.init === true ? config.keysFile : path.resolve(options.init);
        process.stdout.write(`${await initRegister(config, file, Date.now())}\n`);
        return;
      }
      const state = options.state ?? '';
      if (options.format === 'table') {
        await showScreen(config, state);
        return;
      }
      await printQuery(config, { sql: rankedKeysSql(), params: { state }, name: 'keys' }, options.format);
      for (const entry of await idleEntriesOf(config)) sayOnStderr(`the key register: ${entry}`);
    });
}

async function showScreen(config: Config, state: string): Promise<void> {
  const db = openReadOnly(config.db);
  try {
    const { width, colour } = lookOf(process.stdout);
    const keys = readLedger(db, state);
    process.stdout.write(keysScreen(keys, await idleEntriesOf(config), { width: Math.min(width, MAX_WIDTH), colour }));
    createUserJournal(config.db, sayOnStderr, config.chainKey).add({
      action: 'query_run',
      object: 'keys',
      detail: { rows: keys.length, ...(state === '' ? {} : { state }) },
    });
  } finally {
    db.close();
  }
}
