import type { OwnAccess, ServerFacts } from '../model/inventory.ts';
import type { Db } from './database.ts';

export type InstanceRow = {
  instance_id: number;
  name: string;
  url: string;
  installation_id: string | null;
  server_version: string | null;
  event_scope: 'all' | 'plain' | null;
  watermark_at: string | null;
  last_read_at: string | null;
  failing_since_at: string | null;
  last_error: string | null;
  inventory_read_at: string | null;
  reread_due_at: string | null;
  access: string | null;
  poll_interval_ms: number;
  /** When the monitor first met it; null in databases from before that was written down. */
  created_at: string | null;
  /** The monitor's own account and the keys it has used, JSON; null until they were read. */
  own_ids: string | null;
  /** Since when starts find it not configured any more; null while it is. */
  retired_at: string | null;
};

/** The servers that are watched, with how far each has been read. */
export function instanceTable(db: Db) {
  const byName = db.prepare<[string], InstanceRow>('SELECT * FROM _instances WHERE name = ?');
  const all = db.prepare<[], InstanceRow>('SELECT * FROM _instances ORDER BY instance_id');
  const insert = db.prepare('INSERT INTO _instances (name, url, poll_interval_ms, created_at) VALUES (?, ?, ?, ?)');
  const update = db.prepare('UPDATE _instances SET url = ?, poll_interval_ms = ?, retired_at = NULL WHERE name = ?');
  const retire = db.prepare('UPDATE _instances SET retired_at = ? WHERE instance_id = ?');
  const facts = db.prepare(
    'UPDATE _instances SET installation_id = coalesce(?, installation_id), server_version = coalesce(?, server_version), event_scope = ? WHERE instance_id = ?',
  );
  const watermark = db.prepare(
    'UPDATE _instances SET watermark_at = max(coalesce(watermark_at, @at), @at) WHERE instance_id = @id',
  );
  const readComplete = db.prepare(
    'UPDATE _instances SET last_read_at = ?, failing_since_at = NULL, last_error = NULL WHERE instance_id = ?',
  );
  const failed = db.prepare(
    'UPDATE _instances SET failing_since_at = coalesce(failing_since_at, ?), last_error = ? WHERE instance_id = ?',
  );
  const nameOf = db.prepare<[number], string>('SELECT name FROM _instances WHERE instance_id = ?').pluck();
  const rereadDue = db.prepare('UPDATE _instances SET reread_due_at = ? WHERE instance_id = ?');
  const createdAt = db
    .prepare<[number], string | null>('SELECT created_at FROM _instances WHERE instance_id = ?')
    .pluck();
  const access = db.prepare('UPDATE _instances SET access = ? WHERE instance_id = ?');

  const ownIds = db.prepare<[number], string | null>('SELECT own_ids FROM _instances WHERE instance_id = ?').pluck();
  const setOwnIds = db.prepare('UPDATE _instances SET own_ids = ? WHERE instance_id = ?');

  const keysJudgedBy = db
    .prepare<[number], string | null>('SELECT keys_judged_by FROM _instances WHERE instance_id = ?')
    .pluck();
  const setKeysJudgedBy = db.prepare('UPDATE _instances SET keys_judged_by = ? WHERE instance_id = ?');

  /** Ids of the monitor's own account and of the keys of it that it has used; empty until they were read. */
  function ownIdsOf(id: number): string[] {
    const stored = ownIds.get(id) ?? null;
    return stored === null ? [] : (JSON.parse(stored) as string[]);
  }

  return {
    all: () => all.all(),
    get: (name: string) => byName.get(name),
    /** The row of a configured instance, made when it is new; `createdAt` is then now. One that was retired is back. */
    ensure(name: string, url: string, pollIntervalMs: number, createdAt: string | null = null): InstanceRow {
      const known = byName.get(name);
      if (!known) insert.run(name, url, pollIntervalMs, createdAt);
      else if (known.url !== url || known.poll_interval_ms !== pollIntervalMs || known.retired_at !== null)
        update.run(url, pollIntervalMs, name);
      return byName.get(name) as InstanceRow;
    },
    /** It is configured no more: its rows stay, and nobody is to be told that it is not read. */
    retire: (id: number, at: string) => retire.run(at, id),
    setFacts(id: number, server: ServerFacts, scope: 'all' | 'plain') {
      facts.run(server.installationId, server.version, scope, id);
    },
    nameOf: (id: number): string => nameOf.get(id) ?? '',
    createdAt: (id: number) => createdAt.get(id) ?? null,
    /** Moves the watermark forward; never back. */
    advanceWatermark: (id: number, at: string) => watermark.run({ at, id }),
    markRead: (id: number, at: string) => readComplete.run(at, id),
    markFailed: (id: number, at: string, error: string) => failed.run(at, error, id),
    setRereadDue: (id: number, at: string) => rereadDue.run(at, id),
    /** The hash of the settings that keys were judged by last; null when they never were. */
    keysJudgedBy: (id: number) => keysJudgedBy.get(id) ?? null,
    setKeysJudgedBy: (id: number, settingsSha256: string) => setKeysJudgedBy.run(settingsSha256, id),
    ownIds: ownIdsOf,
    /** The key that the monitor was last known to read with; null when it never was. */
    ownKeyId: (id: number): string | null => ownIdsOf(id)[1] ?? null,
    /**
     * Remembers the own account and key; keys of before stay behind it, for what is done to them is of interest as well.
     * Without a key the one of before stays.
     */
    rememberOwn(id: number, userId: string, keyId: string | null) {
      const before = ownIdsOf(id);
      const keys = before[0] === userId ? before.slice(1) : [];
      const ids = JSON.stringify([...new Set([userId, ...(keyId === null ? [] : [keyId]), ...keys])]);
      if (ids !== JSON.stringify(before)) setOwnIds.run(ids, id);
    },
    /** What the monitor could see when all was well, and when that was. */
    setAccess: (id: number, good: { access: OwnAccess; goodAt: string }) => access.run(JSON.stringify(good), id),
  };
}
