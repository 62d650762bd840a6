import { fromEpochDay } from '../lib/local-date.ts';
import type { FreezePattern, FreezeRecurrence, KnownFreeze } from '../model/freeze.ts';

/** Where something was deployed, as freezes ask for it. */
type FrozenPlace = {
  readonly projectId: string | null;
  readonly environmentId: string | null;
  readonly tenantId: string | null;
};

export type FreezeIndex = {
  /** The freeze of the server that a deployment at a place and time lies in; null when there is none. */
  covering(epochMs: number, place: FrozenPlace): KnownFreeze | null;
};

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;
/** No freeze of a season is longer; of one that is, the first occurrence is looked at alone. */
const MOST_DAYS = 400;

type Compiled = {
  readonly freeze: KnownFreeze;
  readonly fromMs: number;
  readonly toMs: number;
  holds(epochMs: number): boolean;
};

/** Makes the deployment freezes of a server ready for questions. Nearly always there are none, and then it costs nothing. */
export function createFreezeIndex(freezes: readonly KnownFreeze[]): FreezeIndex {
  const byProject = new Map<string, Compiled[]>();
  for (const freeze of freezes) {
    const compiled = compile(freeze);
    for (const projectId of new Set(freeze.scopes.map((scope) => scope.projectId)))
      byProject.set(projectId, [...(byProject.get(projectId) ?? []), compiled]);
  }
  return {
    covering(epochMs, place) {
      if (byProject.size === 0 || place.projectId === null || place.environmentId === null) return null;
      for (const one of byProject.get(place.projectId) ?? []) {
        if (epochMs < one.fromMs || epochMs >= one.toMs || !isInScope(one.freeze, place)) continue;
        if (one.holds(epochMs)) return one.freeze;
      }
      return null;
    },
  };
}

/** INF: a scope of project and environment holds for every tenant; one that names a tenant for that one alone. */
function isInScope({ scopes }: KnownFreeze, { projectId, environmentId, tenantId }: FrozenPlace): boolean {
  return scopes.some(
    (scope) =>
      scope.projectId === projectId &&
      scope.environmentId === environmentId &&
      (scope.tenantId === null || scope.tenantId === tenantId),
  );
}

function compile(freeze: KnownFreeze): Compiled {
  const startMs = Date.parse(freeze.startAt);
  const lengthMs = Date.parse(freeze.endAt) - startMs;
  return {
    freeze,
    fromMs: freeze.knownFromAt === null ? Number.NEGATIVE_INFINITY : Date.parse(freeze.knownFromAt),
    toMs: freeze.goneAt === null ? Number.POSITIVE_INFINITY : Date.parse(freeze.goneAt),
    holds:
      freeze.recurrence === null
        ? (epochMs) => epochMs >= startMs && epochMs < startMs + lengthMs
        : repeated(freeze.recurrence, startMs, lengthMs),
  };
}

/**
 * Whether a time lies in an occurrence. INF (no server was asked): the first one is the freeze itself; the others begin at the
 * same time of day by the fixed offset; a month without the day has none; weeks begin on Monday; one that begins at `untilAt`
 * still counts.
 */
function repeated(recurrence: FreezeRecurrence, startMs: number, lengthMs: number): (epochMs: number) => boolean {
  const offsetMs = recurrence.offsetMinutes * MINUTE_MS;
  const localDay = (epochMs: number) => Math.floor((epochMs + offsetMs) / DAY_MS);
  const firstDay = localDay(startMs);
  const untilMs = recurrence.untilAt === null ? Number.POSITIVE_INFINITY : Date.parse(recurrence.untilAt);
  const isDay = dayTest(recurrence.pattern, recurrence.every, firstDay);
  const lastDay = recurrence.count === null ? Number.POSITIVE_INFINITY : lastDayOf(recurrence, firstDay, isDay);
  return (epochMs) => {
    if (epochMs >= startMs && epochMs < startMs + lengthMs) return true;
    const days = Math.min(MOST_DAYS, Math.ceil(lengthMs / DAY_MS));
    for (let day = localDay(epochMs); day >= firstDay && day >= localDay(epochMs) - days; day -= 1) {
      const beginMs = startMs + (day - firstDay) * DAY_MS;
      if (day > lastDay || beginMs > untilMs || !isDay(day)) continue;
      if (epochMs >= beginMs && epochMs < beginMs + lengthMs) return true;
    }
    return false;
  };
}

/** The day on which the last of so many occurrences begins. */
function lastDayOf({ count, every }: FreezeRecurrence, firstDay: number, isDay: (day: number) => boolean): number {
  // No pattern leaves out more than eight years in a row (29 February around 1900 and 2100).
  const mostDays = (count ?? 0) * every * 366 * 8;
  let left = (count ?? 0) - 1;
  for (let day = firstDay + 1; left > 0 && day <= firstDay + mostDays; day += 1) {
    if (!isDay(day)) continue;
    left -= 1;
    if (left === 0) return day;
  }
  return firstDay;
}

/** Whether an occurrence begins on a day (days since 1970), for days after the first one. */
function dayTest(pattern: FreezePattern, every: number, firstDay: number): (day: number) => boolean {
  const first = fromEpochDay(firstDay);
  const months = (date: { year: number; month: number }) => (date.year - first.year) * 12 + date.month - first.month;
  switch (pattern.kind) {
    case 'daily':
      return (day) => (day - firstDay) % every === 0;
    case 'weekly':
      return (day) =>
        (mondayOf(day) - mondayOf(firstDay)) % (7 * every) === 0 && pattern.weekdays.includes(weekdayOf(day));
    case 'day of month':
      return (day) => {
        const date = fromEpochDay(day);
        const isDate = pattern.day === 'last' ? fromEpochDay(day + 1).day === 1 : date.day === pattern.day;
        return isDate && months(date) % every === 0;
      };
    case 'weekday of month':
      return (day) => {
        const date = fromEpochDay(day);
        if (weekdayOf(day) !== pattern.weekday || months(date) % every !== 0) return false;
        if (pattern.nth === 'last') return fromEpochDay(day + 7).month !== date.month;
        return Math.ceil(date.day / 7) === pattern.nth;
      };
    case 'annually':
      return (day) => {
        const date = fromEpochDay(day);
        return date.month === first.month && date.day === first.day && (date.year - first.year) % every === 0;
      };
  }
}

/** 1970-01-01 was a Thursday; 0 is Monday. */
function weekdayOf(day: number): number {
  return (((day + 3) % 7) + 7) % 7;
}

function mondayOf(day: number): number {
  return day - weekdayOf(day);
}
