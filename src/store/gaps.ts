import type { Db } from './database.ts';

export type GapRow = { gap_id: number; instance_id: number; gap_from: string; gap_to: string; missing: number };

/** Windows in which the server counted more than is stored, as found by the daily re-read. */
export function gapTable(db: Db) {
  const overlapping = db.prepare<[number, string, string], GapRow>(
    'SELECT * FROM _gaps WHERE instance_id = ? AND gap_from < ? AND gap_to > ? ORDER BY gap_from',
  );
  const all = db.prepare<[number], GapRow>('SELECT * FROM _gaps WHERE instance_id = ? ORDER BY gap_from');
  const remove = db.prepare('DELETE FROM _gaps WHERE gap_id = ?');
  const insert = db.prepare('INSERT INTO _gaps (instance_id, gap_from, gap_to, missing) VALUES (?, ?, ?, ?)');

  return {
    all: (instanceId: number) => all.all(instanceId),
    /** Records what a re-read of `[from, to)` found: earlier gaps lose that stretch, a new one stands if any is missing. */
    record(instanceId: number, from: string, to: string, missing: number) {
      for (const gap of overlapping.all(instanceId, to, from)) {
        remove.run(gap.gap_id);
        if (gap.gap_from < from) insert.run(instanceId, gap.gap_from, from, gap.missing);
        if (gap.gap_to > to) insert.run(instanceId, to, gap.gap_to, gap.missing);
      }
      if (missing > 0) insert.run(instanceId, from, to, missing);
    },
  };
}
