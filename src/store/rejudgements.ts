import type { Db } from './database.ts';

/** Stored events of one instance that are to be judged again, and how far that is. */
export type RejudgementRow = {
  rejudgement_id: number;
  instance_id: number;
  instance: string;
  /** What has changed, JSON list of words. */
  changes: string;
  judged_by: string;
  cursor_at: string;
  cursor_pk: number;
  until_pk: number;
  events_total: number;
  events_done: number;
  findings_opened: number;
  findings_closed: number;
  started_at: string;
  finished_at: string | null;
};

const ROW = `SELECT r.*, i.name AS instance FROM _rejudgements r JOIN _instances i USING (instance_id)`;

/** Judging stored history again, because the configuration it rests on has changed. */
export function rejudgementTable(db: Db) {
  const openOf = db.prepare<[number], RejudgementRow>(`${ROW} WHERE r.instance_id = ? AND r.finished_at IS NULL`);
  const open = db.prepare<[], RejudgementRow>(`${ROW} WHERE r.finished_at IS NULL ORDER BY r.rejudgement_id`);
  const latest = db.prepare<[], RejudgementRow>(
    `${ROW} WHERE r.finished_at IS NOT NULL ORDER BY r.finished_at DESC, r.rejudgement_id DESC LIMIT 1`,
  );
  const lastPk = db.prepare<[], number | null>('SELECT max(event_pk) FROM _events').pluck();
  const count = db
    .prepare<[number, string, number], number>(
      'SELECT count(*) FROM _events INDEXED BY _events_time WHERE instance_id = ? AND occurred_at >= ? AND event_pk <= ?',
    )
    .pluck();
  const insert = db.prepare(
    `INSERT INTO _rejudgements (instance_id, changes, judged_by, cursor_at, cursor_pk, until_pk, events_total, started_at)
     VALUES (@instanceId, @changes, @judgedBy, @from, 0, @untilPk, @total, @at)`,
  );
  const again = db.prepare(
    `UPDATE _rejudgements SET changes = @changes, judged_by = @judgedBy, cursor_at = @from, cursor_pk = 0, until_pk = @untilPk,
       events_total = @total, events_done = 0 WHERE rejudgement_id = @id`,
  );
  const advance = db.prepare(
    `UPDATE _rejudgements SET cursor_at = @cursorAt, cursor_pk = @cursorPk, events_done = events_done + @events,
       findings_opened = findings_opened + @opened, findings_closed = findings_closed + @closed WHERE rejudgement_id = @id`,
  );
  const adopt = db.prepare('UPDATE _rejudgements SET judged_by = ? WHERE finished_at IS NULL');
  const finish = db.prepare('UPDATE _rejudgements SET finished_at = ? WHERE rejudgement_id = ?');

  return {
    /**
     * Plans that events of an instance from a time on are judged again; '' for all. What is under way already begins anew, at
     * the earlier of both times. Without such events nothing is planned. Returns how many events there are.
     */
    plan(instanceId: number, changes: readonly string[], judgedBy: string, from: string, at: string): number {
      const untilPk = lastPk.get() ?? null;
      if (untilPk === null) return 0;
      const known = openOf.get(instanceId);
      const begin = known && known.cursor_at < from ? known.cursor_at : from;
      const total = count.get(instanceId, begin, untilPk) ?? 0;
      if (total === 0) return 0;
      const words = new Set([...(known ? (JSON.parse(known.changes) as string[]) : []), ...changes]);
      const row = { changes: JSON.stringify([...words]), judgedBy, from: begin, untilPk, total };
      if (known) again.run({ ...row, id: known.rejudgement_id });
      else insert.run({ ...row, instanceId, at });
      return total;
    },
    /** Leaves what is still to be done to a configuration that judges alike. */
    adopt: (judgedBy: string) => adopt.run(judgedBy),
    /** What is still to be done, the oldest first. */
    open: () => open.all(),
    isOpen: () => open.get() !== undefined,
    /** The one that was finished last. */
    latest: () => latest.get(),
    /** Moves the cursor behind an event. */
    advance: (
      id: number,
      step: { cursorAt: string; cursorPk: number; events: number; opened: number; closed: number },
    ) => advance.run({ id, ...step }),
    finish: (id: number, at: string) => finish.run(at, id),
  };
}
