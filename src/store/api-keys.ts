import type { ApiKey, ApiKeyState } from '../model/inventory.ts';
import type { KeyIdentity, RegisterReading } from '../model/register.ts';
import type { Db } from './database.ts';

/** One key of a reading together with what was concluded about its use. */
export type KeyReading = {
  key: ApiKey;
  state: ApiKeyState;
  stateReason: string;
  lastUsedAt: string | null;
  lastUsedSource: 'server' | 'audit' | null;
  idleDays: number | null;
  /** What the key register says of it; left out where there is none. */
  register?: RegisterReading;
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

type RegisterRow = {
  is_registered: number | null;
  register_entry: string | null;
  register_drift: string | null;
  rotation_due_at: string | null;
};

const NOTHING_SAID: RegisterReading = {
  isRegistered: null,
  registerEntry: null,
  registerDrift: null,
  rotationDueAt: null,
};

/** The ledger of API keys. A key that a complete reading of its user no longer lists is marked gone (revoked). */
export function apiKeyTable(db: Db) {
  const put = db.prepare(
    `INSERT INTO _api_keys (instance_id, key_id, user_id, purpose, hint, created_at, expires_at, server_last_used,
       server_last_used_at, last_used_at, last_used_source, idle_days, state, state_reason, access_level, actor_type, read_at,
       is_registered, register_entry, register_drift, rotation_due_at)
     VALUES (@instanceId, @id, @userId, @purpose, @hint, @createdAt, @expiresAt, @serverLastUsed, @serverLastUsedAt,
       @lastUsedAt, @lastUsedSource, @idleDays, @state, @stateReason, @accessLevel, @actorType, @readAt,
       @isRegistered, @registerEntry, @registerDrift, @rotationDueAt)
     ON CONFLICT DO UPDATE SET purpose = excluded.purpose, hint = excluded.hint, created_at = excluded.created_at,
       expires_at = excluded.expires_at, server_last_used = excluded.server_last_used,
       server_last_used_at = excluded.server_last_used_at, last_used_at = excluded.last_used_at,
       last_used_source = excluded.last_used_source, idle_days = excluded.idle_days, state = excluded.state,
       state_reason = excluded.state_reason, access_level = excluded.access_level, actor_type = excluded.actor_type,
       read_at = excluded.read_at, gone_at = NULL, is_registered = excluded.is_registered,
       register_entry = excluded.register_entry, register_drift = excluded.register_drift,
       rotation_due_at = excluded.rotation_due_at`,
  );
  const gone = db.prepare(
    'UPDATE _api_keys SET gone_at = @at WHERE instance_id = @instanceId AND user_id = @userId AND read_at < @at AND gone_at IS NULL',
  );
  const goneWithUser = db.prepare(
    `UPDATE _api_keys SET gone_at = @at WHERE instance_id = @instanceId AND gone_at IS NULL AND user_id IN
       (SELECT user_id FROM _users WHERE instance_id = @instanceId AND gone_at IS NOT NULL)`,
  );
  const identities = db.prepare<[], KeyIdentity>(
    "SELECT instance, username AS account, coalesce(purpose, '') AS purpose, key_id AS id, hint FROM api_keys",
  );
  const register = db.prepare<[number, string], RegisterRow>(
    'SELECT is_registered, register_entry, register_drift, rotation_due_at FROM _api_keys WHERE instance_id = ? AND key_id = ?',
  );
  const all = db.prepare<[number], KeyRow>('SELECT * FROM _api_keys WHERE instance_id = ?');

  return {
    /** Stores one reading: the keys found, and the users whose lists were read whole. */
    save(instanceId: number, readAt: string, readings: readonly KeyReading[], completeUserIds: readonly string[]) {
      for (const { key, register = NOTHING_SAID, ...use } of readings) {
        const known = key.lastUsed;
        put.run({
          instanceId,
          ...key,
          ...use,
          lastUsed: null,
          isRegistered: register.isRegistered === null ? null : Number(register.isRegistered),
          registerEntry: register.registerEntry,
          registerDrift: register.registerDrift,
          rotationDueAt: register.rotationDueAt,
          serverLastUsed: known === null ? 'no field' : known.known ? 'known' : 'unknown',
          serverLastUsedAt: known?.known ? known.at : null,
          readAt,
        });
      }
      for (const userId of completeUserIds) gone.run({ at: readAt, instanceId, userId });
      goneWithUser.run({ at: readAt, instanceId });
    },

    /** The keys of all instances that are not gone, as register entries are compared with them. */
    identities: () => identities.all(),

    /** What the register said of a key at the last reading. */
    registerReading(instanceId: number, keyId: string): RegisterReading {
      const row = register.get(instanceId, keyId);
      if (!row) return NOTHING_SAID;
      return {
        isRegistered: row.is_registered === null ? null : row.is_registered === 1,
        registerEntry: row.register_entry,
        registerDrift: row.register_drift,
        rotationDueAt: row.rotation_due_at,
      };
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
