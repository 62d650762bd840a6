import type { Db } from './database.ts';

type DueNotice = { delivery_id: number; attempts: number; text: string; created_at: string };

/** Lines about the monitor itself that channels are told. Claims, attempts and outcomes are those of their deliveries. */
export function noticeTable(db: Db) {
  const insertDelivery = db.prepare(
    `INSERT INTO _deliveries (finding_id, channel, kind, state, is_catch_up, created_at, due_at)
     VALUES (NULL, ?, 'notice', 'pending', 0, ?, ?)`,
  );
  const insert = db.prepare('INSERT INTO _notices (delivery_id, text, created_at) VALUES (?, ?, ?)');
  const due = db.prepare<{ channel: string; now: string }, DueNotice>(
    `SELECT d.delivery_id, d.attempts, n.text, n.created_at FROM _deliveries d JOIN _notices n USING (delivery_id)
     WHERE d.state = 'pending' AND d.channel = @channel AND d.due_at <= @now AND coalesce(d.not_before_at, '') <= @now
       AND coalesce(d.claimed_until_at, '') <= @now
     ORDER BY d.delivery_id`,
  );

  return {
    /** Owes a line to a channel. Call inside a transaction. */
    owe(channel: string, text: string, at: string) {
      insert.run(insertDelivery.run(channel, at, at).lastInsertRowid, text, at);
    },
    due: (channel: string, now: string) => due.all({ channel, now }),
  };
}
