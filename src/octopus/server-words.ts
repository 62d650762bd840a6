import { z } from 'zod';
import type { ServerWords } from '../model/server-words.ts';
import type { OctopusClient } from './client.ts';
import { OctopusError } from './errors.ts';

/** Far more than any server has; keeps a strange answer from filling the memory. */
const MAX_WORDS = 5000;
/** Nothing waits for these lists but a remark in the log. */
const BUDGET_MS = 10_000;

const word = z.object({ Id: z.string().min(1).max(200), Name: z.string().max(500).nullish().catch(null) });
const words = z.array(z.unknown()).min(1).max(MAX_WORDS);

/**
 * Reads the server's own lists of event categories and document types (FACT octopus-api 2.1: plain arrays of Id and
 * Name, readable by everybody; older servers wanted EventView). A list that fails, that is empty or in which one element
 * cannot be read is a problem and null: a half-read list would make words look unknown that are not.
 *
 * @throws OctopusError of kind `unauthorized`.
 */
export async function readServerWords(
  client: OctopusClient,
  signal?: AbortSignal,
): Promise<ServerWords & { readonly problems: readonly string[] }> {
  const problems: string[] = [];
  const read = async (path: string, what: string) => {
    try {
      const list = await readWordList(client, path, what, signal);
      if (list === null) problems.push(`${what}: the answer is no such list`);
      return list;
    } catch (error) {
      if (!(error instanceof OctopusError) || error.kind === 'unauthorized') throw error;
      problems.push(`${what}: ${error.message}`);
      return null;
    }
  };
  const categories = await read('/api/events/categories', 'the list of event categories');
  const documentTypes = await read('/api/events/documenttypes', 'the list of document types');
  return { categories, documentTypes, problems };
}

/**
 * One of the server's lists of words, id to name; null when the server does not give it, or not whole.
 *
 * @throws OctopusError when the key is refused, or for passing faults.
 */
export async function readWordList(
  client: OctopusClient,
  path: string,
  operation: string,
  signal?: AbortSignal,
): Promise<ReadonlyMap<string, string> | null> {
  try {
    const { json } = await client.get(path, { operation, signal, giveUpAfterMs: BUDGET_MS });
    const read = words.safeParse(json).data?.map((element) => word.safeParse(element).data);
    if (!read || read.includes(undefined)) return null;
    return new Map(read.flatMap((one) => (one ? [[one.Id, one.Name ?? one.Id] as const] : [])));
  } catch (error) {
    if (!(error instanceof OctopusError) || error.kind === 'unauthorized' || error.isRetryable) throw error;
    return null;
  }
}
