import { raiseCondition, settleCondition } from '../detect/index.ts';
import { unknownIds } from '../enrich/index.ts';
import { toInstant } from '../lib/clock.ts';
import { messageOf } from '../lib/errors.ts';
import type { AuditEvent } from '../model/event.ts';
import { OctopusError, readWindow, type WindowRead } from '../octopus/index.ts';
import type { BacklogRow } from '../store/index.ts';
import { type Instance, knowledgeOf, serverNowMs } from './instance.ts';

const SECOND_MS = 1000;
const DAY_MS = 86_400_000;
/** Octopus stamps an event before it commits it (ISS#3140): this much time is read again for late ones. */
const OVERLAP_MS = 15 * 60_000;
/** The youngest seconds are read, but not yet counted as covered. */
const SETTLE_LAG_MS = 5 * SECOND_MS;
const MAX_WINDOW_MS = DAY_MS;
const MAX_WINDOW_EVENTS = 5000;
const REREAD_SPAN_MS = 2 * DAY_MS;
/** A gap that did not close in a month of daily reads will not; it stays known and is no longer asked for. */
const GAP_MEMORY_MS = 30 * DAY_MS;

export type WindowPurpose = 'tail' | BacklogRow['reason'];

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
  await readRange(instance, 'tail', floorSecond(fromMs), toMs, hooks, signal, advance, isTimeUp);
}

/**
 * Where the tail begins. On the first poll, and after an outage of more than a day, the last day is the tail and what
 * lies before becomes backlog, so that what happens now is seen at once.
 */
function planTail(instance: Instance, nowMs: number, backfillMs: number): number {
  const { store, id } = instance;
  return store.transaction(() => {
    instance.assertLease();
    const watermark = store.instances.get(instance.name)?.watermark_at ?? null;
    const dayAgoMs = floorSecond(nowMs - DAY_MS);
    if (watermark !== null && Date.parse(watermark) >= dayAgoMs) return Date.parse(watermark);
    const historyFromMs = watermark === null ? nowMs - backfillMs : Date.parse(watermark) - OVERLAP_MS;
    const tailFromMs = watermark === null ? Math.max(dayAgoMs, nowMs - backfillMs) : dayAgoMs;
    store.backlog.add(
      id,
      watermark === null ? 'first' : 'outage',
      toInstant(floorSecond(historyFromMs)),
      toInstant(tailFromMs),
    );
    store.instances.advanceWatermark(id, toInstant(tailFromMs));
    if (watermark === null) store.instances.setRereadDue(id, toInstant(nowMs + DAY_MS));
    return tailFromMs;
  });
}

/** Once a day: the last 48 hours, and windows that were short before, are to be read again. */
export function planReread(instance: Instance): void {
  const { store, id } = instance;
  store.transaction(() => {
    instance.assertLease();
    const row = store.instances.get(instance.name);
    const nowMs = serverNowMs(instance);
    if (!row?.watermark_at || (row.reread_due_at !== null && Date.parse(row.reread_due_at) > nowMs)) return;
    const fromMs = floorSecond(nowMs - REREAD_SPAN_MS);
    for (const gap of store.gaps.all(id)) {
      const isYoung = Date.parse(gap.gap_to) > nowMs - GAP_MEMORY_MS;
      if (isYoung && Date.parse(gap.gap_from) < fromMs) store.backlog.add(id, 'reread', gap.gap_from, gap.gap_to);
    }
    store.backlog.add(id, 'reread', toInstant(fromMs), toInstant(floorSecond(Date.parse(row.watermark_at))));
    store.instances.setRereadDue(id, toInstant(nowMs + DAY_MS));
  });
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
      continue;
    }
    await askForUnknownIds(instance, read.events, hooks);
    storeWindow(instance, purpose, at, end, startedAt, read, advance);
    hooks.onWindow?.({ purpose, toMs: end, events: read.events.length });
    at = end;
    lengthMs = Math.min(lengthMs * 2, MAX_WINDOW_MS);
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

/** Commits one window: its rows, signals, findings, outbox rows, set-aside elements, coverage and checkpoint, or nothing. */
function storeWindow(
  instance: Instance,
  purpose: WindowPurpose,
  fromMs: number,
  toMs: number,
  startedAt: string,
  read: Extract<WindowRead, { outcome: 'read' }>,
  advance: (windowToMs: number) => void,
): void {
  const { store, id, clock } = instance;
  store.transaction(() => {
    instance.assertLease();
    const nowMs = clock.now();
    const eventsNew = instance.evaluator.storeWindow(knowledgeOf(instance), read.events, nowMs);
    for (const element of read.setAside) store.quarantine.add(id, toInstant(nowMs), element);
    const window = { from: toInstant(fromMs), to: toInstant(Math.min(toMs, settledMs(instance))) };
    const missing = missingIn(instance, read, fromMs, toMs);
    if (purpose === 'reread') judgeCompleteness(instance, fromMs, toMs, missing, nowMs);
    store.coverage.add({
      instanceId: id,
      purpose,
      windowFrom: window.from,
      windowTo: window.to,
      serverTotal: read.serverTotal,
      eventsSeen: read.events.length,
      eventsNew,
      setAside: read.setAside.length,
      fieldsAbsent: Object.values(read.absentFields).reduce((sum, count) => sum + count, 0),
      clockSkewSeconds: instance.client.clockSkewSeconds(),
      startedAt,
      finishedAt: toInstant(nowMs),
      outcome: missing > 0 ? 'short' : 'read',
    });
    advance(toMs);
  });
  if (Object.keys(read.absentFields).length > 0) {
    instance.log.warn(
      { instance: instance.name, fields: read.absentFields },
      'fields with a wrong type were taken as absent',
    );
  }
  if (read.setAside.length > 0) {
    instance.log.warn(
      { instance: instance.name, elements: read.setAside.length },
      'elements were set aside (view quarantine)',
    );
  }
}

/** How many events the server counted beyond those that came now or are stored already. */
function missingIn(
  instance: Instance,
  read: Extract<WindowRead, { outcome: 'read' }>,
  fromMs: number,
  toMs: number,
): number {
  const came = read.events.length + read.setAside.length;
  if (read.serverTotal === null || read.serverTotal <= came) return 0;
  const stored =
    instance.store.events.countInWindow(instance.id, toInstant(fromMs), toInstant(toMs)) + read.setAside.length;
  return Math.max(0, read.serverTotal - Math.max(came, stored));
}

/** A difference that stays when a closed window is read again a day later is told; it ends when the gap has closed. */
function judgeCompleteness(instance: Instance, fromMs: number, toMs: number, missing: number, nowMs: number): void {
  const { store, id, context } = instance;
  store.gaps.record(id, toInstant(fromMs), toInstant(toMs), missing);
  const gaps = store.gaps.all(id);
  if (gaps.length === 0) {
    settleCondition(context, id, 'monitor_incomplete', nowMs);
    return;
  }
  const total = gaps.reduce((sum, gap) => sum + gap.missing, 0);
  const first = gaps[0];
  raiseCondition(
    context,
    id,
    'monitor_incomplete',
    {
      subject: instance.name,
      summary: `${instance.name}: Octopus counted ${total} more event${total === 1 ? '' : 's'} than could be read (${first?.gap_from} to ${first?.gap_to})`,
      why: `The difference was still there when the window was read again.`,
    },
    nowMs,
  );
}

function noteFailedWindow(
  instance: Instance,
  purpose: WindowPurpose,
  fromMs: number,
  toMs: number,
  startedAt: string,
  error: unknown,
  signal: AbortSignal,
): void {
  if (signal.aborted) return;
  const { store, id, clock } = instance;
  store.transaction(() =>
    store.coverage.add({
      instanceId: id,
      purpose,
      windowFrom: toInstant(fromMs),
      windowTo: toInstant(toMs),
      serverTotal: null,
      eventsSeen: 0,
      eventsNew: 0,
      setAside: 0,
      fieldsAbsent: 0,
      clockSkewSeconds: instance.client.clockSkewSeconds(),
      startedAt,
      finishedAt: toInstant(clock.now()),
      outcome: `failed: ${error instanceof OctopusError ? `${error.kind}: ` : ''}${messageOf(error)}`,
    }),
  );
}

function settledMs(instance: Instance): number {
  return serverNowMs(instance) - SETTLE_LAG_MS;
}

function floorSecond(ms: number): number {
  return Math.floor(ms / SECOND_MS) * SECOND_MS;
}

function half(ms: number): number {
  return Math.max(SECOND_MS, Math.ceil(ms / 2 / SECOND_MS) * SECOND_MS);
}
