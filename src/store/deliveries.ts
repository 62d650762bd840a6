import { toInstant } from '../lib/clock.ts';
import type { DeliveryKind, Level } from '../model/finding.ts';
import type { Db } from './database.ts';
import { isDeadNeighbour } from './process-identity.ts';

export type DueDelivery = {
  delivery_id: number;
  finding_id: number;
  kind: DeliveryKind;
  is_catch_up: number;
  /** 1: owed because the configuration was corrected. */
  is_correction: number;
  attempts: number;
  instance_id: number;
  rule: string;
  is_state: number;
  level: Level;
  last_seen_at: string;
  /** JSON list of texts for a repeat; null when the finding only grew. */
  novelties: string | null;
};

/** What one channel has been told of one finding. */
export type Told = {
  /** The first and the last message it accepted. */
  first_sent_at: string;
  last_sent_at: string;
  /** How many events the finding had at the last one. */
  told_events: number;
  repeats: number;
};

/** The outbox: what still has to be told to whom, and what became of it. */
export function deliveryTable(db: Db) {
  const insert = db.prepare(
    `INSERT INTO _deliveries (finding_id, channel, kind, state, is_catch_up, is_correction, created_at, due_at)
     VALUES (?, ?, ?, 'pending', ?, ?, ?, ?)`,
  );
  const exists = db
    .prepare<[number, string, string], number>(
      'SELECT 1 FROM _deliveries WHERE finding_id = ? AND channel = ? AND kind = ?',
    )
    .pluck();
  const toldOf = db
    .prepare<[number], string>(`SELECT DISTINCT channel FROM _deliveries WHERE finding_id = ? AND state = 'sent'`)
    .pluck();
  const toldOfEnd = db
    .prepare<[number], string>(
      `SELECT DISTINCT channel FROM _deliveries WHERE finding_id = ? AND kind = 'resolved' AND state = 'sent'`,
    )
    .pluck();
  const removePending = db.prepare(`DELETE FROM _deliveries WHERE finding_id = ? AND state = 'pending'`);
  const removeOthers = db.prepare(
    `DELETE FROM _deliveries WHERE finding_id = ? AND state = 'pending' AND kind = 'alert' AND channel NOT IN (SELECT value FROM json_each(?))`,
  );
  const due = db.prepare<{ channel: string; now: string }, DueDelivery>(
    `SELECT d.delivery_id, d.finding_id, d.kind, d.is_catch_up, d.is_correction, d.attempts, d.novelties,
       f.instance_id, f.rule, f.is_state, f.level, f.last_seen_at
     FROM _deliveries d JOIN _findings f USING (finding_id)
     WHERE d.state = 'pending' AND d.channel = @channel AND d.due_at <= @now AND coalesce(d.not_before_at, '') <= @now
       AND coalesce(d.claimed_until_at, '') <= @now
     ORDER BY d.delivery_id`,
  );
  const pendingOf = db.prepare<[number, string, string], { delivery_id: number; novelties: string | null }>(
    `SELECT delivery_id, novelties FROM _deliveries WHERE finding_id = ? AND channel = ? AND kind = ? AND state = 'pending'`,
  );
  const insertAgain = db.prepare(
    `INSERT INTO _deliveries (finding_id, channel, kind, state, is_catch_up, created_at, due_at, novelties)
     VALUES (@findingId, @channel, @kind, 'pending', 0, @at, @dueAt, @novelties)`,
  );
  const bringForward = db.prepare(
    'UPDATE _deliveries SET due_at = min(due_at, @dueAt), novelties = @novelties WHERE delivery_id = @id',
  );
  const told = db.prepare<[number, string], Told>(
    `SELECT min(sent_at) AS first_sent_at, max(sent_at) AS last_sent_at, max(coalesce(told_events, 0)) AS told_events,
       sum(kind = 'repeat') AS repeats
     FROM _deliveries WHERE finding_id = ? AND channel = ? AND state = 'sent' HAVING count(*) > 0`,
  );
  const noveltiesTold = db
    .prepare<[number, string, string], number>(
      `SELECT count(*) FROM _deliveries WHERE finding_id = ? AND channel = ? AND novelties IS NOT NULL AND sent_at > ?`,
    )
    .pluck();
  const unacknowledged = db.prepare<
    [string],
    { finding_id: number; level: Level; last_sent_at: string; reminders: number }
  >(
    `SELECT f.finding_id, f.level, max(d.sent_at) AS last_sent_at, sum(d.kind = 'reminder') AS reminders
     FROM _findings f INDEXED BY _findings_unacknowledged
     JOIN _deliveries d ON d.finding_id = f.finding_id AND d.channel = ? AND d.state IN ('sent', 'pending')
     WHERE f.status = 'open' AND f.is_state = 0 AND f.level IN ('critical', 'high')
     GROUP BY f.finding_id HAVING sum(d.state = 'pending') = 0`,
  );
  const lastStateSent = db
    .prepare<[number, string, string], string | null>(
      `SELECT max(d.sent_at) FROM _findings f INDEXED BY _findings_state
       CROSS JOIN _deliveries d ON d.finding_id = f.finding_id
       WHERE f.instance_id = ? AND f.rule IN (SELECT value FROM json_each(?)) AND f.is_state = 1
         AND f.level <> 'critical' AND d.channel = ? AND d.state = 'sent'`,
    )
    .pluck();
  const remove = db.prepare(`DELETE FROM _deliveries WHERE delivery_id = ? AND state = 'pending'`);
  const nextDue = db
    .prepare<[string], string>(
      `SELECT min(max(due_at, coalesce(not_before_at, ''), coalesce(claimed_until_at, ''))) FROM _deliveries WHERE state = 'pending' AND channel = ?`,
    )
    .pluck();
  const claim = db.prepare(
    `UPDATE _deliveries SET claimed_by = @holder, claimed_until_at = @until WHERE delivery_id = @id AND state = 'pending'
       AND (claimed_by IS NULL OR claimed_until_at <= @now)`,
  );
  const number = db.prepare('UPDATE _deliveries SET message_id = ? WHERE delivery_id = ?');
  const renew = db.prepare(
    `UPDATE _deliveries SET claimed_until_at = ? WHERE delivery_id = ? AND claimed_by = ? AND state = 'pending'`,
  );
  const sent = db.prepare(
    `UPDATE _deliveries SET state = 'sent', sent_at = ?, attempts = attempts + 1, last_error = NULL, claimed_by = NULL, claimed_until_at = NULL,
       told_events = (SELECT event_count FROM _findings f WHERE f.finding_id = _deliveries.finding_id)
     WHERE delivery_id = ? AND state = 'pending'`,
  );
  const failed = db.prepare(
    `UPDATE _deliveries SET state = 'failed', failed_at = ?, attempts = attempts + 1, last_error = ?, claimed_by = NULL,
       claimed_until_at = NULL WHERE delivery_id = ? AND state = 'pending'`,
  );
  const retry = db.prepare(
    `UPDATE _deliveries SET attempts = attempts + 1, last_error = ?, due_at = ?, not_before_at = ?, message_id = NULL, claimed_by = NULL,
       claimed_until_at = NULL WHERE delivery_id = ? AND state = 'pending' AND claimed_by = ?`,
  );
  const release = db.prepare(
    `UPDATE _deliveries SET message_id = NULL, claimed_by = NULL, claimed_until_at = NULL WHERE delivery_id = ? AND state = 'pending' AND claimed_by = ?`,
  );
  const claims = db
    .prepare<[], string>(
      `SELECT DISTINCT claimed_by FROM _deliveries WHERE state = 'pending' AND claimed_by IS NOT NULL`,
    )
    .pluck();
  const freeClaims = db.prepare(
    `UPDATE _deliveries SET message_id = NULL, claimed_by = NULL, claimed_until_at = NULL WHERE state = 'pending' AND claimed_by = ?`,
  );
  const dueNow = db.prepare(`UPDATE _deliveries SET due_at = @now WHERE state = 'pending' AND due_at > @now`);
  const trouble = db.prepare<[string], { channel: string; stalled: number; dead: number; last_error: string | null }>(
    `SELECT d.channel, sum(d.state = 'pending') AS stalled, sum(d.state = 'failed') AS dead, max(d.last_error) AS last_error
     FROM _deliveries d
     WHERE (d.state = 'pending' AND d.attempts > 0 AND d.created_at <= ?)
       OR (d.state = 'failed' AND NOT EXISTS (SELECT 1 FROM _deliveries s WHERE s.channel = d.channel AND s.sent_at > d.failed_at))
     GROUP BY d.channel`,
  );

  return {
    /** Owes one finding to one channel, once per kind. */
    owe(findingId: number, channel: string, kind: DeliveryKind, isCatchUp: boolean, at: string, isCorrection = false) {
      if (exists.get(findingId, channel, kind) === undefined)
        insert.run(findingId, channel, kind, isCatchUp ? 1 : 0, isCorrection ? 1 : 0, at, at);
    },
    /**
     * Owes one finding to one channel once more; if that is owed already, it is brought forward and what is new in the
     * finding is added to it. `novelties` are texts such as `address 203.0.113.9`.
     */
    oweAgain(again: {
      findingId: number;
      channel: string;
      kind: 'repeat' | 'reminder';
      dueAt: string;
      novelties: readonly string[];
      at: string;
    }) {
      const { findingId, channel, kind, dueAt, at } = again;
      const pending = pendingOf.get(findingId, channel, kind);
      const known = pending?.novelties ? (JSON.parse(pending.novelties) as string[]) : [];
      const all = [...new Set([...known, ...again.novelties])];
      const novelties = all.length > 0 ? JSON.stringify(all) : null;
      if (pending) bringForward.run({ id: pending.delivery_id, dueAt, novelties });
      else insertAgain.run({ findingId, channel, kind, at, dueAt, novelties });
    },
    /** What a channel has been told of a finding; undefined when it has accepted nothing yet. */
    told: (findingId: number, channel: string) => told.get(findingId, channel),
    /** How many messages about something new in a finding a channel has accepted since. */
    noveltiesToldSince: (findingId: number, channel: string, since: string) =>
      noveltiesTold.get(findingId, channel, since) ?? 0,
    /** Open findings of level high and above, states aside, that a channel was told of and that nothing is pending for. */
    unacknowledged: (channel: string) => unacknowledged.all(channel),
    /** Removes a delivery that has become unnecessary. */
    remove: (id: number) => remove.run(id),
    /** Channels that have accepted a message about the finding. */
    /** The channels that were told that a finding has ended. */
    channelsToldOfEnd: (findingId: number) => toldOfEnd.all(findingId),
    channelsTold: (findingId: number) => toldOf.all(findingId),
    removePending: (findingId: number) => removePending.run(findingId),
    /** Removes alerts that are pending for channels other than these. */
    removePendingExcept: (findingId: number, channels: readonly string[]) =>
      removeOthers.run(findingId, JSON.stringify(channels)),
    due: (channel: string, now: string) => due.all({ channel, now }),
    /** When the next pending delivery of a channel may be tried, or null when none is pending. */
    nextDueAt: (channel: string) => nextDue.get(channel) ?? null,
    /** Claims deliveries for one message; returns those that were still free. Call inside a transaction. */
    claim(ids: readonly number[], holder: string, nowMs: number, forMs: number): number[] {
      const until = toInstant(nowMs + forMs);
      const claimed = ids.filter((id) => claim.run({ holder, until, id, now: toInstant(nowMs) }).changes === 1);
      // What another process holds goes out with its message, so a message is numbered by what it carries.
      for (const id of claimed) number.run(claimed[0], id);
      return claimed;
    },
    renew: (ids: readonly number[], holder: string, until: string) => {
      for (const id of ids) renew.run(until, id, holder);
    },
    markSent: (ids: readonly number[], at: string) => {
      for (const id of ids) sent.run(at, id);
    },
    markFailed: (ids: readonly number[], reason: string, at: string) => {
      for (const id of ids) failed.run(at, reason, id);
    },
    /** Puts a try off. What another process has claimed meanwhile is left to it. */
    markRetry: (ids: readonly number[], holder: string, reason: string, dueAt: string, notBeforeAt: string | null) => {
      for (const id of ids) retry.run(reason, dueAt, notBeforeAt, id, holder);
    },
    release: (ids: readonly number[], holder: string) => {
      for (const id of ids) release.run(id, holder);
    },
    /** When a channel last accepted a message about a state of an instance that some rules found and that is not critical. */
    lastStateSentAt: (channel: string, instanceId: number, rules: readonly string[]) =>
      lastStateSent.get(instanceId, JSON.stringify(rules), channel) ?? null,
    /** At start: frees the claims of dead processes of this host and makes everything pending due, a running Retry-After aside. */
    recover(now: string) {
      for (const holder of claims.all()) if (isDeadNeighbour(holder)) freeClaims.run(holder);
      dueNow.run({ now });
    },
    /** Channels with deliveries failing since `stalledBefore`, or whose last word was a refusal for good. */
    trouble: (stalledBefore: string) => trouble.all(stalledBefore),
  };
}
