import type { Db } from './database.ts';

/** The powers whose use is looked for in the stored events. */
type SoughtPower = 'deploy_production' | 'edit_variables' | 'manage_users';

// An event that may have been it counts, too: "unused" must never be said of a power in use.
const SHOWS: Readonly<Record<SoughtPower, string>> = {
  deploy_production: `(e.is_production = 1 OR (e.is_production IS NULL AND (e.deployment_id IS NOT NULL OR e.category LIKE '%runbook%')))`,
  edit_variables: 'e.variable_set_id IS NOT NULL',
  // Old events may name no documents at all (octopus-api 1.7, ISS#3351): what they are about is not known.
  // Only the document knows what an event is about, and opening 100,000 of them takes seconds: the message, which begins with
  // the type of the document (FACT: samples, 2019 to 2024), says which ones are worth it.
  manage_users: `(e.message IS NULL OR e.message LIKE '%user%' OR e.message LIKE '%team%' OR e.message LIKE '%role%')
    AND e.deployment_id IS NULL AND EXISTS (
    SELECT 1 FROM _event_documents d, json_each(iif(json_valid(d.raw), d.raw, '{}'), '$.RelatedDocumentIds') id
    WHERE d.event_pk = e.event_pk AND (id.value LIKE 'users-%' OR id.value LIKE 'teams-%' OR id.value LIKE 'userroles-%'
      OR id.value LIKE 'scopeduserroles-%' OR id.value LIKE 'userinvites-%')
    UNION ALL
    SELECT 1 FROM _event_documents d WHERE d.event_pk = e.event_pk AND json_valid(d.raw)
      AND coalesce(json_array_length(d.raw, '$.RelatedDocumentIds'), 0) = 0)`,
};

/** What the stored events say about keys, and how far back they can say it. */
export function keyEvidence(db: Db) {
  const begins = db
    .prepare<[{ instanceId: number; since: string }], string>(
      `SELECT occurred_at FROM _events INDEXED BY _events_time
       WHERE occurred_at >= @since AND instance_id = @instanceId ORDER BY occurred_at LIMIT 1`,
    )
    .pluck();
  const firstWindow = db
    .prepare<[number], string>(
      "SELECT window_from FROM _coverage WHERE instance_id = ? AND window_from > '' ORDER BY window_from LIMIT 1",
    )
    .pluck();
  // What a second look at known time has still to do is not unread.
  const lastHole = db
    .prepare<[{ instanceId: number }], string | null>(
      `SELECT max(at) FROM (
         SELECT range_to AS at FROM _backlog WHERE instance_id = @instanceId AND reason <> 'reread'
         UNION ALL SELECT gap_to FROM _gaps WHERE instance_id = @instanceId)`,
    )
    .pluck();
  const watermark = db
    .prepare<[number], string | null>('SELECT watermark_at FROM _instances WHERE instance_id = ?')
    .pluck();
  const unnamed = db
    .prepare<[number, string, string], string>(
      `SELECT occurred_at FROM _events INDEXED BY _events_unnamed_key
       WHERE instance_id = ? AND user_id = ? AND api_key_purpose = ? AND api_key_id IS NULL
       ORDER BY occurred_at DESC LIMIT 1`,
    )
    .pluck();
  const showing = (power: SoughtPower) =>
    db.prepare<[{ instanceId: number; keyId: string; since: string }]>(
      `SELECT 1 FROM _events e INDEXED BY _events_api_key
       WHERE e.instance_id = @instanceId AND e.api_key_id = @keyId AND e.occurred_at >= @since AND ${SHOWS[power]} LIMIT 1`,
    );
  const shows = {
    deploy_production: showing('deploy_production'),
    edit_variables: showing('edit_variables'),
    manage_users: showing('manage_users'),
  };

  return {
    /**
     * Since when every event is stored without a hole up to now: not before the earliest stored event, nor before what is
     * still to be read or known to be missing. Null when nothing was read up to `readTo`.
     */
    historyFrom(instanceId: number, readTo: string): string | null {
      if ((watermark.get(instanceId) ?? '') < readTo) return null;
      const first = begins.get({ instanceId, since: firstWindow.get(instanceId) ?? '' });
      if (first === undefined) return null;
      const hole = lastHole.get({ instanceId }) ?? '';
      return hole > first ? hole : first;
    },

    /** The last event made with some key of that account and purpose which could not be matched to one. */
    possibleWrite: (instanceId: number, userId: string, purpose: string | null) =>
      unnamed.get(instanceId, userId, purpose ?? '') ?? null,

    /** Whether an event since then shows, or may show, that the key's power was used. */
    hasUsed: (instanceId: number, keyId: string, power: SoughtPower, since: string) =>
      shows[power].get({ instanceId, keyId, since }) !== undefined,
  };
}
