import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import type { ConfigFile } from './config-file.ts';
import {
  type Calendar,
  createCalendar,
  createZone,
  DEFAULT_CALENDAR,
  type Parsed,
  type PlacedCalendar,
  type PlacePattern,
  parseFreezes,
  parseHolidays,
  parseIcsHolidays,
  parseWeeklyHours,
} from './enrich/index.ts';
import { messageOf } from './lib/errors.ts';
import type { Zone } from './lib/zone.ts';

/** Hours, holidays and freezes as they stand in the file. */
type CalendarSource = Pick<NonNullable<ConfigFile['calendar']>, 'hours' | 'holidays' | 'freezes'>;
type Settings = Partial<Calendar['settings']>;

export type Calendars = {
  /** The calendar of whatever no other is responsible for. */
  readonly calendar: Calendar;
  /** In the order of the file: the first that matches a place is responsible for it. */
  readonly calendars: readonly PlacedCalendar[];
  /** What files of holidays hold, by their name: a configuration is another when they are. */
  readonly holidayFiles: Readonly<Record<string, string>>;
};

/** Makes the business calendars; null after a mistake. `folder` is where a relative `.ics` file is looked for. */
export function readCalendars(
  zoneName: string,
  file: Pick<ConfigFile, 'calendar' | 'calendars'>,
  folder: string,
  mistakes: string[],
): Calendars | null {
  const holidayFiles: Record<string, string> = {};
  const zone = readZone('OCTOWATCH_TIMEZONE', zoneName, mistakes);
  if (zone === null) return null;
  const own = readSettings(file.calendar ?? {}, 'calendar', zone);
  const calendar = createCalendar({ zone, ...own });
  const names = new Set([DEFAULT_CALENDAR]);
  const calendars = (file.calendars ?? []).flatMap((source, index): PlacedCalendar[] => {
    const at = `calendars[${index}]`;
    if (names.has(source.name))
      mistakes.push(
        source.name === DEFAULT_CALENDAR
          ? `${at}.name: "${DEFAULT_CALENDAR}" is the one under \`calendar\`; choose another name`
          : `${at}.name: "${source.name}" is there twice`,
      );
    names.add(source.name);
    const ownZone = source.timezone === undefined ? zone : readZone(`${at}.timezone`, source.timezone, mistakes);
    if (ownZone === null) return [];
    const settings = readSettings(source, at, ownZone);
    // What a calendar does not say it has from `calendar`; freezes are instants, whatever the zone.
    const made = createCalendar({ name: source.name, zone: ownZone, ...own, ...settings });
    return [{ calendar: made, match: toPattern(source.match) }];
  });
  return { calendar, calendars, holidayFiles };

  function readSettings(source: CalendarSource, at: string, of: Zone): Settings {
    const keep = <T>(parsed: Parsed<T>): T | undefined => {
      if (parsed.ok) return parsed.value;
      mistakes.push(...parsed.mistakes.map((one) => `${one.path}: ${one.message}`));
      return undefined;
    };
    const weeklyHours = source.hours === undefined ? undefined : keep(parseWeeklyHours(source.hours, `${at}.hours`));
    const holidays = source.holidays === undefined ? undefined : keep(readHolidays(source.holidays, `${at}.holidays`));
    const freezes = source.freezes === undefined ? undefined : keep(parseFreezes(source.freezes, of, `${at}.freezes`));
    return {
      ...(weeklyHours ? { weeklyHours } : {}),
      ...(holidays ? { holidays } : {}),
      ...(freezes ? { freezes } : {}),
    };
  }

  /** Holidays are a list of dates, or the name of an `.ics` file beside the configuration. */
  function readHolidays(source: unknown, at: string): Parsed<readonly string[]> {
    if (typeof source !== 'string') return parseHolidays(source, at);
    try {
      const text = readFileSync(path.resolve(folder, source), 'utf8');
      holidayFiles[source] = createHash('sha256').update(text).digest('hex');
      return parseIcsHolidays(text, at);
    } catch (error) {
      return { ok: false, mistakes: [{ path: at, message: `cannot read ${source}: ${messageOf(error)}` }] };
    }
  }
}

/** A zone by its name; null, and a mistake at `at`, when there is none of that name. */
export function readZone(at: string, name: string, mistakes: string[]): Zone | null {
  try {
    return createZone(name);
  } catch (error) {
    mistakes.push(`${at}: ${messageOf(error)}`);
    return null;
  }
}

/** Each field as a list; null where nothing is asked for. */
export function toPattern(
  match: Readonly<Partial<Record<keyof PlacePattern, string | readonly string[] | undefined>>> | undefined,
): PlacePattern | null {
  if (match === undefined) return null;
  const fields = Object.entries(match).flatMap(([field, texts]) =>
    texts === undefined ? [] : [[field, typeof texts === 'string' ? [texts] : texts] as const],
  );
  return Object.fromEntries(fields);
}
