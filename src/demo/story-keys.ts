import { createRandom, type Random } from './random.ts';
import type { SimulatedKey, SimulatedUser } from './state.ts';
import { PEOPLE, SERVICES } from './story-cast.ts';
import type { WireEvent } from './wire.ts';

const DAY_MS = 86_400_000;

/** A key as it stands at the end of a story. */
export type KeyFacts = {
  readonly owner: SimulatedUser;
  readonly purpose: string;
  /** Drawn unless given. */
  readonly hint?: string;
  readonly createdDaysAgo: number;
  /** Negative: expired that long ago; null: never expires. */
  readonly expiresInDays: number | null;
  /** Null: never used, or not known. Keys that sign events of the story are used at least then. */
  readonly lastUsedDaysAgo: number | null;
  readonly isLastUsedKnown?: boolean;
  readonly accessLevel?: SimulatedKey['accessLevel'];
  readonly actorType?: SimulatedKey['actorType'];
};

/** How the key of `STORY.monitorApiKey` begins. */
export const MONITOR_KEY_HINT = 'API-DEM...';

const KEY_FACTS = {
  build: {
    owner: SERVICES.build,
    purpose: 'TeamCity builds',
    createdDaysAgo: 150,
    expiresInDays: 30,
    lastUsedDaysAgo: 0.6,
  },
  release: {
    owner: SERVICES.release,
    purpose: 'Release pipeline',
    createdDaysAgo: 120,
    expiresInDays: 60,
    lastUsedDaysAgo: 2.7,
  },
  terraform: {
    owner: SERVICES.terraform,
    purpose: 'Terraform runs',
    createdDaysAgo: 200,
    expiresInDays: 165,
    lastUsedDaysAgo: 3,
  },
  monitor: {
    owner: SERVICES.monitor,
    purpose: 'Octowatch',
    hint: MONITOR_KEY_HINT,
    createdDaysAgo: 95,
    expiresInDays: 120,
    lastUsedDaysAgo: 0,
    accessLevel: 'ReadOnly',
  },
  personal: {
    owner: PEOPLE.devika,
    purpose: "Devika's laptop script",
    createdDaysAgo: 70,
    expiresInDays: 110,
    lastUsedDaysAgo: 1,
  },
  backup: {
    owner: PEOPLE.amara,
    purpose: 'Project backup',
    createdDaysAgo: 160,
    expiresInDays: 20,
    lastUsedDaysAgo: 12,
  },
  assistant: {
    owner: PEOPLE.keiko,
    purpose: 'Support assistant',
    createdDaysAgo: 50,
    expiresInDays: 120,
    lastUsedDaysAgo: 1.2,
    accessLevel: 'ReadOnly',
    actorType: 'AiAgent',
  },
  /** Must be found: nobody has used it for far more than 90 days. */
  forgotten: {
    owner: SERVICES.catalogue,
    purpose: 'Nightly catalogue sync',
    createdDaysAgo: 412,
    expiresInDays: null,
    lastUsedDaysAgo: 143,
  },
  /** Must be found: made weeks ago and never used. */
  neverUsed: {
    owner: PEOPLE.greta,
    purpose: 'PowerShell at home',
    createdDaysAgo: 47,
    expiresInDays: 133,
    lastUsedDaysAgo: null,
  },
  /** Must stay quiet: two days are no neglect. */
  fresh: {
    owner: PEOPLE.elias,
    purpose: 'Trying the new CLI',
    createdDaysAgo: 2,
    expiresInDays: 178,
    lastUsedDaysAgo: null,
  },
  /** Must stay quiet: the server does not know. */
  unknown: {
    owner: PEOPLE.bjorn,
    purpose: 'Wall dashboard',
    createdDaysAgo: 1210,
    expiresInDays: null,
    lastUsedDaysAgo: null,
    isLastUsedKnown: false,
  },
  expired: {
    owner: PEOPLE.hugo,
    purpose: 'Migration weekend',
    createdDaysAgo: 200,
    expiresInDays: -20,
    lastUsedDaysAgo: 61,
  },
  /** Its owner is disabled; it revives with the account. */
  orphaned: {
    owner: PEOPLE.lewis,
    purpose: 'Build scripts',
    createdDaysAgo: 140,
    expiresInDays: 40,
    lastUsedDaysAgo: 36,
  },
} satisfies Record<string, KeyFacts>;

export type StoryKeys = Readonly<Record<keyof typeof KEY_FACTS, SimulatedKey>>;

/** The API keys of the story as they stand at `nowMs`. */
export function storyKeys(nowMs: number, random: Random): StoryKeys {
  return makeKeys(KEY_FACTS, nowMs, random);
}

/** Keys that sign no event of the story, but are worth a look in the ledger. */
const SILENT_KEY_FACTS = {
  /** The release pipeline got a new key, and something still uses the old one. */
  releaseBefore: {
    owner: SERVICES.release,
    purpose: 'Release pipeline',
    createdDaysAgo: 300,
    expiresInDays: 65,
    lastUsedDaysAgo: 4,
  },
  /** Nobody knows what it is for. */
  vague: { owner: PEOPLE.chiara, purpose: 'test', createdDaysAgo: 130, expiresInDays: 50, lastUsedDaysAgo: 9 },
} satisfies Record<string, KeyFacts>;

const SILENT_KEYS_SEED = 21;

/** Drawn from a generator of their own, so that they change nothing of what is told. */
export function silentKeys(nowMs: number): readonly SimulatedKey[] {
  return Object.values(makeKeys(SILENT_KEY_FACTS, nowMs, createRandom(SILENT_KEYS_SEED)));
}

/** The API keys of a company as they stand at `nowMs`, by the names of their facts. */
export function makeKeys<Name extends string>(
  facts: Readonly<Record<Name, KeyFacts>>,
  nowMs: number,
  random: Random,
): Readonly<Record<Name, SimulatedKey>> {
  const names = Object.keys(facts) as Name[];
  const keys: Partial<Record<Name, SimulatedKey>> = {};
  for (const name of names) keys[name] = makeKey(facts[name], nowMs, random);
  return keys as Readonly<Record<Name, SimulatedKey>>;
}

function makeKey(facts: KeyFacts, nowMs: number, random: Random): SimulatedKey {
  const ago = (days: number) => new Date(nowMs - Math.round(days * DAY_MS)).toISOString();
  const id = `apikeys-${randomLetters(random, 26)}`;
  const drawnHint = `API-${randomLetters(random, 3).toUpperCase()}...`;
  return {
    id,
    userId: facts.owner.id,
    purpose: facts.purpose,
    hint: facts.hint ?? drawnHint,
    createdAt: ago(facts.createdDaysAgo),
    expiresAt: facts.expiresInDays === null ? null : ago(-facts.expiresInDays),
    lastUsedAt: facts.lastUsedDaysAgo === null ? null : ago(facts.lastUsedDaysAgo),
    isLastUsedKnown: facts.isLastUsedKnown ?? true,
    accessLevel: facts.accessLevel ?? 'FullAccess',
    actorType: facts.actorType ?? 'User',
  };
}

/** The keys with the last use that the events tell, where it is later. `events` are in order of time. */
export function usedAsTold(keys: readonly SimulatedKey[], events: readonly WireEvent[]): SimulatedKey[] {
  const lastUses = new Map(events.map((event) => [event.ApiKeyId, new Date(event.Occurred).toISOString()]));
  return keys.map((key) => {
    const lastUsedAt = lastUses.get(key.id);
    return lastUsedAt && lastUsedAt > (key.lastUsedAt ?? '') ? { ...key, lastUsedAt } : key;
  });
}

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';

function randomLetters(random: Random, length: number): string {
  return Array.from({ length }, () => ALPHABET[random.int(0, ALPHABET.length - 1)]).join('');
}
