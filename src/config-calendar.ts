import { readFileSync } from 'node:fs';
import path from 'node:path';
import type { ConfigFile } from './config-file.ts';
import {
  type Calendar,
  createCalendar,
  createZone,
  type Parsed,
  parseFreezes,
  parseHolidays,
  parseIcsHolidays,
  parseWeeklyHours,
} from './enrich/index.ts';
import { messageOf } from './lib/errors.ts';

/** Makes the business calendar; null after a mistake. `folder` is where a relative `.ics` file is looked for. */
export function readCalendar(
  zoneName: string,
  source: ConfigFile['calendar'],
  folder: string,
  mistakes: string[],
): Calendar | null {
  try {
    const zone = createZone(zoneName);
    const keep = <T>(parsed: Parsed<T>): T | undefined => {
      if (parsed.ok) return parsed.value;
      mistakes.push(...parsed.mistakes.map((one) => `${one.path}: ${one.message}`));
      return undefined;
    };
    const hours = source?.hours === undefined ? undefined : keep(parseWeeklyHours(source.hours));
    const holidays = source?.holidays === undefined ? undefined : keep(readHolidays(source.holidays, folder));
    const freezes = source?.freezes === undefined ? undefined : keep(parseFreezes(source.freezes, zone));
    return createCalendar({
      zone,
      ...(hours ? { weeklyHours: hours } : {}),
      ...(holidays ? { holidays } : {}),
      ...(freezes ? { freezes } : {}),
    });
  } catch (error) {
    mistakes.push(`OCTOWATCH_TIMEZONE: ${messageOf(error)}`);
    return null;
  }
}

/** Holidays are a list of dates, or the name of an `.ics` file beside the configuration. */
function readHolidays(source: unknown, folder: string): Parsed<readonly string[]> {
  if (typeof source !== 'string') return parseHolidays(source);
  try {
    return parseIcsHolidays(readFileSync(path.resolve(folder, source), 'utf8'));
  } catch (error) {
    return {
      ok: false,
      mistakes: [{ path: 'calendar.holidays', message: `cannot read ${source}: ${messageOf(error)}` }],
    };
  }
}
