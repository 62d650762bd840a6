import { accessSync, constants, existsSync, statfsSync, statSync } from 'node:fs';
import path from 'node:path';
import type Database from 'better-sqlite3';
import { openReadOnly, unseenCategories } from '../audit/index.ts';
import type { RulePack } from '../detect/index.ts';
import type { RegisterIndex } from '../enrich/index.ts';
import { messageOf } from '../lib/errors.ts';
import { plural } from '../lib/text.ts';
import type { KeyIdentity } from '../model/register.ts';
import { addressTrust, keyIdentities, schemaState } from '../store/index.ts';
import { type CalendarContext, checkCalendars } from './doctor-calendars.ts';
import { type Check, failed, ok, type Seen, skipped, warning } from './doctor-check.ts';
import type { StoredInstance } from './doctor-instance.ts';
import { runExamples } from './examples.ts';

/** What the checks of this machine and its configuration work with. */
export type LocalContext = CalendarContext & {
  readonly db: string;
  readonly pack: RulePack;
  /** The same rules without what the configuration adjusts: their examples are about what the files say. The rules in force unless given. */
  readonly packAsWritten?: RulePack;
  /** What the company says of its API keys; null without a register. */
  readonly register?: RegisterIndex | null;
  readonly keysFile?: string;
  readonly timeZone: string;
  readonly isTimeZoneSet: boolean;
  /** Settings that are probably not meant. */
  readonly warnings: readonly string[];
};

/** Larger ones would hold up the other checks; `octowatch verify` reads all of them. */
const MAX_CHECKED_BYTES = 512 * 1024 * 1024;
const LEAST_FREE_BYTES = 1024 ** 3;
const MIB = 1024 ** 2;
const MAX_NAMED = 5;

export const LOCAL_CHECKS: readonly Check<LocalContext>[] = [
  { name: 'configuration', run: checkConfiguration },
  { name: 'time zone', run: checkTimeZone },
  { name: 'calendars', run: checkCalendars },
  { name: 'database', run: checkDatabase },
  { name: 'rules', run: checkRules },
  { name: 'key register', run: checkRegister },
];

/** What the database holds of each instance, by name; empty without a database that can be read. Writes nothing. */
export function storedInstances(file: string): Map<string, StoredInstance> {
  if (!existsSync(file)) return new Map();
  try {
    const db = openReadOnly(file);
    try {
      const rows = db
        .prepare<[], { id: number; name: string; installationId: string | null; watermarkAt: string | null }>(
          'SELECT instance_id AS id, name, installation_id AS installationId, watermark_at AS watermarkAt FROM _instances',
        )
        .all();
      return new Map(
        rows.map(({ id, installationId, name, watermarkAt }) => {
          const unseen =
            watermarkAt === null ? [] : unseenCategories(db, id, watermarkAt).filter((one) => one.isExpected);
          const addressesUntrustedSince =
            watermarkAt === null ? null : addressTrust(db).untrustedSince(id, watermarkAt.slice(0, 10));
          return [
            name,
            { installationId, watermarkAt, unseen: unseen.map((one) => one.text), addressesUntrustedSince },
          ];
        }),
      );
    } finally {
      db.close();
    }
  } catch {
    // The check of the database says what is wrong with it.
    return new Map();
  }
}

function checkConfiguration({ warnings }: LocalContext): Seen {
  if (warnings.length === 0) return ok('every setting was understood');
  return warning(warnings.join('; '), 'Correct these settings: each is probably not what was meant.');
}

function checkTimeZone({ isTimeZoneSet, timeZone }: LocalContext): Seen {
  if (isTimeZoneSet) return ok(`business hours are judged in ${timeZone}`);
  return warning(
    'business hours are judged in UTC, because no zone is set',
    'Set OCTOWATCH_TIMEZONE, e.g. Europe/London.',
  );
}

function checkDatabase({ db: file }: LocalContext): Seen {
  const folder = path.dirname(file);
  if (!existsSync(file)) return checkNewDatabase(file, folder);
  const { mode, size } = statSync(file);
  const db = openReadOnly(file);
  try {
    const broken = integrityProblem(db, size);
    if (broken !== null)
      return failed(
        `${file} is damaged: ${broken}`,
        'Restore a copy made by `octowatch snapshot`, or set OCTOWATCH_DB to a new file and let it read the history again.',
      );
    const { pending, unknown } = schemaState(db);
    if (unknown.length > 0)
      return failed(
        `${file} was written by a newer Octowatch (${unknown.join(', ')})`,
        'Install that version or a later one.',
      );
    const facts = [
      `${file}, ${Math.ceil(size / MIB)} MiB`,
      size > MAX_CHECKED_BYTES ? 'too large to be checked here (`octowatch verify` does)' : 'sound',
      pending.length > 0 ? `the next start brings it up to date (${pending.join(', ')})` : 'schema up to date',
    ];
    return withPlace(facts.join(', '), file, folder, mode);
  } finally {
    db.close();
  }
}

function checkNewDatabase(file: string, folder: string): Seen {
  // The first missing folder is made in the nearest one that is there.
  let parent = folder;
  while (!existsSync(parent)) parent = path.dirname(parent);
  return withPlace(`there is no ${file} yet; the first reading makes it`, parent, parent, 0o600);
}

function withPlace(seen: string, file: string, folder: string, mode: number): Seen {
  try {
    accessSync(file, constants.W_OK);
    accessSync(folder, constants.W_OK);
  } catch (error) {
    return failed(
      `${seen}; it cannot be written: ${messageOf(error)}`,
      `Let the user who runs the monitor write ${folder}.`,
    );
  }
  const { bavail, bsize } = statfsSync(folder);
  const free = bavail * bsize;
  if ((mode & 0o077) !== 0)
    return warning(`${seen}; other users of this machine can read it`, `Run: chmod 600 ${file}`);
  if (free < LEAST_FREE_BYTES)
    return warning(`${seen}; only ${Math.floor(free / MIB)} MiB are free there`, `Make room in ${folder}, or prune.`);
  return ok(`${seen}, ${Math.floor(free / LEAST_FREE_BYTES)} GiB free`);
}

function integrityProblem(db: Database.Database, size: number): string | null {
  if (size > MAX_CHECKED_BYTES) return null;
  const found = db.pragma('quick_check(1)', { simple: true });
  return found === 'ok' ? null : String(found);
}

function checkRules({ pack, packAsWritten = pack }: LocalContext): Seen {
  const { failures, ran } = runExamples(packAsWritten);
  const counted = `${plural(pack.rules.size, 'rule')}, ${plural(pack.ruleSet.filters.length, 'exception')}, ${plural(ran, 'example')}`;
  const wrong = [
    ...pack.mistakes.map(({ column, file, line, message }) => `${file}:${line}:${column}: ${message}`),
    ...failures.map(({ example, problem, rule }) => `${rule}: example "${example}": ${problem}`),
  ];
  if (wrong.length === 0) return ok(counted);
  const more = wrong.length > MAX_NAMED ? `; and ${wrong.length - MAX_NAMED} more` : '';
  return failed(
    `${counted}; ${wrong.slice(0, MAX_NAMED).join('; ')}${more}`,
    'See `octowatch rules check` and `octowatch rules test`.',
  );
}

function checkRegister({ db: file, keysFile, register }: LocalContext): Seen {
  if (!register) return skipped('there is none; `octowatch keys --init` writes one to start from');
  const counted = `${keysFile ?? 'keys.yml'}: ${plural(register.entries, 'entry', 'entries')}`;
  const keys = knownKeys(file);
  if (keys.length === 0) return ok(`${counted}; no key was read yet`);
  const idle = register.idleEntries(keys);
  if (idle.length === 0) return ok(`${counted}, each about a key`);
  const more = idle.length > MAX_NAMED ? `; and ${idle.length - MAX_NAMED} more` : '';
  return warning(
    `${counted}, ${idle.length} without effect: ${idle.slice(0, MAX_NAMED).join('; ')}${more}`,
    'Mend or remove these entries, unless their keys are yet to come.',
  );
}

function knownKeys(file: string): KeyIdentity[] {
  if (!existsSync(file)) return [];
  const db = openReadOnly(file);
  try {
    return keyIdentities(db);
  } finally {
    db.close();
  }
}
