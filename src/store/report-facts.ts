import type { Db } from './database.ts';

/** How often somebody did the same before; the counts are of the latest events only if there were more than are looked at. */
export type UsualRow = {
  category: string;
  who: string;
  address: string | null;
  events: number;
  off_hours: number;
  from_address: number;
};

/** Events looked at to say what is usual: at most some milliseconds, however busy the server is. */
const MAX_LOOKED_AT = 5000;

/** What a message says of a finding beyond its own row: read by index when the message is made. */
export function reportFacts(db: Db) {
  const tenants = db
    .prepare<[number, number], string>(
      // CROSS JOIN keeps the order: left alone, SQLite begins with all events of the instance.
      `SELECT DISTINCT a.tenant_name FROM _findings f CROSS JOIN _finding_events e ON e.finding_id = f.finding_id
       CROSS JOIN _events a ON a.instance_id = f.instance_id AND a.event_id = e.event_id
       WHERE f.finding_id = ? AND a.tenant_name IS NOT NULL ORDER BY a.tenant_name LIMIT ?`,
    )
    .pluck();
  const deployments = db.prepare<[number, string], { event_id: string; deployment_id: string }>(
    // The index is named, for left alone SQLite reads all deployments of the instance.
    `SELECT event_id, deployment_id FROM _events INDEXED BY _events_id
     WHERE instance_id = ? AND event_id IN (SELECT value FROM json_each(?)) AND deployment_id IS NOT NULL`,
  );
  const usual = db.prepare<[object], UsualRow>(
    `WITH told AS (SELECT *, coalesce(subject_account, actor_name, username) AS who FROM _events
       WHERE instance_id = @instanceId AND event_id = @eventId),
     looked AS (SELECT e.instance_id, e.is_off_hours, e.ip_address, coalesce(e.subject_account, e.actor_name, e.username) AS who
       FROM told t JOIN _events e ON e.category = t.category AND e.occurred_at >= @from AND e.occurred_at < @to
       ORDER BY e.occurred_at DESC LIMIT ${MAX_LOOKED_AT})
     SELECT t.category, t.who, t.ip_address AS address, count(l.who) AS events,
       coalesce(sum(l.is_off_hours), 0) AS off_hours, coalesce(sum(l.ip_address = t.ip_address), 0) AS from_address
     FROM told t LEFT JOIN looked l ON l.instance_id = t.instance_id AND l.who = t.who
     WHERE t.who IS NOT NULL GROUP BY t.event_id`,
  );
  return {
    /** The tenants of a finding's events by name, each once. */
    tenants: (findingId: number, limit: number) => tenants.all(findingId, limit),
    /** The deployments that events are about, by the id of the event. */
    deployments: (instanceId: number, eventIds: readonly string[]) =>
      new Map(deployments.all(instanceId, JSON.stringify(eventIds)).map((row) => [row.event_id, row.deployment_id])),
    /** How often whoever is behind an event did the same kind of thing in `[from, to)`; undefined when nobody is named. */
    usual: (instanceId: number, eventId: string, from: string, to: string) =>
      usual.get({ instanceId, eventId, from, to }),
  };
}
