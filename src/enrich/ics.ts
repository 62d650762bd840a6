import { formatEpochDay, fromEpochDay, parseLocalDate, toEpochDay } from '../lib/local-date.ts';
import type { Mistake, Parsed } from './calendar-config.ts';

type Property = { readonly name: string; readonly value: string; readonly line: number };

const LAST_YEAR = 2099;
const MOST_DAYS = 366;
const SIMPLE_RULE_PARTS = new Set(['FREQ', 'INTERVAL', 'COUNT', 'UNTIL', 'BYMONTH', 'BYMONTHDAY', 'WKST']);

/**
 * Reads the whole-day events of an iCalendar text (RFC 5545) as local dates `YYYY-MM-DD`, sorted. `DTEND` is exclusive;
 * a yearly `RRULE` on the same day of the year is repeated until its end or 2099. What cannot be understood (an event with
 * times, other repetitions) is a mistake with its line, never a holiday silently lost.
 */
export function parseIcsHolidays(text: string, path = 'calendar.holidays'): Parsed<readonly string[]> {
  const mistakes: Mistake[] = [];
  const days = new Set<number>();
  const lines = unfold(text);
  if (lines[0]?.name !== 'BEGIN' || lines[0].value.toUpperCase() !== 'VCALENDAR') {
    return {
      ok: false,
      mistakes: [{ path, message: 'is not an iCalendar file: it does not begin with BEGIN:VCALENDAR' }],
    };
  }
  const open: string[] = [];
  let event: Property[] = [];
  let eventCount = 0;
  for (const property of lines) {
    const component = property.value.toUpperCase();
    if (property.name === 'BEGIN') {
      open.push(component);
      if (component === 'VEVENT') event = [property];
    } else if (property.name === 'END') {
      open.pop();
      if (component !== 'VEVENT') continue;
      eventCount += 1;
      for (const day of daysOf(event, path, mistakes)) days.add(day);
    } else if (open.at(-1) === 'VEVENT') event.push(property);
  }
  if (open.length > 0) mistakes.push({ path, message: `ends in the middle: END:${open.at(-1)} is missing` });
  if (eventCount === 0) mistakes.push({ path, message: 'holds no events' });
  if (mistakes.length > 0) return { ok: false, mistakes };
  return { ok: true, value: [...days].sort((a, b) => a - b).map(formatEpochDay) };
}

/** Logical lines: a line that begins with white space continues the one before (RFC 5545, 3.1). */
function unfold(text: string): Property[] {
  const logical: { text: string; line: number }[] = [];
  for (const [index, raw] of text
    .replace(/^\ufeff/, '')
    .split(/\r\n|\n|\r/)
    .entries()) {
    const last = logical.at(-1);
    if (last && /^[ \t]/.test(raw)) last.text += raw.slice(1);
    else if (raw.trim() !== '') logical.push({ text: raw, line: index + 1 });
  }
  const properties: Property[] = [];
  for (const { text: line, line: number } of logical) {
    const match = /^([A-Za-z0-9-]+)(?:;(?:"[^"]*"|[^":])*)?:(.*)$/s.exec(line);
    if (match) properties.push({ name: (match[1] ?? '').toUpperCase(), value: (match[2] ?? '').trim(), line: number });
  }
  return properties;
}

function daysOf(event: readonly Property[], path: string, mistakes: Mistake[]): number[] {
  const find = (name: string) => event.find((property) => property.name === name);
  const refuse = (property: Property | undefined, message: string): number[] => {
    mistakes.push({ path: `${path} line ${property?.line ?? 0}`, message });
    return [];
  };
  if (find('STATUS')?.value.toUpperCase() === 'CANCELLED') return [];
  const start = find('DTSTART');
  if (!start) return refuse(event[0], 'the event has no DTSTART');
  const first = wholeDay(start.value);
  if (first === null) return refuse(start, 'the event is not a whole day; write DTSTART;VALUE=DATE:20261225');
  const count = dayCount(first, find('DTEND'), find('DURATION'));
  if (count === null || count > MOST_DAYS) {
    return refuse(find('DTEND') ?? find('DURATION'), `the event must end after 1 to ${MOST_DAYS} whole days`);
  }
  for (const name of ['RDATE', 'RECURRENCE-ID', 'EXRULE']) {
    const property = find(name);
    if (property) return refuse(property, `${name} is not understood; list the dates one by one`);
  }
  const rule = find('RRULE');
  const starts = rule ? yearlyStarts(first, rule.value) : [first];
  if (starts === null) return refuse(rule, 'only a plain yearly repetition is understood; list the dates one by one');
  const excluded = new Set<number>();
  for (const property of event.filter(({ name }) => name === 'EXDATE')) {
    for (const value of property.value.split(',')) {
      const day = wholeDay(value);
      if (day === null) return refuse(property, 'EXDATE must hold whole days');
      excluded.add(day);
    }
  }
  return starts
    .filter((day) => !excluded.has(day))
    .flatMap((day) => Array.from({ length: count }, (_, index) => day + index));
}

/** `20261225`, or local midnight as some calendars write whole days; null for any other time. */
function wholeDay(value: string): number | null {
  const match = /^(\d{4})(\d{2})(\d{2})(?:T000000)?$/.exec(value.trim());
  return match ? parseLocalDate(`${match[1]}-${match[2]}-${match[3]}`) : null;
}

function dayCount(first: number, end: Property | undefined, duration: Property | undefined): number | null {
  if (end) {
    const last = wholeDay(end.value);
    if (last === null || last < first) return null;
    // Some calendars write the first day itself as the end of a one-day event.
    return Math.max(1, last - first);
  }
  if (!duration) return 1;
  const match = /^\+?P(\d{1,3})([DW])$/.exec(duration.value);
  const count = Number(match?.[1] ?? 0) * (match?.[2] === 'W' ? 7 : 1);
  return count > 0 ? count : null;
}

/** The first days of a yearly repetition; null when the rule is anything else. */
function yearlyStarts(first: number, rule: string): number[] | null {
  const parts = new Map<string, string>();
  for (const part of rule.toUpperCase().split(';')) {
    const [key = '', value = ''] = part.split('=');
    if (part !== '') parts.set(key, value);
  }
  const { year, month, day } = fromEpochDay(first);
  const interval = Number(parts.get('INTERVAL') ?? '1');
  const most = Number(parts.get('COUNT') ?? Number.POSITIVE_INFINITY);
  const untilText = parts.get('UNTIL');
  const until = untilText === undefined ? Number.POSITIVE_INFINITY : parseUntil(untilText);
  const isSimple =
    parts.get('FREQ') === 'YEARLY' &&
    [...parts.keys()].every((key) => SIMPLE_RULE_PARTS.has(key)) &&
    Number(parts.get('BYMONTH') ?? month) === month &&
    Number(parts.get('BYMONTHDAY') ?? day) === day &&
    Number.isInteger(interval) &&
    interval >= 1 &&
    (most === Number.POSITIVE_INFINITY || (Number.isInteger(most) && most >= 1));
  if (!isSimple || until === null) return null;
  const starts: number[] = [];
  for (let at = year; at <= LAST_YEAR && starts.length < most; at += interval) {
    const candidate = toEpochDay({ year: at, month, day });
    // 29 February comes only in leap years: a date that does not exist is left out, not moved (RFC 5545, 3.3.10).
    if (candidate <= until && fromEpochDay(candidate).day === day) starts.push(candidate);
  }
  return starts;
}

function parseUntil(value: string): number | null {
  const match = /^(\d{4})(\d{2})(\d{2})(?:T\d{6}Z?)?$/.exec(value);
  return match ? parseLocalDate(`${match[1]}-${match[2]}-${match[3]}`) : null;
}
