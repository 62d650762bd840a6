import { printable, truncate } from '../lib/text.ts';
import type { ApiKey, OwnerAccess, User } from '../model/inventory.ts';
import type { OctopusClient } from './client.ts';
import { readEachUser } from './each-user.ts';
import { OctopusError } from './errors.ts';
import { createListReader, type Outcome } from './inventory-list.ts';
import { parseApiKey } from './inventory-schemas.ts';
import { readPagedList } from './list.ts';
import { parseOwnerAccess } from './permissions.ts';

type ReadOptions = { readonly signal?: AbortSignal | undefined; readonly inFlight: number };

/** Permissions only sharpen what is said of keys: a server that fails at them must not hold up the reading of events. */
const ACCESS_BUDGET_MS = 10_000;

type KeyLists = {
  readonly found: readonly ApiKey[];
  readonly completeUserIds: readonly string[];
  /** True when the server failed so often that not every user was asked. */
  readonly hasGivenUp: boolean;
};

/** Reads the keys of each user, the users in their order whichever answered first (FACT octopus-api 4.1: no list of all). */
export async function readKeys(
  client: OctopusClient,
  users: readonly User[],
  { signal, inFlight }: ReadOptions,
  problems: string[],
): Promise<KeyLists> {
  const list = createListReader(problems);
  const outcomes = new Map<string, Outcome<ApiKey>>();
  const gaveUpAfter = await readEachUser(users, inFlight, async (user) => {
    const path = `/api/users/${encodeURIComponent(user.id)}/apikeys`;
    const operation = `the API keys of ${nameOf(user)}`;
    const outcome = await list(
      `API keys of ${nameOf(user)} (${printable(user.id)})`,
      () => readPagedList(client, path, { operation, signal }),
      (element) => parseApiKey(element, user.id),
      // FACT octopus-api 4.1: the vendor's own check leaves the built-in user "guest" out; it has no keys.
      () => user.username.toLowerCase() === 'guest',
    );
    outcomes.set(user.id, outcome);
    return outcome.error;
  });
  if (gaveUpAfter !== null)
    problems.push(`API keys: given up after ${gaveUpAfter} failures in a row; the other users were not asked`);
  return {
    found: users.flatMap(({ id }) => outcomes.get(id)?.found ?? []),
    completeUserIds: users.filter(({ id }) => outcomes.get(id)?.isWhole === true).map(({ id }) => id),
    hasGivenUp: gaveUpAfter !== null,
  };
}

/**
 * Reads what each user may do (FACT octopus-api 4.3; that seeing the user is enough to be shown it is INF). Failures make
 * one problem, however many there are, and leave the access of those users unknown; only a refused key is thrown.
 */
export async function readAccess(
  client: OctopusClient,
  users: readonly User[],
  { signal, inFlight }: ReadOptions,
  problems: string[],
): Promise<readonly OwnerAccess[]> {
  const found = new Map<string, OwnerAccess>();
  const reasons: string[] = [];
  const gaveUpAfter = await readEachUser(users, inFlight, async (user) => {
    const operation = `the permissions of ${nameOf(user)}`;
    const path = `/api/users/${encodeURIComponent(user.id)}/permissions`;
    try {
      const { json } = await client.get(path, { operation, signal, giveUpAfterMs: ACCESS_BUDGET_MS });
      const access = parseOwnerAccess(json, user.id);
      if (access === null) reasons.push(`${operation}: the answer cannot be read`);
      else found.set(user.id, access);
      return null;
    } catch (error) {
      if (!(error instanceof OctopusError) || error.kind === 'unauthorized') throw error;
      reasons.push(error.message);
      return error;
    }
  });
  if (reasons.length > 0) {
    const rest = gaveUpAfter === null ? '' : `; given up after ${gaveUpAfter} failures in a row`;
    problems.push(
      `permissions of key holders: ${users.length - found.size} of ${users.length} unknown${rest}: ${reasons[0]}`,
    );
  }
  return users.flatMap(({ id }) => found.get(id) ?? []);
}

function nameOf(user: User): string {
  return truncate(printable(user.username), 80);
}
