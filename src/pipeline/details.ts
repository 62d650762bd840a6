import { toInstant } from '../lib/clock.ts';
import { messageOf } from '../lib/errors.ts';
import { backoffMs } from '../lib/retry.ts';
import { OctopusError, parseStoredEvent, readEvent, readVariableSetHasSensitive } from '../octopus/index.ts';
import type { OwedRow } from '../store/index.ts';
import type { Details } from './evaluate.ts';
import { type Instance, knowledgeOf } from './instance.ts';

/** Debts taken up at once; each costs one or two requests. */
const BATCH = 50;
const IN_FLIGHT = 4;
/** After so many failures in a row the rest waits for the next cycle: the live tail must not wait for details. */
const MAX_FAILURES_IN_ROW = 3;
/** After a day of failures an event is judged without its details: late and less is better than never. */
const GIVE_UP_AFTER_MS = 24 * 3_600_000;

/**
 * Reads the details that are owed and due, and judges their events, each in a transaction of its own. What fails for the
 * time being is postponed; what is refused for good is judged without. Returns how many were settled.
 * Throws only when the key itself is refused or the signal aborts.
 */
export async function settleOwedDetails(
  instance: Instance,
  random: () => number,
  signal: AbortSignal,
): Promise<number> {
  const { store, id, clock } = instance;
  // What is postponed meanwhile is not due by this measure: each debt is tried once in a cycle.
  const dueAt = toInstant(clock.now());
  let settled = 0;
  let failuresInRow = 0;
  while (failuresInRow < MAX_FAILURES_IN_ROW) {
    const queue = store.owedDetails.due(id, dueAt, BATCH);
    if (queue.length === 0) break;
    await Promise.all(
      Array.from({ length: IN_FLIGHT }, async () => {
        while (failuresInRow < MAX_FAILURES_IN_ROW) {
          const row = queue.shift();
          if (!row) return;
          const isSettled = await settleOne(instance, row, random, signal);
          settled += isSettled ? 1 : 0;
          failuresInRow = isSettled ? 0 : failuresInRow + 1;
        }
      }),
    );
  }
  return settled;
}

async function settleOne(
  instance: Instance,
  row: OwedRow,
  random: () => number,
  signal: AbortSignal,
): Promise<boolean> {
  const { store, clock } = instance;
  signal.throwIfAborted();
  try {
    const details = await readDetails(instance, row, signal);
    store.transaction(() => {
      instance.assertLease();
      instance.evaluator.settleDetails(knowledgeOf(instance), row.event_pk, row.raw, details, clock.now());
    });
    return true;
  } catch (error) {
    if (signal.aborted || (error instanceof OctopusError && error.kind === 'unauthorized')) throw error;
    const nowMs = clock.now();
    instance.log.warn(
      { instance: instance.name, event: row.event_id, reason: messageOf(error) },
      'details of an event could not be read yet',
    );
    store.transaction(() => {
      instance.assertLease();
      if (nowMs - Date.parse(row.owed_since_at) >= GIVE_UP_AFTER_MS) {
        const refused = `not readable for a day: ${messageOf(error)}`;
        const details = { event: null, setHasSensitive: null, refused };
        instance.evaluator.settleDetails(knowledgeOf(instance), row.event_pk, row.raw, details, nowMs);
        return;
      }
      const dueAt = toInstant(nowMs + Math.max(1000, backoffMs(row.attempts + 1, random)));
      store.owedDetails.postpone(row.event_pk, dueAt, messageOf(error));
    });
    return false;
  }
}

/**
 * The event read singly. Where it tells of no variable, or is refused for good, the set itself is looked at: whether it
 * holds sensitive variables at all (octopus-api.md 3.2, step 6).
 */
async function readDetails(instance: Instance, row: OwedRow, signal: AbortSignal): Promise<Details> {
  let refused: string | null = null;
  try {
    const event = await readEvent(instance.client, row.event_id, signal);
    if (event.variableChange?.evidence === 'diff') return { event, setHasSensitive: null };
    return { event, setHasSensitive: await lookAtSet(instance, row, signal) };
  } catch (error) {
    if (!isForGood(error)) throw error;
    refused = messageOf(error);
  }
  return { event: null, refused, setHasSensitive: await lookAtSet(instance, row, signal) };
}

async function lookAtSet(instance: Instance, row: OwedRow, signal: AbortSignal): Promise<boolean | null> {
  const { relatedDocumentIds } = parseStoredEvent(row.raw);
  const variableSetId = relatedDocumentIds.find((id) => /^variableset-/i.test(id));
  if (variableSetId === undefined) return null;
  try {
    return await readVariableSetHasSensitive(instance.client, { spaceId: row.space_id, variableSetId }, signal);
  } catch (error) {
    if (isForGood(error)) return null;
    throw error;
  }
}

function isForGood(error: unknown): boolean {
  return error instanceof OctopusError && error.kind !== 'unauthorized' && !error.isRetryable;
}
