import { UsageError } from '../lib/errors.ts';
import { formatEpochDay, parseLocalDate } from '../lib/local-date.ts';
import { printable, truncate } from '../lib/text.ts';
import type { Zone } from '../lib/zone.ts';

const DAYS = /^(\d{1,5})\s*([dw])$/;

/** Today on the clocks of the business zone, in days since 1970-01-01. */
export function today(zone: Zone, nowMs: number): number {
  return zone.localTime(nowMs).epochDay;
}

/**
 * A local day as people write it, `2026-12-31` or so many days or weeks from today (`90d`, `2w`), as days since 1970-01-01.
 * Throws UsageError that names `option` when it is neither.
 */
export function readDay(text: string, option: string, zone: Zone, nowMs: number): number {
  const date = parseLocalDate(text);
  if (date !== null) return date;
  const match = DAYS.exec(text);
  if (match) return today(zone, nowMs) + Number(match[1]) * (match[2] === 'w' ? 7 : 1);
  throw new UsageError(`${option}: "${printable(truncate(text, 40))}" is no date`, {
    hint: `Write a date that exists as YYYY-MM-DD, such as ${formatEpochDay(today(zone, nowMs) + 30)}, or days from today: 30d.`,
  });
}
