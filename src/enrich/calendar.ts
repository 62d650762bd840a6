import { UsageError } from '../lib/errors.ts';
import { formatEpochDay, parseLocalDate, twoDigits } from '../lib/local-date.ts';
import { printable, truncate } from '../lib/text.ts';
import type { LocalTime, Zone } from '../lib/zone.ts';
import type { OffHoursReason } from '../model/record.ts';

/**
 * Business hours that begin on one day, in minutes after its local midnight: the first minute is inside, `toMinute` is
 * outside. A `toMinute` not after `fromMinute`, or beyond 1440, lies on the next day (22:00 to 06:00).
 */
export type HoursInterval = { readonly fromMinute: number; readonly toMinute: number };

/** The hours of each day, Monday first; a day with an empty list is not a working day. */
export type WeeklyHours = readonly (readonly HoursInterval[])[];

/** A time in which nothing should change: from `fromMs` on, up to but without `toMs`. */
export type Freeze = { readonly fromMs: number; readonly toMs: number; readonly name?: string };

export type CalendarOptions = {
  readonly zone: Zone;
  /** Default: `default`, the calendar of whatever no other is responsible for. */
  readonly name?: string;
  /** Default: Monday to Friday, 08:00 to 18:00. */
  readonly weeklyHours?: WeeklyHours;
  /** Local dates, `YYYY-MM-DD`. */
  readonly holidays?: readonly string[];
  readonly freezes?: readonly Freeze[];
};

export type TimeJudgement = {
  /** `HH:MM` */
  readonly localTime: string;
  /** `Monday` … `Sunday` */
  readonly localDay: string;
  /** `YYYY-MM-DD` */
  readonly localDate: string;
  readonly isOffHours: boolean;
  readonly reason: OffHoursReason | null;
  /** What the freeze is called; null outside of freezes, and of one without a name. */
  readonly freeze: string | null;
};

export type Calendar = {
  readonly name: string;
  readonly zone: Zone;
  /** Says when an instant (milliseconds since the epoch) was, locally, and whether that is outside of business hours. */
  judge(epochMs: number): TimeJudgement;
  /** What it was made of, hours that run past midnight beyond 1440. */
  readonly settings: {
    readonly weeklyHours: WeeklyHours;
    readonly holidays: readonly string[];
    readonly freezes: readonly Freeze[];
  };
  /** The hours in words, such as `Mon-Fri 08:00-18:00 Europe/London`. */
  describe(): string;
};

const DAYS = ['Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday', 'Sunday'] as const;
/** The calendar of whatever no other is responsible for. */
export const DEFAULT_CALENDAR = 'default';
const DAY_MINUTES = 1440;
const OFFICE_HOURS: readonly HoursInterval[] = [{ fromMinute: 8 * 60, toMinute: 18 * 60 }];

/** Monday to Friday, 08:00 (inside) to 18:00 (outside). */
const DEFAULT_WEEKLY_HOURS: WeeklyHours = DAYS.map((_, day) => (day < 5 ? OFFICE_HOURS : []));

/**
 * The business calendar. Hours belong to the day on which they begin, and a holiday removes the hours that begin on it:
 * the small hours after a holiday's missing night shift are off-hours too. All comparisons are of local clock time, so that
 * 08:00 is 08:00 on both sides of a change of clocks. When several reasons hold: freeze, holiday, weekend, night.
 * @throws UsageError when a holiday is no date; `parseHolidays` tells of all such mistakes at once.
 */
export function createCalendar(options: CalendarOptions): Calendar {
  const { zone, name = DEFAULT_CALENDAR, freezes = [] } = options;
  const week = createWeek(options.weeklyHours ?? DEFAULT_WEEKLY_HOURS);
  const { hours } = week;
  const holidays = new Set<number>();
  for (const date of options.holidays ?? []) {
    const epochDay = parseLocalDate(date);
    if (epochDay === null)
      throw new UsageError(`The holiday "${truncate(printable(date), 40)}" is not a date YYYY-MM-DD.`);
    holidays.add(epochDay);
  }
  let cachedEpochDay = Number.NaN;
  let cachedDate = '';

  function reasonAt(local: LocalTime): OffHoursReason | null {
    const { epochDay } = local;
    const begunToday = week.hasBegunToday(local);
    if (begunToday && !holidays.has(epochDay)) return null;
    const begunYesterday = week.hasBegunYesterday(local);
    if (begunYesterday && !holidays.has(epochDay - 1)) return null;
    if (begunYesterday || holidays.has(epochDay)) return 'holiday';
    return (hours[local.weekday] ?? []).length === 0 ? 'weekend' : 'night';
  }

  return {
    judge(epochMs) {
      const local = zone.localTime(epochMs);
      const freeze = freezes.find((one) => epochMs >= one.fromMs && epochMs < one.toMs);
      const reason = freeze ? 'freeze' : reasonAt(local);
      if (local.epochDay !== cachedEpochDay) {
        cachedEpochDay = local.epochDay;
        cachedDate = formatEpochDay(local.epochDay);
      }
      return {
        localTime: `${twoDigits(local.hour)}:${twoDigits(local.minute)}`,
        localDay: DAYS[local.weekday] ?? '',
        localDate: cachedDate,
        isOffHours: reason !== null,
        reason,
        freeze: freeze?.name ?? null,
      };
    },
    name,
    zone,
    settings: { weeklyHours: hours, holidays: options.holidays ?? [], freezes },
    describe: () => `${describeHours(hours)} ${zone.name}${name === DEFAULT_CALENDAR ? '' : ` (calendar ${name})`}`,
  };
}

/** Hours that come every week, ready to be asked: hours belong to the day on which they begin. */
export function createWeek(weekly: WeeklyHours) {
  const hours = weekly.map((day) => day.map(normalise));

  function covers(weekday: number, minute: number): boolean {
    return (hours[weekday] ?? []).some(({ fromMinute, toMinute }) => minute >= fromMinute && minute < toMinute);
  }

  const hasBegunToday = ({ weekday, hour, minute }: LocalTime) => covers(weekday, hour * 60 + minute);
  const hasBegunYesterday = ({ weekday, hour, minute }: LocalTime) =>
    covers((weekday + 6) % 7, hour * 60 + minute + DAY_MINUTES);

  return {
    hours,
    /** Whether hours hold that began on the same local day. */
    hasBegunToday,
    /** Whether hours hold that began on the day before and go past midnight. */
    hasBegunYesterday,
    holds: (local: LocalTime) => hasBegunToday(local) || hasBegunYesterday(local),
  };
}

function normalise({ fromMinute, toMinute }: HoursInterval): HoursInterval {
  return { fromMinute, toMinute: toMinute > fromMinute ? toMinute : toMinute + DAY_MINUTES };
}

/** Hours in words: `Mon-Fri 08:00-18:00`. */
export function describeHours(hours: WeeklyHours): string {
  const runs: { first: number; last: number; text: string }[] = [];
  for (const [day, intervals] of hours.entries()) {
    const text = intervals.map((i) => `${clockTime(i.fromMinute)}-${clockTime(i.toMinute)}`).join(' and ');
    const run = runs.at(-1);
    if (run?.text === text) run.last = day;
    else runs.push({ first: day, last: day, text });
  }
  const parts = runs
    .filter(({ text }) => text !== '')
    .map(({ first, last, text }) => `${shortDay(first)}${last > first ? `-${shortDay(last)}` : ''} ${text}`);
  return parts.join(', ') || 'no business hours';
}

function shortDay(day: number): string {
  return (DAYS[day] ?? '').slice(0, 3);
}

function clockTime(minute: number): string {
  const ofDay = minute > DAY_MINUTES ? minute - DAY_MINUTES : minute;
  return `${twoDigits(Math.floor(ofDay / 60))}:${twoDigits(ofDay % 60)}`;
}
