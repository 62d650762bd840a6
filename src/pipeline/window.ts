import { raiseCondition, settleCondition } from '../detect/index.ts';
import { toInstant } from '../lib/clock.ts';
import { messageOf } from '../lib/errors.ts';
import { plural } from '../lib/text.ts';
import { OctopusError, type WindowRead } from '../octopus/index.ts';
import type { BacklogRow } from '../store/index.ts';
import { type Instance, knowledgeOf, serverNowMs } from './instance.ts';

/** The youngest seconds are read, but not yet counted as covered: events may still be committed into them. */
export const SETTLE_LAG_MS = 5_000;

export type WindowPurpose = 'tail' | BacklogRow['reason'];

/** Commits one window: its rows, signals, findings, outbox rows, set-aside elements, coverage and checkpoint, or nothing. */
export function storeWindow(
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
    // Ranges of the backlog are read oldest first: nothing unread lies before their own events.
    const isPastUnread = purpose === 'tail' && store.backlog.hasUnreadPast(id);
    const eventsNew = instance.evaluator.storeWindow(knowledgeOf(instance), read.events, nowMs, isPastUnread);
    for (const element of read.setAside) store.quarantine.add(id, toInstant(nowMs), element);
    const window = { from: toInstant(fromMs), to: toInstant(Math.min(toMs, serverNowMs(instance) - SETTLE_LAG_MS)) };
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
      summary: `${instance.name}: Octopus counted ${plural(total, 'event')} more than could be read (${first?.gap_from} to ${first?.gap_to})`,
      why: `The difference was still there when the window was read again.`,
    },
    nowMs,
  );
}

export function noteFailedWindow(
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
