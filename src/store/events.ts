import type { AuditEvent, VariableEdit } from '../model/event.ts';
import type { ActorKind, Derived, OffHoursReason } from '../model/record.ts';
import type { Chain } from './chain.ts';
import { eventContent } from './chain-content.ts';
import type { Db } from './database.ts';

/** The columns of a stored event that a deployment's other events are judged with. */
export type QueuedRow = {
  event_id: string;
  occurred_at: string;
  is_off_hours: number;
  off_hours_reason: OffHoursReason | null;
  actor_kind: ActorKind | null;
  actor_name: string | null;
  api_key_id: string | null;
  api_key_purpose: string | null;
  ip_address: string | null;
  user_agent: string | null;
};

export type StoredEvent = {
  event_pk: number;
  event_id: string;
  occurred_at: string;
  /** What it showed for the first time, JSON; empty where nothing was decided. */
  first_seen: string | null;
  raw: string;
};

/** A stored event with everything that was derived from it when it was judged. */
export type ReplayRow = StoredEvent & {
  instance_id: number;
  instance: string;
  category: string;
  actor_kind: ActorKind | null;
  actor_name: string | null;
  api_key_id: string | null;
  api_key_purpose: string | null;
  project_id: string | null;
  project_name: string | null;
  environment_id: string | null;
  environment_name: string | null;
  is_production: number | null;
  is_off_hours: number;
  off_hours_reason: OffHoursReason | null;
  deployment_id: string | null;
  release_version: string | null;
  tenant_name: string | null;
  subject_account: string | null;
  variable_lookups: string | null;
  received_at: string;
  judged_by: string;
};

const DERIVED_COLUMNS = `actor_kind = @actorKind, actor_name = @actorName, api_key_id = @apiKeyId,
  api_key_purpose = @apiKeyPurpose, project_id = @projectId, project_name = @projectName,
  environment_id = @environmentId, environment_name = @environmentName, is_production = @isProduction,
  is_off_hours = @isOffHours, off_hours_reason = @offHoursReason, deployment_id = @deploymentId,
  release_version = @releaseVersion, tenant_name = @tenantName, subject_account = @subjectAccount,
  variable_set_id = @variableSetId, variable_lookups = @variableLookups, judged_by = @judgedBy`;

const INSTANCE_NAME = '(SELECT i.name FROM _instances i WHERE i.instance_id = e.instance_id) AS instance';

/** Audit events: hot columns in one table, the JSON as received in another. */
export function eventTable(db: Db, chain: Chain) {
  const known = db.prepare<[number, string]>('SELECT 1 FROM _events WHERE instance_id = ? AND event_id = ?').pluck();
  const insert = db.prepare(
    `INSERT INTO _events (instance_id, event_id, occurred_at, category, user_id, username, actor_kind, actor_name,
       api_key_id, api_key_purpose, ip_address, user_agent, space_id, project_id, project_name, environment_id,
       environment_name, is_production, is_off_hours, off_hours_reason, deployment_id, release_version, tenant_name,
       subject_account, variable_set_id, variable_lookups, message, received_at, judged_by, chain_link,
       chain_salt, first_seen)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  );
  const insertDocument = db.prepare('INSERT INTO _event_documents (event_pk, raw) VALUES (?, ?)');
  const replaceDocument = db.prepare('UPDATE _event_documents SET raw = ? WHERE event_pk = ?');
  const rejudge = db.prepare(`UPDATE _events SET ${DERIVED_COLUMNS} WHERE event_pk = @eventPk`);
  const clearEdits = db.prepare('DELETE FROM _variable_edits WHERE event_pk = ?');
  const insertEdit = db.prepare(
    'INSERT INTO _variable_edits (event_pk, position, owner_name, variable_name, change, is_sensitive, scope) VALUES (?, ?, ?, ?, ?, ?, ?)',
  );
  // Here and below the index is named: without statistics SQLite prefers another one and reads most of the table.
  const queued = db.prepare<[number, string], QueuedRow>(
    `SELECT event_id, occurred_at, is_off_hours, off_hours_reason, actor_kind, actor_name, api_key_id, api_key_purpose, ip_address, user_agent
     FROM _events INDEXED BY _events_deployment
     WHERE instance_id = ? AND deployment_id = ? AND category = 'DeploymentQueued'`,
  );
  // Nearly always there is none, and the index alone can say so: a third of the cost of a statement with the join.
  const started = db
    .prepare<[number, string], number>(
      `SELECT event_pk FROM _events INDEXED BY _events_deployment
       WHERE instance_id = ? AND deployment_id = ? AND category = 'DeploymentStarted'`,
    )
    .pluck();
  const byPk = db.prepare<[number], StoredEvent>(
    `SELECT e.event_pk, e.event_id, e.occurred_at, e.first_seen, d.raw FROM _events e JOIN _event_documents d USING (event_pk)
     WHERE e.event_pk = ?`,
  );
  const byId = db.prepare<[number, string], StoredEvent>(
    `SELECT e.event_pk, e.event_id, e.occurred_at, e.first_seen, d.raw FROM _events e JOIN _event_documents d USING (event_pk)
     WHERE e.instance_id = ? AND e.event_id = ?`,
  );
  const replay = db.prepare<[number, string, number, number], ReplayRow>(
    `SELECT e.*, d.raw, ${INSTANCE_NAME} FROM _events e INDEXED BY _events_time JOIN _event_documents d USING (event_pk)
     WHERE e.instance_id = ? AND (e.occurred_at, e.event_pk) > (?, ?)
       AND NOT EXISTS (SELECT 1 FROM _owed_details o WHERE o.event_pk = e.event_pk)
     ORDER BY e.occurred_at, e.event_pk LIMIT ?`,
  );
  const replayUntil = db.prepare<[number, string, number, number, number], ReplayRow>(
    `SELECT e.*, d.raw, ${INSTANCE_NAME} FROM _events e INDEXED BY _events_time JOIN _event_documents d USING (event_pk)
     WHERE e.instance_id = ? AND (e.occurred_at, e.event_pk) > (?, ?) AND e.event_pk <= ?
       AND NOT EXISTS (SELECT 1 FROM _owed_details o WHERE o.event_pk = e.event_pk)
     ORDER BY e.occurred_at, e.event_pk LIMIT ?`,
  );
  const replayOne = db.prepare<[number, string], ReplayRow>(
    `SELECT e.*, d.raw, ${INSTANCE_NAME} FROM _events e JOIN _event_documents d USING (event_pk)
     WHERE e.instance_id = ? AND e.event_id = ?`,
  );
  const inWindow = db
    .prepare<[number, string, string], number>(
      'SELECT count(*) FROM _events INDEXED BY _events_time WHERE instance_id = ? AND occurred_at >= ? AND occurred_at < ?',
    )
    .pluck();
  const lastWrite = db
    .prepare<[number, string], string | null>(
      'SELECT max(occurred_at) FROM _events INDEXED BY _events_api_key WHERE instance_id = ? AND api_key_id = ?',
    )
    .pluck();

  return {
    has: (instanceId: number, eventId: string) => known.get(instanceId, eventId) !== undefined,

    /** Stores a new event and returns its row id. The caller has made sure that it is new. */
    insert(
      instanceId: number,
      event: AuditEvent,
      derived: Derived,
      receivedAt: string,
      judgedBy: string,
      variableLookups: string | null = null,
      firstSeen: Readonly<Record<string, boolean>> | null = null,
    ): number {
      // In the order of the columns, which is that of the chain's content.
      const values = [
        event.id,
        event.occurredAt,
        event.category,
        event.userId,
        event.username,
        derived.actorKind,
        derived.actorName,
        derived.apiKeyId,
        derived.apiKeyPurpose,
        event.ipAddress,
        event.userAgent,
        event.spaceId,
        derived.projectId,
        derived.projectName,
        derived.environmentId,
        derived.environmentName,
        flag(derived.isProduction),
        derived.isOffHours ? 1 : 0,
        derived.offHoursReason,
        derived.deploymentId,
        derived.releaseVersion,
        derived.tenantName,
        derived.subjectAccount,
        derived.variableSetId,
        variableLookups,
        event.message,
        receivedAt,
        judgedBy,
      ];
      return chain.inserted('event', {
        write(link, salt) {
          const { lastInsertRowid } = insert.run(
            instanceId,
            ...values,
            link,
            salt,
            firstSeen === null ? null : JSON.stringify(firstSeen),
          );
          insertDocument.run(lastInsertRowid, event.raw);
          return Number(lastInsertRowid);
        },
        describe(eventPk) {
          const content = eventContent(eventPk, values, event.raw);
          return content === null ? null : { object: event.id, instanceId, content };
        },
      });
    },

    /** Replaces what was derived from a stored event, and its JSON where a fuller one was read. */
    rejudge(
      eventPk: number,
      derived: Derived,
      judgedBy: string,
      raw: string | null,
      variableLookups: string | null = null,
    ) {
      chain.changed('detail', eventPk, () => {
        rejudge.run({
          ...derived,
          variableLookups,
          isProduction: flag(derived.isProduction),
          isOffHours: derived.isOffHours ? 1 : 0,
          judgedBy,
          eventPk,
        });
        if (raw !== null) replaceDocument.run(raw, eventPk);
      });
    },

    setVariableEdits(eventPk: number, ownerName: string | null, edits: readonly VariableEdit[]) {
      chain.changed('detail', eventPk, () => {
        clearEdits.run(eventPk);
        edits.forEach((edit, position) => {
          const scope = edit.scope === null ? null : JSON.stringify(edit.scope);
          insertEdit.run(eventPk, position, ownerName, edit.name, edit.change, flag(edit.isSensitive), scope);
        });
      });
    },

    /** The earliest queued event of a deployment; compared here, for there is one and SQLite's sorter costs 9 µs. */
    queuedEvent(instanceId: number, deploymentId: string): QueuedRow | undefined {
      const rows = queued.all(instanceId, deploymentId);
      let earliest = rows[0];
      for (const row of rows) if (earliest && row.occurred_at < earliest.occurred_at) earliest = row;
      return earliest;
    },
    startedEvents: (instanceId: number, deploymentId: string) =>
      started.all(instanceId, deploymentId).flatMap((eventPk) => byPk.get(eventPk) ?? []),
    get: (instanceId: number, eventId: string) => byId.get(instanceId, eventId),
    at: (eventPk: number) => byPk.get(eventPk),
    /** Stored events after a place in their order (time, then arrival); those whose details are owed are left out. */
    replay: (instanceId: number, after: { occurredAt: string; eventPk: number }, limit: number) =>
      replay.all(instanceId, after.occurredAt, after.eventPk, limit),
    /** The same of those that arrived no later than one. */
    replayUntil: (instanceId: number, after: { occurredAt: string; eventPk: number }, untilPk: number, limit: number) =>
      replayUntil.all(instanceId, after.occurredAt, after.eventPk, untilPk, limit),
    replayOne: (instanceId: number, eventId: string) => replayOne.get(instanceId, eventId),
    countInWindow: (instanceId: number, from: string, to: string) => inWindow.get(instanceId, from, to) ?? 0,

    /** The last audited write that could be matched to an API key; null when there is none. */
    lastWrite: (instanceId: number, keyId: string) => lastWrite.get(instanceId, keyId) ?? null,
  };
}

function flag(value: boolean | null): number | null {
  return value === null ? null : value ? 1 : 0;
}
