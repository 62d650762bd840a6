import type { Environment, Inventory, OwnerAccess, Space } from '../model/inventory.ts';
import { apiKeyChangeTable } from './api-key-changes.ts';
import type { Db } from './database.ts';

type OwnerFacts = { readonly access: OwnerAccess | null; readonly enabledAgainAt: string | null };

/** Users, spaces and environments as last read. What disappears from a complete list keeps its row, marked gone. */
export function inventoryTable(db: Db) {
  const changes = apiKeyChangeTable(db);
  // After a reading of all accounts a further one is new, and so are its keys, whether or not their list can be read now.
  const putUser = db.prepare(
    `INSERT INTO _users (instance_id, user_id, username, display_name, is_active, is_service, service_account_type, read_at,
       disabled_seen_at, keys_read_at)
     VALUES (@instanceId, @id, @username, @displayName, @isActive, @isService, @serviceAccountType, @at,
       iif(@isActive, NULL, @at), iif(@isFirstReading, NULL, @at))
     ON CONFLICT DO UPDATE SET username = excluded.username, display_name = excluded.display_name,
       is_active = excluded.is_active, is_service = excluded.is_service, service_account_type = excluded.service_account_type,
       read_at = excluded.read_at, gone_at = NULL, disabled_seen_at = coalesce(excluded.disabled_seen_at, disabled_seen_at),
       enabled_again_at = CASE WHEN NOT excluded.is_active THEN NULL WHEN NOT is_active THEN excluded.read_at
         ELSE enabled_again_at END`,
  );
  const putAccess = db.prepare(
    'UPDATE _users SET access = ?, access_read_at = ? WHERE instance_id = ? AND user_id = ?',
  );
  const putSpace = db.prepare(
    `INSERT INTO _spaces (instance_id, space_id, name, read_at) VALUES (?, ?, ?, ?)
     ON CONFLICT DO UPDATE SET name = excluded.name, read_at = excluded.read_at, gone_at = NULL`,
  );
  const putEnvironment = db.prepare(
    `INSERT INTO _environments (instance_id, environment_id, space_id, name, slug, tags, read_at) VALUES (?, ?, ?, ?, ?, ?, ?)
     ON CONFLICT DO UPDATE SET space_id = excluded.space_id, name = excluded.name, slug = excluded.slug, tags = excluded.tags,
       read_at = excluded.read_at, gone_at = NULL`,
  );
  const goneUsers = markGone('_users');
  const goneSpaces = markGone('_spaces');
  const goneEnvironments = db.prepare(
    'UPDATE _environments SET gone_at = @at WHERE instance_id = @instanceId AND read_at < @at AND gone_at IS NULL AND space_id IS @spaceId',
  );
  const usersReadAt = db
    .prepare<[number], string | null>('SELECT users_read_at FROM _instances WHERE instance_id = ?')
    .pluck();
  const markUsersRead = db.prepare('UPDATE _instances SET users_read_at = ? WHERE instance_id = ?');
  const readAt = db.prepare('UPDATE _instances SET inventory_read_at = ? WHERE instance_id = ?');
  const users = db.prepare<[number], Record<string, string | number | null>>(
    'SELECT * FROM _users WHERE instance_id = ?',
  );
  const spaces = db.prepare<[number], Record<string, string | null>>('SELECT * FROM _spaces WHERE instance_id = ?');
  const environments = db.prepare<[number], Record<string, string | null>>(
    'SELECT * FROM _environments WHERE instance_id = ?',
  );

  function markGone(table: '_users' | '_spaces') {
    return db.prepare(
      `UPDATE ${table} SET gone_at = @at WHERE instance_id = @instanceId AND read_at < @at AND gone_at IS NULL`,
    );
  }

  return {
    /** Stores one reading. Only a list that was read whole may mark what it lacks as gone. API keys are stored apart. */
    save(instanceId: number, inventory: Inventory) {
      const at = inventory.readAt;
      const before = new Map(users.all(instanceId).map((row) => [String(row['user_id']), row['is_active'] === 1]));
      const isFirstReading = Number((usersReadAt.get(instanceId) ?? null) === null);
      for (const user of inventory.users) {
        const isActive = Number(user.isActive);
        putUser.run({ instanceId, at, ...user, isActive, isService: Number(user.isService), isFirstReading });
        if (before.get(user.id) === !user.isActive)
          changes.addForUser(instanceId, user.id, at, user.isActive ? 'owner_enabled' : 'owner_disabled');
      }
      for (const { userId, ...access } of inventory.access)
        putAccess.run(JSON.stringify(access), at, instanceId, userId);
      for (const space of inventory.spaces) putSpace.run(instanceId, space.id, space.name, at);
      for (const one of inventory.environments) {
        putEnvironment.run(instanceId, one.id, one.spaceId, one.name, one.slug, JSON.stringify(one.tags), at);
      }
      if (inventory.complete.users) {
        goneUsers.run({ at, instanceId });
        markUsersRead.run(at, instanceId);
      }
      if (inventory.complete.spaces) goneSpaces.run({ at, instanceId });
      // A server without spaces has one list, and its environments no space.
      for (const spaceId of inventory.complete.environmentSpaceIds)
        goneEnvironments.run({ at, instanceId, spaceId: spaceId || null });
      readAt.run(at, instanceId);
    },

    /** What is known of the accounts beside their names: what each may do, and when it was seen enabled again. */
    owners(instanceId: number): ReadonlyMap<string, OwnerFacts> {
      return new Map(
        users.all(instanceId).map((row) => {
          const userId = String(row['user_id']);
          const access = row['access'] as string | null;
          return [
            userId,
            {
              access: access === null ? null : { userId, ...(JSON.parse(access) as Omit<OwnerAccess, 'userId'>) },
              enabledAgainAt: row['enabled_again_at'] as string | null,
            },
          ];
        }),
      );
    },

    /** The spaces and environments that were there when they were last read. */
    places(instanceId: number): Pick<Inventory, 'spaces' | 'environments'> {
      const isPresent = (row: Record<string, string | null>) => row['gone_at'] === null;
      return {
        spaces: spaces.all(instanceId).filter(isPresent).map(toSpace),
        environments: environments.all(instanceId).filter(isPresent).map(toEnvironment),
      };
    },

    /** What is known of who and where there is, what has gone since included: old events refer to it. */
    load(instanceId: number): Pick<Inventory, 'users' | 'spaces' | 'environments'> {
      return {
        users: users.all(instanceId).map((row) => ({
          id: String(row['user_id']),
          username: String(row['username']),
          displayName: row['display_name'] as string | null,
          isActive: row['is_active'] === 1,
          isService: row['is_service'] === 1,
          serviceAccountType: row['service_account_type'] as string | null,
        })),
        spaces: spaces.all(instanceId).map(toSpace),
        environments: environments.all(instanceId).map(toEnvironment),
      };
    },
  };
}

function toSpace(row: Record<string, string | null>): Space {
  return { id: String(row['space_id']), name: String(row['name']) };
}

function toEnvironment(row: Record<string, string | null>): Environment {
  return {
    id: String(row['environment_id']),
    spaceId: row['space_id'] ?? null,
    name: String(row['name']),
    slug: row['slug'] ?? null,
    tags: JSON.parse(row['tags'] ?? '[]') as string[],
  };
}
