import { existsSync, writeFileSync } from 'node:fs';
import { runQuery } from '../audit/index.ts';
import type { Config } from '../config.ts';
import { toInstant } from '../lib/clock.ts';
import { messageOf, OctowatchError } from '../lib/errors.ts';
import { plural } from '../lib/text.ts';
import { type DraftKey, draftRegister } from './keys-draft.ts';
import { nearPath } from './rules-source.ts';

/** How far back the audit log is asked what a key was used for. */
const EVIDENCE_DAYS = 90;
const DAY_MS = 86_400_000;
/** A scan of a year's events takes seconds, not more. */
const DEADLINE_MS = 120_000;

const KEYS_SQL = `SELECT instance, key_id, username, purpose, hint, created_at, expires_at, state, powers FROM api_keys
  ORDER BY instance, username, purpose, created_at, key_id`;
const USE_SQL = `SELECT instance, api_key_id, ip_address, environment_id, environment_name, count(*) AS n FROM events
  WHERE api_key_id IS NOT NULL AND occurred_at >= :from GROUP BY 1, 2, 3, 4, 5 ORDER BY n DESC`;

/**
 * Writes a register to start from, made of the ledger in the database, and returns a sentence for the terminal. Throws OctowatchError
 * when the file is there already, which is never touched, or cannot be written.
 */
export async function initRegister({ db }: Pick<Config, 'db'>, file: string, nowMs: number): Promise<string> {
  if (existsSync(file)) throw isThere(file);
  const keys = (await readKeys(db)).filter((key) => key.state !== 'expired');
  const from = toInstant(nowMs - EVIDENCE_DAYS * DAY_MS);
  const use = await runQuery({ dbFile: db, sql: USE_SQL, params: { from }, maxRows: 0, deadlineMs: DEADLINE_MS });
  for (const row of use.rows) {
    const [instance, keyId, address, environmentId, environmentName] = row.map((cell) => cell as string | null);
    const key = keys.find((one) => one.instance === instance && one.keyId === keyId);
    if (!key) continue;
    if (address) key.addresses.add(address);
    if (environmentId) key.environments.set(environmentId, environmentName ?? environmentId);
  }
  const { text, entries } = draftRegister(keys, { day: toInstant(nowMs).slice(0, 10), evidenceDays: EVIDENCE_DAYS });
  try {
    writeFileSync(file, text, { flag: 'wx', mode: 0o644 });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') throw isThere(file);
    throw new OctowatchError(`cannot write ${nearPath(file)}: ${messageOf(error)}`, {
      hint: 'Check that the folder is there and may be written to.',
      cause: error,
    });
  }
  const made = `${plural(entries, 'entry', 'entries')} for ${plural(keys.length, 'live key')}`;
  return `${nearPath(file)}: ${made}. Complete what is marked TODO; until then nobody answers for them.`;
}

/** The entries of the register that are about no key of the database, in words; none without a register. */
export async function idleEntriesOf({ db, register }: Config): Promise<string[]> {
  if (!register) return [];
  const keys = await readKeys(db);
  return register.idleEntries(
    keys.map(({ instance, keyId, account, purpose, hint }) => ({ instance, account, purpose, id: keyId, hint })),
  );
}

async function readKeys(dbFile: string): Promise<DraftKey[]> {
  const { rows } = await runQuery({ dbFile, sql: KEYS_SQL, maxRows: 0 });
  return rows.map((row) => {
    const [instance, keyId, account, purpose, hint, createdAt, expiresAt, state, powers] = row as (string | null)[];
    return {
      ...{
        instance: instance ?? '',
        keyId: keyId ?? '',
        account: account ?? null,
        purpose: purpose ?? '',
        hint: hint ?? null,
      },
      ...{ createdAt: createdAt ?? null, expiresAt: expiresAt ?? null, state: state ?? 'unknown' },
      powers: powers ? (JSON.parse(powers) as string[]) : [],
      addresses: new Set<string>(),
      environments: new Map<string, string>(),
    };
  });
}

function isThere(file: string): OctowatchError {
  return new OctowatchError(`${nearPath(file)} is there already and was left as it is`, {
    hint: 'Name another file, octowatch keys --init FILE, and take from it what the register lacks.',
  });
}
