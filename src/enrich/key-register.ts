import { compileCidr, isAddress } from '../lib/cidr.ts';
import { createGlob } from '../lib/glob.ts';
import { quoted } from '../lib/text.ts';
import type { Zone } from '../lib/zone.ts';
import type { KeyIdentity, KeyMatch, KeyRegister, RegisterEntry } from '../model/register.ts';
import { createCalendar } from './calendar.ts';
import { createProductionMatcher, type ProductionCandidate } from './production.ts';

/** A register entry made ready for questions about acts with its key. Null answers: the entry does not say, or it cannot be told. */
export type RegisteredKey = {
  readonly entry: RegisterEntry;
  /** The hours in words; null when the entry names none. */
  readonly hoursText: string | null;
  isInNetwork(address: string): boolean | null;
  isInEnvironment(environment: ProductionCandidate): boolean | null;
  /** `isOffHours` is the business calendar's word for that instant. */
  isInHours(epochMs: number, isOffHours: boolean): boolean | null;
};

export type RegisterIndex = {
  readonly sha256: string;
  /** How many entries there are. */
  readonly entries: number;
  /** The entry about a key: the first that matches. Null when none does, undefined when too little is known of the key to tell. */
  find(key: KeyIdentity): RegisteredKey | null | undefined;
  /** The entries that are about none of these keys, each as a sentence without a stop that begins with its place. */
  idleEntries(keys: readonly KeyIdentity[]): string[];
};

type Compiled = RegisteredKey & { matches(key: KeyIdentity): boolean | null };

const MATCH_FIELDS = ['instance', 'account', 'purpose', 'id', 'hint'] as const satisfies (keyof KeyMatch)[];
/** A company has fewer keys; the bound is for events that name ever new ones. */
const MOST_ANSWERS = 5000;

/**
 * Makes a register ready for look-ups. `zone` is that of the business calendar. Holidays and freezes count for hours
 * `business` only: what runs every night runs in those too.
 */
export function createRegisterIndex(register: KeyRegister, zone: Zone): RegisterIndex {
  const entries = register.entries.map((entry) => compile(entry, zone));
  const answers = new Map<string, RegisteredKey | null | undefined>();

  function search(key: KeyIdentity): RegisteredKey | null | undefined {
    for (const one of entries) {
      const isMatch = one.matches(key);
      if (isMatch === null) return undefined;
      if (isMatch) return one;
    }
    return null;
  }

  return {
    sha256: register.sha256,
    entries: entries.length,
    find(key) {
      const name = JSON.stringify(MATCH_FIELDS.map((field) => key[field]));
      if (answers.has(name)) return answers.get(name);
      if (answers.size >= MOST_ANSWERS) answers.clear();
      const found = search(key);
      answers.set(name, found);
      return found;
    },
    idleEntries(keys) {
      const taken = new Set(keys.map(search));
      return entries
        .filter((one) => !taken.has(one))
        .map((one) => {
          const key = keys.find((candidate) => one.matches(candidate));
          const first = key && search(key);
          const reason = first ? `is never reached: ${first.entry.place} comes first` : 'is about no key';
          return `${one.entry.place} (${describeMatch(one.entry.match)}) ${reason}`;
        });
    },
  };
}

/** What an entry matches, in words: `account svc-*, purpose nightly`. */
function describeMatch(match: KeyMatch): string {
  return MATCH_FIELDS.flatMap((field) => (match[field] === undefined ? [] : [`${field} ${quoted(match[field])}`])).join(
    ', ',
  );
}

function compile(entry: RegisterEntry, zone: Zone): Compiled {
  const { match, hours } = entry;
  const globs = MATCH_FIELDS.flatMap((field) => {
    const pattern = match[field];
    return pattern === undefined ? [] : [{ field, matches: createGlob(pattern) }];
  });
  const byId = globs.filter(({ field }) => field === 'instance' || field === 'id');
  const networks = entry.networks?.map(networkTest);
  // Patterns of environments are the same everywhere: names, slugs, ids and tags, with `*`.
  const environments = entry.environments === null ? null : createProductionMatcher(entry.environments);
  const calendar = hours === null || hours === 'business' ? null : createCalendar({ zone, weeklyHours: hours });
  return {
    entry,
    hoursText: hours === 'business' ? 'business hours' : (calendar?.describe() ?? null),
    matches(key) {
      // The id alone says which key it is; what else the entry says of it is compared in `driftOf`.
      const tests = isExactId(match) && key.id !== null ? byId : globs;
      let isSure = true;
      for (const { field, matches } of tests) {
        const value = key[field];
        if (value === null) isSure = false;
        else if (!matches(value)) return false;
      }
      return isSure ? true : null;
    },
    isInNetwork(address) {
      // INF: a proxy may write a port or a name where an address belongs; that is no address outside of the networks.
      if (!networks || !isAddress(address)) return null;
      return networks.some((isIn) => isIn(address));
    },
    isInEnvironment: (environment) => environments?.isProduction(environment) ?? null,
    isInHours(epochMs, isOffHours) {
      if (hours === 'business') return !isOffHours;
      return calendar === null ? null : !calendar.judge(epochMs).isOffHours;
    },
  };
}

/** Whether an entry names one key by its whole id. */
export function isExactId(match: KeyMatch): boolean {
  return match.id !== undefined && !match.id.includes('*');
}

function networkTest(network: string): (address: string) => boolean {
  const test = compileCidr(network);
  if (typeof test === 'string') throw new Error(test);
  return test;
}
