import { buildReport, type DetectContext, raiseCondition, settleCondition } from '../detect/index.ts';
import { type Clock, toInstant } from '../lib/clock.ts';
import { backoffMs } from '../lib/retry.ts';
import { compareLevels } from '../model/finding.ts';
import type { Channel, Notice, SendResult } from '../model/message.ts';
import type { DueDelivery, Store } from '../store/index.ts';
import type { Log } from './instance.ts';

const CLAIM_MS = 60_000;
const CLAIM_RENEWAL_MS = 20_000;
/** More pending than this become a summary. */
const FLOOD = 10;
const HOUR_MS = 3_600_000;
/** Findings this young and grave are never folded into a summary. */
const NEVER_FOLDED_MS = { critical: 7 * 24 * HOUR_MS, high: 72 * HOUR_MS } as const;
const STALLED_AFTER_MS = 15 * 60_000;
/** A one-shot command tries a delivery for so long; what is left stays pending. */
const ONE_SHOT_BUDGET_MS = 10_000;

export type DelivererOptions = {
  readonly store: Store;
  readonly context: DetectContext;
  readonly clock: Clock;
  readonly random: () => number;
  readonly log: Log;
  readonly holder: string;
  readonly timeZone: string;
  /** The portal's address of an instance, without a trailing slash. */
  readonly octopusUrlOf: (instanceId: number) => string;
};

/** What draining a channel came to: all told, something left that may heal, something refused for good. */
export type DrainResult = { readonly sent: number; readonly refused: number; readonly pausedUntilMs: number | null };

type PlannedMessage = { readonly deliveries: readonly DueDelivery[]; readonly isSummary: boolean };

/**
 * Drains the outbox, channel by channel, at least once per delivery: a row is marked sent only after the receiver said
 * so, and a claim keeps two processes from sending the same at the same time.
 */
export function createDeliverer(options: DelivererOptions) {
  const { store, context, clock, random, log, holder } = options;

  /** Sends what is due on one channel; stops at the first failure that may heal. */
  async function drain(channel: Channel, signal: AbortSignal): Promise<DrainResult> {
    let sent = 0;
    let refused = 0;
    let hasSpoken = false;
    for (;;) {
      const messages = plan(due(channel.name), channel, clock.now());
      if (messages.length === 0 || signal.aborted) return { sent, refused, pausedUntilMs: null };
      for (const message of messages) {
        if (hasSpoken && channel.minIntervalMs > 0) await clock.sleep(channel.minIntervalMs, signal);
        const claimed = claim(message);
        if (claimed.length === 0) continue;
        const result: SendResult = await sendClaimed(channel, message, claimed, signal);
        hasSpoken = true;
        if (result.outcome === 'sent') sent += claimed.length;
        if (result.outcome === 'failed') refused += claimed.length;
        if (result.outcome !== 'retry') continue;
        const pausedUntilMs = signal.aborted ? null : postpone(claimed, message, result);
        return { sent, refused, pausedUntilMs };
      }
    }
  }

  /** What may be sent now: catch-up waits until its instance has been read to now, or cannot be read. */
  function due(channelName: string): DueDelivery[] {
    return store.deliveries.due(channelName, toInstant(clock.now())).filter((one) => {
      if (one.is_catch_up === 0 || !store.backlog.hasUnreadPast(one.instance_id)) return true;
      return store.instances.all().some((row) => row.instance_id === one.instance_id && row.failing_since_at !== null);
    });
  }

  function claim(message: PlannedMessage): number[] {
    const ids = message.deliveries.map((one) => one.delivery_id);
    return store.transaction(() => store.deliveries.claim(ids, holder, clock.now(), CLAIM_MS));
  }

  async function sendClaimed(
    channel: Channel,
    message: PlannedMessage,
    claimed: number[],
    signal: AbortSignal,
  ): Promise<SendResult> {
    const renewal = setInterval(() => {
      store.transaction(() => store.deliveries.renew(claimed, holder, toInstant(clock.now() + CLAIM_MS)));
    }, CLAIM_RENEWAL_MS);
    try {
      const deliveries = message.deliveries.filter((one) => claimed.includes(one.delivery_id));
      const result = await channel.send(noticeOf(deliveries, message.isSummary), signal);
      store.transaction(() => {
        if (result.outcome === 'sent') store.deliveries.markSent(claimed, toInstant(clock.now()));
        if (result.outcome === 'failed') store.deliveries.markFailed(claimed, result.reason, toInstant(clock.now()));
        if (result.outcome === 'retry' && signal.aborted) store.deliveries.release(claimed);
      });
      if (result.outcome === 'failed')
        log.error({ channel: channel.name, reason: result.reason }, 'a message was refused for good');
      return result;
    } finally {
      clearInterval(renewal);
    }
  }

  function postpone(
    claimed: number[],
    message: PlannedMessage,
    result: Extract<SendResult, { outcome: 'retry' }>,
  ): number {
    const nowMs = clock.now();
    const attempts = Math.max(...message.deliveries.map((one) => one.attempts)) + 1;
    const waitMs = Math.max(backoffMs(attempts, random), result.retryAfterMs ?? 0);
    const notBeforeAt = result.retryAfterMs === null ? null : toInstant(nowMs + result.retryAfterMs);
    store.transaction(() => store.deliveries.markRetry(claimed, result.reason, toInstant(nowMs + waitMs), notBeforeAt));
    return nowMs + waitMs;
  }

  function noticeOf(deliveries: readonly DueDelivery[], isSummary: boolean): Notice {
    const reports = deliveries.flatMap((one) => {
      const finding = store.findings.get(one.finding_id);
      const octopusUrl = options.octopusUrlOf(one.instance_id);
      return finding ? [buildReport(store, finding, { timeZone: options.timeZone, octopusUrl })] : [];
    });
    const [first] = reports;
    if (!isSummary && first) return { kind: deliveries[0]?.kind === 'resolved' ? 'resolved' : 'alert', report: first };
    const isCatchUp = deliveries.some((one) => one.is_catch_up === 1);
    const reason = isCatchUp ? 'found in events from before the monitor read them' : 'many findings at once';
    return { kind: 'summary', reports, reason };
  }

  return {
    drain,

    /** Drains a channel within ten seconds of its first failure; what is left stays pending. */
    async drainOneShot(channel: Channel, signal: AbortSignal): Promise<DrainResult> {
      let failingSinceMs: number | null = null;
      let sent = 0;
      let refused = 0;
      for (;;) {
        const startedAtMs = clock.now();
        const limit = AbortSignal.any([signal, AbortSignal.timeout(ONE_SHOT_BUDGET_MS)]);
        const result: DrainResult = await drain(channel, failingSinceMs === null ? signal : limit).catch(
          (error: unknown) => {
            if (signal.aborted) throw error;
            return { sent: 0, refused: 0, pausedUntilMs: null };
          },
        );
        sent += result.sent;
        refused += result.refused;
        if (result.sent > 0) failingSinceMs = null;
        if (result.pausedUntilMs === null) return { sent, refused, pausedUntilMs: null };
        failingSinceMs ??= result.sent > 0 ? clock.now() : startedAtMs;
        const isTooLate = result.pausedUntilMs - failingSinceMs > ONE_SHOT_BUDGET_MS;
        if (isTooLate) return { sent, refused, pausedUntilMs: result.pausedUntilMs };
        await clock.sleep(Math.max(0, result.pausedUntilMs - clock.now()), signal);
      }
    },

    /** When a channel has something due next, in milliseconds of the epoch; null when nothing is pending. */
    nextDueMs(channel: Channel): number | null {
      const at = store.deliveries.nextDueAt(channel.name);
      return at === null ? null : Date.parse(at);
    },

    /** Opens or ends the finding that a channel cannot be told; it goes to the others and to the log. */
    watchDeliveries(instanceId: number) {
      const nowMs = clock.now();
      store.transaction(() => {
        const trouble = store.deliveries.trouble(toInstant(nowMs - STALLED_AFTER_MS));
        settleCondition(
          context,
          instanceId,
          'monitor_delivery_failing',
          nowMs,
          (subject) => !trouble.some((one) => one.channel === subject),
        );
        for (const { channel, stalled, dead, last_error } of trouble) {
          const what =
            dead > 0 ? `refused ${dead} for good` : `has not taken ${stalled} for ${STALLED_AFTER_MS / 60_000} minutes`;
          const report = {
            subject: channel,
            summary: `Channel ${channel} ${what}: ${last_error ?? 'no reason known'}`,
            why: 'Findings are stored, but nobody is told of them there.',
          };
          raiseCondition(context, instanceId, 'monitor_delivery_failing', report, nowMs);
        }
      });
    },
  };
}

export type Deliverer = ReturnType<typeof createDeliverer>;

/**
 * Decides what goes into which message: each finding has its own, but a flood becomes summaries ordered by level, with
 * what is grave and young still sent singly.
 */
export function plan(
  due: readonly DueDelivery[],
  channel: Pick<Channel, 'maxSummaryFindings'>,
  nowMs: number,
): PlannedMessage[] {
  const single = (one: DueDelivery): PlannedMessage => ({ deliveries: [one], isSummary: false });
  const alerts = due.filter((one) => one.kind === 'alert');
  const messages = due.filter((one) => one.kind !== 'alert').map(single);
  for (const isCatchUp of [0, 1]) {
    const group = alerts.filter((one) => one.is_catch_up === isCatchUp);
    if (group.length <= FLOOD) {
      messages.push(...group.map(single));
      continue;
    }
    const grave = group.filter((one) => isGrave(one, nowMs));
    const rest = group
      .filter((one) => !isGrave(one, nowMs))
      .sort((a, b) => compareLevels(b.level, a.level) || a.delivery_id - b.delivery_id);
    messages.push(...grave.map(single));
    for (let start = 0; start < rest.length; start += channel.maxSummaryFindings) {
      messages.push({ deliveries: rest.slice(start, start + channel.maxSummaryFindings), isSummary: true });
    }
  }
  return messages;
}

function isGrave(one: DueDelivery, nowMs: number): boolean {
  const limit = one.level === 'critical' || one.level === 'high' ? NEVER_FOLDED_MS[one.level] : 0;
  return Date.parse(one.last_seen_at) >= nowMs - limit && limit > 0;
}
