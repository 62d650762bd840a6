import { openChronicle } from './chronicle.ts';
import { instantOf, localTime } from './local-time.ts';
import { createRandom } from './random.ts';
import { createSimulatedState, type SimulatedState } from './state.ts';
import { storyAccess } from './story-access.ts';
import { KEIKO_JOINED_DAYS_AGO, PEOPLE, SERVICES, SPACES, STAGES } from './story-cast.ts';
import { type ExpectedSubjects, expectedSubjects } from './story-expected.ts';
import { silentKeys, storyKeys, usedAsTold } from './story-keys.ts';
import { tellAnyDay, tellWorkingDay } from './story-routine.ts';
import { tellHistory, tellLastNight } from './story-scenes.ts';
import { initialVariableSets, VARIABLE_OWNERS } from './story-variables.ts';
import type { WireEvent } from './wire.ts';

/** What anybody who replays the story needs to know. */
export const STORY = {
  /** Accepted by the story's server and by no other: not a secret. */
  monitorApiKey: 'API-DEMO0000NOT0A0REAL0KEY0000',
  monitorUserId: SERVICES.monitor.id,
  zone: 'Europe/London',
  days: 90,
  seed: 20,
} as const;

export type Story = {
  readonly state: SimulatedState;
  /** The story's present, epoch milliseconds; also the server's clock until the state says otherwise. */
  readonly nowMs: number;
  readonly events: readonly WireEvent[];
  /** How many findings each named rule makes of the whole story, and what they are about. */
  readonly expected: Readonly<Record<keyof ExpectedSubjects, number>>;
  readonly expectedSubjects: ExpectedSubjects;
};

/** The latest Monday 07:40 in the story's zone at or before `realNowMs`: the hours before it lie outside business hours. */
export function storyAnchor(realNowMs: number): number {
  const { day, month, weekday, year } = localTime(realNowMs, STORY.zone);
  const monday = day - ((weekday + 6) % 7);
  const anchor = (mondayOfMonth: number) =>
    instantOf({ year, month, day: mondayOfMonth, hour: 7, minute: 40 }, STORY.zone);
  return anchor(monday) <= realNowMs ? anchor(monday) : anchor(monday - 7);
}

/**
 * Ninety days of a small fictional company up to `nowMs`, the same for the same arguments. The last hours hold one fresh
 * finding of each named rule; they are the last six whenever `nowMs` is a `storyAnchor`.
 */
export function buildStory(options: { readonly nowMs: number; readonly seed?: number }): Story {
  const { nowMs, seed = STORY.seed } = options;
  const random = createRandom(seed);
  const keys = storyKeys(nowMs, random);
  const today = localTime(nowMs, STORY.zone);
  const at = (days: number, hour: number, minute = 0) =>
    instantOf({ ...today, day: today.day - days, hour, minute }, STORY.zone);
  const state = createSimulatedState({
    installationId: '00000000-0000-4000-8000-0000b00c5a1e',
    users: [...Object.values(PEOPLE), ...Object.values(SERVICES)].map((user) =>
      user.id === PEOPLE.keiko.id
        ? { ...user, createdAt: new Date(at(KEIKO_JOINED_DAYS_AGO, 9, 30)).toISOString() }
        : user,
    ),
    spaces: [...SPACES],
    environments: [...STAGES],
    variableSets: initialVariableSets(),
    permissions: storyAccess(),
    credentials: new Map([[STORY.monitorApiKey, { userId: STORY.monitorUserId, keyId: keys.monitor.id }]]),
    now: () => nowMs,
  });

  const chronicle = openChronicle(state, nowMs, random, VARIABLE_OWNERS);
  for (let days = STORY.days - 1; days >= 0; days--) {
    const midnightMs = at(days, 0);
    const { weekday } = localTime(midnightMs, STORY.zone);
    tellAnyDay(chronicle, midnightMs);
    if (weekday >= 1 && weekday <= 5) tellWorkingDay(chronicle, keys, midnightMs);
  }
  tellHistory(chronicle, keys, at);
  tellLastNight(chronicle, keys, STORY.zone);
  const events = chronicle.publish();

  state.apiKeys = [...usedAsTold(Object.values(keys), events), ...silentKeys(nowMs)];
  const subjects = expectedSubjects(events, state, keys, STORY.zone);
  return {
    state,
    nowMs,
    events,
    expected: {
      off_hours_production_deploy: subjects.off_hours_production_deploy.length,
      sensitive_variable_edit: subjects.sensitive_variable_edit.length,
      repeated_auth_failures: subjects.repeated_auth_failures.length,
      unused_api_key: subjects.unused_api_key.length,
    },
    expectedSubjects: subjects,
  };
}
