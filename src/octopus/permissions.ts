import { z } from 'zod';
import { type Grant, KEPT_SPACE_PERMISSIONS, type OwnerAccess } from '../model/inventory.ts';

/** The permissions of a user as the server lists them (FACT octopus-api 4.3). */
type Permissions = {
  readonly systemPermissions: readonly string[];
  /** Permission to the restrictions under which it is held, unread. */
  readonly spacePermissions: Readonly<Record<string, readonly unknown[]>>;
  /** False when the reader may not see all of them. */
  readonly isComplete: boolean;
};

const permissions = z.object({
  SpacePermissions: z.record(z.string(), z.array(z.unknown()).nullable()),
  SystemPermissions: z.array(z.string()),
  IsPermissionsComplete: z.unknown().optional(),
});

const idList = z.array(z.string()).nullish();
const restriction = z.object({ SpaceId: z.string().nullish(), RestrictedToEnvironmentIds: idList });

/** Reads `/api/users/{id}/permissions`; null when it has another shape. System permissions are sorted. */
export function parsePermissions(json: unknown): Permissions | null {
  const parsed = permissions.safeParse(json);
  if (!parsed.success) return null;
  const { SpacePermissions, SystemPermissions, IsPermissionsComplete } = parsed.data;
  return {
    systemPermissions: SystemPermissions.toSorted(),
    spacePermissions: Object.fromEntries(Object.entries(SpacePermissions).map(([name, held]) => [name, held ?? []])),
    isComplete: IsPermissionsComplete !== false,
  };
}

/** What of a user's permissions decides about API keys; null when they cannot be read, also in part. */
export function parseOwnerAccess(json: unknown, userId: string): OwnerAccess | null {
  const read = parsePermissions(json);
  if (read === null) return null;
  const spacePermissions: Record<string, readonly Grant[]> = {};
  for (const name of KEPT_SPACE_PERMISSIONS) {
    const grants = (read.spacePermissions[name] ?? []).map(parseGrant);
    // Without its restrictions a permission would look wider than it is.
    if (grants.includes(null)) return null;
    if (grants.length > 0) spacePermissions[name] = grants.filter((grant) => grant !== null);
  }
  return { userId, systemPermissions: read.systemPermissions, spacePermissions, isComplete: read.isComplete };
}

function parseGrant(held: unknown): Grant | null {
  const parsed = restriction.safeParse(held);
  if (!parsed.success) return null;
  return {
    spaceId: parsed.data.SpaceId ?? null,
    environmentIds: (parsed.data.RestrictedToEnvironmentIds ?? []).toSorted(),
  };
}
