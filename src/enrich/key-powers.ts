import type { ApiKey, Environment, Grant, KeyPower, OwnerAccess } from '../model/inventory.ts';
import type { ProductionMatcher } from './production.ts';

/** The places an instance has, as far as they are known. */
export type KnownPlaces = {
  readonly spaceIds: readonly string[];
  readonly environments: readonly Environment[];
  /** False while the list of spaces was never read whole, or not by this reading. */
  readonly areSpacesComplete: boolean;
};

export type KeyPowers = {
  readonly powers: readonly KeyPower[];
  /** False when there may be more: the server hides permissions, or a place they are held in is not known. */
  readonly isComplete: boolean;
};

const ALL_POWERS = [
  'administer',
  'manage_users',
  'deploy_production',
  'deploy',
  'deploy_all_spaces',
  'edit_variables',
] as const satisfies readonly KeyPower[];

// FACT: names of the vendor's client library (`Permission`). Which of them lead to more rights is INF.
const ADMINISTER = 'AdministerSystem';
const MANAGE_USERS: readonly string[] = ['UserEdit', 'UserInvite', 'TeamEdit', 'UserRoleEdit'];
const EDIT_VARIABLES = ['VariableEdit', 'VariableEditUnscoped', 'LibraryVariableSetEdit'] as const;

/** The powers whose use always leaves an audited event behind that can be told from others. */
export const AUDITED_POWERS = ['deploy_production', 'edit_variables', 'manage_users'] as const satisfies KeyPower[];
export type AuditedPower = (typeof AUDITED_POWERS)[number];

/**
 * What can be done with a key: what its account may do, nothing that changes anything for a `ReadOnly` one (FACT
 * octopus-api 4.1). Null when that is not known: permissions that could not be read, and `Custom` keys (UNKNOWN what their
 * scopes hold). Restrictions to projects and tenants do not lessen a power: production is production.
 */
export function powersOf(
  accessLevel: ApiKey['accessLevel'],
  access: OwnerAccess | null,
  places: KnownPlaces,
  production: ProductionMatcher,
): KeyPowers | null {
  if (accessLevel === 'ReadOnly') return { powers: [], isComplete: true };
  // A level that nobody knows yet may be narrower than the account.
  if (access === null || (accessLevel !== null && accessLevel !== 'FullAccess')) return null;
  if (access.systemPermissions.includes(ADMINISTER)) return { powers: ALL_POWERS, isComplete: true };
  const grantsOf = (name: string) => access.spacePermissions[name] ?? [];
  const deploying = grantsOf('DeploymentCreate');
  const toProduction = reachesProduction([...deploying, ...grantsOf('RunbookRunCreate')], places, production);
  const held: Record<(typeof ALL_POWERS)[number], boolean> = {
    administer: false,
    // TeamEdit is held in spaces, too: there it says who belongs to the teams of the space.
    manage_users: MANAGE_USERS.some((name) => access.systemPermissions.includes(name) || grantsOf(name).length > 0),
    deploy_production: toProduction === 'yes',
    deploy: deploying.length > 0,
    deploy_all_spaces: coversAllSpaces(deploying, places),
    edit_variables: EDIT_VARIABLES.some((name) => grantsOf(name).length > 0),
  };
  return {
    powers: ALL_POWERS.filter((power) => held[power]),
    isComplete: access.isComplete && toProduction !== 'unknown',
  };
}

/** True when the account administers the server, false when it does not, null when it may without the monitor seeing it. */
export function isAdministrator(access: OwnerAccess | null): boolean | null {
  if (access === null) return null;
  return access.systemPermissions.includes(ADMINISTER) || (access.isComplete ? false : null);
}

/** Whether one of the grants takes in an environment of production; `unknown` when one takes in a place nobody knows. */
function reachesProduction(
  grants: readonly Grant[],
  { environments }: KnownPlaces,
  production: ProductionMatcher,
): 'yes' | 'no' | 'unknown' {
  const answers = grants.map(({ spaceId, environmentIds }) => {
    const inSpace = environments.filter((one) => spaceId === null || one.spaceId === spaceId);
    const isOpen = environmentIds.length === 0;
    const reached = isOpen ? inSpace : inSpace.filter(({ id }) => environmentIds.includes(id));
    if (reached.some((one) => production.isProduction(one))) return 'yes';
    return reached.length < (isOpen ? 1 : environmentIds.length) ? 'unknown' : 'no';
  });
  if (answers.includes('yes')) return 'yes';
  return answers.includes('unknown') ? 'unknown' : 'no';
}

/** With a single space "in all spaces" would say no more than `deploy`. */
function coversAllSpaces(grants: readonly Grant[], { spaceIds, areSpacesComplete }: KnownPlaces): boolean {
  if (!areSpacesComplete || spaceIds.length < 2) return false;
  return spaceIds.every((id) => grants.some(({ spaceId }) => spaceId === null || spaceId === id));
}
