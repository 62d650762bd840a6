import { toInstant } from '../lib/clock.ts';
import type { DigestReport } from '../model/digest.ts';
import type { DigestTarget, DueDigest } from '../store/index.ts';
import {
  createDigestDelivery,
  type DeliverySignals,
  type DigestDeliveryOptions,
  EMAIL_CHANNEL,
} from './digest-delivery.ts';
import type { Closing } from './digest-schedule.ts';

/** Mails on their way at the same time: servers allow few connections from one address. */
const WIDTH = 4;
/** How long a digest waits for its time to be read to the end; then it goes out and says what was not read. */
const PATIENCE_MS = 30 * 60_000;
const LOOK_MS = 5_000;
/** A one-shot command tries a delivery for so long; what is left stays pending. */
const ONE_SHOT_BUDGET_MS = 10_000;
/** How often a one-shot command looks whether another process has sent what it holds. */
const OTHERS_LOOK_MS = 200;

/** What one look at the due digests came to. */
export type DigestResult = { readonly sent: number; readonly refused: number; readonly postponed: number };

/** What became of the digest for one recipient whom a person asked to send it to. */
export type DigestSent = {
  readonly recipient: string;
  readonly outcome: 'sent' | 'sent before' | 'failed' | 'pending';
  readonly reason: string | null;
};

/**
 * Sends the digest once per local date and recipient, whatever restarts and other processes do: what is owed is a row.
 * Without mail, channels are told in one line that the monitor lives.
 */
export function createDigester(options: DigestDeliveryOptions) {
  const { store, clock, mail } = options;
  const { reports, deliver } = createDigestDelivery(options);
  const { schedule } = reports;
  const startedAtMs = clock.now();
  const mailTargets = mail?.recipients.map((recipient) => ({ channel: EMAIL_CHANNEL, recipient })) ?? [];
  const aliveTargets = options.aliveChannels.map(({ name }) => ({ channel: name, recipient: '' }));
  /** Until when looking again changes nothing: an earlier digest is on its way, or its time is not read yet. */
  let lookAgainMs = 0;

  /**
   * Who gets the digest of a closing. Nobody is told that the monitor lived before it did, while the first mail covers
   * the day before the first start; and nobody gets an older one than they have, because DIGEST_AT or the zone was changed.
   */
  function targetsOf(closing: Closing): readonly DigestTarget[] {
    const toAt = toInstant(closing.atMs);
    const bornAt = store.digests.monitoredSince();
    const targets = mail ? mailTargets : bornAt === null || bornAt > toAt ? [] : aliveTargets;
    return targets.filter((one) => !store.digests.hasLater(one, toAt));
  }

  function isOwed(closing: Closing): boolean {
    return targetsOf(closing).every((one) => store.digests.find(one, closing.localDate) !== undefined);
  }

  /** Whether all that can be read of the closing's time is read, or it has waited long enough. */
  function isReady(closing: Closing): boolean {
    if (clock.now() - Math.max(closing.atMs, startedAtMs) >= PATIENCE_MS) return true;
    const toAt = toInstant(closing.atMs);
    return store.instances
      .all()
      .filter((one) => options.instances?.includes(one.name) ?? one.retired_at === null)
      .every((one) => {
        if (one.failing_since_at !== null) return true;
        if (one.watermark_at === null || one.watermark_at < toAt) return false;
        return !store.digestFacts.unread(one.instance_id).some((row) => row.cursor_at < toAt);
      });
  }

  function owe(closing: Closing) {
    const targets = targetsOf(closing);
    const owed = { localDate: closing.localDate, toAt: toInstant(closing.atMs) };
    const isAll = store.transaction(() => store.digests.owe(owed, targets, clock.now()));
    if (!isAll) lookAgainMs = clock.now() + LOOK_MS;
  }

  async function sendOwed(closing: Closing, signals: DeliverySignals): Promise<DigestResult> {
    const targets = mail ? mailTargets : aliveTargets;
    const isOurs = (due: DueDigest) =>
      targets.some((one) => one.channel === due.channel && one.recipient === due.recipient);
    const queue = store.digests.due(closing.localDate, toInstant(clock.now())).filter(isOurs);
    const counts = { sent: 0, failed: 0, retry: 0 };
    const work = async () => {
      for (let due = queue.shift(); due && !signals.limit.aborted; due = queue.shift()) {
        const outcome = await deliver(due, closing, signals);
        if (outcome !== null) counts[outcome] += 1;
      }
    };
    await Promise.all(Array.from({ length: WIDTH }, work));
    return { sent: counts.sent, refused: counts.failed, postponed: counts.retry };
  }

  /** Tries for ten seconds what is owed of a closing, also what another process has begun. */
  async function sendWithinBudget(closing: Closing, signal: AbortSignal): Promise<DigestResult> {
    const endMs = clock.now() + ONE_SHOT_BUDGET_MS;
    const limit = AbortSignal.any([signal, AbortSignal.timeout(ONE_SHOT_BUDGET_MS)]);
    const sum = { sent: 0, refused: 0, postponed: 0 };
    for (;;) {
      const { sent, refused, postponed } = await sendOwed(closing, { signal, limit });
      sum.sent += sent;
      sum.refused += refused;
      sum.postponed = postponed;
      const nextAt = store.digests.nextDueAt(closing.localDate);
      if (nextAt === null || limit.aborted) return sum;
      const isOtherBusy = store.digests.isBeingSent(closing.localDate, toInstant(clock.now()));
      const waitMs = isOtherBusy ? OTHERS_LOOK_MS : Math.max(OTHERS_LOOK_MS, Date.parse(nextAt) - clock.now());
      if (clock.now() + waitMs > endMs) return sum;
      await clock.sleep(waitMs, limit).catch(() => undefined);
    }
  }

  return {
    /** When there is something to do next, in milliseconds of the epoch: a digest closes, or one is tried again. */
    nextDueMs(): number {
      const nowMs = clock.now();
      const closing = schedule.last(nowMs);
      const nextMs = schedule.next(nowMs).atMs;
      if (!isOwed(closing)) return Math.min(nextMs, Math.max(nowMs, lookAgainMs));
      const pendingAt = targetsOf(closing).length > 0 ? store.digests.nextDueAt(closing.localDate) : null;
      return pendingAt === null ? nextMs : Math.min(nextMs, Math.max(nowMs, Date.parse(pendingAt)));
    },

    /** Sends what is due now. The digest's time is read to the end first, if that takes less than half an hour. */
    async sendDue(signal: AbortSignal): Promise<DigestResult> {
      const closing = schedule.last(clock.now());
      if (!isOwed(closing)) {
        if (!isReady(closing)) {
          lookAgainMs = clock.now() + LOOK_MS;
          return { sent: 0, refused: 0, postponed: 0 };
        }
        owe(closing);
      }
      return sendOwed(closing, { signal, limit: signal });
    },

    /** Sends what is due within ten seconds; what failed for the time being stays pending. */
    async sendOneShot(signal: AbortSignal): Promise<DigestResult> {
      const closing = schedule.last(clock.now());
      if (!isOwed(closing)) owe(closing);
      return sendWithinBudget(closing, signal);
    },

    /**
     * Sends the mail of a closing because a person asks for it, within ten seconds, also what was refused before. What
     * was accepted before is not sent again. Of an old date nothing stays pending: nobody would try it again.
     */
    async sendNow(closing: Closing, signal: AbortSignal): Promise<readonly DigestSent[]> {
      const owed = { localDate: closing.localDate, toAt: toInstant(closing.atMs) };
      const before = store.transaction(() =>
        mailTargets.map((one) => store.digests.oweNow(owed, one, clock.now()).state === 'sent'),
      );
      await sendWithinBudget(closing, signal);
      return mailTargets.map((target, index): DigestSent => {
        const row = store.digests.find(target, closing.localDate);
        const { recipient } = target;
        if (before[index]) return { recipient, outcome: 'sent before', reason: null };
        if (row?.state === 'pending' && closing.localDate !== schedule.last(clock.now()).localDate)
          store.transaction(() => store.digests.giveUp(row.delivery_id, toInstant(clock.now())));
        return { recipient, outcome: row?.state ?? 'pending', reason: row?.last_error ?? null };
      });
    },

    /** The digest of a closing to be looked at. */
    preview: (closing: Closing): DigestReport => reports.preview(closing, clock.now()),
    schedule,
  };
}

export type Digester = ReturnType<typeof createDigester>;
