import { z } from 'zod';
import type { OctopusClient } from './client.ts';
import { OctopusError } from './errors.ts';
import { isJsonObject } from './json.ts';

const TAKE = 100;
/** Guards a list that never ends: 100,000 elements. */
const MAX_PAGES = 1000;

const envelope = z.object({
  Items: z.array(z.unknown()).optional(),
  // FACT octopus-api 4.1: the `/v1` form of the key list.
  ApiKeys: z.array(z.unknown()).optional(),
  TotalResults: z.int().nonnegative().nullish().catch(null),
  Links: z.record(z.string(), z.unknown()).nullish().catch(null),
});

/** The elements of a list, unread, and whether all of them were there. */
export type ListRead = { readonly elements: readonly unknown[]; readonly isWhole: boolean };

type ListOptions = { readonly operation: string; readonly signal?: AbortSignal | undefined };

/**
 * Reads a list page by page with a skip and take of our own. A plain array (some servers, some lists) counts as whole.
 *
 * @throws OctopusError, of kind `bad_answer` when the answer is no list.
 */
export async function readPagedList(client: OctopusClient, path: string, options: ListOptions): Promise<ListRead> {
  const elements: unknown[] = [];
  const ids = new Set<unknown>();
  let total: number | null = null;
  for (let page = 0, skip = 0; page < MAX_PAGES; page++) {
    const { json } = await client.get(path, { ...options, query: { skip, take: TAKE } });
    if (Array.isArray(json)) return { elements: json, isWhole: true };
    const parsed = envelope.safeParse(json);
    const items = parsed.data?.Items ?? parsed.data?.ApiKeys;
    if (!parsed.success || items === undefined) throw notAList(path, options.operation);
    total = parsed.data.TotalResults ?? total;
    const countBefore = elements.length;
    for (const item of items) {
      const id = isJsonObject(item) ? item['Id'] : undefined;
      if (id !== undefined && ids.has(id)) continue;
      ids.add(id);
      elements.push(item);
    }
    const isLast = parsed.data.Links ? typeof parsed.data.Links['Page.Next'] !== 'string' : items.length < TAKE;
    // A page without anything new comes from a server that ignores `skip`.
    if (isLast || elements.length === countBefore) break;
    skip += items.length;
  }
  return { elements, isWhole: total === null || elements.length >= total };
}

/**
 * Reads `{path}/all`, a plain array; servers that lack it, fail at it or answer something else are read page by page.
 *
 * @throws OctopusError when neither works; at once when the key is refused or the server limits requests.
 */
export async function readWholeList(client: OctopusClient, path: string, options: ListOptions): Promise<ListRead> {
  try {
    const { json } = await client.get(`${path}/all`, options);
    if (Array.isArray(json)) return { elements: json, isWhole: true };
  } catch (error) {
    if (!(error instanceof OctopusError)) throw error;
    if (error.kind === 'unauthorized' || error.kind === 'forbidden' || error.kind === 'rate_limited') throw error;
    if (error.kind === 'network') throw error;
  }
  return readPagedList(client, path, options);
}

function notAList(path: string, operation: string): OctopusError {
  return new OctopusError('the answer is no list', { kind: 'bad_answer', operation, path, status: 200 });
}
