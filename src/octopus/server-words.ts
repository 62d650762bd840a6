import { z } from 'zod';
import type { ServerWords } from '../model/server-words.ts';
import type { OctopusClient } from './client.ts';
import { OctopusError } from './errors.ts';

/** Far more than any server has; keeps a strange answer from filling the memory. */
const MAX_WORDS = 5000;
/** Nothing waits for these lists but a remark in the log. */
const BUDGET_MS = 10_000;

const word = z.object({ Id: z.string().min(1).max(200), Name: z.string().max(500).nullish().catch(null) });
const words = z.array(z.unknown());

/**
 * Reads the server's own lists of event categories and document types (FACT octopus-api 2.1: plain arrays of Id and
 * Name, readable without a permission). A list that the server does not give, that is empty or in which one element
 * cannot be read is null: a half-read list would make words look unknown that are not.
 *
 * @throws OctopusError when the key is refused, or for passing faults.
 */
export async function readServerWords(client: OctopusClient, signal?: AbortSignal): Promise<ServerWords> {
  return {
    categories: await readWordList(client, '/api/events/categories', 'the list of event categories', signal),
    documentTypes: await readWordList(client, '/api/events/documenttypes', 'the list of document types', signal),
  };
}

/** One of the server's lists of words, id to name; null and the throws are those of `readServerWords`. */
export async function readWordList(
  client: OctopusClient,
  path: string,
  operation: string,
  signal?: AbortSignal,
): Promise<ReadonlyMap<string, string> | null> {
  try {
    const { json } = await client.get(path, { operation, signal, giveUpAfterMs: BUDGET_MS });
    const list = words.safeParse(json);
    if (!list.success || list.data.length === 0 || list.data.length > MAX_WORDS) return null;
    const read = list.data.map((element) => word.safeParse(element));
    if (read.some((one) => !one.success)) return null;
    return new Map(read.flatMap(({ data }) => (data ? [[data.Id, data.Name ?? data.Id] as const] : [])));
  } catch (error) {
    if (!(error instanceof OctopusError) || error.kind === 'unauthorized' || error.isRetryable) throw error;
    return null;
  }
}
