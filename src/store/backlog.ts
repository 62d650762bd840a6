import type { Db } from './database.ts';

export type BacklogReason = 'first' | 'outage' | 'reread' | 'visibility';
export type BacklogRow = {
  backlog_id: number;
  instance_id: number;
  reason: BacklogReason;
  cursor_at: string;
  range_to: string;
};

/** Ranges of time still to be read (again). A row lives until its cursor reaches its end. */
export function backlogTable(db: Db) {
  const next = db.prepare<[number], BacklogRow>(
    'SELECT * FROM _backlog WHERE instance_id = ? ORDER BY cursor_at, backlog_id LIMIT 1',
  );
  const insert = db.prepare('INSERT INTO _backlog (instance_id, reason, cursor_at, range_to) VALUES (?, ?, ?, ?)');
  const advance = db.prepare('UPDATE _backlog SET cursor_at = ? WHERE backlog_id = ?');
  const finish = db.prepare('DELETE FROM _backlog WHERE backlog_id = ? AND cursor_at >= range_to');
  const open = db.prepare<[number], { n: number }>(
    "SELECT count(*) AS n FROM _backlog WHERE instance_id = ? AND reason IN ('first', 'outage')",
  );

  return {
    /** The range to go on with: the one that stands at the oldest time. */
    next: (instanceId: number) => next.get(instanceId),
    add: (instanceId: number, reason: BacklogReason, from: string, to: string) => {
      if (from < to) insert.run(instanceId, reason, from, to);
    },
    /** Moves a range's cursor and removes the range when it is done. */
    advance(backlogId: number, cursorAt: string) {
      advance.run(cursorAt, backlogId);
      finish.run(backlogId);
    },
    /** True while time that was never read lies behind the watermark. */
    hasUnreadPast: (instanceId: number) => (open.get(instanceId)?.n ?? 0) > 0,
  };
}
