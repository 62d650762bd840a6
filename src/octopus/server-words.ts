import { z } from 'zod';
import { plural } from '../lib/text.ts';
import type { OctopusClient } from './client.ts';
import { OctopusError } from './errors.ts';

/** A server's words for categories of events and types of documents, by id; null for a list that was not read whole. */
export type ServerWordsRead = {
  readonly categories: ReadonlyMap<string, string> | null;
  readonly documentTypes: ReadonlyMap<string, string> | null;
  readonly problems: readonly string[];
};

const word = z.object({ Id: z.string().min(1), Name: z.string().min(1) });

/**
 * Reads what the server calls categories and document types (FACT octopus-api 2.1: plain arrays of `{Id, Name}`, readable by
 * everybody; older servers wanted EventView). A list that fails is a problem and null; so is one with a bad element.
 *
 * @throws OctopusError of kind `unauthorized`.
 */
export async function readServerWords(client: OctopusClient, signal?: AbortSignal): Promise<ServerWordsRead> {
  const problems: string[] = [];
  const categories = await readWords(client, '/api/events/categories', 'event categories', problems, signal);
  const documentTypes = await readWords(client, '/api/events/documenttypes', 'document types', problems, signal);
  return { categories, documentTypes, problems };
}

async function readWords(
  client: OctopusClient,
  path: string,
  what: string,
  problems: string[],
  signal: AbortSignal | undefined,
): Promise<ReadonlyMap<string, string> | null> {
  try {
    const { json } = await client.get(path, { operation: `the ${what}`, signal });
    const elements: readonly unknown[] = Array.isArray(json) ? json : [];
    const words = elements.flatMap((element) => word.safeParse(element).data ?? []);
    if (elements.length > 0 && words.length === elements.length)
      return new Map(words.map(({ Id, Name }) => [Id, Name]));
    const bad = plural(elements.length - words.length, 'element');
    problems.push(`${what}: ${elements.length === 0 ? 'the answer is no list' : `${bad} could not be read`}`);
  } catch (error) {
    if (!(error instanceof OctopusError) || error.kind === 'unauthorized') throw error;
    problems.push(`${what}: ${error.message}`);
  }
  return null;
}
