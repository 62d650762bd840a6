import type { ApiKey, ApiKeyState, KeyOwnerKind, KeyPower, KeyRotation } from '../model/inventory.ts';
import type { KeyIdentity, RegisterReading } from '../model/register.ts';
import { apiKeyChangeTable, differenceOf } from './api-key-changes.ts';
import type { Db } from './database.ts';

/** One key of a reading together with what was concluded about it. */
export type KeyReading = {
  key: ApiKey;
  state: ApiKeyState;
  stateReason: string;
  lastUsedAt: string | null;
  lastUsedSource: 'server' | 'audit' | null;
  idleDays: number | null;
  auditIdleDays: number | null;
  ownerKind: KeyOwnerKind | null;
  powers: readonly KeyPower[] | null;
  isPowersComplete: boolean | null;
  unusedPowers: readonly KeyPower[] | null;
  rotation: KeyRotation | null;
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
  state: ApiKeyState;
  read_at: string;
  gone_at: string | null;
  successor_id: string | null;
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

const COLUMNS = `user_id, purpose, hint, created_at, expires_at, server_last_used, server_last_used_at, last_used_at,
  last_used_source, idle_days, state, state_reason, access_level, actor_type, audit_idle_days, owner_kind, powers,
  unused_powers, is_powers_complete, rotation_state, successor_id, is_registered, register_entry, register_drift,
  rotation_due_at, read_at`;

/** The keys of all instances that are not gone, as register entries are compared with them. */
export function keyIdentities(db: Db): KeyIdentity[] {
  const sql =
    "SELECT instance, username AS account, coalesce(purpose, '') AS purpose, key_id AS id, hint FROM api_keys";
  return db.prepare<[], KeyIdentity>(sql).all();
}

/** The ledger of API keys. A key that a complete reading of its user no longer lists is marked gone (revoked). */
export function apiKeyTable(db: Db) {
  const changes = apiKeyChangeTable(db);
  const put = db.prepare(
    `INSERT INTO _api_keys (instance_id, key_id, first_seen_at, ${COLUMNS})
     VALUES (@instanceId, @id, @readAt, @userId, @purpose, @hint, @createdAt, @expiresAt, @serverLastUsed, @serverLastUsedAt,
       @lastUsedAt, @lastUsedSource, @idleDays, @state, @stateReason, @accessLevel, @actorType, @auditIdleDays, @ownerKind,
       @powers, @unusedPowers, @isPowersComplete, @rotationState, @successorId, @isRegistered, @registerEntry, @registerDrift,
       @rotationDueAt, @readAt)
     ON CONFLICT DO UPDATE SET gone_at = NULL, ${COLUMNS.split(',')
       .map((column) => `${column.trim()} = excluded.${column.trim()}`)
       .join(', ')}`,
  );
  const markGone = db.prepare('UPDATE _api_keys SET gone_at = ? WHERE instance_id = ? AND key_id = ?');
  const register = db.prepare<[number, string], RegisterRow>(
    'SELECT is_registered, register_entry, register_drift, rotation_due_at FROM _api_keys WHERE instance_id = ? AND key_id = ?',
  );
  const all = db.prepare<[number], KeyRow>('SELECT * FROM _api_keys WHERE instance_id = ?');
  const goneUsers = db
    .prepare<[number], string>('SELECT user_id FROM _users WHERE instance_id = ? AND gone_at IS NOT NULL')
    .pluck();
  const usersRead = db
    .prepare<[number], string>('SELECT user_id FROM _users WHERE instance_id = ? AND keys_read_at IS NOT NULL')
    .pluck();
  const markRead = db.prepare('UPDATE _users SET keys_read_at = ? WHERE instance_id = ? AND user_id = ?');

  return {
    /**
     * Stores one reading: the keys found, and the users whose lists were read whole; what changed goes to the history.
     * Returns the ids of the keys that ended since the reading before: gone from their list, or expired.
     */
    save(
      instanceId: number,
      readAt: string,
      readings: readonly KeyReading[],
      completeUserIds: readonly string[],
    ): string[] {
      const before = new Map(all.all(instanceId).map((row) => [row.key_id, row]));
      // What the first reading of an account's keys shows was there before: it is no change.
      const watched = new Set(usersRead.all(instanceId));
      const ended: string[] = [];
      for (const reading of readings) {
        const { key, state, rotation } = reading;
        const row = before.get(key.id);
        if (watched.has(key.userId)) noteArrival(instanceId, readAt, key, rotation, row);
        const difference = row ? differenceOf(toKey(row), key) : null;
        if (difference) changes.add(instanceId, key.id, readAt, 'changed', difference);
        if (row && state === 'expired' && row.state !== 'expired') ended.push(key.id);
        put.run({ instanceId, readAt, ...columnsOf(reading) });
      }
      const listed = new Set(readings.map(({ key }) => key.id));
      const unlisted = new Set([...completeUserIds, ...goneUsers.all(instanceId)]);
      for (const row of before.values()) {
        if (row.gone_at !== null || listed.has(row.key_id) || !unlisted.has(row.user_id)) continue;
        if (row.read_at > readAt) continue;
        markGone.run(readAt, instanceId, row.key_id);
        changes.add(instanceId, row.key_id, readAt, 'gone');
        if (row.state !== 'expired') ended.push(row.key_id);
      }
      for (const userId of completeUserIds) markRead.run(readAt, instanceId, userId);
      return ended;
    },

    /** Writes into the history that another key has taken the place of one that ended. */
    finishRotation: (instanceId: number, keyId: string, successorId: string, readAt: string) =>
      changes.add(instanceId, keyId, readAt, 'rotation_finished', { after: successorId }),

    /** The keys of all instances that are not gone, as register entries are compared with them. */
    identities: () => keyIdentities(db),

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
    load: (instanceId: number): ApiKey[] => all.all(instanceId).map(toKey),

    /** The keys that existed when their lists were last read. */
    loadPresent: (instanceId: number): ApiKey[] =>
      all
        .all(instanceId)
        .filter((row) => row.gone_at === null)
        .map(toKey),
  };

  function noteArrival(
    instanceId: number,
    readAt: string,
    key: ApiKey,
    rotation: KeyRotation | null,
    row: KeyRow | undefined,
  ) {
    if (row === undefined) changes.add(instanceId, key.id, readAt, 'appeared');
    else if (row.gone_at !== null) changes.add(instanceId, key.id, readAt, 'returned');
    const known = row?.successor_id ?? null;
    if (rotation === null || rotation.successorId === known) return;
    changes.add(instanceId, key.id, readAt, 'successor', { before: known, after: rotation.successorId });
  }
}

function columnsOf({ key, powers, unusedPowers, isPowersComplete, rotation, register, ...judged }: KeyReading) {
  const { lastUsed, ...fields } = key;
  const said = register ?? NOTHING_SAID;
  return {
    ...fields,
    ...judged,
    serverLastUsed: lastUsed === null ? 'no field' : lastUsed.known ? 'known' : 'unknown',
    serverLastUsedAt: lastUsed?.known ? lastUsed.at : null,
    powers: powers && JSON.stringify(powers),
    unusedPowers: unusedPowers && JSON.stringify(unusedPowers),
    isPowersComplete: isPowersComplete === null ? null : Number(isPowersComplete),
    rotationState: rotation?.state ?? null,
    successorId: rotation?.successorId ?? null,
    ...said,
    isRegistered: said.isRegistered === null ? null : Number(said.isRegistered),
  };
}

function toKey(row: KeyRow): ApiKey {
  return {
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
  };
}
