import { z } from 'zod';
import { plural } from '../lib/text.ts';
import type { AuditEvent } from '../model/event.ts';
import type { OctopusClient } from './client.ts';
import { OctopusError } from './errors.ts';
import { type EventScope, SCOPE_QUERY } from './event-page.ts';
import { parseEvent } from './parse-event.ts';

export type { EventScope } from './event-page.ts';
export type { WindowQuery, WindowRead } from './window.ts';
export { readWindow } from './window.ts';

/** Details are owed work that is tried again later: one that does not come soon must not hold up the next poll. */
const DETAIL_BUDGET_MS = 15_000;

/** What a server that does not know `spaces` and `includeSystem`, or forbids them, is expected to answer. */
const REFUSALS = new Set(['not_found', 'forbidden', 'bad_answer']);

/**
 * Finds out whether the server takes `spaces=all&includeSystem=true` (FACT: root templates 2019.7 to 2023.1, vendor
 * scripts; INF: no longer documented in 2026.3, may have gone) or only the plain list.
 *
 * @throws OctopusError when neither can be read.
 */
export async function probeEventScope(client: OctopusClient, signal?: AbortSignal): Promise<EventScope> {
  const operation = 'the audit log (first look)';
  try {
    await client.get('/api/events', { operation, query: { ...SCOPE_QUERY.all, take: 1 }, signal });
    return 'all';
  } catch (error) {
    if (!(error instanceof OctopusError) || !REFUSALS.has(error.kind) || error.isRetryable) throw error;
    await client.get('/api/events', { operation, query: { ...SCOPE_QUERY.plain, take: 1 }, signal });
    return 'plain';
  }
}

/**
 * Reads one event with its difference, through the unscoped path, which also serves events of a space (FACT: vendor
 * script RestoreDeletedListeningTentacles). The change of a variable set is reduced as in a window.
 *
 * @throws OctopusError of kind `bad_answer` when the answer is no event; its message holds no value of it.
 */
export async function readEvent(client: OctopusClient, eventId: string, signal?: AbortSignal): Promise<AuditEvent> {
  const path = `/api/events/${encodeURIComponent(eventId)}`;
  const operation = `the details of ${eventId}`;
  const { json, text } = await client.get(path, { operation, signal, giveUpAfterMs: DETAIL_BUDGET_MS });
  const parsed = parseEvent(json, text.trim(), { source: 'single', countAbsent: () => {} });
  if ('event' in parsed) return parsed.event;
  const reason = 'setAside' in parsed ? parsed.setAside.reason : 'it came twice';
  throw new OctopusError(`the answer is no event: ${reason}`, {
    kind: 'bad_answer',
    operation,
    path,
    status: 200,
  });
}

const variableSet = z.object({
  Variables: z.array(z.object({ Type: z.unknown(), IsSensitive: z.unknown() }).partial()),
});

/**
 * Whether a variable set holds at least one sensitive variable now. Its values pass through memory and are not kept.
 * Needs VariableView or LibraryVariableSetView.
 */
export async function readVariableSetHasSensitive(
  client: OctopusClient,
  set: { readonly spaceId: string | null; readonly variableSetId: string },
  signal?: AbortSignal,
): Promise<boolean> {
  const space = set.spaceId === null ? '' : `/${encodeURIComponent(set.spaceId)}`;
  const path = `/api${space}/variables/${encodeURIComponent(set.variableSetId)}`;
  const operation = `the variable set ${set.variableSetId}`;
  const { json } = await client.get(path, { operation, signal, giveUpAfterMs: DETAIL_BUDGET_MS });
  const parsed = variableSet.safeParse(json);
  if (!parsed.success) {
    const count = plural(parsed.error.issues.length, 'mistake');
    throw new OctopusError(`the answer is no variable set (${count})`, {
      kind: 'bad_answer',
      operation,
      path,
      status: 200,
    });
  }
  return parsed.data.Variables.some((variable) => variable.Type === 'Sensitive' || variable.IsSensitive === true);
}
