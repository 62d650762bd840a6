import type { OwnAccess, Space } from '../model/inventory.ts';

/** A permission the monitor's account should have, and what goes missing without it. */
type NeededPermission = {
  readonly name: string;
  /** Without an essential one the monitor is blind for something; an optional one makes it more certain. */
  readonly weight: 'essential' | 'wanted' | 'optional';
  readonly without: string;
};

const EVENTS_CUT = 'Octopus leaves the events out of the audit log without saying so';
const NAMES_CUT = 'events about them may be left out, or have no names';

/** INF octopus-api 4.4: the least that shows everything the rules look at; nothing in it changes anything. */
export const SYSTEM_ROLE: readonly NeededPermission[] = [
  { name: 'EventView', weight: 'essential', without: `sign-ins, users, keys and settings: ${EVENTS_CUT}` },
  { name: 'UserView', weight: 'essential', without: 'users and their API keys cannot be listed' },
  { name: 'SpaceView', weight: 'wanted', without: 'spaces the account has no role in are not noticed' },
  { name: 'TeamView', weight: 'wanted', without: 'what accounts may do is seen in part' },
  { name: 'UserRoleView', weight: 'wanted', without: 'what accounts may do is seen in part' },
];

/** In every space and without restriction to projects, environments or tenants. */
export const SPACE_ROLE: readonly NeededPermission[] = [
  { name: 'EventView', weight: 'essential', without: EVENTS_CUT },
  { name: 'EnvironmentView', weight: 'essential', without: 'production cannot be told from other environments' },
  { name: 'ProjectView', weight: 'wanted', without: NAMES_CUT },
  { name: 'TenantView', weight: 'wanted', without: NAMES_CUT },
  { name: 'DeploymentView', weight: 'wanted', without: NAMES_CUT },
  { name: 'ReleaseView', weight: 'wanted', without: NAMES_CUT },
  { name: 'TaskView', weight: 'wanted', without: NAMES_CUT },
  { name: 'VariableView', weight: 'optional', without: 'whether a variable set holds secrets is not always known' },
  {
    name: 'LibraryVariableSetView',
    weight: 'optional',
    without: 'whether a library set holds secrets is not always known',
  },
];

/** Administers everything (FACT octopus-api 4.3). */
const ADMINISTRATOR = 'AdministerSystem';

/** A permission that is missing, or held for a part of a space only. */
export type Lack = {
  /** Null for the system level. */
  readonly space: Space | null;
  readonly permission: NeededPermission;
  /** `some projects`, …; null where nothing of it is held. */
  readonly onlyFor: string | null;
};

/** Exactly what the account lacks of both roles, the system first, then space by space. */
export function lacksOf(access: OwnAccess, spaces: readonly Space[]): Lack[] {
  if (access.systemPermissions.includes(ADMINISTRATOR)) return [];
  const system = SYSTEM_ROLE.filter(({ name }) => !access.systemPermissions.includes(name));
  return [
    ...system.map((permission): Lack => ({ space: null, permission, onlyFor: null })),
    ...spaces.flatMap((space) =>
      SPACE_ROLE.flatMap((permission): Lack[] => {
        const held = heldIn(access.spacePermissions[permission.name] ?? [], space.id);
        return held === 'whole' ? [] : [{ space, permission, onlyFor: held }];
      }),
    ),
  ];
}

/** What the account may change, by permission, without what only shows something. */
export function changingPermissions(access: OwnAccess): string[] {
  const held = [...access.systemPermissions, ...Object.keys(access.spacePermissions)];
  // INF: by their names, as the vendor's list has them, only permissions with View in them change nothing.
  return [...new Set(held)].filter((name) => !/View/.test(name)).sort((a, b) => rank(a) - rank(b) || (a < b ? -1 : 1));
}

function rank(permission: string): number {
  return permission === ADMINISTRATOR ? 0 : 1;
}

/** The two roles to create, in a sentence. */
export function describeRoles(): string {
  const names = (role: readonly NeededPermission[]) => role.map((one) => one.name).join(', ');
  return `Create a system role with ${names(SYSTEM_ROLE)}, and a space role with ${names(SPACE_ROLE)}; give the team of the monitor's service account the first, and the second in every space without restriction to projects, environments or tenants.`;
}

/** What is lacking, in words: `at system level: UserView (…); in space Shop: EventView only for some projects (…)`. */
export function describeLacks(lacks: readonly Lack[]): string {
  const byPlace = new Map<string, Lack[]>();
  for (const lack of lacks) {
    const place = lack.space === null ? 'at system level' : `in space ${lack.space.name}`;
    byPlace.set(place, [...(byPlace.get(place) ?? []), lack]);
  }
  return [...byPlace].map(([place, own]) => `${place}: ${own.map(describeLack).join(', ')}`).join('; ');
}

function describeLack({ permission, onlyFor }: Lack): string {
  const consequence = permission.weight === 'essential' ? ` (${permission.without})` : '';
  return `${permission.name}${onlyFor === null ? '' : ` only for ${onlyFor}`}${consequence}`;
}

const RESTRICTIONS: Readonly<Record<string, string>> = {
  RestrictedToProjectIds: 'some projects',
  RestrictedToProjectGroupIds: 'some project groups',
  RestrictedToEnvironmentIds: 'some environments',
  RestrictedToTenantIds: 'some tenants',
};

/** Whether grants, each canonical JSON, cover a space: `whole`, the restriction in words, or null for not at all. */
function heldIn(grants: readonly string[], spaceId: string): 'whole' | string | null {
  const own = grants
    .map((grant) => JSON.parse(grant) as Record<string, unknown>)
    .filter((grant) => grant['SpaceId'] === undefined || grant['SpaceId'] === spaceId);
  if (own.length === 0) return null;
  const restrictions = own.map((grant) => Object.keys(grant).filter((key) => key !== 'SpaceId'));
  if (restrictions.some((keys) => keys.length === 0)) return 'whole';
  const words = restrictions.flat().map((key) => RESTRICTIONS[key] ?? 'a part of it');
  return [...new Set(words)].join(' and ');
}
