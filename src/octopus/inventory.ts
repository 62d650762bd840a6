import { toInstant } from '../lib/clock.ts';
import { printable, truncate } from '../lib/text.ts';
import type { ApiKey, Environment, Inventory, Space, User } from '../model/inventory.ts';
import type { OctopusClient } from './client.ts';
import { OctopusError } from './errors.ts';
import { parseApiKey, parseEnvironment, parseSpace, parseUser } from './inventory-schemas.ts';
import { type ListRead, readPagedList, readWholeList } from './list.ts';

type InventoryOptions = {
  readonly signal?: AbortSignal | undefined;
  /** How many key lists are read at a time, 4 unless given: there is one request per user (octopus-api 0.9). */
  readonly pace?: { readonly inFlight: number };
  /** Reads the keys of these users only; all users unless given. */
  readonly userIds?: readonly string[];
};

/** The space id under which the environments of a server without spaces are said to be complete. */
const NO_SPACE = '';

/** Each failure has spent its whole budget of retries: a server that is down must not cost that once per user. */
const MAX_FAILURES_IN_ROW = 3;

/**
 * Reads users, their API keys, spaces and environments. A list that fails is left out, named in `problems` and missing
 * in `complete`; so is a list in which an element could not be read.
 *
 * @throws OctopusError of kind `unauthorized`: with a dead key nothing else is worth asking.
 */
export async function readInventory(client: OctopusClient, options: InventoryOptions = {}): Promise<Inventory> {
  const { signal } = options;
  const readAt = toInstant(client.now());
  const problems: string[] = [];
  const list = createListReader(problems);

  const users = await list(
    'users',
    () => readWholeList(client, '/api/users', { operation: 'the list of users', signal }),
    parseUser,
  );
  const wanted = options.userIds === undefined ? null : new Set(options.userIds);
  const keys = await readAllKeys(
    client,
    users.found.filter(({ id }) => wanted === null || wanted.has(id)),
    options,
    problems,
  );
  const places = await readPlaces(client, signal, problems);
  return {
    readAt,
    users: users.found,
    apiKeys: keys.found,
    spaces: places.spaces,
    environments: places.environments,
    complete: {
      users: users.isWhole,
      spaces: places.isSpacesWhole,
      environmentSpaceIds: places.environmentSpaceIds,
      apiKeyUserIds: keys.completeUserIds,
    },
    problems,
  };
}

type Outcome<T> = {
  readonly found: readonly T[];
  readonly isWhole: boolean;
  /** Why the list could not be read at all; null when it was. */
  readonly error: OctopusError | null;
};

/** Reads a list leniently: bad elements and failures become problems; only a refused key is thrown. */
function createListReader(problems: string[]) {
  return async function list<T>(
    what: string,
    read: () => Promise<ListRead>,
    parse: (element: unknown) => T | null,
    isExpected: (error: OctopusError) => boolean = () => false,
  ): Promise<Outcome<T>> {
    try {
      const { elements, isWhole } = await read();
      const parsed = elements.map(parse);
      const found = parsed.filter((element): element is Awaited<T> & NonNullable<T> => element !== null);
      const badCount = parsed.length - found.length;
      if (badCount > 0) problems.push(`${what}: ${badCount} of ${parsed.length} could not be read and were left out`);
      if (!isWhole) problems.push(`${what}: the server counted more than it gave`);
      return { found, isWhole: isWhole && badCount === 0, error: null };
    } catch (error) {
      if (!(error instanceof OctopusError) || error.kind === 'unauthorized') throw error;
      if (!isExpected(error)) problems.push(`${what}: ${error.message}`);
      return { found: [], isWhole: false, error };
    }
  };
}

async function readAllKeys(
  client: OctopusClient,
  users: readonly User[],
  { signal, pace }: InventoryOptions,
  problems: string[],
): Promise<{ readonly found: readonly ApiKey[]; readonly completeUserIds: readonly string[] }> {
  const list = createListReader(problems);
  const outcomes = new Map<string, Outcome<ApiKey>>();
  const waiting = users.values();
  let isStopped = false;
  let failuresInRow = 0;

  async function work(): Promise<void> {
    for (const user of waiting) {
      if (isStopped) return;
      const name = truncate(printable(user.username), 80);
      const path = `/api/users/${encodeURIComponent(user.id)}/apikeys`;
      const operation = `the API keys of ${name}`;
      const outcome = await list(
        `API keys of ${name} (${printable(user.id)})`,
        () => readPagedList(client, path, { operation, signal }),
        (element) => parseApiKey(element, user.id),
        // FACT octopus-api 4.1: the vendor's own check leaves the built-in user "guest" out; it has no keys.
        () => user.username.toLowerCase() === 'guest',
      );
      outcomes.set(user.id, outcome);
      failuresInRow = outcome.error?.isRetryable ? failuresInRow + 1 : 0;
      if (failuresInRow < MAX_FAILURES_IN_ROW || isStopped) continue;
      isStopped = true;
      problems.push(`API keys: given up after ${failuresInRow} failures in a row; the other users were not asked`);
    }
  }

  const workers = Array.from({ length: Math.max(1, pace?.inFlight ?? 4) }, async () => {
    try {
      await work();
    } catch (error) {
      isStopped = true;
      throw error;
    }
  });
  // All of them, so that none is still asking when the error is reported.
  const failed = (await Promise.allSettled(workers)).find((result) => result.status === 'rejected');
  if (failed) throw failed.reason;
  return {
    // In the order of the users, whichever answered first.
    found: users.flatMap(({ id }) => outcomes.get(id)?.found ?? []),
    completeUserIds: users.filter(({ id }) => outcomes.get(id)?.isWhole === true).map(({ id }) => id),
  };
}

type Places = {
  readonly spaces: readonly Space[];
  readonly environments: readonly Environment[];
  readonly isSpacesWhole: boolean;
  readonly environmentSpaceIds: readonly string[];
};

async function readPlaces(client: OctopusClient, signal: AbortSignal | undefined, problems: string[]): Promise<Places> {
  const list = createListReader(problems);
  const readSpaces = () => readWholeList(client, '/api/spaces', { operation: 'the list of spaces', signal });
  const spaces = await list('spaces', readSpaces, parseSpace, ({ kind }) => kind === 'not_found');
  if (spaces.error !== null) {
    // Servers before spaces (2018 and older) have one unnamed space; where spaces are merely forbidden, the plain list
    // gives at least those of the default space.
    const hasNoSpaces = spaces.error.kind === 'not_found';
    const operation = 'the list of environments';
    const readEnvironments = () => readWholeList(client, '/api/environments', { operation, signal });
    const environments = await list('environments', readEnvironments, (element) => parseEnvironment(element, null));
    return {
      spaces: [],
      environments: environments.found,
      isSpacesWhole: hasNoSpaces && environments.isWhole,
      environmentSpaceIds: hasNoSpaces && environments.isWhole ? [NO_SPACE] : [],
    };
  }
  const environments: Environment[] = [];
  const environmentSpaceIds: string[] = [];
  for (const { id, name } of spaces.found) {
    const operation = `the environments of space ${truncate(printable(name), 80)}`;
    const path = `/api/${encodeURIComponent(id)}/environments`;
    const outcome = await list(
      operation,
      () => readWholeList(client, path, { operation, signal }),
      (element) => parseEnvironment(element, id),
    );
    environments.push(...outcome.found);
    if (outcome.isWhole) environmentSpaceIds.push(id);
  }
  return { spaces: spaces.found, environments, isSpacesWhole: spaces.isWhole, environmentSpaceIds };
}
