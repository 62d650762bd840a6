import { toInstant } from '../lib/clock.ts';
import { createGlob } from '../lib/glob.ts';
import { quoted } from '../lib/text.ts';
import type { ApiKey, User } from '../model/inventory.ts';
import type { FlatRecord } from '../model/record.ts';
import {
  type KeyIdentity,
  MAY_WORDS,
  type MayWord,
  type RegisterEntry,
  type RegisterReading,
} from '../model/register.ts';
import { parseInstant } from './instant.ts';
import { isExactId, type RegisteredKey, type RegisterIndex } from './key-register.ts';

export type RegisterQuestion = {
  readonly instance: string;
  readonly key: ApiKey;
  /** The key's account; null when the inventory does not hold it. */
  readonly user: User | null;
  /** `Powers` of the key's record; undefined or null when they are not known. */
  readonly powers: unknown;
};

/** What an entry answers, as it is stored: fields that it does not name are absent. */
type Answers = {
  readonly owner?: string;
  readonly system?: string;
  readonly breaks?: string;
  readonly rotate_days?: number;
};

const DAY_MS = 86_400_000;
const NOTHING_SAID: RegisterReading = {
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

/** Looks a key of the ledger up in the register; `register` is null when there is none. Pure. */
export function registerReading(register: RegisterIndex | null, question: RegisterQuestion): RegisterReading {
  const { instance, key, user, powers } = question;
  const identity = identityOf(instance, key, user?.username ?? null);
  const registered = register?.find(identity);
  if (registered === undefined) return NOTHING_SAID;
  if (registered === null) return { ...NOTHING_SAID, isRegistered: false };
  const { entry } = registered;
  const drift = driftOf(entry, identity, powers);
  const isTimed = entry.rotateDays !== null && key.createdAt !== null;
  return {
    isRegistered: true,
    registerEntry: answersOf(registered),
    registerDrift: drift.length > 0 ? JSON.stringify(drift) : null,
    rotationDueAt: isTimed ? toInstant(parseInstant(key.createdAt) + entry.rotateDays * DAY_MS) : null,
  };
}

/** The fields of a key's record that rest on the register (docs/taxonomy.md); days are whole, rounded down. */
export function registerFields(reading: RegisterReading, nowMs: number): FlatRecord {
  const answers = JSON.parse(reading.registerEntry ?? '{}') as Answers;
  const { rotationDueAt } = reading;
  const fields = {
    Registered: reading.isRegistered,
    RegisteredOwner: answers.owner,
    RegisteredSystem: answers.system,
    RegisteredBreaks: answers.breaks,
    RegisterDrift: reading.registerDrift === null ? null : (JSON.parse(reading.registerDrift) as string[]),
    RotateEveryDays: answers.rotate_days,
    RotationOverdueDays: rotationDueAt === null ? null : Math.floor((nowMs - parseInstant(rotationDueAt)) / DAY_MS),
  };
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined && value !== null));
}

/** What an entry answers, JSON (docs/keys.md), without what it does not say. */
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
