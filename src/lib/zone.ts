import { UsageError } from './errors.ts';
import { fromEpochDay, toEpochDay } from './local-date.ts';
import { printable, truncate } from './text.ts';

/** What a clock on the wall shows. `weekday`: 0 is Monday, 6 is Sunday. */
export type LocalTime = {
  readonly year: number;
  readonly month: number;
  readonly day: number;
  readonly hour: number;
  readonly minute: number;
  readonly second: number;
  readonly weekday: number;
  /** Local time less UTC, in minutes. */
  readonly offsetMinutes: number;
  /** Days from 1970-01-01 to the local date. */
  readonly epochDay: number;
};

export type Zone = {
  /** The IANA name as it was given. */
  readonly name: string;
  /** The local time at an instant (milliseconds since the epoch). */
  localTime(epochMs: number): LocalTime;
  /**
   * The instant at which local clocks show a time. A time that comes twice is the earlier one; a time that a change of
   * clocks skips is as much later as the clocks jumped.
   */
  epochMsOf(local: { year: number; month: number; day: number; hour: number; minute: number }): number;
};

const DAY_MS = 86_400_000;
// Events are at most ten years old when they are read (octopus-api.md: retention up to 3650 days) and the data of zones
// reach to 2037; instants outside of the table are asked of Intl one by one, which is slower and just as right.
const TABLE_FROM_MS = Date.UTC(2010, 0, 1);
const TABLE_TO_MS = Date.UTC(2040, 0, 1);
const STEP_MS = 7 * DAY_MS;

type Changes = { readonly changesAtMs: readonly number[]; readonly offsetsMs: readonly number[] };

/** By IANA name: the same zone is asked for in several places, and its changes are always the same. */
const knownChanges = new Map<string, Changes>();

/**
 * A time zone by its IANA name. Its changes of offset between 2010 and 2040 are found from Intl by bisection (some ten
 * milliseconds), when it is first asked and once per name; a look-up then costs some tens of nanoseconds, against 870 of a cached Intl formatter.
 * @throws UsageError when the name is no zone.
 */
export function createZone(ianaName: string): Zone {
  const offsetFromIntl = createIntlOffset(ianaName);
  let changes: Changes | null = null;
  let segment = 0;
  let cachedEpochDay = Number.NaN;
  let cachedDate = fromEpochDay(0);
  let cachedWeekday = 0;

  function offsetMs(epochMs: number): number {
    if (epochMs < TABLE_FROM_MS || epochMs >= TABLE_TO_MS) return offsetFromIntl(epochMs);
    changes ??= changesOf(ianaName, offsetFromIntl);
    const { changesAtMs, offsetsMs } = changes;
    // Events come in order of time, so the segment of the last look-up is nearly always the right one.
    const from = changesAtMs[segment];
    const to = changesAtMs[segment + 1];
    if (from === undefined || epochMs < from || (to !== undefined && epochMs >= to)) {
      segment = lastNotAfter(changesAtMs, epochMs);
    }
    return offsetsMs[segment] ?? 0;
  }

  return {
    name: ianaName,
    localTime(epochMs) {
      const offset = offsetMs(epochMs);
      const local = epochMs + offset;
      const epochDay = Math.floor(local / DAY_MS);
      if (epochDay !== cachedEpochDay) {
        cachedEpochDay = epochDay;
        cachedDate = fromEpochDay(epochDay);
        // 1970-01-01 was a Thursday.
        cachedWeekday = (((epochDay + 3) % 7) + 7) % 7;
      }
      const secondOfDay = Math.floor((local - epochDay * DAY_MS) / 1000);
      return {
        year: cachedDate.year,
        month: cachedDate.month,
        day: cachedDate.day,
        hour: Math.floor(secondOfDay / 3600),
        minute: Math.floor(secondOfDay / 60) % 60,
        second: secondOfDay % 60,
        weekday: cachedWeekday,
        offsetMinutes: offset / 60_000,
        epochDay,
      };
    },
    epochMsOf(local) {
      const wallMs = toEpochDay(local) * DAY_MS + local.hour * 3_600_000 + local.minute * 60_000;
      const before = offsetMs(wallMs - DAY_MS);
      const after = offsetMs(wallMs + DAY_MS);
      for (const offset of [before, after]) {
        if (offsetMs(wallMs - offset) === offset) return wallMs - offset;
      }
      return wallMs - before;
    },
  };
}

/** The instant at which a local day begins; where clocks jump over midnight, the first one after the jump. */
export function startOfDay(epochDay: number, zone: Zone): number {
  return zone.epochMsOf({ ...fromEpochDay(epochDay), hour: 0, minute: 0 });
}

function createIntlOffset(ianaName: string): (epochMs: number) => number {
  // Every process that reads rules asks for this one, and Intl takes some ten milliseconds to begin.
  if (ianaName === 'UTC') return () => 0;
  let format: Intl.DateTimeFormat;
  try {
    format = new Intl.DateTimeFormat('en-US-u-ca-gregory-nu-latn', {
      timeZone: ianaName,
      hourCycle: 'h23',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
    });
  } catch {
    throw new UsageError(`Unknown time zone "${truncate(printable(ianaName), 80)}".`, {
      hint: 'Use an IANA name such as Europe/London, America/New_York or UTC.',
    });
  }
  return (epochMs) => {
    // Years with an era or more than four digits never occur in an audit log; their offset is that of the nearest end.
    const second = Math.floor(Math.min(Math.max(epochMs, Date.UTC(1970, 0, 1)), Date.UTC(9999, 0, 1)) / 1000) * 1000;
    const part: Record<string, number> = {};
    for (const { type, value } of format.formatToParts(second)) part[type] = Number(value);
    const { year = 0, month = 1, day = 0, hour = 0, minute = 0, second: seconds = 0 } = part;
    return Date.UTC(year, month - 1, day, hour, minute, seconds) - second;
  };
}

function changesOf(ianaName: string, offsetAt: (epochMs: number) => number): Changes {
  const known = knownChanges.get(ianaName) ?? findChanges(offsetAt);
  knownChanges.set(ianaName, known);
  return known;
}

/** Each change of offset in the table's range, and the offset from then on; the first entry is the range's start. */
function findChanges(offsetAt: (epochMs: number) => number): Changes {
  const changesAtMs = [TABLE_FROM_MS];
  const offsetsMs = [offsetAt(TABLE_FROM_MS)];
  let known = TABLE_FROM_MS;
  while (known < TABLE_TO_MS) {
    const next = Math.min(known + STEP_MS, TABLE_TO_MS);
    const offset = offsetsMs[offsetsMs.length - 1] ?? 0;
    if (offsetAt(next) === offset) {
      known = next;
      continue;
    }
    let low = known;
    let high = next;
    while (high - low > 1000) {
      const middle = Math.floor((low + high) / 2000) * 1000;
      if (offsetAt(middle) === offset) low = middle;
      else high = middle;
    }
    changesAtMs.push(high);
    offsetsMs.push(offsetAt(high));
    known = high;
  }
  return { changesAtMs, offsetsMs };
}

function lastNotAfter(sorted: readonly number[], value: number): number {
  let low = 0;
  let high = sorted.length - 1;
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if ((sorted[middle] ?? Number.POSITIVE_INFINITY) <= value) low = middle;
    else high = middle - 1;
  }
  return low;
}
