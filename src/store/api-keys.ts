import type { ApiKey, ApiKeyState } from '../model/inventory.ts';
import type { Db } from './database.ts';

/** One key of a reading together with what was concluded about its use. */
export type KeyReading = {
  key: ApiKey;
  state: ApiKeyState;
  stateReason: string;
  lastUsedAt: string | null;
  lastUsedSource: 'server' | 'audit' | null;
  idleDays: number | null;
};

type KeyRow = {
  key_id: string;
  user_id: string;
  purpose: string | null;
  hint: string | null;
  created_at: string | null;
  expires_at: string | null;
  server_last_used: 'no field' | 'unknown' | 'known';
  server_last_used_at: string | null;
  access_level: string | null;
  actor_type: string | null;
};

/** The ledger of API keys. A key that a complete reading of its user no longer lists is marked gone (revoked). */
export function apiKeyTable(db: Db) {
  const put = db.prepare(
    `INSERT INTO _api_keys (instance_id, key_id, user_id, purpose, hint, created_at, expires_at, server_last_used,
       server_last_used_at, last_used_at, last_used_source, idle_days, state, state_reason, access_level, actor_type, read_at)
     VALUES (@instanceId, @id, @userId, @purpose, @hint, @createdAt, @expiresAt, @serverLastUsed, @serverLastUsedAt,
       @lastUsedAt, @lastUsedSource, @idleDays, @state, @stateReason, @accessLevel, @actorType, @readAt)
     ON CONFLICT DO UPDATE SET purpose = excluded.purpose, hint = excluded.hint, created_at = excluded.created_at,
       expires_at = excluded.expires_at, server_last_used = excluded.server_last_used,
       server_last_used_at = excluded.server_last_used_at, last_used_at = excluded.last_used_at,
       last_used_source = excluded.last_used_source, idle_days = excluded.idle_days, state = excluded.state,
       state_reason = excluded.state_reason, access_level = excluded.access_level, actor_type = excluded.actor_type,
       read_at = excluded.read_at, gone_at = NULL`,
  );
  const gone = db.prepare(
    'UPDATE _api_keys SET gone_at = @at WHERE instance_id = @instanceId AND user_id = @userId AND read_at < @at AND gone_at IS NULL',
  );
  const goneWithUser = db.prepare(
    `UPDATE _api_keys SET gone_at = @at WHERE instance_id = @instanceId AND gone_at IS NULL AND user_id IN
       (SELECT user_id FROM _users WHERE instance_id = @instanceId AND gone_at IS NOT NULL)`,
  );
  const all = db.prepare<[number], KeyRow>('SELECT * FROM _api_keys WHERE instance_id = ?');

  return {
    /** Stores one reading: the keys found, and the users whose lists were read whole. */
    save(instanceId: number, readAt: string, readings: readonly KeyReading[], completeUserIds: readonly string[]) {
      for (const { key, ...use } of readings) {
        const known = key.lastUsed;
        put.run({
          instanceId,
          ...key,
          ...use,
          lastUsed: null,
          serverLastUsed: known === null ? 'no field' : known.known ? 'known' : 'unknown',
          serverLastUsedAt: known?.known ? known.at : null,
          readAt,
        });
      }
      for (const userId of completeUserIds) gone.run({ at: readAt, instanceId, userId });
      goneWithUser.run({ at: readAt, instanceId });
    },

    /** Every key ever seen, revoked ones included: old events refer to them. */
    load(instanceId: number): ApiKey[] {
      return all.all(instanceId).map((row) => ({
        id: row.key_id,
        userId: row.user_id,
        purpose: row.purpose,
        hint: row.hint,
        createdAt: row.created_at,
        expiresAt: row.expires_at,
        lastUsed:
          row.server_last_used === 'no field'
            ? null
            : row.server_last_used === 'known'
              ? { known: true, at: row.server_last_used_at }
              : { known: false },
        accessLevel: row.access_level,
        actorType: row.actor_type,
      }));
    },
  };
}
