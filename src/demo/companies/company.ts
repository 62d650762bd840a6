import { type Chronicle, openChronicle } from '../chronicle.ts';
import { instantOf, localTime } from '../local-time.ts';
import type { Named } from '../message-text.ts';
import { createRandom } from '../random.ts';
import { createSimulatedState, type SimulatedKey, type SimulatedState, type SimulatedUser } from '../state.ts';
import { STORY } from '../story.ts';
import { SPACES, STAGES } from '../story-cast.ts';
import { usedAsTold } from '../story-keys.ts';
import { type RoutineKeys, tellAnyDay, tellWorkingDay } from '../story-routine.ts';
import type { WireEvent, WirePermissions, WireVariableSet } from '../wire.ts';

/** A finding the monitor must make: `about` are words that its title or its subject holds. */
export type ExpectedFinding = { readonly rule: string; readonly level: string; readonly about: string };

/** A monitor that watches it from before its beginning must make exactly the findings that are expected. */
export type Company = {
  readonly state: SimulatedState;
  /** The company's present, epoch milliseconds; also the server's clock until the state says otherwise. */
  readonly nowMs: number;
  readonly events: readonly WireEvent[];
  /** What its people wrote for the monitor, by file name. */
  readonly files: Readonly<Record<'keys.yml' | 'octowatch.yaml', string>>;
  readonly expected: readonly ExpectedFinding[];
  /** Changes the server as it changes within the next hour, for the monitor to read again; null where nothing happens. */
  readonly goesOn: (() => void) | null;
};

/**
 * Days a company is told. Ninety and a few: what is decided only with 90 days of history must be decidable, and the
 * fortnight in which the monitor learns who works from where lies at their beginning.
 */
export const COMPANY_DAYS = 93;

/** When things happen: `at` some days before the present, `workday` on the n-th last working day, both in local time. */
export type Times = {
  readonly at: (daysAgo: number, hour: number, minute?: number) => number;
  readonly workday: (number: number, hour: number, minute?: number) => number;
};

export function timesBefore(nowMs: number): Times {
  const today = localTime(nowMs, STORY.zone);
  const at: Times['at'] = (days, hour, minute = 0) =>
    instantOf({ ...today, day: today.day - days, hour, minute }, STORY.zone);
  const workdays = Array.from({ length: COMPANY_DAYS }, (_, index) => index + 1).filter((days) =>
    isWorkday(at(days, 12)),
  );
  return {
    at,
    workday(number, hour, minute = 0) {
      const days = workdays[number - 1];
      if (days === undefined) throw new Error(`there is no working day ${number}`);
      return at(days, hour, minute);
    },
  };
}

function isWorkday(epochMs: number): boolean {
  const { weekday } = localTime(epochMs, STORY.zone);
  return weekday >= 1 && weekday <= 5;
}

type Founding = {
  readonly nowMs: number;
  readonly users: readonly SimulatedUser[];
  readonly permissions: ReadonlyMap<string, WirePermissions>;
  readonly variableSets: ReadonlyMap<string, WireVariableSet>;
  readonly owners: ReadonlyMap<string, Named>;
  readonly monitorKey: SimulatedKey;
};

/** A server whose story can be told. */
export function foundCompany(founding: Founding): { readonly state: SimulatedState; readonly chronicle: Chronicle } {
  const { nowMs } = founding;
  const state = createSimulatedState({
    installationId: '00000000-0000-4000-8000-0000c0a90a00',
    users: [...founding.users],
    spaces: [...SPACES],
    environments: [...STAGES],
    variableSets: new Map(founding.variableSets),
    permissions: new Map(founding.permissions),
    credentials: new Map([[STORY.monitorApiKey, { userId: STORY.monitorUserId, keyId: founding.monitorKey.id }]]),
    isAuditStreamActive: true,
    now: () => nowMs,
  });
  return { state, chronicle: openChronicle(state, nowMs, createRandom(STORY.seed), founding.owners) };
}

/** Everyday work, with the keys that were in use on each day. */
export function tellEveryDay(chronicle: Chronicle, { at }: Times, keysAt: (midnightMs: number) => RoutineKeys): void {
  for (let days = COMPANY_DAYS - 1; days >= 0; days--) {
    const midnightMs = at(days, 0);
    tellAnyDay(chronicle, midnightMs);
    if (isWorkday(midnightMs)) tellWorkingDay(chronicle, keysAt(midnightMs), midnightMs);
  }
}

/** Hands the told events and the keys to the server. */
export function publishCompany(
  state: SimulatedState,
  chronicle: Chronicle,
  keys: readonly SimulatedKey[],
): readonly WireEvent[] {
  const events = chronicle.publish();
  state.apiKeys = usedAsTold(keys, events);
  return events;
}
