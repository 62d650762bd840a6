import type { FindingStatus, Level, Resolution } from '../model/finding.ts';
import type { Chain } from './chain.ts';
import type { Db } from './database.ts';

export type FindingRow = {
  finding_id: number;
  instance_id: number;
  instance: string;
  rule: string;
  fingerprint: string;
  is_state: number;
  level: Level;
  title: string;
  subject: string;
  first_seen_at: string;
  last_seen_at: string;
  event_count: number;
  status: FindingStatus;
  resolution: Resolution | null;
  report: string;
  rule_sha256: string;
  monitor_version: string;
  created_at: string;
};

/** Where one release went. */
export type ReleaseRow = {
  project_id: string | null;
  release_version: string;
  environment_id: string | null;
  tenant_name: string;
};

export type NewFinding = {
  instanceId: number;
  rule: string;
  fingerprint: string;
  isState: boolean;
  level: Level;
  title: string;
  subject: string;
  firstSeenAt: string;
  lastSeenAt: string;
  report: string;
  ruleSha256: string;
  configSha256: string;
  monitorVersion: string;
  createdAt: string;
};

const ROW = 'SELECT f.*, i.name AS instance FROM _findings f JOIN _instances i ON i.instance_id = f.instance_id';

/** Findings and their evidence. Every write that changes one is a new state of it in the chain. */
export function findingTable(db: Db, chain: Chain) {
  const byId = db.prepare<[number], FindingRow>(`${ROW} WHERE f.finding_id = ?`);
  const openWithin = db.prepare<[string, string, string, number | null], FindingRow>(
    `${ROW} WHERE f.fingerprint = ? AND (f.status = 'open' OR f.resolution = 'history')
       AND ((f.last_seen_at >= ? AND f.first_seen_at <= ?) OR f.finding_id = ?) ORDER BY f.first_seen_at, f.finding_id`,
  );
  const latest = db.prepare<[string], number>('SELECT max(finding_id) FROM _findings WHERE fingerprint = ?').pluck();
  const unresolvedStateOf = db.prepare<[string], FindingRow>(
    `${ROW} WHERE f.fingerprint = ? AND f.status <> 'resolved' AND f.is_state = 1 ORDER BY f.finding_id LIMIT 1`,
  );
  const unresolvedState = db.prepare<[number, string], FindingRow>(
    `${ROW} WHERE f.instance_id = ? AND f.rule = ? AND f.is_state = 1 AND f.status <> 'resolved'`,
  );
  const unresolvedStates = db.prepare<[number], { finding_id: number; rule: string }>(
    `SELECT finding_id, rule FROM _findings INDEXED BY _findings_open_state
     WHERE instance_id = ? AND is_state = 1 AND status <> 'resolved' ORDER BY finding_id`,
  );
  const insert = db.prepare(
    `INSERT INTO _findings (instance_id, rule, fingerprint, is_state, level, title, subject, first_seen_at, last_seen_at,
       event_count, status, previous_finding_id, report, rule_sha256, config_sha256, monitor_version, created_at)
     VALUES (@instanceId, @rule, @fingerprint, @isState, @level, @title, @subject, @firstSeenAt, @lastSeenAt,
       0, 'open', @previousFindingId, @report, @ruleSha256, @configSha256, @monitorVersion, @createdAt)`,
  );
  const addEvent = db.prepare(
    'INSERT INTO _finding_events (finding_id, event_id, occurred_at) VALUES (?, ?, ?) ON CONFLICT DO NOTHING',
  );
  const clearEvidence = db.prepare('DELETE FROM _finding_events WHERE finding_id = ?');
  const eventIds = db.prepare<[number], string>('SELECT event_id FROM _finding_events WHERE finding_id = ?').pluck();
  const closedByCorrection = db
    .prepare<[string, string], number>(
      `SELECT f.finding_id FROM _findings f WHERE f.fingerprint = ? AND f.resolution = 'configuration_changed'
         AND f.is_state = 0 AND EXISTS (SELECT 1 FROM _finding_events e WHERE e.finding_id = f.finding_id
           AND e.event_id IN (SELECT value FROM json_each(?)))
       ORDER BY f.finding_id LIMIT 1`,
    )
    .pluck();
  const removeEvent = db.prepare('DELETE FROM _finding_events WHERE finding_id = ? AND event_id = ?');
  const moveEvents = db.prepare(
    'INSERT INTO _finding_events SELECT ?, event_id, occurred_at FROM _finding_events WHERE finding_id = ? ON CONFLICT DO NOTHING',
  );
  const span = db.prepare(
    `UPDATE _findings SET (first_seen_at, last_seen_at, event_count) =
       (SELECT min(occurred_at), max(occurred_at), count(*) FROM _finding_events e WHERE e.finding_id = @id) WHERE finding_id = @id`,
  );
  const describe = db.prepare('UPDATE _findings SET title = ?, report = ? WHERE finding_id = ?');
  const level = db.prepare('UPDATE _findings SET level = ? WHERE finding_id = ?');
  const resolve = db.prepare(
    `UPDATE _findings SET status = 'resolved', resolution = ?, superseded_by = ?, resolved_at = ? WHERE finding_id = ?`,
  );
  const reopen = db.prepare(
    `UPDATE _findings SET status = 'open', resolution = NULL, superseded_by = NULL, resolved_at = NULL WHERE finding_id = ?`,
  );
  const aged = db
    .prepare<[string], number>(
      `SELECT finding_id FROM _findings INDEXED BY _findings_aging
       WHERE status = 'open' AND is_state = 0 AND level IN ('low', 'informational') AND last_seen_at < ?`,
    )
    .pluck();
  const novelties = db.prepare<[object], { kind: string; value: string }>(
    ['actor_name', 'ip_address', 'api_key_id'].map((column) => noveltySql(column)).join(' UNION ALL '),
  );
  const release = db.prepare<[number], ReleaseRow>(
    `SELECT e.project_id, e.release_version, e.environment_id, e.tenant_name FROM _finding_events fe
     CROSS JOIN _findings f ON f.finding_id = fe.finding_id
     CROSS JOIN _events e ON e.instance_id = f.instance_id AND e.event_id = fe.event_id
     WHERE fe.finding_id = ? AND e.tenant_name IS NOT NULL AND e.release_version IS NOT NULL LIMIT 1`,
  );
  const evidence = db.prepare<
    [number, number],
    { event_id: string; occurred_at: string; message: string | null; space_id: string | null }
  >(
    `SELECT e.event_id, e.occurred_at, a.message, a.space_id FROM _finding_events e
     JOIN _findings f ON f.finding_id = e.finding_id
     LEFT JOIN _events a ON a.instance_id = f.instance_id AND a.event_id = e.event_id
     WHERE e.finding_id = ? ORDER BY e.occurred_at DESC, e.event_id DESC LIMIT ?`,
  );
  const byEvent = db.prepare<[number, string], FindingRow>(
    `${ROW} WHERE f.instance_id = ? AND f.status <> 'resolved' AND f.finding_id IN (SELECT finding_id FROM _finding_events WHERE event_id = ?)`,
  );
  const relatives = db.prepare<[object], FindingRow>(
    `${ROW} WHERE f.instance_id = @instanceId AND f.status <> 'resolved' AND f.finding_id <> @id
       AND f.rule IN (SELECT value FROM json_each(@rules))
       AND (f.subject = @subject OR EXISTS (SELECT 1 FROM _finding_events a JOIN _finding_events b USING (event_id)
         WHERE a.finding_id = @id AND b.finding_id = f.finding_id)) ORDER BY f.finding_id`,
  );
  const takenIn = db.prepare<[number], FindingRow>(
    `${ROW} WHERE f.superseded_by = ? AND f.rule <> (SELECT rule FROM _findings WHERE finding_id = f.superseded_by)`,
  );
  const eventCount = db.prepare<[number], number>('SELECT count(*) FROM _finding_events WHERE finding_id = ?').pluck();

  const changed = <T>(id: number, write: () => T): T => chain.changed('finding', id, write);

  return {
    get: (id: number) => byId.get(id),
    /** Open findings of a fingerprint, or such of the history before the monitor, whose span, widened by the rule's window, touches `[from, to]`, or of that number; oldest first. */
    openWithin: (fingerprint: string, from: string, to: string, orNumber: number | null = null) =>
      openWithin.all(fingerprint, from, to, orNumber),
    /** The unresolved finding of one state; undefined when there is none. */
    unresolvedStateOf: (fingerprint: string) => unresolvedStateOf.get(fingerprint),
    unresolvedState: (instanceId: number, rule: string) => unresolvedState.all(instanceId, rule),
    /** The unresolved findings of all rules about states of an instance. */
    unresolvedStates: (instanceId: number) => unresolvedStates.all(instanceId),
    /** Unresolved findings that hold an event as evidence. */
    withEvidence: (instanceId: number, eventId: string) => byEvent.all(instanceId, eventId),
    /** Unresolved findings of the named rules that share a finding's subject or an event of its evidence; oldest first. */
    relatives: (finding: FindingRow, rules: readonly string[]) =>
      rules.length === 0
        ? []
        : relatives.all({
            instanceId: finding.instance_id,
            id: finding.finding_id,
            subject: finding.subject,
            rules: JSON.stringify(rules),
          }),
    /** The findings that were taken in by one. */
    takenIn: (id: number) => takenIn.all(id),
    open(finding: NewFinding): number {
      return chain.within(() => {
        const { lastInsertRowid } = insert.run({
          ...finding,
          isState: finding.isState ? 1 : 0,
          previousFindingId: latest.get(finding.fingerprint) ?? null,
        });
        const id = Number(lastInsertRowid);
        return changed(id, () => id);
      });
    },
    /** Adds evidence; an event a finding already holds changes nothing. Returns true when it was new. */
    addEvent: (id: number, eventId: string, occurredAt: string) =>
      changed(id, () => addEvent.run(id, eventId, occurredAt).changes === 1),
    removeEvent: (id: number, eventId: string) => changed(id, () => removeEvent.run(id, eventId)),
    /** Takes all evidence out of a finding. */
    clearEvidence: (id: number) => changed(id, () => clearEvidence.run(id)),
    /** The events of a finding. */
    eventIds: (id: number) => eventIds.all(id),
    /** The finding about the same subject that a correction of the configuration closed over one of these events. */
    closedByCorrection: (fingerprint: string, ids: readonly string[]) =>
      closedByCorrection.get(fingerprint, JSON.stringify(ids)),
    moveEvents: (toId: number, fromId: number) => changed(toId, () => moveEvents.run(toId, fromId)),
    countEvents: (id: number) => eventCount.get(id) ?? 0,
    /** Sets first and last time and the count from the evidence. */
    refreshSpan: (id: number) => changed(id, () => span.run({ id })),
    setLevel: (id: number, to: Level) => changed(id, () => level.run(to, id)),
    describe: (id: number, title: string, report: string) => changed(id, () => describe.run(title, report, id)),
    resolve: (id: number, resolution: Resolution, at: string, supersededBy: number | null = null) =>
      changed(id, () => resolve.run(resolution, supersededBy, at, id)),
    /** Opens a resolved finding again: one of the history that has grown into the present, or what a correction brings back. */
    reopen: (id: number) => changed(id, () => reopen.run(id)),
    /** Open event findings of level low and below whose last event was before. */
    aged: (lastSeenBefore: string) => aged.all(lastSeenBefore),
    /** Actors, addresses and keys of these events that no other event of the finding has. */
    novelties: (id: number, eventIds: readonly string[]) => novelties.all({ id, fresh: JSON.stringify(eventIds) }),
    /** The release a finding is about, when it went to a tenant. */
    releaseOf: (id: number) => release.get(id),
    /** The latest pieces of evidence, newest first. */
    evidence: (id: number, limit: number) => evidence.all(id, limit),
  };
}

/** What one column holds in new events of a finding and in none of its others; the server's own account is nobody new. */
function noveltySql(column: string): string {
  return `SELECT DISTINCT '${column}' AS kind, e.${column} AS value
    FROM _findings f CROSS JOIN json_each(@fresh) new CROSS JOIN _events e ON e.instance_id = f.instance_id AND e.event_id = new.value
    WHERE f.finding_id = @id AND e.${column} IS NOT NULL${column === 'actor_name' ? " AND coalesce(e.actor_kind, '') <> 'system'" : ''} AND NOT EXISTS (
      SELECT 1 FROM _finding_events other CROSS JOIN _events o ON o.instance_id = f.instance_id AND o.event_id = other.event_id
      WHERE other.finding_id = f.finding_id AND o.${column} = e.${column}
        AND other.event_id NOT IN (SELECT value FROM json_each(@fresh)))`;
}
