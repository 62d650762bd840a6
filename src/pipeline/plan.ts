import { toInstant } from '../lib/clock.ts';
import { type Instance, serverNowMs } from './instance.ts';

const SECOND_MS = 1000;
const DAY_MS = 86_400_000;
/** Octopus stamps an event before it commits it (ISS#3140): this much time is read again for late ones. */
export const OVERLAP_MS = 15 * 60_000;
const REREAD_SPAN_MS = 2 * DAY_MS;
/** A gap that did not close in a month of daily reads will not; it stays known and is no longer asked for. */
const GAP_MEMORY_MS = 30 * DAY_MS;

/**
 * Where the tail begins. On the first poll, and after an outage of more than a day, the last day is the tail and what
 * lies before becomes backlog, so that what happens now is seen at once.
 */
export function planTail(instance: Instance, nowMs: number, backfillMs: number): number {
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

/**
 * What happened while permissions were missing is to be read again, from `goodMs` on, the last time by the server's clock
 * that all was seen. Call inside a transaction.
 */
export function planSecondLook(instance: Instance, goodMs: number): void {
  const fromMs = floorSecond(goodMs - OVERLAP_MS);
  instance.store.backlog.add(
    instance.id,
    'visibility',
    toInstant(fromMs),
    toInstant(floorSecond(serverNowMs(instance))),
  );
}

function floorSecond(ms: number): number {
  return Math.floor(ms / SECOND_MS) * SECOND_MS;
}
