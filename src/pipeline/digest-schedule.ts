import { formatEpochDay, fromEpochDay, parseLocalDate } from '../lib/local-date.ts';
import type { Zone } from '../lib/zone.ts';

/** A time of day on the clocks of the business zone. */
export type TimeOfDay = { readonly hour: number; readonly minute: number };

/** The moment at which the digest of a local date closes. */
export type Closing = { readonly localDate: string; readonly atMs: number };

/**
 * When digests close: once on each local date, at the given time of day. A time that a change of clocks skips is as much
 * later as the clocks jumped, one that comes twice is the earlier one; a date that a zone leaves out has no digest.
 */
export function createDigestSchedule(zone: Zone, at: TimeOfDay) {
  const closingMs = (epochDay: number) => zone.epochMsOf({ ...fromEpochDay(epochDay), ...at });

  /** The latest closing of the day or an earlier one that is not after `nowMs`. */
  function lastFrom(epochDay: number, nowMs: number): Closing {
    let day = epochDay;
    while (closingMs(day) > nowMs) day -= 1;
    return { localDate: formatEpochDay(day), atMs: closingMs(day) };
  }

  return {
    /** The last closing at `nowMs`; the moment itself counts. */
    last: (nowMs: number): Closing => lastFrom(zone.localTime(nowMs).epochDay + 1, nowMs),

    /** The first closing after `nowMs`. */
    next(nowMs: number): Closing {
      let day = zone.localTime(nowMs).epochDay - 1;
      while (closingMs(day) <= nowMs) day += 1;
      // Of two dates that close at one moment only the later one was lived through.
      while (closingMs(day + 1) === closingMs(day)) day += 1;
      return { localDate: formatEpochDay(day), atMs: closingMs(day) };
    },

    /** The closing before another one. */
    before: (closing: Closing): Closing => lastFrom(zone.localTime(closing.atMs).epochDay + 1, closing.atMs - 1),

    /** The closing of a date `YYYY-MM-DD`; null when there is no such date, in the calendar or in the zone. */
    of(localDate: string): Closing | null {
      const epochDay = parseLocalDate(localDate);
      if (epochDay === null || closingMs(epochDay) === closingMs(epochDay + 1)) return null;
      return { localDate, atMs: closingMs(epochDay) };
    },
  };
}
