/** The parts of a time that the time modifiers of specification 2.1 name. */
export const TIME_PARTS = ['minute', 'hour', 'day', 'week', 'month', 'year'] as const;
export type TimePart = (typeof TIME_PARTS)[number];

/** What each part can be. ISO 8601 has weeks 1 to 53; the specification says 52, which would leave some days without one. */
export const TIME_PART_RANGE: Readonly<Record<TimePart, readonly [number, number]>> = {
  minute: [0, 59],
  hour: [0, 23],
  day: [1, 31],
  week: [1, 53],
  month: [1, 12],
  year: [0, 9999],
};

/** A date as ISO 8601 writes it, also with slashes or a space; what follows the minutes (seconds, zone) says nothing here. */
const WRITTEN_TIME = /^\s*(\d{4})([-/])(\d{1,2})\2(\d{1,2})(?!\d)(?:(?:T|t| +)(\d{1,2}):(\d{2})(?!\d))?/;
const MAX_CHARACTERS = 100;

/**
 * Reads one part of a time as it is written: no zone is applied, neither the one in the text nor the machine's. NaN, which
 * equals nothing, when the value is no such text or has no such part.
 */
export function timePartOf(part: TimePart, value: unknown): number {
  if (typeof value !== 'string' || value.length > MAX_CHARACTERS) return Number.NaN;
  const match = WRITTEN_TIME.exec(value);
  if (!match) return Number.NaN;
  const [year, month, day] = [Number(match[1]), Number(match[3]), Number(match[4])];
  if (month < 1 || month > 12 || day < 1 || day > daysIn(year, month)) return Number.NaN;
  switch (part) {
    case 'year':
      return year;
    case 'month':
      return month;
    case 'day':
      return day;
    case 'week':
      return isoWeek(year, month, day);
    case 'hour':
      return within(match[5], 23);
    case 'minute':
      return within(match[6], 59);
  }
}

function within(digits: string | undefined, max: number): number {
  const value = digits === undefined ? Number.NaN : Number(digits);
  return value <= max ? value : Number.NaN;
}

function daysIn(year: number, month: number): number {
  return dateOf(year, month + 1, 0).getUTCDate();
}

function dateOf(year: number, month: number, day: number): Date {
  const date = new Date(0);
  // Date.UTC would take the years 0 to 99 for 1900 to 1999.
  date.setUTCFullYear(year, month - 1, day);
  return date;
}

/** The ISO 8601 week: the one that its Thursday's year counts. */
function isoWeek(year: number, month: number, day: number): number {
  const date = dateOf(year, month, day);
  const weekday = date.getUTCDay() || 7;
  date.setUTCDate(date.getUTCDate() + 4 - weekday);
  const firstOfYear = dateOf(date.getUTCFullYear(), 1, 1);
  return Math.floor((date.getTime() - firstOfYear.getTime()) / 86_400_000 / 7) + 1;
}
