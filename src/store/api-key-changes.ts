import type { ApiKey } from '../model/inventory.ts';
import type { Db } from './database.ts';

type KeyChange =
  | 'appeared'
  | 'changed'
  | 'gone'
  | 'returned'
  | 'owner_disabled'
  | 'owner_enabled'
  | 'successor'
  | 'rotation_finished';

/** The history of keys: rows are added, never edited. */
export function apiKeyChangeTable(db: Db) {
  const insert = db.prepare(
    'INSERT INTO _api_key_changes (instance_id, key_id, seen_at, change, before, after) VALUES (?, ?, ?, ?, ?, ?)',
  );
  const insertForUser = db.prepare(
    `INSERT INTO _api_key_changes (instance_id, key_id, seen_at, change)
     SELECT instance_id, key_id, ?, ? FROM _api_keys WHERE instance_id = ? AND user_id = ? AND gone_at IS NULL`,
  );

  return {
    add(
      instanceId: number,
      keyId: string,
      seenAt: string,
      change: KeyChange,
      { before = null, after = null }: { readonly before?: string | null; readonly after?: string | null } = {},
    ) {
      insert.run(instanceId, keyId, seenAt, change, before, after);
    },
    /** The same change of every key of an account. */
    addForUser: (instanceId: number, userId: string, seenAt: string, change: KeyChange) =>
      insertForUser.run(seenAt, change, instanceId, userId),
  };
}

/** What of a key differs from its last reading, as JSON on both sides; null when nothing does. */
export function differenceOf(
  before: ApiKey,
  after: ApiKey,
): { readonly before: string; readonly after: string } | null {
  const pairs: [name: string, before: string | null, after: string | null][] = [
    ['purpose', before.purpose, after.purpose],
    ['expires_at', before.expiresAt, after.expiresAt],
  ];
  // A server that begins or ceases to tell these has changed, not the key.
  if (before.accessLevel !== null && after.accessLevel !== null)
    pairs.push(['access_level', before.accessLevel, after.accessLevel]);
  if (before.hint !== null && after.hint !== null) pairs.push(['hint', before.hint, after.hint]);
  const changed = pairs.filter(([, was, is]) => was !== is);
  if (changed.length === 0) return null;
  return {
    before: JSON.stringify(Object.fromEntries(changed.map(([name, was]) => [name, was]))),
    after: JSON.stringify(Object.fromEntries(changed.map(([name, , is]) => [name, is]))),
  };
}
