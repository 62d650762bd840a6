import type { Chronicle } from '../chronicle.ts';
import type { Named } from '../message-text.ts';
import { createRandom } from '../random.ts';
import type { SimulatedKey, SimulatedState, SimulatedUser } from '../state.ts';
import { STORY } from '../story.ts';
import { KEIKO_JOINED_DAYS_AGO, PEOPLE } from '../story-cast.ts';
import { initialVariableSets, VARIABLE_OWNERS } from '../story-variables.ts';
import type { WireEvent, WirePermissions, WireVariableSet } from '../wire.ts';
import {
  type Company,
  type ExpectedFinding,
  foundCompany,
  publishCompany,
  type Times,
  tellEveryDay,
  timesBefore,
} from './company.ts';
import { tellQuietDays } from './quiet-days.ts';
import { liveQuietKeys, QUIET_REGISTER, QUIET_USERS, quietAccess, quietKeys, ROTATION } from './quiet-keys.ts';
import { tellQuietPeople } from './quiet-people.ts';

/** Low, for somebody may want to know; nothing of it asks for an act. */
export const QUIET_FINDINGS: readonly ExpectedFinding[] = [
  { rule: 'off_hours_production_deploy', level: 'low', about: 'queued in business hours' },
  { rule: 'actor_new_network', level: 'low', about: 'greta.lindqvist' },
  { rule: 'actor_new_network', level: 'low', about: 'femi.adeyemi' },
  // Her office and her home.
  { rule: 'actor_new_network', level: 'low', about: 'keiko.tanabe' },
  { rule: 'actor_new_network', level: 'low', about: 'keiko.tanabe' },
  { rule: 'team_or_role_changed', level: 'low', about: 'amara.okoye' },
];

/** The first lines of `octowatch.yaml`. */
export const ZONE_YAML = `timezone: ${STORY.zone}\n`;

/** What a company has beside a quiet one. */
export type Additions = {
  readonly users: readonly SimulatedUser[];
  readonly access: ReadonlyMap<string, WirePermissions>;
  readonly keys: readonly SimulatedKey[];
  readonly variableSets: ReadonlyMap<string, WireVariableSet>;
  readonly owners: ReadonlyMap<string, Named>;
  tell(chronicle: Chronicle, times: Times): void;
};

const NOTHING: Additions = {
  users: [],
  access: new Map(),
  keys: [],
  variableSets: initialVariableSets(),
  owners: VARIABLE_OWNERS,
  tell: () => undefined,
};

/**
 * A company of ninety days in which nothing is wrong, and much looks alike: it must yield no finding above low. The same
 * for the same moment, which should be a `storyAnchor`.
 */
export function buildQuietCompany(nowMs: number): Company {
  return {
    ...tellCompany(nowMs, NOTHING),
    nowMs,
    files: { 'keys.yml': QUIET_REGISTER, 'octowatch.yaml': ZONE_YAML },
    expected: QUIET_FINDINGS,
    goesOn: null,
  };
}

/** The quiet company with what else it has. */
export function tellCompany(
  nowMs: number,
  more: Additions,
): { readonly state: SimulatedState; readonly events: readonly WireEvent[] } {
  const times = timesBefore(nowMs);
  const keys = quietKeys(nowMs, times, createRandom(STORY.seed));
  const joinedAt = new Date(times.at(KEIKO_JOINED_DAYS_AGO, 8)).toISOString();
  const { chronicle, state } = foundCompany({
    nowMs,
    users: [...QUIET_USERS, ...more.users].map((user) =>
      user.id === PEOPLE.keiko.id ? { ...user, createdAt: joinedAt } : user,
    ),
    permissions: new Map([...quietAccess(), ...more.access]),
    variableSets: more.variableSets,
    owners: more.owners,
    monitorKey: keys.monitor,
  });
  const rotatedMs = times.workday(ROTATION.madeOn, 9, 40);
  tellEveryDay(chronicle, times, (midnightMs) =>
    midnightMs > rotatedMs ? keys : { ...keys, release: keys.releaseBefore },
  );
  tellQuietDays(chronicle, keys, times);
  tellQuietPeople(chronicle, keys, times);
  more.tell(chronicle, times);
  const events = publishCompany(state, chronicle, [...liveQuietKeys(keys), ...more.keys]);
  return { state, events };
}
