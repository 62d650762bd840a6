import { fromEpochDay, parseLocalDate } from '../lib/local-date.ts';
import { printable, truncate } from '../lib/text.ts';
import type { Zone } from '../lib/zone.ts';
import type { Freeze, HoursInterval, WeeklyHours } from './calendar.ts';

/** A value that cannot be used: where it stands (`calendar.hours.mon`) and what is wrong, as a sentence without a stop. */
export type Mistake = { readonly path: string; readonly message: string };

/** What became of reading a configured value: the value, or every mistake in it. */
export type Parsed<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly mistakes: readonly Mistake[] };

export const NOT_A_MOMENT = 'is not a time; write 2026-12-20, 2026-12-20T18:00 or 2026-12-20T18:00Z';
const DAY_NAMES = ['monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday', 'sunday'];
const INTERVAL = /^(\d{1,2}):(\d{2})\s*[-–]\s*(\d{1,2}):(\d{2})$/;
const LOCAL_TIME = /^(\d{4}-\d{2}-\d{2})(?:[T ](\d{2}):(\d{2})(?::00)?)?$/;
const INSTANT = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(?::\d{2}(?:\.\d{1,3})?)?(?:Z|[+-]\d{2}:\d{2})$/;

/**
 * Reads weekly hours: an object from days (`mon`, `monday`, also ranges `mon-fri`) to hours (`08:00-18:00`, several with
 * commas or as a list, `closed` or nothing for none; `22:00-06:00` ends on the next day). Days not named have no hours.
 */
export function parseWeeklyHours(value: unknown, path = 'calendar.hours'): Parsed<WeeklyHours> {
  if (!isObject(value)) return failed(path, 'must name days and their hours, such as mon: "08:00-18:00"');
  const mistakes: Mistake[] = [];
  const hours: (readonly HoursInterval[] | undefined)[] = DAY_NAMES.map(() => undefined);
  for (const [key, text] of Object.entries(value)) {
    const at = `${path}.${shown(key)}`;
    const days = daysOf(key);
    if (days === null) {
      mistakes.push({
        path: at,
        message: 'is not a day; use mon, tue, wed, thu, fri, sat, sun or a range such as mon-fri',
      });
      continue;
    }
    const intervals = intervalsOf(text, at, mistakes);
    for (const day of days) {
      if (hours[day] !== undefined) mistakes.push({ path: at, message: `sets ${DAY_NAMES[day]} a second time` });
      hours[day] = intervals;
    }
  }
  return mistakes.length > 0 ? { ok: false, mistakes } : { ok: true, value: hours.map((day) => day ?? []) };
}

/** Reads a list of local dates `YYYY-MM-DD`; the result is sorted and free of doubles. */
export function parseHolidays(value: unknown, path = 'calendar.holidays'): Parsed<readonly string[]> {
  if (!Array.isArray(value)) return failed(path, 'must be a list of dates such as 2026-12-25');
  const mistakes: Mistake[] = [];
  const dates = new Set<string>();
  for (const [index, item] of value.entries()) {
    if (typeof item === 'string' && parseLocalDate(item) !== null) dates.add(item);
    else mistakes.push({ path: `${path}[${index}]`, message: `${quoted(item)} is not a date; write 2026-12-25` });
  }
  return mistakes.length > 0 ? { ok: false, mistakes } : { ok: true, value: [...dates].sort() };
}

/**
 * Reads freezes: a list of `{from, to, name?}`, each end a local date, a local time (`2026-12-20T18:00`) or an instant
 * with `Z` or an offset. A date alone as `to` is the last day of the freeze.
 */
export function parseFreezes(value: unknown, zone: Zone, path = 'calendar.freezes'): Parsed<readonly Freeze[]> {
  if (!Array.isArray(value)) return failed(path, 'must be a list of {from, to, name}');
  const mistakes: Mistake[] = [];
  const freezes: Freeze[] = [];
  for (const [index, item] of value.entries()) {
    const at = `${path}[${index}]`;
    if (!isObject(item)) {
      mistakes.push({ path: at, message: 'must be an object with from and to' });
      continue;
    }
    for (const key of Object.keys(item)) {
      if (!['from', 'to', 'name'].includes(key))
        mistakes.push({ path: `${at}.${shown(key)}`, message: 'is not known here' });
    }
    const { from, to, name } = item;
    const fromMs = momentOf(from, zone, 'start');
    const toMs = momentOf(to, zone, 'end');
    if (fromMs === null) mistakes.push({ path: `${at}.from`, message: `${quoted(from)} ${NOT_A_MOMENT}` });
    if (toMs === null) mistakes.push({ path: `${at}.to`, message: `${quoted(to)} ${NOT_A_MOMENT}` });
    if (name !== undefined && typeof name !== 'string')
      mistakes.push({ path: `${at}.name`, message: 'must be a text' });
    if (fromMs === null || toMs === null) continue;
    if (fromMs >= toMs) mistakes.push({ path: at, message: 'ends before it begins' });
    freezes.push(typeof name === 'string' ? { fromMs, toMs, name } : { fromMs, toMs });
  }
  return mistakes.length > 0 ? { ok: false, mistakes } : { ok: true, value: freezes };
}

/**
 * The instant of a local date, a local time or an instant with `Z` or an offset, in milliseconds since the epoch; null when
 * it is none. A date alone is the beginning of that day, as the `end` of something the end of it.
 */
export function momentOf(value: unknown, zone: Zone, edge: 'start' | 'end'): number | null {
  if (typeof value !== 'string') return null;
  if (INSTANT.test(value)) {
    const ms = Date.parse(value);
    return Number.isNaN(ms) ? null : ms;
  }
  const match = LOCAL_TIME.exec(value);
  const epochDay = parseLocalDate(match?.[1] ?? '');
  if (!match || epochDay === null) return null;
  if (match[2] === undefined) {
    return zone.epochMsOf({ ...fromEpochDay(edge === 'end' ? epochDay + 1 : epochDay), hour: 0, minute: 0 });
  }
  const hour = Number(match[2]);
  const minute = Number(match[3]);
  return hour > 23 || minute > 59 ? null : zone.epochMsOf({ ...fromEpochDay(epochDay), hour, minute });
}

function daysOf(key: string): number[] | null {
  const [first, last, ...rest] = key
    .trim()
    .toLowerCase()
    .split(/\s*[-–]\s*/)
    .map(dayOf);
  if (first === undefined || first < 0 || rest.length > 0) return null;
  if (last === undefined) return [first];
  if (last < 0) return null;
  const count = ((last - first + 7) % 7) + 1;
  return Array.from({ length: count }, (_, index) => (first + index) % 7);
}

function dayOf(name: string): number {
  return name.length < 3 ? -1 : DAY_NAMES.findIndex((day) => day.startsWith(name));
}

function intervalsOf(value: unknown, path: string, mistakes: Mistake[]): readonly HoursInterval[] {
  const isList = Array.isArray(value);
  const texts: readonly unknown[] = isList ? value : typeof value === 'string' ? value.split(',') : [value];
  const intervals: HoursInterval[] = [];
  for (const text of texts) {
    if (text === null || (typeof text === 'string' && ['', 'closed', 'none'].includes(text.trim().toLowerCase())))
      continue;
    const interval = typeof text === 'string' ? intervalOf(text.trim()) : null;
    if (interval) intervals.push(interval);
    else mistakes.push({ path, message: `${quoted(text)} is not a time span; write "08:00-18:00", or "closed"` });
  }
  return intervals;
}

function intervalOf(text: string): HoursInterval | null {
  const match = INTERVAL.exec(text);
  if (!match) return null;
  const [fromHour = 0, fromMinutes = 0, toHour = 0, toMinutes = 0] = match.slice(1).map(Number);
  const from = fromHour * 60 + fromMinutes;
  const to = toHour * 60 + toMinutes;
  if (fromMinutes > 59 || toMinutes > 59 || from >= 1440 || to > 1440 || from === to) return null;
  return { fromMinute: from, toMinute: to > from ? to : to + 1440 };
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function failed(path: string, message: string): { ok: false; mistakes: Mistake[] } {
  return { ok: false, mistakes: [{ path, message }] };
}

function quoted(value: unknown): string {
  return typeof value === 'string' ? `"${shown(value)}"` : shown(String(JSON.stringify(value)));
}

function shown(text: string): string {
  return truncate(printable(text), 60);
}
