import { toInstant } from '../lib/clock.ts';
import type { Db } from './database.ts';

export type DueDigest = {
  delivery_id: number;
  local_date: string;
  channel: string;
  recipient: string;
  to_at: string;
  attempts: number;
};

export type DigestRow = DueDigest & {
  from_at: string | null;
  rendered_at: string | null;
  state: 'pending' | 'sent' | 'failed';
  last_error: string | null;
};

/** Who gets the digest: an address by mail, or a channel itself (`recipient` empty). */
export type DigestTarget = { readonly channel: string; readonly recipient: string };

const ROW = 'SELECT g.*, d.state, d.attempts, d.last_error FROM _digests g JOIN _deliveries d USING (delivery_id)';

/** Which digest is owed to whom, and what each covered. Claims, attempts and outcomes are those of its delivery. */
export function digestTable(db: Db) {
  const find = db.prepare<[string, string, string], DigestRow>(
    `${ROW} WHERE g.channel = ? AND g.recipient = ? AND g.local_date = ?`,
  );
  const ofDate = db.prepare<[string], DigestRow>(`${ROW} WHERE g.local_date = ? ORDER BY g.delivery_id`);
  const lastSent = db.prepare<[string, string, string], DigestRow>(
    `${ROW} WHERE g.channel = ? AND g.recipient = ? AND g.to_at < ? AND d.state = 'sent' ORDER BY g.local_date DESC LIMIT 1`,
  );
  const lastSentToAny = db.prepare<[string], DigestRow>(
    `${ROW} WHERE g.to_at < ? AND d.state = 'sent' ORDER BY g.local_date DESC LIMIT 1`,
  );
  const pending = db.prepare<[], DigestRow & { claimed_until_at: string | null }>(
    `SELECT g.*, d.state, d.attempts, d.last_error, d.claimed_until_at FROM _deliveries d JOIN _digests g USING (delivery_id)
     WHERE d.state = 'pending' AND d.kind = 'digest'`,
  );
  const due = db.prepare<{ date: string; now: string }, DueDigest>(
    `SELECT g.delivery_id, g.local_date, g.channel, g.recipient, g.to_at, d.attempts
     FROM _digests g JOIN _deliveries d USING (delivery_id)
     WHERE g.local_date = @date AND d.state = 'pending' AND d.due_at <= @now AND coalesce(d.not_before_at, '') <= @now
       AND coalesce(d.claimed_until_at, '') <= @now
     ORDER BY g.delivery_id`,
  );
  const nextDue = db
    .prepare<[string], string>(
      `SELECT min(max(d.due_at, coalesce(d.not_before_at, ''), coalesce(d.claimed_until_at, '')))
       FROM _digests g JOIN _deliveries d USING (delivery_id) WHERE g.local_date = ? AND d.state = 'pending'`,
    )
    .pluck();
  const insertDelivery = db.prepare(
    `INSERT INTO _deliveries (finding_id, channel, kind, state, is_catch_up, created_at, due_at)
     VALUES (NULL, ?, 'digest', 'pending', 0, ?, ?)`,
  );
  const insert = db.prepare(
    'INSERT INTO _digests (delivery_id, local_date, channel, recipient, to_at, created_at) VALUES (?, ?, ?, ?, ?, ?)',
  );
  const reopen = db.prepare(
    `UPDATE _deliveries SET state = 'pending', failed_at = NULL, due_at = @at, not_before_at = NULL
     WHERE delivery_id = @id AND state = 'failed'`,
  );
  const hasten = db.prepare(
    `UPDATE _deliveries SET due_at = @at WHERE delivery_id = @id AND state = 'pending' AND due_at > @at`,
  );
  const remove = db.prepare(`DELETE FROM _deliveries WHERE delivery_id = ? AND state = 'pending'`);
  const rendered = db.prepare(
    'UPDATE _digests SET from_at = @fromAt, rendered_at = @renderedAt, subject = @subject WHERE delivery_id = @id',
  );
  const lastWord = db
    .prepare<[string], string | null>('SELECT max(sent_at) FROM _deliveries WHERE channel = ? AND sent_at IS NOT NULL')
    .pluck();
  const isBusy = db
    .prepare<[string, string], number>(
      `SELECT 1 FROM _digests g JOIN _deliveries d USING (delivery_id)
       WHERE g.local_date = ? AND d.state = 'pending' AND d.claimed_until_at > ? LIMIT 1`,
    )
    .pluck();
  const giveUp = db.prepare(
    `DELETE FROM _deliveries WHERE delivery_id = ? AND state = 'pending' AND coalesce(claimed_until_at, '') <= ?`,
  );
  const later = db
    .prepare<[string, string, string], number>(
      'SELECT 1 FROM _digests WHERE channel = ? AND recipient = ? AND to_at > ? LIMIT 1',
    )
    .pluck();
  const firstAct = db
    .prepare<[], string>('SELECT at FROM _journal WHERE entry_id > 0 ORDER BY entry_id LIMIT 1')
    .pluck();

  return {
    find: (target: DigestTarget, localDate: string) => find.get(target.channel, target.recipient, localDate),
    /** All digests of a date, to whomever. */
    ofDate: (localDate: string) => ofDate.all(localDate),
    /** The latest one that was accepted and ends before `toAt`: of one recipient, or of anybody. */
    lastSent: (target: DigestTarget | null, toAt: string) =>
      target === null ? lastSentToAny.get(toAt) : lastSent.get(target.channel, target.recipient, toAt),
    due: (localDate: string, now: string) => due.all({ date: localDate, now }),
    nextDueAt: (localDate: string) => nextDue.get(localDate) ?? null,
    /** True while a process is sending a digest of the date. */
    isBeingSent: (localDate: string, now: string) => isBusy.get(localDate, now) !== undefined,
    /** Removes a digest that nobody will try again, unless it is being sent. */
    giveUp: (id: number, now: string) => giveUp.run(id, now),
    /** True when somebody has had, or is owed, a digest that reaches further. */
    hasLater: (target: DigestTarget, toAt: string) => later.get(target.channel, target.recipient, toAt) !== undefined,
    /** When the monitor did its first act on this database; null before that. */
    monitoredSince: () => firstAct.get() ?? null,
    /** When a channel last accepted anything. */
    lastSentAt: (channel: string) => lastWord.get(channel) ?? null,

    /**
     * Owes the digest of a date to each of these, once, and removes what is pending of other dates or for others: the
     * new one covers it. Returns false when one could not be owed yet, because an earlier one is being sent just now.
     * Call inside a transaction.
     */
    owe(closing: { localDate: string; toAt: string }, targets: readonly DigestTarget[], nowMs: number): boolean {
      const now = toInstant(nowMs);
      const inFlight = new Set<string>();
      for (const row of pending.all()) {
        const isWanted = row.local_date === closing.localDate && targets.some((one) => isSame(one, row));
        if (isWanted) continue;
        if ((row.claimed_until_at ?? '') > now) inFlight.add(keyOf(row));
        else remove.run(row.delivery_id);
      }
      let isAll = true;
      for (const target of targets) {
        if (find.get(target.channel, target.recipient, closing.localDate)) continue;
        if (inFlight.has(keyOf(target))) {
          isAll = false;
          continue;
        }
        const id = Number(insertDelivery.run(target.channel, now, now).lastInsertRowid);
        insert.run(id, closing.localDate, target.channel, target.recipient, closing.toAt, now);
      }
      return isAll;
    },

    /** Owes one digest at once because a person asks for it: a new one, one that waits, or one that was refused for good. */
    oweNow(closing: { localDate: string; toAt: string }, target: DigestTarget, nowMs: number): DigestRow {
      const at = toInstant(nowMs);
      const known = find.get(target.channel, target.recipient, closing.localDate);
      if (known) {
        reopen.run({ id: known.delivery_id, at });
        hasten.run({ id: known.delivery_id, at });
      } else {
        const id = Number(insertDelivery.run(target.channel, at, at).lastInsertRowid);
        insert.run(id, closing.localDate, target.channel, target.recipient, closing.toAt, at);
      }
      return known ?? (find.get(target.channel, target.recipient, closing.localDate) as DigestRow);
    },

    /** Keeps what the last attempt covered. */
    setRendered: (id: number, facts: { fromAt: string; renderedAt: string; subject: string }) =>
      rendered.run({ id, ...facts }),
  };
}

function isSame(a: DigestTarget, b: DigestTarget): boolean {
  return a.channel === b.channel && a.recipient === b.recipient;
}

function keyOf({ channel, recipient }: DigestTarget): string {
  return JSON.stringify([channel, recipient]);
}
