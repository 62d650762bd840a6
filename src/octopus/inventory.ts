import { toInstant } from '../lib/clock.ts';
import { printable, truncate } from '../lib/text.ts';
import type { Environment, Inventory, Space } from '../model/inventory.ts';
import type { OctopusClient } from './client.ts';
import { parseFreeze, readFreezeList } from './freezes.ts';
import { readAccess, readKeys } from './inventory-keys.ts';
import { createListReader } from './inventory-list.ts';
import { parseEnvironment, parseSpace, parseUser } from './inventory-schemas.ts';
import { readWholeList } from './list.ts';

type InventoryOptions = {
  readonly signal?: AbortSignal | undefined;
  /** How many users are asked about at a time, 4 unless given: there is a request per user, two per holder of keys (octopus-api 0.9). */
  readonly pace?: { readonly inFlight: number };
  /** Reads the keys of these users only; all users unless given. */
  readonly userIds?: readonly string[];
};

/** The space id under which the environments of a server without spaces are said to be complete. */
const NO_SPACE = '';

const DEFAULT_IN_FLIGHT = 4;

/**
 * Reads users, their API keys, what the holders of keys may do, spaces and environments. A list that fails is left out, named in `problems` and missing
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
  const asked = users.found.filter(({ id }) => wanted === null || wanted.has(id));
  const pace = { signal, inFlight: options.pace?.inFlight ?? DEFAULT_IN_FLIGHT };
  const keys = await readKeys(client, asked, pace, problems);
  const holders = new Set(keys.found.map(({ userId }) => userId));
  const holding = asked.filter(({ id }) => holders.has(id));
  // A server that fails at the keys would fail here, and each failure costs a whole budget of retries.
  const access = keys.hasGivenUp ? [] : await readAccess(client, holding, pace, problems);
  const places = await readPlaces(client, signal, problems);
  const readFreezes = () => readFreezeList(client, signal);
  const freezes = await list('deployment freezes', readFreezes, parseFreeze, ({ kind }) => kind === 'not_found');
  return {
    readAt,
    users: users.found,
    apiKeys: keys.found,
    access,
    spaces: places.spaces,
    environments: places.environments,
    freezes: freezes.found,
    complete: {
      users: users.isWhole,
      spaces: places.isSpacesWhole,
      environmentSpaceIds: places.environmentSpaceIds,
      apiKeyUserIds: keys.completeUserIds,
      // Servers of before 2024 have none, which is as good as an empty list.
      freezes: freezes.isWhole || freezes.error?.kind === 'not_found',
    },
    problems,
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
