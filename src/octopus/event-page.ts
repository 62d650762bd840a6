import { z } from 'zod';
import type { OctopusClient } from './client.ts';
import { OctopusError } from './errors.ts';
import { sliceElements } from './slice.ts';

/** `all`: every space and the system level; `plain`: whatever the server gives without being asked for more. */
export type EventScope = 'all' | 'plain';

export const SCOPE_QUERY = {
  all: { spaces: 'all', includeSystem: 'true' },
  plain: {},
} as const satisfies Record<EventScope, Record<string, string>>;

/** The envelope of a list (FACT: samples 2017 to 2024). Only `Items` is required; the rest differs between servers. */
const envelope = z.object({
  Items: z.array(z.unknown()),
  TotalResults: z.int().nonnegative().nullish().catch(null),
  Links: z.record(z.string(), z.unknown()).nullish().catch(null),
});

export type EventPage = {
  readonly items: readonly unknown[];
  /** The JSON of each item as received. */
  readonly texts: readonly string[];
  readonly serverTotal: number | null;
  /** False on the last page; null when the page has no links at all, so that only an empty page can end the list. */
  readonly hasNext: boolean | null;
};

export type PageQuery = { readonly from: string; readonly to: string; readonly scope: EventScope };

/**
 * Reads one page of the audit log, newest first, filtered by time alone. Skip and take are ours: the server's page links
 * carry the bounds in US format, in its own zone (FACT: sample 2023.1), and are never followed.
 */
export async function readEventPage(
  client: OctopusClient,
  query: PageQuery,
  at: { readonly skip: number; readonly take: number },
  signal?: AbortSignal,
): Promise<EventPage> {
  const path = '/api/events';
  const operation = `the audit log from ${query.from} to ${query.to}`;
  const { from, to } = query;
  const answer = await client.get(path, {
    operation,
    query: { ...SCOPE_QUERY[query.scope], from, to, excludeDifference: 'true', skip: at.skip, take: at.take },
    signal,
  });
  const parsed = envelope.safeParse(answer.json);
  if (!parsed.success) {
    throw new OctopusError('the answer is no page of events', { kind: 'bad_answer', operation, path, status: 200 });
  }
  const { Items: items, TotalResults, Links } = parsed.data;
  const texts = sliceElements(answer.text, 'Items');
  return {
    items,
    texts: texts?.length === items.length ? texts : items.map((item) => JSON.stringify(item)),
    serverTotal: TotalResults ?? null,
    hasNext: Links ? typeof Links['Page.Next'] === 'string' : null,
  };
}
