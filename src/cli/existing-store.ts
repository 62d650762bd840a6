import { existsSync } from 'node:fs';
import type { Config } from '../config.ts';
import { OctowatchError } from '../lib/errors.ts';
import { openStore, type Store } from '../store/index.ts';
import { VERSION } from '../version.ts';

/** Opens the database for a command that has nothing to do without one. Throws OctowatchError when it is not there. */
export function openExisting({ db, chainKey }: Pick<Config, 'db' | 'chainKey'>): Store {
  if (!existsSync(db)) {
    throw new OctowatchError(`there is no database ${db}`, {
      hint: 'Fill it with octowatch run --once, or set OCTOWATCH_DB.',
    });
  }
  return openStore(db, { monitorVersion: VERSION, chainKey });
}
