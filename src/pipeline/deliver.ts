import { type DetectContext, oweReminders, raiseCondition, settleCondition } from '../detect/index.ts';
import { type Clock, toInstant } from '../lib/clock.ts';
import { messageOf } from '../lib/errors.ts';
import { backoffMs } from '../lib/retry.ts';
import type { Channel, Notice, SendResult } from '../model/message.ts';
import type { DueDelivery } from '../store/index.ts';
import type { Log } from './instance.ts';
import { type NoticeOptions, noticeOf, reportOf } from './notices.ts';
import { type PlannedMessage, planMessages } from './plan-messages.ts';

const CLAIM_MS = 60_000;
const CLAIM_RENEWAL_MS = 20_000;
/** How often a channel looks for findings that nobody has acknowledged. */
const REMIND_EVERY_MS = 60_000;
const STALLED_AFTER_MS = 15 * 60_000;
const DELIVERY_FAILING = 'monitor_delivery_failing';
/** A one-shot command tries a delivery for so long; what is left stays pending. */
const ONE_SHOT_BUDGET_MS = 10_000;

export type DelivererOptions = NoticeOptions & {
  readonly context: DetectContext;
  readonly clock: Clock;
  readonly random: () => number;
  readonly log: Log;
  readonly holder: string;
  /** The rules about API keys. */
  readonly keyRules: readonly string[];
  /** The local date of an instant, in the business zone. */
  readonly localDateOf: (epochMs: number) => string;
};

/** A message to be sent: the deliveries it settles, and what it says for those of them that could be claimed. */
type Outgoing = {
  readonly deliveries: readonly { readonly delivery_id: number; readonly attempts: number }[];
  readonly render: (claimed: readonly number[]) => Notice;
};

/** What draining a channel came to: all told, something left that may heal, something refused for good. */
export type DrainResult = { readonly sent: number; readonly refused: number; readonly pausedUntilMs: number | null };

/**
 * Drains the outbox, channel by channel, at least once per delivery: a row is marked sent only after the receiver said
 * so, and a claim keeps two processes from sending the same at the same time.
 */
export function createDeliverer(options: DelivererOptions) {
  const { store, context, clock, random, log, holder } = options;
  const remindedAtMs = new Map<string, number>();
  /** Channels that a one-shot command met not taking messages, and since when. */
  const failingSince = new Map<string, number>();

  /** Sends what is due on one channel; stops at the first failure that may heal. */
  async function drain(channel: Channel, signal: AbortSignal): Promise<DrainResult> {
    let sent = 0;
    let refused = 0;
    let hasSpoken = false;
    remind(channel.name);
    for (;;) {
      const messages = [...lines(channel.name), ...plan(channel).map((one) => outgoing(one, channel.name))];
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

  /** Owes the channel what nobody has acknowledged, from time to time. */
  function remind(channelName: string) {
    const nowMs = clock.now();
    if (nowMs - (remindedAtMs.get(channelName) ?? 0) < REMIND_EVERY_MS) return;
    remindedAtMs.set(channelName, nowMs);
    store.transaction(() => oweReminders(context, channelName, nowMs));
  }

  function plan(channel: Channel): PlannedMessage[] {
    const nowMs = clock.now();
    const today = options.localDateOf(nowMs);
    return planMessages(due(channel.name), {
      nowMs,
      isAboutKeys: (rule) => channel.keysOnceADay && options.keyRules.includes(rule),
      isToldOfKeysToday(instanceId) {
        const sentAt = store.deliveries.lastStateSentAt(channel.name, instanceId, options.keyRules);
        return sentAt !== null && options.localDateOf(Date.parse(sentAt)) === today;
      },
      releaseOf(delivery) {
        const release = store.findings.releaseOf(delivery.finding_id);
        if (!release) return null;
        // Other servers have the same ids: what they deploy is another release.
        const { project_id, release_version, environment_id } = release;
        return JSON.stringify([delivery.instance_id, project_id, release_version, environment_id]);
      },
      fitting: (deliveries, kind) =>
        channel.fitting(
          deliveries.map((one) => reportOf(options, one, true)),
          kind,
        ),
    });
  }

  function outgoing(planned: PlannedMessage, channelName: string): Outgoing {
    return {
      deliveries: planned.deliveries,
      render(claimed) {
        const deliveries = planned.deliveries.filter((one) => claimed.includes(one.delivery_id));
        const openedAt = deliveries[0] && store.findings.get(deliveries[0].finding_id)?.created_at;
        const notice = noticeOf(options, { ...planned, deliveries }, channelName);
        return { ...notice, messageId: messageIdOf(claimed, openedAt) };
      },
    };
  }

  /** What the channel is told of the monitor itself. */
  function lines(channelName: string): Outgoing[] {
    return store.notices.due(channelName, toInstant(clock.now())).map((one) => ({
      deliveries: [one],
      render: (claimed) => ({ kind: 'alive', text: one.text, messageId: messageIdOf(claimed, one.created_at) }),
    }));
  }

  /**
   * What may be sent now: catch-up waits until its instance has been read to now, or cannot or will not be read; corrections
   * wait until all of history is judged again.
   */
  function due(channelName: string): DueDelivery[] {
    const isRejudging = store.rejudgements.isOpen();
    return store.deliveries.due(channelName, toInstant(clock.now())).filter((one) => {
      if (one.is_correction === 1) return !isRejudging;
      if (isNeedless(one, channelName)) return false;
      if (one.is_catch_up === 0 || !store.backlog.hasUnreadPast(one.instance_id)) return true;
      const instance = store.instances.all().find((row) => row.instance_id === one.instance_id);
      return instance === undefined || instance.failing_since_at !== null || instance.retired_at !== null;
    });
  }

  /** A repeat of which another message has told all meanwhile is removed. */
  function isNeedless(one: DueDelivery, channelName: string): boolean {
    if (one.kind !== 'repeat' || one.is_state === 1 || one.novelties !== null) return false;
    const told = store.deliveries.told(one.finding_id, channelName);
    const events = store.findings.get(one.finding_id)?.event_count ?? 0;
    if (!told || events > told.told_events) return false;
    store.transaction(() => store.deliveries.remove(one.delivery_id));
    return true;
  }

  function claim(message: Outgoing): number[] {
    const ids = message.deliveries.map((one) => one.delivery_id);
    return store.transaction(() => store.deliveries.claim(ids, holder, clock.now(), CLAIM_MS));
  }

  async function sendClaimed(
    channel: Channel,
    message: Outgoing,
    claimed: number[],
    signal: AbortSignal,
  ): Promise<SendResult> {
    const renewal = setInterval(() => {
      try {
        store.transaction(() => store.deliveries.renew(claimed, holder, toInstant(clock.now() + CLAIM_MS)));
      } catch (error) {
        // The claim may lapse and another process send the same: better twice than never.
        log.warn({ channel: channel.name, reason: messageOf(error) }, 'a claim could not be renewed');
      }
    }, CLAIM_RENEWAL_MS);
    try {
      const result = await channel.send(message.render(claimed), signal);
      store.transaction(() => {
        if (result.outcome === 'sent') store.deliveries.markSent(claimed, toInstant(clock.now()));
        if (result.outcome === 'failed') store.deliveries.markFailed(claimed, result.reason, toInstant(clock.now()));
        if (result.outcome === 'retry' && signal.aborted) store.deliveries.release(claimed, holder);
      });
      if (result.outcome === 'failed')
        log.error({ channel: channel.name, reason: result.reason }, 'a message was refused for good');
      return result;
    } finally {
      clearInterval(renewal);
    }
  }

  function postpone(claimed: number[], message: Outgoing, result: Extract<SendResult, { outcome: 'retry' }>): number {
    const nowMs = clock.now();
    const attempts = Math.max(...message.deliveries.map((one) => one.attempts)) + 1;
    const waitMs = Math.max(backoffMs(attempts, random), result.retryAfterMs ?? 0);
    const notBeforeAt = result.retryAfterMs === null ? null : toInstant(nowMs + result.retryAfterMs);
    store.transaction(() =>
      store.deliveries.markRetry(claimed, holder, result.reason, toInstant(nowMs + waitMs), notBeforeAt),
    );
    return nowMs + waitMs;
  }

  return {
    drain,

    /** Drains a channel within ten seconds of its first failure, also of an earlier drain; what is left stays pending. */
    async drainOneShot(channel: Channel, signal: AbortSignal): Promise<DrainResult> {
      let failingSinceMs = failingSince.get(channel.name) ?? null;
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
        failingSince.delete(channel.name);
        if (result.pausedUntilMs === null) return { sent, refused, pausedUntilMs: null };
        failingSinceMs ??= result.sent > 0 ? clock.now() : startedAtMs;
        failingSince.set(channel.name, failingSinceMs);
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

    /**
     * Opens or ends the finding that a channel cannot be told; it goes to the others and to the log. It is about the monitor
     * and stands under one instance, which need not be the one that was the first when it was opened.
     */
    watchDeliveries(instanceId: number) {
      const nowMs = clock.now();
      store.transaction(() => {
        const trouble = store.deliveries.trouble(toInstant(nowMs - STALLED_AFTER_MS));
        const isOver = (subject: string) => !trouble.some((one) => one.channel === subject);
        const ids = store.instances.all().map((one) => one.instance_id);
        for (const id of ids) settleCondition(context, id, DELIVERY_FAILING, nowMs, isOver);
        const told = ids.flatMap((id) => store.findings.unresolvedState(id, DELIVERY_FAILING));
        for (const { channel, stalled, dead, last_error } of trouble) {
          if (told.some((one) => one.subject === channel)) continue;
          const what =
            dead > 0 ? `refused ${dead} for good` : `has not taken ${stalled} for ${STALLED_AFTER_MS / 60_000} minutes`;
          const report = {
            subject: channel,
            summary: `Channel ${channel} ${what}: ${last_error ?? 'no reason known'}`,
            why: 'Findings are stored, but nobody is told of them there.',
          };
          raiseCondition(context, instanceId, DELIVERY_FAILING, report, nowMs);
        }
      });
    },
  };
}

/** The same at every attempt, and another for the delivery of that number in another database. */
function messageIdOf(claimed: readonly number[], madeAt: string | undefined): string {
  return `${claimed[0]}-${Date.parse(madeAt ?? '')}`;
}

export type Deliverer = ReturnType<typeof createDeliverer>;
