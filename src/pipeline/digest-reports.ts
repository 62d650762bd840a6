import type { ProductionMatcher } from '../enrich/index.ts';
import { toInstant } from '../lib/clock.ts';
import { createZone } from '../lib/zone.ts';
import type { DigestReport } from '../model/digest.ts';
import type { PersonalFact } from '../model/personal.ts';
import type { DigestTarget, Store } from '../store/index.ts';
import { buildDigest, type KnownException } from './digest.ts';
import { type Closing, createDigestSchedule, type TimeOfDay } from './digest-schedule.ts';

export type DigestReportsOptions = {
  readonly store: Store;
  readonly timeZone: string;
  readonly isTimeZoneAssumed: boolean;
  /** When the digest closes, on the clocks of the zone. */
  readonly at: TimeOfDay;
  /** The configured instances; all that were at the last start when null. */
  readonly instances: readonly string[] | null;
  readonly production: ProductionMatcher;
  readonly exceptions: () => readonly KnownException[];
  readonly monitorVersion: string;
  readonly leaveOut?: readonly PersonalFact[];
};

/** A report with what it knows of, to be kept beside what was sent. */
export type DatedReport = {
  readonly report: DigestReport;
  readonly renderedAt: string;
  readonly previousLocalDate: string | null;
};

/**
 * Makes the report of a closing. It begins where the last digest that was accepted ended, so that after an outage one
 * digest covers all days missed; the first one covers the day before.
 */
export function createDigestReports(options: DigestReportsOptions) {
  const { store } = options;
  const zone = createZone(options.timeZone);
  const schedule = createDigestSchedule(zone, options.at);

  /** What the digest of a closing says when it is made at `nowMs` for somebody; `null` for whoever looks at it. */
  function reportFor(closing: Closing, target: DigestTarget | null, nowMs: number): DatedReport {
    const toAt = toInstant(closing.atMs);
    const last = store.digests.lastSent(target, toAt);
    const fromAt = last?.to_at ?? toInstant(schedule.before(closing).atMs);
    const renderedAt = toInstant(nowMs);
    const report = build(closing, fromAt, last?.rendered_at ?? fromAt, renderedAt);
    return { report, renderedAt, previousLocalDate: last?.local_date ?? null };
  }

  function build(closing: Closing, fromAt: string, foundFromAt: string, foundToAt: string): DigestReport {
    const { timeZone, isTimeZoneAssumed, instances, production, monitorVersion, leaveOut = [] } = options;
    const toAt = toInstant(closing.atMs);
    // Of a day long gone people want what is known of it now, but not as if it were today.
    const isLongGone = Date.parse(foundToAt) >= schedule.next(closing.atMs).atMs;
    return buildDigest(store, {
      localDate: closing.localDate,
      fromAt,
      toAt,
      foundFromAt,
      foundToAt,
      stateAt: isLongGone ? toAt : foundToAt,
      timeZone,
      isTimeZoneAssumed,
      instances,
      production,
      exceptions: options.exceptions(),
      monitorVersion,
      leaveOut,
    });
  }

  return {
    zone,
    schedule,
    reportFor,

    /** The digest of a closing to be looked at: as it was sent, if it was; else as it would be sent. */
    preview(closing: Closing, nowMs: number): DigestReport {
      const sent = store.digests.ofDate(closing.localDate).find((one) => one.state === 'sent');
      const toAt = toInstant(closing.atMs);
      if (sent?.from_at && sent.rendered_at && sent.to_at === toAt) {
        const before = store.digests.lastSent({ channel: sent.channel, recipient: sent.recipient }, toAt);
        return build(closing, sent.from_at, before?.rendered_at ?? sent.from_at, sent.rendered_at);
      }
      return reportFor(closing, null, nowMs).report;
    },
  };
}
