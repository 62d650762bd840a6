import { toInstant } from '../lib/clock.ts';
import { readServerWords } from '../octopus/index.ts';
import type { Instance } from './instance.ts';

/** Reads what the server calls categories and document types; what was not read whole stays as it was. */
export async function refreshWords(instance: Instance, signal: AbortSignal): Promise<void> {
  const { store, id, log, name, clock } = instance;
  const read = await readServerWords(instance.client, signal);
  for (const problem of read.problems)
    log.warn({ instance: name, problem }, "the server's own words could not be read");
  const readAt = toInstant(clock.now());
  store.transaction(() => {
    instance.assertLease();
    if (read.categories) store.serverWords.replace(id, 'category', read.categories, readAt);
    if (read.documentTypes) store.serverWords.replace(id, 'document_type', read.documentTypes, readAt);
  });
}
