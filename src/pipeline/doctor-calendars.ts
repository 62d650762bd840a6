import { existsSync } from 'node:fs';
import type Database from 'better-sqlite3';
import { openReadOnly } from '../audit/index.ts';
import type { ChangeWindow, PlacedCalendar } from '../enrich/index.ts';
import { toInstant } from '../lib/clock.ts';
import { plural } from '../lib/text.ts';
import { ok, type Seen, skipped, warning } from './doctor-check.ts';

/** The calendars of certain places and the change windows of the configuration. */
export type CalendarContext = {
  readonly db: string;
  readonly calendars?: readonly PlacedCalendar[];
  readonly changeWindows?: readonly ChangeWindow[];
};

const DAY_MS = 86_400_000;
/** A calendar or window that had nothing to say in so long a time is probably for places that are called otherwise. */
const LOOK_BACK_DAYS = 30;

/** Whether each calendar has judged something, and each change window that is not over has allowed something. */
export function checkCalendars({ calendars = [], changeWindows = [], db: file }: CalendarContext): Seen {
  if (calendars.length + changeWindows.length === 0)
    return skipped('one calendar is for everything, and there are no change windows');
  const names = calendars.map(({ calendar }) => `${calendar.name} (${calendar.zone.name})`);
  const seen = [
    names.length > 0
      ? `${plural(names.length, 'calendar')} beside the one for everything else: ${names.join(', ')}`
      : '',
    changeWindows.length > 0 ? plural(changeWindows.length, 'change window') : '',
  ]
    .filter((part) => part !== '')
    .join('; ');
  if (!existsSync(file)) return ok(`${seen}; no event was read yet`);
  const db = openReadOnly(file);
  try {
    const newestAt = db.prepare<[], string | null>('SELECT max(occurred_at) FROM events').pluck().get() ?? null;
    if (newestAt === null) return ok(`${seen}; no event was read yet`);
    const fromAt = toInstant(Date.parse(newestAt) - LOOK_BACK_DAYS * DAY_MS);
    const heard = {
      calendar: usedSince(db, 'calendar', fromAt),
      change_window: usedSince(db, 'change_window', fromAt),
    };
    const idle = [
      ...calendars
        .filter(({ calendar }) => !heard.calendar.has(calendar.name))
        .map(({ calendar }) => `calendar ${calendar.name} judged no event`),
      ...changeWindows
        .filter((one) => !heard.change_window.has(one.terms.name) && isInForce(one, newestAt))
        .map((one) => `change window ${one.terms.name} allowed no deployment`),
    ];
    if (idle.length === 0) return ok(`${seen}, each in use`);
    return warning(
      `${seen}; in ${LOOK_BACK_DAYS} days ${idle.join(', ')}`,
      'Compare their `match` with the names in `octowatch query "SELECT DISTINCT project_name, environment_name FROM events"`.',
    );
  } finally {
    db.close();
  }
}

function usedSince(db: Database.Database, column: 'calendar' | 'change_window', fromAt: string): ReadonlySet<string> {
  const sql = `SELECT DISTINCT ${column} FROM events WHERE occurred_at >= ? AND ${column} IS NOT NULL`;
  return new Set(db.prepare<[string], string>(sql).pluck().all(fromAt));
}

function isInForce({ terms }: ChangeWindow, newestAt: string): boolean {
  // A window without a zone of its own has one for each place; a day more or less is no matter here.
  if (terms.zone === null) return true;
  return (terms.toMs(terms.zone) ?? Number.POSITIVE_INFINITY) > Date.parse(newestAt);
}
