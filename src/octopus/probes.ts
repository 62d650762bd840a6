import { z } from 'zod';
import type { Environment, Space, User } from '../model/inventory.ts';
import type { OctopusClient } from './client.ts';
import { type EventScope, SCOPE_QUERY } from './event-page.ts';
import { parseEnvironment, parseSpace, parseUser } from './inventory-schemas.ts';
import { isJsonObject } from './json.ts';
import { readPagedList, readWholeList } from './list.ts';

/** What one page of the audit log shows of the server, without anything of its content. */
export type EventSample = {
  readonly events: number;
  /** What the server counts in all; null when it does not say. */
  readonly total: number | null;
  /** Events of no space: users, keys, sign-ins, settings. */
  readonly systemEvents: number;
  /** How many of the events have the field at all, whatever its value. */
  readonly withIpAddress: number;
  readonly withApiKeyId: number;
};

const SAMPLE_ROWS = 100;

const page = z.object({ Items: z.array(z.unknown()), TotalResults: z.int().nonnegative().nullish().catch(null) });

/** Reads the newest hundred events. Throws OctopusError; a page that is none counts as an empty one. */
export async function sampleEvents(
  client: OctopusClient,
  scope: EventScope,
  signal?: AbortSignal,
): Promise<EventSample> {
  const { json } = await client.get('/api/events', {
    operation:
      scope === 'all' ? 'a page of the audit log of all spaces and the system' : 'a plain page of the audit log',
    query: { ...SCOPE_QUERY[scope], excludeDifference: 'true', take: SAMPLE_ROWS },
    signal,
  });
  const parsed = page.safeParse(json);
  const items = parsed.success ? parsed.data.Items.filter(isJsonObject) : [];
  const count = (field: string) => items.filter((item) => field in item).length;
  return {
    events: items.length,
    total: parsed.data?.TotalResults ?? null,
    // FACT octopus-api 2.4: null for what belongs to no space.
    systemEvents: items.filter((item) => (item['SpaceId'] ?? null) === null).length,
    withIpAddress: count('IpAddress'),
    withApiKeyId: count('ApiKeyId'),
  };
}

/** What the server allows of API keys; null where it does not say. */
export type KeyPolicy = {
  readonly arePersonalKeysAllowed: boolean | null;
  readonly maxExpiryDays: number | null;
};

const authentication = z.object({
  UserApiKeysEnabled: z.boolean().nullish().catch(null),
  ApiKeyMaxExpiryDays: z.number().nullish().catch(null),
});

/** Reads the server's policy for API keys (FACT octopus-api 4.1, from 2023.2 and 2025.4). Throws OctopusError. */
export async function readKeyPolicy(client: OctopusClient, signal?: AbortSignal): Promise<KeyPolicy> {
  const { json } = await client.get('/api/authentication', { operation: 'the policy for API keys', signal });
  const parsed = authentication.safeParse(json);
  return {
    arePersonalKeysAllowed: parsed.data?.UserApiKeysEnabled ?? null,
    maxExpiryDays: parsed.data?.ApiKeyMaxExpiryDays ?? null,
  };
}

/** Whether Octopus streams its audit log elsewhere (FACT octopus-api 7: `Active`); null when it does not say. */
export async function readAuditStream(client: OctopusClient, signal?: AbortSignal): Promise<boolean | null> {
  const { json } = await client.get('/api/audit-stream', { operation: 'the audit stream', signal });
  return isJsonObject(json) && typeof json['Active'] === 'boolean' ? json['Active'] : null;
}

/**
 * The youngest day of which events have left the server for its archive, `YYYY-MM-DD`; null when there is none. FACT octopus-api
 * 1.10: one file a day, `events-2019-01-01.jsonl`; their order in the list is not known. Throws OctopusError.
 */
export async function readNewestArchiveDay(client: OctopusClient, signal?: AbortSignal): Promise<string | null> {
  const { elements } = await readPagedList(client, '/api/events/archives', {
    operation: 'the list of archived events',
    signal,
  });
  const days = elements.flatMap((element) => {
    const name = isJsonObject(element) ? element['Name'] : null;
    return typeof name === 'string' ? (/(\d{4}-\d\d-\d\d)\.jsonl$/.exec(name)?.[1] ?? []) : [];
  });
  return days.toSorted().at(-1) ?? null;
}

/** Every user, as far as they can be read. Throws OctopusError. */
export async function listUsers(client: OctopusClient, signal?: AbortSignal): Promise<User[]> {
  const { elements } = await readWholeList(client, '/api/users', { operation: 'the list of users', signal });
  return elements.map(parseUser).filter((user) => user !== null);
}

/** Of one user's API keys: how many there are, and whether the server says of each when it was last used. */
export async function sampleKeys(client: OctopusClient, userId: string, signal?: AbortSignal) {
  const path = `/api/users/${encodeURIComponent(userId)}/apikeys`;
  const { elements } = await readPagedList(client, path, { operation: "another user's API keys", signal });
  // FACT octopus-api 4.1: servers before 2026 lack the field.
  const recorded = elements.filter((element) => isJsonObject(element) && 'LastUsedTimeStamp' in element);
  return { keys: elements.length, withLastUse: recorded.length };
}

/** The spaces the key can see. Throws OctopusError; servers before 2019 have none and answer 404. */
export async function listSpaces(client: OctopusClient, signal?: AbortSignal): Promise<Space[]> {
  const { elements } = await readWholeList(client, '/api/spaces', { operation: 'the list of spaces', signal });
  return elements.map(parseSpace).filter((space) => space !== null);
}

/** The environments of one space. Throws OctopusError. */
export async function listEnvironments(
  client: OctopusClient,
  spaceId: string,
  signal?: AbortSignal,
): Promise<Environment[]> {
  const path = `/api/${encodeURIComponent(spaceId)}/environments`;
  const { elements } = await readWholeList(client, path, { operation: `the environments of ${spaceId}`, signal });
  return elements.map((element) => parseEnvironment(element, spaceId)).filter((one) => one !== null);
}
