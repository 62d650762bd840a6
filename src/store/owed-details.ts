import type { Db } from './database.ts';

export type OwedRow = {
  event_pk: number;
  instance_id: number;
  attempts: number;
  owed_since_at: string;
  event_id: string;
  space_id: string | null;
  raw: string;
};

/** Events whose details must be read singly before rules can judge them. */
export function owedDetailTable(db: Db) {
  const insert = db.prepare(
    'INSERT INTO _owed_details (event_pk, instance_id, owed_since_at, due_at) VALUES (?, ?, ?, ?)',
  );
  const due = db.prepare<[number, string, number], OwedRow>(
    `SELECT o.event_pk, o.instance_id, o.attempts, o.owed_since_at, e.event_id, e.space_id, d.raw
     FROM _owed_details o JOIN _events e USING (event_pk) JOIN _event_documents d USING (event_pk)
     WHERE o.instance_id = ? AND o.due_at <= ? ORDER BY o.due_at, o.event_pk LIMIT ?`,
  );
  const postpone = db.prepare(
    'UPDATE _owed_details SET attempts = attempts + 1, due_at = ?, last_error = ? WHERE event_pk = ?',
  );
  const settle = db.prepare('DELETE FROM _owed_details WHERE event_pk = ?');

  return {
    add: (eventPk: number, instanceId: number, now: string) => insert.run(eventPk, instanceId, now, now),
    due: (instanceId: number, now: string, limit: number) => due.all(instanceId, now, limit),
    postpone: (eventPk: number, dueAt: string, error: string) => postpone.run(dueAt, error, eventPk),
    /** Removes the debt; false when another process has settled it already. */
    settle: (eventPk: number) => settle.run(eventPk).changes === 1,
  };
}
