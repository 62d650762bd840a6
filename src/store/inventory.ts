import type { Inventory } from '../model/inventory.ts';
import type { Db } from './database.ts';

/** Users, spaces and environments as last read. What disappears from a complete list keeps its row, marked gone. */
export function inventoryTable(db: Db) {
  const putUser = db.prepare(
    `INSERT INTO _users (instance_id, user_id, username, display_name, is_active, is_service, service_account_type, read_at)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET username = excluded.username, display_name = excluded.display_name,
       is_active = excluded.is_active, is_service = excluded.is_service, service_account_type = excluded.service_account_type,
       read_at = excluded.read_at, gone_at = NULL`,
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
  const readAt = db.prepare('UPDATE _instances SET inventory_read_at = ? WHERE instance_id = ?');
  const users = db.prepare<[number], Record<string, string | number | null>>(
    'SELECT * FROM _users WHERE instance_id = ?',
  );
  const spaces = db.prepare<[number], Record<string, string>>('SELECT * FROM _spaces WHERE instance_id = ?');
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
      for (const user of inventory.users) {
        const { id, username, displayName, isActive, isService, serviceAccountType } = user;
        putUser.run(instanceId, id, username, displayName, isActive ? 1 : 0, isService ? 1 : 0, serviceAccountType, at);
      }
      for (const space of inventory.spaces) putSpace.run(instanceId, space.id, space.name, at);
      for (const one of inventory.environments) {
        putEnvironment.run(instanceId, one.id, one.spaceId, one.name, one.slug, JSON.stringify(one.tags), at);
      }
      if (inventory.complete.users) goneUsers.run({ at, instanceId });
      if (inventory.complete.spaces) goneSpaces.run({ at, instanceId });
      // A server without spaces has one list, and its environments no space.
      for (const spaceId of inventory.complete.environmentSpaceIds)
        goneEnvironments.run({ at, instanceId, spaceId: spaceId || null });
      readAt.run(at, instanceId);
    },

    /** What is known of who and where there is, what has gone since included: old events refer to it. */
    load(instanceId: number): Omit<Inventory, 'apiKeys' | 'readAt' | 'complete' | 'problems'> {
      return {
        users: users.all(instanceId).map((row) => ({
          id: String(row['user_id']),
          username: String(row['username']),
          displayName: row['display_name'] as string | null,
          isActive: row['is_active'] === 1,
          isService: row['is_service'] === 1,
          serviceAccountType: row['service_account_type'] as string | null,
        })),
        spaces: spaces.all(instanceId).map((row) => ({ id: String(row['space_id']), name: String(row['name']) })),
        environments: environments.all(instanceId).map((row) => ({
          id: String(row['environment_id']),
          spaceId: row['space_id'] ?? null,
          name: String(row['name']),
          slug: row['slug'] ?? null,
          tags: JSON.parse(row['tags'] ?? '[]') as string[],
        })),
      };
    },
  };
}
