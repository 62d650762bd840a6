import { formatEpochDay } from '../lib/local-date.ts';
import type { Zone } from '../lib/zone.ts';
import type { EventPlace } from '../model/place.ts';
import { createWeek, describeHours, type WeeklyHours } from './calendar.ts';
import { createPlaceMatch, describePlaces, type PlacePattern } from './place-match.ts';

/** A time in which deployments are agreed on, and who answers for it. */
export type ChangeWindowTerms = {
  readonly name: string;
  readonly owner: string;
  readonly ticket: string;
  /** Null: deployments everywhere. */
  readonly match: PlacePattern | null;
  /** Hours of each week, Monday first; null: all of the time between `from` and `to`. */
  readonly weekly: WeeklyHours | null;
  /** The beginning, inclusive, and the end, exclusive, in a zone; null: without. */
  readonly fromMs: (zone: Zone) => number | null;
  readonly toMs: (zone: Zone) => number | null;
  /** The zone of its local times; null: that of the calendar that is responsible for the place. */
  readonly zone: Zone | null;
  /** Whether it allows deployments within a freeze as well. */
  readonly duringFreeze: boolean;
};

export type ChangeWindow = {
  readonly terms: ChangeWindowTerms;
  /** Whether it allows a deployment at a place and time; `zone` is that of the calendar that is responsible there. */
  allows(epochMs: number, place: EventPlace, zone: Zone): boolean;
  /** When and where, in words; the same text for the same window. */
  describe(zone: Zone): string;
};

/** Makes a change window ready for questions. Weekly hours that go past midnight belong to the day they begin on. */
export function createChangeWindow(terms: ChangeWindowTerms): ChangeWindow {
  const isPlace = terms.match === null ? () => true : createPlaceMatch(terms.match);
  const week = terms.weekly === null ? null : createWeek(terms.weekly);
  const bounds = new Map<string, { readonly fromMs: number; readonly toMs: number }>();

  function boundsIn(zone: Zone) {
    const known = bounds.get(zone.name);
    if (known) return known;
    const made = {
      fromMs: terms.fromMs(zone) ?? Number.NEGATIVE_INFINITY,
      toMs: terms.toMs(zone) ?? Number.POSITIVE_INFINITY,
    };
    bounds.set(zone.name, made);
    return made;
  }

  return {
    terms,
    allows(epochMs, place, calendarZone) {
      if (!place.isDeployment) return false;
      const zone = terms.zone ?? calendarZone;
      const { fromMs, toMs } = boundsIn(zone);
      if (epochMs < fromMs || epochMs >= toMs) return false;
      if (week !== null && !week.holds(zone.localTime(epochMs))) return false;
      return isPlace(place);
    },
    describe(calendarZone) {
      const zone = terms.zone ?? calendarZone;
      const { fromMs, toMs } = boundsIn(zone);
      const day = (ms: number) => formatEpochDay(zone.localTime(ms).epochDay);
      const parts = [
        terms.weekly === null ? 'at any time' : describeHours(terms.weekly),
        ...(Number.isFinite(fromMs) ? [`from ${day(fromMs)}`] : []),
        ...(Number.isFinite(toMs) ? [`to ${day(toMs - 1)}`] : []),
        `${zone.name},`,
        terms.match === null ? 'everywhere' : describePlaces(terms.match),
        `(${terms.ticket}, ${terms.owner}${terms.duringFreeze ? ', also within a freeze' : ''})`,
      ];
      return parts.join(' ');
    },
  };
}
