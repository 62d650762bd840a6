import type { Random } from './random.ts';
import type { SimulatedKey, SimulatedUser } from './state.ts';
import { PEOPLE, SERVICES } from './story-cast.ts';

const DAY_MS = 86_400_000;

type KeyFacts = {
  readonly owner: SimulatedUser;
  readonly purpose: string;
  readonly createdDaysAgo: number;
  /** Negative: expired that long ago; null: never expires. */
  readonly expiresInDays: number | null;
  /** Null: never used, or not known. Keys that sign events of the story are used at least then. */
  readonly lastUsedDaysAgo: number | null;
  readonly isLastUsedKnown?: boolean;
  readonly accessLevel?: SimulatedKey['accessLevel'];
  readonly actorType?: SimulatedKey['actorType'];
};

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
  const ago = (days: number) => new Date(nowMs - Math.round(days * DAY_MS)).toISOString();
  const key = (facts: KeyFacts): SimulatedKey => ({
    id: `apikeys-${randomLetters(random, 26)}`,
    userId: facts.owner.id,
    purpose: facts.purpose,
    hint: `API-${randomLetters(random, 3).toUpperCase()}...`,
    createdAt: ago(facts.createdDaysAgo),
    expiresAt: facts.expiresInDays === null ? null : ago(-facts.expiresInDays),
    lastUsedAt: facts.lastUsedDaysAgo === null ? null : ago(facts.lastUsedDaysAgo),
    isLastUsedKnown: facts.isLastUsedKnown ?? true,
    accessLevel: facts.accessLevel ?? 'FullAccess',
    actorType: facts.actorType ?? 'User',
  });
  const keys: Partial<Record<keyof typeof KEY_FACTS, SimulatedKey>> = {};
  for (const name of Object.keys(KEY_FACTS) as (keyof typeof KEY_FACTS)[]) keys[name] = key(KEY_FACTS[name]);
  return keys as StoryKeys;
}

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';

function randomLetters(random: Random, length: number): string {
  return Array.from({ length }, () => ALPHABET[random.int(0, ALPHABET.length - 1)]).join('');
}
