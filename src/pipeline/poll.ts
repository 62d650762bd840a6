import { unknownIds } from '../enrich/index.ts';
import { toInstant } from '../lib/clock.ts';
import type { AuditEvent } from '../model/event.ts';
import { OctopusError, readWindow, type WindowRead } from '../octopus/index.ts';
import { type Instance, serverNowMs } from './instance.ts';
import { OVERLAP_MS, planTail } from './plan.ts';
import { noteFailedWindow, SETTLE_LAG_MS, storeWindow, type WindowPurpose } from './window.ts';

const SECOND_MS = 1000;
const MAX_WINDOW_MS = 86_400_000;
const MAX_WINDOW_EVENTS = 5000;

export type PollHooks = {
  /** Called before a window is stored whose events name ids the inventory does not know; may read it anew. */
  readonly onUnknownIds: (ids: readonly string[], newestAtMs: number) => Promise<void>;
  readonly onWindow?: (done: { purpose: WindowPurpose; toMs: number; events: number }) => void;
};

/** Reads the live tail: from the watermark, less the overlap, to now. */
export async function readTail(
  instance: Instance,
  backfillMs: number,
  hooks: PollHooks,
  signal: AbortSignal,
  isTimeUp: () => boolean,
): Promise<void> {
  const nowMs = serverNowMs(instance);
  const toMs = Math.ceil(nowMs / SECOND_MS) * SECOND_MS;
  const fromMs = planTail(instance, nowMs, backfillMs) - OVERLAP_MS;
  const advance = (windowToMs: number) => {
    instance.store.instances.advanceWatermark(instance.id, toInstant(Math.min(windowToMs, nowMs - SETTLE_LAG_MS)));
  };
  await readRange(instance, 'tail', Math.floor(fromMs / SECOND_MS) * SECOND_MS, toMs, hooks, signal, advance, isTimeUp);
}

/** Works on the backlog, oldest first, until it is done or `isTimeUp` says so. */
export async function readBacklog(
  instance: Instance,
  hooks: PollHooks,
  signal: AbortSignal,
  isTimeUp: () => boolean,
): Promise<void> {
  const { store } = instance;
  for (let row = store.backlog.next(instance.id); row && !isTimeUp(); row = store.backlog.next(instance.id)) {
    const { backlog_id, reason, cursor_at, range_to } = row;
    const advance = (windowToMs: number) => {
      const cursorMs = windowToMs >= Date.parse(range_to) - SECOND_MS ? Date.parse(range_to) : windowToMs;
      store.backlog.advance(backlog_id, toInstant(cursorMs));
    };
    await readRange(instance, reason, Date.parse(cursor_at), Date.parse(range_to), hooks, signal, advance, isTimeUp);
  }
}

/**
 * Reads `[fromMs, toMs)` in windows of at most a day, oldest first. A window that the server counts too many events in,
 * or that times out, is halved. `advance` moves the checkpoint in the transaction of each window.
 */
async function readRange(
  instance: Instance,
  purpose: WindowPurpose,
  fromMs: number,
  toMs: number,
  hooks: PollHooks,
  signal: AbortSignal,
  advance: (windowToMs: number) => void,
  isTimeUp: () => boolean,
): Promise<void> {
  // What timed out when it was last tried, perhaps by a process that has ended since, is tried at half its length.
  const timedOutMs = instance.store.coverage.lastTimedOutMs(instance.id, purpose);
  let lengthMs = timedOutMs === null ? MAX_WINDOW_MS : half(timedOutMs);
  for (let at = fromMs; at < toMs && !isTimeUp(); ) {
    signal.throwIfAborted();
    const end = Math.min(at + lengthMs, toMs);
    const isSmallest = end - at <= SECOND_MS;
    const startedAt = toInstant(instance.clock.now());
    let read: WindowRead;
    try {
      read = await readWindow(instance.client, {
        fromMs: at,
        toMs: end,
        maxEvents: isSmallest ? Number.POSITIVE_INFINITY : MAX_WINDOW_EVENTS,
        scope: instance.scope,
        signal,
      });
    } catch (error) {
      noteFailedWindow(instance, purpose, at, end, startedAt, error, signal);
      // Below a minute the server is the matter, not the window. A one-shot command has spent its time already.
      const isShorterWorthIt = end - at > 60_000 && error instanceof OctopusError && !instance.isOneShot;
      if (!isShorterWorthIt || !(error.kind === 'timeout' || error.isTooLarge)) throw error;
      lengthMs = half(end - at);
      continue;
    }
    if (read.outcome === 'too_many') {
      lengthMs = half(end - at);
      // Each try costs a page that is thrown away: the server's count says how often halving is needed.
      for (let count = (read.serverTotal ?? 0) / 2; count > MAX_WINDOW_EVENTS; count /= 2) lengthMs = half(lengthMs);
      continue;
    }
    await askForUnknownIds(instance, read.events, hooks);
    storeWindow(instance, purpose, at, end, startedAt, read, advance);
    hooks.onWindow?.({ purpose, toMs: end, events: read.events.length });
    at = end;
    if (read.events.length * 2 <= MAX_WINDOW_EVENTS) lengthMs = Math.min(lengthMs * 2, MAX_WINDOW_MS);
  }
}

async function askForUnknownIds(instance: Instance, events: readonly AuditEvent[], hooks: PollHooks): Promise<void> {
  const ids = new Set<string>();
  let newestAt = '';
  for (const event of events) {
    const unknown = unknownIds(event, instance.inventory);
    if (unknown.length === 0) continue;
    for (const id of unknown) ids.add(id);
    newestAt = event.occurredAt;
  }
  if (ids.size > 0) await hooks.onUnknownIds([...ids], Date.parse(newestAt));
}

function half(ms: number): number {
  return Math.max(SECOND_MS, Math.ceil(ms / 2 / SECOND_MS) * SECOND_MS);
}
