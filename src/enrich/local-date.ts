/** A date of the proleptic Gregorian calendar; `month` and `day` count from 1. */
export type LocalDate = { readonly year: number; readonly month: number; readonly day: number };

const DAY_MS = 86_400_000;
const DATE = /^(\d{4})-(\d{2})-(\d{2})$/;

/** Days from 1970-01-01 to a date; negative before it. */
export function toEpochDay(date: LocalDate): number {
  // setUTCFullYear rather than Date.UTC, which reads the years 0 to 99 as 1900 to 1999.
  const instant = new Date(0);
  instant.setUTCFullYear(date.year, date.month - 1, date.day);
  return Math.floor(instant.getTime() / DAY_MS);
}

/** The date that lies `epochDay` days after 1970-01-01. */
export function fromEpochDay(epochDay: number): LocalDate {
  const instant = new Date(epochDay * DAY_MS);
  return { year: instant.getUTCFullYear(), month: instant.getUTCMonth() + 1, day: instant.getUTCDate() };
}

/** Reads `YYYY-MM-DD` and returns days since 1970-01-01; null when it is not a date that exists (2026-02-30). */
export function parseLocalDate(text: string): number | null {
  const match = DATE.exec(text);
  if (!match) return null;
  const epochDay = toEpochDay({ year: Number(match[1]), month: Number(match[2]), day: Number(match[3]) });
  return formatEpochDay(epochDay) === text ? epochDay : null;
}

/** Writes days since 1970-01-01 as `YYYY-MM-DD`. */
export function formatEpochDay(epochDay: number): string {
  const { year, month, day } = fromEpochDay(epochDay);
  return `${String(year).padStart(4, '0')}-${twoDigits(month)}-${twoDigits(day)}`;
}

export function twoDigits(value: number): string {
  return value < 10 ? `0${value}` : String(value);
}
