import { monitorAccess, unrestricted } from './access.ts';
import type { SimulatedEnvironment } from './state.ts';
import type { WireGrant, WirePermissions } from './wire.ts';

/** What an account of a simulated company may do beyond looking. Names of permissions: vendor's client (`Permission.cs`). */
export type Role = {
  /** Where it may create releases, deploy and run runbooks. */
  readonly deploysTo?: readonly SimulatedEnvironment[];
  /** Ids of the spaces whose variables it may edit. */
  readonly editsVariablesIn?: readonly string[];
  readonly managesUsers?: boolean;
  readonly administers?: boolean;
};

const DEPLOY = ['DeploymentCreate', 'RunbookRunCreate', 'TaskCreate'];
const EDIT_VARIABLES = ['VariableEdit', 'VariableEditUnscoped', 'LibraryVariableSetEdit'];
const MANAGE_USERS = ['UserEdit', 'UserInvite', 'TeamEdit', 'UserRoleEdit'];

/** The permissions of an account that sees everything in `spaceIds` and may do what its role says. */
export function accessOf(role: Role, spaceIds: readonly string[]): WirePermissions {
  const { deploysTo = [], editsVariablesIn = [], managesUsers = false, administers = false } = role;
  const views = monitorAccess(spaceIds);
  const grants: Record<string, readonly WireGrant[]> = {};
  if (deploysTo.length > 0) {
    const spaces = [...new Set(deploysTo.map((environment) => environment.spaceId))];
    for (const permission of DEPLOY) grants[permission] = spaces.map((id) => restrictedTo(id, deploysTo));
    grants['ReleaseCreate'] = spaces.map(unrestricted);
  }
  if (editsVariablesIn.length > 0) {
    for (const permission of EDIT_VARIABLES) grants[permission] = editsVariablesIn.map(unrestricted);
  }
  return {
    ...views,
    SpacePermissions: { ...views.SpacePermissions, ...grants },
    SystemPermissions: [
      ...(administers ? ['AdministerSystem'] : []),
      ...(managesUsers ? MANAGE_USERS : []),
      ...views.SystemPermissions,
    ],
    Teams: [],
  };
}

function restrictedTo(spaceId: string, environments: readonly SimulatedEnvironment[]): WireGrant {
  const ids = environments.filter((each) => each.spaceId === spaceId).map((each) => each.id);
  return { ...unrestricted(spaceId), RestrictedToEnvironmentIds: ids };
}
