import type { DeploymentFreeze, KnownFreeze } from '../model/freeze.ts';
import type { Db } from './database.ts';

type Definition = Omit<DeploymentFreeze, 'id' | 'name'>;
type VersionRow = {
  version_id: number;
  freeze_id: string;
  name: string;
  definition: string;
  known_from_at: string | null;
  gone_at: string | null;
};

/** The deployment freezes of a server, version by version. */
export function freezeTable(db: Db) {
  const all = db.prepare<[number], VersionRow>(
    'SELECT version_id, freeze_id, name, definition, known_from_at, gone_at FROM _deployment_freezes WHERE instance_id = ? ORDER BY version_id',
  );
  const insert = db.prepare(
    `INSERT INTO _deployment_freezes (instance_id, freeze_id, name, definition, known_from_at, read_at)
     VALUES (?, ?, ?, ?, ?, ?)`,
  );
  const seen = db.prepare('UPDATE _deployment_freezes SET read_at = ? WHERE version_id = ?');
  const gone = db.prepare('UPDATE _deployment_freezes SET gone_at = ? WHERE version_id = ?');
  const readAt = db
    .prepare<[number], string | null>('SELECT freezes_read_at FROM _instances WHERE instance_id = ?')
    .pluck();
  const isRead = db
    .prepare<[number], number>('SELECT watermark_at IS NOT NULL FROM _instances WHERE instance_id = ?')
    .pluck();
  const setReadAt = db.prepare('UPDATE _instances SET freezes_read_at = ? WHERE instance_id = ?');

  return {
    /** All versions of an instance, those that are gone included. */
    load: (instanceId: number): KnownFreeze[] =>
      all.all(instanceId).map((row) => ({
        ...(JSON.parse(row.definition) as Definition),
        id: row.freeze_id,
        name: row.name,
        knownFromAt: row.known_from_at,
        goneAt: row.gone_at,
      })),

    /**
     * Stores a complete reading. What is new or changed is taken to hold since the reading before, what is gone until this
     * one; at the first reading since ever, unless there are events already that nobody has held against freezes. Returns the
     * time from which on events may be judged otherwise than before, null when nothing changed or nothing was judged yet.
     */
    save(instanceId: number, freezes: readonly DeploymentFreeze[], at: string): string | null {
      const lastReadAt = readAt.get(instanceId) ?? null;
      const before = lastReadAt ?? (isRead.get(instanceId) === 1 ? at : null);
      const current = new Map(
        all.all(instanceId).flatMap((row) => (row.gone_at === null ? [[row.freeze_id, row] as const] : [])),
      );
      let hasChanged = false;
      for (const { id, name, ...definition } of freezes) {
        const text = JSON.stringify(definition satisfies Definition);
        const row = current.get(id);
        current.delete(id);
        if (row?.name === name && row.definition === text) {
          seen.run(at, row.version_id);
          continue;
        }
        hasChanged = true;
        if (row) gone.run(at, row.version_id);
        insert.run(instanceId, id, name, text, before, at);
      }
      for (const row of current.values()) gone.run(at, row.version_id);
      setReadAt.run(at, instanceId);
      return hasChanged || current.size > 0 ? lastReadAt : null;
    },
  };
}
