import path from 'node:path';
import { type Command, Option } from 'commander';
import { loadConfig } from '../config.ts';
import { idleEntriesOf, initRegister } from './keys-init.ts';
import type { OutputFormat } from './output.ts';
import { printQuery, sayOnStderr, withFormat } from './rows.ts';

const KEYS_SHORT =
  'username, purpose, hint, state, idle_days, last_used_at, last_used_source, expires_at, access_level, key_id';

export function addKeys(program: Command): void {
  const command = program
    .command('keys')
    .description('list API keys: whose they are, whether they are used, when they end')
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
        await initRegister(config, options.init === true ? config.keysFile : path.resolve(options.init), Date.now());
        return;
      }
      const sql = `SELECT ${options.format === 'table' ? KEYS_SHORT : '*'} FROM api_keys
        WHERE :state = '' OR state = :state ORDER BY instance, username, created_at`;
      await printQuery(config, { sql, params: { state: options.state ?? '' }, name: 'keys' }, options.format);
      for (const entry of await idleEntriesOf(config)) sayOnStderr(`the key register: ${entry}`);
    });
}
