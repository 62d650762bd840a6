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

/** The date that lies `epochDay` days after 1970-01-01. Plain arithmetic: a `Date` costs four times as much. */
export function fromEpochDay(epochDay: number): LocalDate {
  // Counted in eras of 400 years that begin on 1 March, so that the leap day comes last.
  const shifted = epochDay + 719_468;
  const era = Math.floor(shifted / 146_097);
  const dayOfEra = shifted - era * 146_097;
  const yearOfEra = Math.floor(
    (dayOfEra - Math.floor(dayOfEra / 1460) + Math.floor(dayOfEra / 36_524) - Math.floor(dayOfEra / 146_096)) / 365,
  );
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const monthFromMarch = Math.floor((5 * dayOfYear + 2) / 153);
  const month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9;
  return {
    year: era * 400 + yearOfEra + (month <= 2 ? 1 : 0),
    month,
    day: dayOfYear - Math.floor((153 * monthFromMarch + 2) / 5) + 1,
  };
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
