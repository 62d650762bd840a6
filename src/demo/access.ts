import type { EventRow } from './event-log.ts';
import type { WireGrant, WirePermissions } from './wire.ts';

const MONITOR_SYSTEM_PERMISSIONS = ['EventView', 'UserView', 'UserRoleView', 'TeamView', 'SpaceView'];
const MONITOR_SPACE_PERMISSIONS =
  'EventView EnvironmentView ProjectView TenantView DeploymentView ReleaseView TaskView VariableView LibraryVariableSetView'.split(
    ' ',
  );

/** A right held in a space without restriction. */
export function unrestricted(spaceId: string): WireGrant {
  return {
    SpaceId: spaceId,
    RestrictedToEnvironmentIds: [],
    RestrictedToProjectIds: [],
    RestrictedToProjectGroupIds: [],
    RestrictedToTenantIds: [],
  };
}

/** The least a monitor needs to see everything it must judge: views only, no right to change anything. */
export function monitorAccess(spaceIds: readonly string[]): WirePermissions {
  const grants = spaceIds.map(unrestricted);
  return {
    SpacePermissions: Object.fromEntries(MONITOR_SPACE_PERMISSIONS.map((permission) => [permission, grants])),
    SystemPermissions: MONITOR_SYSTEM_PERMISSIONS,
    Teams: [{ Id: 'Teams-1', Name: 'Auditors', SpaceId: null, IsDirectlyAssigned: true, ExternalSecurityGroups: [] }],
    IsPermissionsComplete: true,
    IsTeamsComplete: true,
  };
}

/** The rights of a system administrator. */
export function fullAccess(spaceIds: readonly string[]): WirePermissions {
  const monitor = monitorAccess(spaceIds);
  return { ...monitor, SystemPermissions: ['AdministerSystem', ...monitor.SystemPermissions] };
}

export function holdsSystem(permissions: WirePermissions, permission: string): boolean {
  return permissions.SystemPermissions.some((held) => held === permission || held === 'AdministerSystem');
}

export function holdsInSpace(permissions: WirePermissions, permission: string, spaceId: string): boolean {
  if (holdsSystem(permissions, 'AdministerSystem')) return true;
  return (permissions.SpacePermissions[permission] ?? []).some((grant) => grant.SpaceId === spaceId);
}

/** True when the user sees any event at all; otherwise the list is refused with 403 (ISS#5308). */
export function seesSomeEvents(permissions: WirePermissions): boolean {
  return holdsSystem(permissions, 'EventView') || (permissions.SpacePermissions['EventView'] ?? []).length > 0;
}

/**
 * Whether a row is shown to its reader. What is not allowed is left out of lists without a word (ISS#4447, #5308). That
 * a restricted grant shows only events that refer to one of its documents is INF.
 */
export function maySee(permissions: WirePermissions, row: EventRow): boolean {
  if (holdsSystem(permissions, 'AdministerSystem')) return true;
  if (row.spaceId === null) return permissions.SystemPermissions.includes('EventView');
  const related = row.event?.RelatedDocumentIds ?? [];
  return (permissions.SpacePermissions['EventView'] ?? []).some(
    (grant) =>
      grant.SpaceId === row.spaceId &&
      [grant.RestrictedToEnvironmentIds, grant.RestrictedToProjectIds, grant.RestrictedToTenantIds].every(
        (ids) => ids.length === 0 || ids.some((id) => related.includes(id)),
      ),
  );
}
