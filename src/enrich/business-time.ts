import type { EventPlace } from '../model/place.ts';
import type { OffHoursReason } from '../model/record.ts';
import type { Calendar } from './calendar.ts';
import type { ChangeWindow } from './change-window.ts';
import { createPlaceMatch, type PlacePattern } from './place-match.ts';

/** A calendar and the places it is responsible for; `match` null: all of them. */
export type PlacedCalendar = { readonly calendar: Calendar; readonly match: PlacePattern | null };

/** When something happened, as the calendar that is responsible for its place says it. */
export type TimeRuling = {
  /** `HH:MM` */
  readonly localTime: string;
  /** `Monday` … `Sunday` */
  readonly localDay: string;
  readonly isOffHours: boolean;
  readonly reason: OffHoursReason | null;
  /** Name of the calendar that judged. */
  readonly calendar: string;
  /** The change window that allows it; null when none does. */
  readonly changeWindow: string | null;
  readonly ticket: string | null;
  /** The freeze it lies in, by name; null outside of freezes, and of one without a name. */
  readonly freeze: string | null;
};

export type BusinessTimeOptions = {
  /** The calendar of whatever no other is responsible for. */
  readonly calendar: Calendar;
  /** The first that matches a place is responsible for it. */
  readonly calendars?: readonly PlacedCalendar[];
  readonly changeWindows?: readonly ChangeWindow[];
};

/**
 * Makes what says whether something happened outside of business hours: by the calendar of its place, by freezes of the server,
 * and by change windows, which allow deployments except within a freeze.
 * @param frozenBy (of the returned function) name of the server's own freeze that covers it; null when none does
 */
export function createBusinessTime({ calendar, calendars = [], changeWindows = [] }: BusinessTimeOptions) {
  const placed = calendars.map((one) => ({
    calendar: one.calendar,
    isResponsible: one.match === null ? () => true : createPlaceMatch(one.match),
  }));

  return function judge(epochMs: number, place: EventPlace, frozenBy: string | null): TimeRuling {
    const responsible = placed.find((one) => one.isResponsible(place))?.calendar ?? calendar;
    const { localTime, localDay, ...time } = responsible.judge(epochMs);
    const reason = frozenBy === null ? time.reason : 'freeze';
    const window = changeWindows.find(
      (one) => (reason !== 'freeze' || one.terms.duringFreeze) && one.allows(epochMs, place, responsible.zone),
    );
    return {
      localTime,
      localDay,
      isOffHours: reason !== null && window === undefined,
      reason: window === undefined ? reason : null,
      calendar: responsible.name,
      changeWindow: window?.terms.name ?? null,
      ticket: window?.terms.ticket ?? null,
      freeze: frozenBy ?? time.freeze,
    };
  };
}

/** The calendars by name, in words and with their zone, for texts about findings; empty where there is only one. */
export function describeCalendars({ calendar, calendars = [] }: BusinessTimeOptions) {
  const all = calendars.length === 0 ? [] : [calendar, ...calendars.map((one) => one.calendar)];
  return new Map(all.map((one) => [one.name, { hours: one.describe(), timeZone: one.zone.name }]));
}
