import { toInstant } from '../lib/clock.ts';
import type { Db } from './database.ts';
import { isDeadNeighbour } from './process-identity.ts';

/** The right to read one instance: of two processes on one database only the holder polls. */
export function leaseTable(db: Db) {
  const find = db.prepare<[number], { holder: string; expires_at: string }>(
    'SELECT * FROM _leases WHERE instance_id = ?',
  );
  const put = db.prepare(
    'INSERT INTO _leases (instance_id, holder, expires_at) VALUES (?, ?, ?) ON CONFLICT (instance_id) DO UPDATE SET holder = excluded.holder, expires_at = excluded.expires_at',
  );
  const release = db.prepare('DELETE FROM _leases WHERE instance_id = ? AND holder = ?');

  return {
    /** Takes or renews the lease until `nowMs + forMs`; returns null, or who holds it. Call inside a transaction. */
    take(instanceId: number, holder: string, nowMs: number, forMs: number): string | null {
      const row = find.get(instanceId);
      const isFree = !row || row.holder === holder || row.expires_at <= toInstant(nowMs) || isDeadNeighbour(row.holder);
      if (!isFree) return row.holder;
      put.run(instanceId, holder, toInstant(nowMs + forMs));
      return null;
    },
    /** Who may read the instance now; null when nobody does. */
    holderOf(instanceId: number, nowMs: number): string | null {
      const row = find.get(instanceId);
      return row && row.expires_at > toInstant(nowMs) && !isDeadNeighbour(row.holder) ? row.holder : null;
    },
    isHeldBy: (instanceId: number, holder: string) => find.get(instanceId)?.holder === holder,
    release: (instanceId: number, holder: string) => release.run(instanceId, holder),
  };
}
