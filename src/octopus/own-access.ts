import { z } from 'zod';
import type { ApiKey, OwnAccess, ServerFacts } from '../model/inventory.ts';
import type { OctopusClient } from './client.ts';
import { OctopusError } from './errors.ts';
import { parseApiKey, parseUser } from './inventory-schemas.ts';
import { isJsonObject } from './json.ts';
import { readPagedList } from './list.ts';
import { parsePermissions } from './permissions.ts';

type OwnAccessRead =
  | { readonly access: OwnAccess }
  | { readonly access: null; readonly reason: string; readonly userId: string | null };

const root = z.object({
  Version: z.string().nullish().catch(null),
  InstallationId: z.string().nullish().catch(null),
  ApiVersion: z.unknown().optional(),
});

/** Reads the root document: version and the id that tells one installation from another (FACT octopus-api 6.1). */
export async function readServerFacts(client: OctopusClient, signal?: AbortSignal): Promise<ServerFacts> {
  const path = '/api';
  const operation = 'the root document';
  const { json } = await client.get(path, { operation, signal });
  const parsed = root.safeParse(json);
  if (!parsed.success || (parsed.data.Version ?? parsed.data.ApiVersion ?? null) === null) {
    throw new OctopusError('the answer is not the root document of an Octopus server', {
      kind: 'bad_answer',
      operation,
      path,
      status: 200,
      hint: 'Check OCTOPUS_URL: another program answers there, or the virtual directory is missing.',
    });
  }
  return { version: parsed.data.Version ?? null, installationId: parsed.data.InstallationId ?? null };
}

/**
 * Reads who the key belongs to and what that user may see (FACT octopus-api 4.3).
 *
 * @throws OctopusError when the key is refused or the user itself cannot be read for the time being.
 */
export async function readOwnAccess(client: OctopusClient, signal?: AbortSignal): Promise<OwnAccessRead> {
  const me = await client.get('/api/users/me', { operation: "the key's own user", signal });
  const user = parseUser(me.json);
  if (user === null) return { access: null, reason: "the answer for the key's own user is no user", userId: null };
  const operation = "the permissions of the key's own user";
  try {
    const { json } = await client.get(`/api/users/${encodeURIComponent(user.id)}/permissions`, { operation, signal });
    const read = parsePermissions(json);
    if (read === null) return { access: null, reason: `${operation}: the answer cannot be read`, userId: user.id };
    const spacePermissions = Object.entries(read.spacePermissions).map(
      ([name, restrictions]) => [name, restrictions.map(canonicalJson).toSorted()] as const,
    );
    return {
      access: {
        userId: user.id,
        username: user.username,
        systemPermissions: read.systemPermissions,
        spacePermissions: Object.fromEntries(spacePermissions),
        isComplete: read.isComplete,
      },
    };
  } catch (error) {
    if (!(error instanceof OctopusError) || error.kind === 'unauthorized' || error.isRetryable) throw error;
    return { access: null, reason: error.message, userId: user.id };
  }
}

/** The keys of a user; null when the list cannot be read, or not whole. A refused key and passing faults are thrown. */
export async function readOwnKeys(
  client: OctopusClient,
  userId: string,
  signal?: AbortSignal,
): Promise<readonly ApiKey[] | null> {
  const path = `/api/users/${encodeURIComponent(userId)}/apikeys`;
  try {
    const { elements, isWhole } = await readPagedList(client, path, {
      operation: "the monitor's own API keys",
      signal,
    });
    const keys = elements.map((element) => parseApiKey(element, userId));
    const found = keys.filter((key) => key !== null);
    return isWhole && found.length === keys.length ? found : null;
  } catch (error) {
    if (!(error instanceof OctopusError) || error.kind === 'unauthorized' || error.isRetryable) throw error;
    return null;
  }
}

/**
 * Which of a user's keys is the one in use: the only one whose hint (INF: its first characters, `API-FSX…`) begins it,
 * if every other has a hint that does not; or the only key there is, if it has no hint. Null when that is not certain.
 */
export function matchOwnKey(keys: readonly ApiKey[], apiKey: string): ApiKey | null {
  const possible = keys.filter((key) => {
    const prefix = prefixOf(key);
    return prefix === null || apiKey.toUpperCase().startsWith(prefix.toUpperCase());
  });
  return possible.length === 1 ? (possible[0] ?? null) : null;
}

/** The hint without its dots; null when it tells nothing. */
function prefixOf({ hint }: ApiKey): string | null {
  const prefix = hint?.replace(/(\.{2,}|…|\*+)$/u, '') ?? '';
  return prefix.length > 'API-'.length ? prefix : null;
}

/** JSON with sorted keys and arrays, without what is empty: two readings of the same restrictions are the same text. */
function canonicalJson(value: unknown): string {
  return JSON.stringify(canonical(value, 0));
}

function canonical(value: unknown, depth: number): unknown {
  if (depth > 10) return null;
  if (Array.isArray(value)) {
    return value
      .map((element: unknown) => canonical(element, depth + 1))
      .toSorted((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));
  }
  if (!isJsonObject(value)) return value;
  const entries = Object.entries(value)
    .filter(([, v]) => v !== null && !(Array.isArray(v) && v.length === 0))
    .map(([key, v]): [string, unknown] => [key, canonical(v, depth + 1)]);
  return Object.fromEntries(entries.toSorted(([a], [b]) => (a < b ? -1 : 1)));
}
