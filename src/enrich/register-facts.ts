import { createGlob } from '../lib/glob.ts';
import { quoted } from '../lib/text.ts';
import type { ApiKey, User } from '../model/inventory.ts';
import type { FlatRecord } from '../model/record.ts';
import { type KeyIdentity, MAY_WORDS, type MayWord, type RegisterEntry } from '../model/register.ts';
import { parseInstant } from './instant.ts';
import { isExactId, type RegisteredKey, type RegisterIndex } from './key-register.ts';

/** What the register says of a key of the ledger. */
export type RegisterFacts = {
  /** Fields for the key's record (docs/taxonomy.md, `Registered` and on); none without a register. */
  readonly record: FlatRecord;
  /** Null without a register, and where too little is known of the key to tell. */
  readonly isRegistered: boolean | null;
  /** The answers of the entry, JSON; null for a key without one. */
  readonly registerEntry: string | null;
  /** How the key differs from its entry, JSON list of sentences; null when it does not. */
  readonly registerDrift: string | null;
  /** When the register wants it replaced, UTC; null without an interval or a known creation. */
  readonly rotationDueAt: string | null;
};

export type RegisterQuestion = {
  readonly instance: string;
  readonly key: ApiKey;
  /** The key's account; null when the inventory does not hold it. */
  readonly user: User | null;
  /** `Powers` of the key's record; undefined or null when they are not known. */
  readonly powers: unknown;
  readonly nowMs: number;
};

const DAY_MS = 86_400_000;
const NO_FACTS: RegisterFacts = {
  record: {},
  isRegistered: null,
  registerEntry: null,
  registerDrift: null,
  rotationDueAt: null,
};

const IN_WORDS: Readonly<Record<MayWord, string>> = {
  read: 'read',
  deploy: 'deploy',
  deploy_production: 'deploy to production',
  deploy_all_spaces: 'deploy in all spaces',
  edit_variables: 'edit variables',
  manage_users: 'manage users',
  administer: 'administer the server',
};

/** A key of the ledger as register entries are compared with it. A key that has no purpose has an empty one. */
export function identityOf(
  instance: string,
  key: Pick<ApiKey, 'id' | 'purpose' | 'hint'>,
  account: string | null,
): KeyIdentity {
  return { instance, account, purpose: key.purpose ?? '', id: key.id, hint: key.hint };
}

/** Looks a key up in the register; `register` is null when there is none. Pure; days are whole, rounded down. */
export function registerFacts(register: RegisterIndex | null, question: RegisterQuestion): RegisterFacts {
  const { instance, key, user, nowMs } = question;
  const identity = identityOf(instance, key, user?.username ?? null);
  const registered = register?.find(identity);
  if (registered === undefined) return NO_FACTS;
  if (registered === null) return { ...NO_FACTS, record: { Registered: false }, isRegistered: false };
  const { entry } = registered;
  const dueMs =
    entry.rotateDays === null || key.createdAt === null
      ? null
      : parseInstant(key.createdAt) + entry.rotateDays * DAY_MS;
  const drift = driftOf(entry, identity, question.powers);
  const record: Record<string, unknown> = { Registered: true };
  const put = (field: string, value: unknown) => {
    if (value !== null) record[field] = value;
  };
  put('RegisteredOwner', entry.owner);
  put('RegisteredSystem', entry.system);
  put('RegisteredBreaks', entry.breaks);
  put('RegisterDrift', drift.length > 0 ? drift : null);
  put('RotateEveryDays', entry.rotateDays);
  put('RotationOverdueDays', dueMs === null ? null : Math.floor((nowMs - dueMs) / DAY_MS));
  return {
    record,
    isRegistered: true,
    registerEntry: answersOf(registered),
    registerDrift: drift.length > 0 ? JSON.stringify(drift) : null,
    rotationDueAt: dueMs === null ? null : new Date(dueMs).toISOString(),
  };
}

/** What an entry answers, as JSON: the words of `keys.yml`, without what it does not say. */
function answersOf({ entry, hoursText }: RegisteredKey): string {
  const { place, owner, system, purpose, stored, breaks, may, networks, environments, rotateDays } = entry;
  const answers = { place, owner, system, purpose, stored, breaks, may, networks, environments, hours: hoursText };
  const said = Object.entries({ ...answers, rotate_days: rotateDays }).filter(([, answer]) => answer !== null);
  return JSON.stringify(Object.fromEntries(said));
}

/** How a key differs from its entry, each as a sentence without a stop; that it is to be replaced is no difference. */
function driftOf(entry: RegisterEntry, key: KeyIdentity, powers: unknown): string[] {
  const drift: string[] = [];
  if (entry.owner === null) drift.push('nobody answers for it: its owner is unassigned');
  const beyond = beyondMay(entry.may, powers);
  if (beyond.length > 0) {
    const can = beyond.map((power) => IN_WORDS[power]).join(', ');
    const said = (entry.may ?? []).map((word) => IN_WORDS[word]).join(', ');
    drift.push(`it may ${can}; the register says ${said}`);
  }
  if (isExactId(entry.match)) {
    for (const field of ['account', 'purpose', 'hint'] as const) {
      const said = entry.match[field];
      const is = key[field];
      if (said !== undefined && is !== null && !createGlob(said)(is))
        drift.push(`its ${field} is ${quoted(is)}; the register says ${quoted(said)}`);
    }
  }
  return drift;
}

/** The powers that `may` does not allow; nothing where either is not known. */
function beyondMay(may: RegisterEntry['may'], powers: unknown): MayWord[] {
  if (may === null || may.includes('administer') || !Array.isArray(powers)) return [];
  // Who administers the server can do all the rest: that is one difference, not six.
  if (powers.includes('administer')) return ['administer'];
  const deploysSomewhere = may.includes('deploy_production') || may.includes('deploy_all_spaces');
  return MAY_WORDS.filter(
    (word) => powers.includes(word) && !may.includes(word) && !(word === 'deploy' && deploysSomewhere),
  );
}
