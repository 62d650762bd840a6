import { toInstant } from '../lib/clock.ts';
import type { Level } from '../model/finding.ts';
import type { DetectContext } from './context.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;
/** How long after the last message a finding that has grown is told again: the first time, the second, then always the last. */
const REPEAT_AFTER_MS: readonly number[] = [HOUR_MS, 4 * HOUR_MS, DAY_MS];
/** Growth by events older than this comes from back-fill or an outage and is not said again. */
const LIVE_MS = 6 * HOUR_MS;
/** Something new is said at once, so often within an hour; an attacker with many addresses must not flood the channel. */
const NOVELTIES_PER_HOUR = 5;
const NOVELTY_PAUSE_MS = 10 * MINUTE_MS;

const WORDS: Readonly<Record<string, string>> = { actor_name: 'actor', ip_address: 'address', api_key_id: 'API key' };

/**
 * Owes a finding that has grown by live events to the channels that were told of it: after the next interval since their
 * last message, or at once when somebody or something is in it that was not before. Call inside a transaction, after
 * the events were added.
 */
export function oweRepeats(
  context: DetectContext,
  findingId: number,
  added: readonly { readonly eventId: string; readonly occurredAt: string }[],
  nowMs: number,
): void {
  const { store } = context;
  const live = added.filter((event) => Date.parse(event.occurredAt) >= nowMs - LIVE_MS);
  if (live.length === 0 || store.findings.get(findingId)?.status !== 'open') return;
  const channels = store.deliveries.channelsTold(findingId);
  if (channels.length === 0) return;
  const eventIds = live.map((event) => event.eventId);
  const novelties = store.findings
    .novelties(findingId, eventIds)
    .map(({ kind, value }) => `${WORDS[kind] ?? kind} ${value}`);
  for (const channel of channels) {
    const told = store.deliveries.told(findingId, channel);
    if (!told) continue;
    const after = context.repeatAfterMs ?? REPEAT_AFTER_MS;
    const intervalMs = after[Math.min(told.repeats, after.length - 1)] ?? DAY_MS;
    const regularMs = Date.parse(told.last_sent_at) + intervalMs;
    const dueMs = novelties.length > 0 ? Math.min(regularMs, noveltyDueMs(findingId, channel)) : regularMs;
    const dueAt = toInstant(Math.max(nowMs, dueMs));
    store.deliveries.oweAgain({ findingId, channel, kind: 'repeat', dueAt, novelties, at: toInstant(nowMs) });
  }

  function noveltyDueMs(id: number, channel: string): number {
    const recent = store.deliveries.noveltiesToldSince(id, channel, toInstant(nowMs - HOUR_MS));
    return recent < NOVELTIES_PER_HOUR ? nowMs : nowMs + NOVELTY_PAUSE_MS;
  }
}

/** How long nobody may acknowledge before a finding is said again, first and then each further time. */
const REMIND_AFTER_MS: Readonly<Partial<Record<Level, readonly [first: number, then: number]>>> = {
  critical: [HOUR_MS, DAY_MS],
  high: [8 * HOUR_MS, DAY_MS],
};

/**
 * Owes a channel again the grave findings about events that nobody has acknowledged. Those about states (keys, the
 * monitor itself) are in the digest instead. Call inside a transaction.
 */
export function oweReminders(context: DetectContext, channel: string, nowMs: number): void {
  const { store } = context;
  for (const { finding_id, level, last_sent_at, reminders } of store.deliveries.unacknowledged(channel)) {
    const [first, then] = REMIND_AFTER_MS[level] ?? [DAY_MS, DAY_MS];
    if (Date.parse(last_sent_at) + (reminders > 0 ? then : first) > nowMs) continue;
    const at = toInstant(nowMs);
    store.deliveries.oweAgain({ findingId: finding_id, channel, kind: 'reminder', dueAt: at, novelties: [], at });
  }
}

/** Event findings of level low and below end so long after their last event. */
const AGED_AFTER_MS = 7 * DAY_MS;

/** Ends event findings of level low and below that nothing was added to for a week. Nobody is told. Call inside a transaction. */
export function ageFindings(context: DetectContext, nowMs: number): number {
  const { store } = context;
  const aged = store.findings.aged(toInstant(nowMs - AGED_AFTER_MS));
  for (const findingId of aged) {
    store.deliveries.removePending(findingId);
    store.findings.resolve(findingId, 'aged', toInstant(nowMs));
    store.journal.add(toInstant(nowMs), 'finding_resolved', String(findingId), { resolution: 'aged' });
  }
  return aged.length;
}
