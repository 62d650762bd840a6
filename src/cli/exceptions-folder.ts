import { accessSync, constants, realpathSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { messageOf, OctowatchError, UsageError } from '../lib/errors.ts';
import { nearPath } from './rules-source.ts';

/** The package's own rules, which an update replaces. */
const SHIPPED_RULES = fileURLToPath(new URL('../../rules', import.meta.url));

/** The last of the rules folders that is the user's and may be written to. Throws UsageError when there is none. */
export function userRulesFolder(rulesPaths: readonly string[]): string {
  const folder = rulesPaths.findLast((one) => isWritableFolder(one) && !isShipped(one));
  if (folder !== undefined) return folder;
  throw new UsageError(`none of the rules folders can take an exception: ${rulesPaths.map(nearPath).join(', ')}`, {
    hint: `The shipped rules are not meant to be edited. Make a folder and name both: OCTOWATCH_RULES=${SHIPPED_RULES},my-rules`,
  });
}

/** Writes a new file; one that is there already is never touched. */
export function writeNewFile(file: string, text: string): void {
  try {
    writeFileSync(file, text, { flag: 'wx', mode: 0o644 });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') {
      throw new UsageError(`${nearPath(file)} is there already and was left as it is`, {
        hint: 'Give the exception another name by --name.',
      });
    }
    throw new OctowatchError(`cannot write ${nearPath(file)}: ${messageOf(error)}`, {
      hint: 'Check that the folder may be written to and the disk is not full.',
      cause: error,
    });
  }
}

function isWritableFolder(place: string): boolean {
  try {
    accessSync(place, constants.W_OK);
    return statSync(place).isDirectory();
  } catch {
    return false;
  }
}

function isShipped(place: string): boolean {
  const relative = path.relative(realpathSync(SHIPPED_RULES), realpathSync(place));
  return relative === '' || !(relative === '..' || relative.startsWith(`..${path.sep}`) || path.isAbsolute(relative));
}
