import { type Clock, toInstant } from '../lib/clock.ts';
import { messageOf } from '../lib/errors.ts';
import { backoffMs } from '../lib/retry.ts';
import type { DigestReport } from '../model/digest.ts';
import type { Channel, SendResult } from '../model/message.ts';
import { renderDigest } from '../notify/digest.ts';
import type { Mailer } from '../notify/email.ts';
import type { DueDigest } from '../store/index.ts';
import { describeAlive } from './digest-alive.ts';
import { createDigestReports, type DigestReportsOptions } from './digest-reports.ts';
import type { Closing } from './digest-schedule.ts';
import type { Log } from './instance.ts';

/** The name under which mail stands in view `deliveries`. */
export const EMAIL_CHANNEL = 'email';

const CLAIM_MS = 60_000;
const CLAIM_RENEWAL_MS = 20_000;

export type DigestDeliveryOptions = DigestReportsOptions & {
  readonly clock: Clock;
  readonly random: () => number;
  readonly log: Log;
  /** Who this process is when it claims a delivery. */
  readonly holder: string;
  /** Null without SMTP. */
  readonly mail: { readonly mailer: Mailer; readonly recipients: readonly string[] } | null;
  /** Told once a day in one line that the monitor lives, when there is no mail. */
  readonly aliveChannels: readonly Channel[];
};

/** `signal` ends the program, and leaves things as they were; `limit` ends this try, which then counts. */
export type DeliverySignals = { readonly signal: AbortSignal; readonly limit: AbortSignal };

type Attempt = { readonly result: SendResult; readonly report: DigestReport | null };

/** Makes what sends one digest that is due: claimed, rendered when it is sent, and marked by what the receiver said. */
export function createDigestDelivery(options: DigestDeliveryOptions) {
  const { store, clock, random, log, holder, mail } = options;
  const reports = createDigestReports(options);

  async function attempt(due: DueDigest, closing: Closing, signal: AbortSignal): Promise<Attempt> {
    const { report, renderedAt, previousLocalDate } = reports.reportFor(closing, due, clock.now());
    const keep = (subject: string) =>
      store.transaction(() =>
        store.digests.setRendered(due.delivery_id, { fromAt: report.fromAt, renderedAt, subject }),
      );
    if (due.channel === EMAIL_CHANNEL && mail) {
      const rendered = renderDigest(report);
      keep(rendered.subject);
      const { instances, localDate } = report;
      const envelope = { to: due.recipient, instances, localDate, previousLocalDate };
      return { report, result: await mail.mailer.send({ ...envelope, ...rendered }, signal) };
    }
    const channel = options.aliveChannels.find((one) => one.name === due.channel);
    if (!channel) throw new Error('its channel is not configured any more');
    const text = describeAlive(report, reports.zone);
    keep(text);
    await keepDistance(channel, signal);
    return { report, result: await channel.send({ kind: 'alive', text }, signal) };
  }

  /** Findings may have gone out on the same channel just now, by this process or another. */
  async function keepDistance(channel: Channel, signal: AbortSignal) {
    const lastAt = store.digests.lastSentAt(channel.name);
    const waitMs = lastAt === null ? 0 : Date.parse(lastAt) + channel.minIntervalMs - clock.now();
    if (waitMs > 0) await clock.sleep(Math.min(waitMs, channel.minIntervalMs), signal);
  }

  function settle(due: DueDigest, { result, report }: Attempt, isStopping: boolean): void {
    const ids = [due.delivery_id];
    const nowMs = clock.now();
    const facts = { channel: due.channel, date: due.local_date };
    switch (result.outcome) {
      case 'sent':
        store.transaction(() => {
          store.deliveries.markSent(ids, toInstant(nowMs));
          const counts = { channel: due.channel, ...(report ? countsOf(report) : {}) };
          store.journal.add(toInstant(nowMs), 'digest_sent', due.local_date, counts);
        });
        log.info(facts, 'the digest was sent');
        return;
      case 'failed':
        store.transaction(() => store.deliveries.markFailed(ids, result.reason, toInstant(nowMs)));
        log.error({ ...facts, reason: result.reason }, 'the digest was refused for good');
        return;
      case 'retry': {
        if (isStopping) {
          store.transaction(() => store.deliveries.release(ids, holder));
          return;
        }
        const waitMs = Math.max(backoffMs(due.attempts + 1, random), result.retryAfterMs ?? 0);
        const notBeforeAt = result.retryAfterMs === null ? null : toInstant(nowMs + result.retryAfterMs);
        store.transaction(() =>
          store.deliveries.markRetry(ids, holder, result.reason, toInstant(nowMs + waitMs), notBeforeAt),
        );
        log.warn({ ...facts, reason: result.reason }, 'the digest could not be sent; it is tried again');
      }
    }
  }

  return {
    reports,

    /** Tries one digest once. Null when another process has it just now. */
    async deliver(due: DueDigest, closing: Closing, signals: DeliverySignals): Promise<SendResult['outcome'] | null> {
      const ids = [due.delivery_id];
      const claimed = store.transaction(() => store.deliveries.claim(ids, holder, clock.now(), CLAIM_MS));
      if (claimed.length === 0) return null;
      const renewal = setInterval(() => {
        store.transaction(() => store.deliveries.renew(ids, holder, toInstant(clock.now() + CLAIM_MS)));
      }, CLAIM_RENEWAL_MS);
      try {
        const made = await attempt(due, closing, signals.limit).catch((error: unknown): Attempt => {
          const reason = `the digest could not be made: ${messageOf(error)}`;
          return { report: null, result: { outcome: 'retry', reason, retryAfterMs: null } };
        });
        settle(due, made, signals.signal.aborted);
        return made.result.outcome;
      } finally {
        clearInterval(renewal);
      }
    },
  };
}

function countsOf(report: DigestReport) {
  return {
    from: report.fromAt,
    to: report.toAt,
    needsAction: report.needsAction.length,
    opened: report.opened.length,
    stillOpen: report.stillOpen.length,
    resolved: report.resolved.length,
    keys: report.keys.reduce((sum, owner) => sum + owner.keys.length, 0),
    undelivered: report.undelivered.reduce((sum, one) => sum + one.count, 0),
    gaps: report.coverage.reduce((sum, one) => sum + one.gaps.length, 0),
  };
}
