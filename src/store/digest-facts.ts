import type { Level, Resolution } from '../model/finding.ts';
import type { Db } from './database.ts';

export type DigestFindingRow = {
  finding_id: number;
  instance: string;
  rule: string;
  rule_title: string;
  level: Level;
  title: string;
  first_seen_at: string;
  last_seen_at: string;
  event_count: number;
  created_at: string;
  acknowledged_by: string | null;
  resolution: Resolution | null;
  resolved_at: string | null;
  is_state: number;
  is_stable: number;
  object_id: string | null;
  why: string;
};

export type DigestKeyRow = { key_id: string; owner: string | null; purpose: string | null; hint: string | null };

export type DigestRotationRow = {
  key_id: string;
  account: string;
  purpose: string | null;
  state: 'overlapping' | 'old_key_used' | 'stalled';
  successor_created_at: string | null;
};

export type DigestWindowRow = {
  window_from: string;
  window_to: string;
  server_total: number | null;
  events_seen: number;
  set_aside: number;
  outcome: string;
};

/**
 * What a digest covers: events in `(from, to]`, as far as they were found until `foundTo`. `foundFrom` is until when the
 * digest before knew of things, so that each is new in exactly one digest, however late it was found. `stateTo` is the
 * moment whose state is told: for a digest of long ago what is known now, in the state of then.
 */
export type DigestSpan = {
  readonly from: string;
  readonly to: string;
  readonly foundFrom: string;
  readonly foundTo: string;
  readonly stateTo: string;
};

const FINDING = `SELECT f.finding_id, i.name AS instance, f.rule, f.report ->> '$.ruleTitle' AS rule_title, f.level, f.title,
  f.first_seen_at, f.last_seen_at, f.event_count, f.created_at, a.acknowledged_by, f.resolution,
  f.resolved_at, f.is_state, coalesce(f.report ->> '$.isStable', 1) AS is_stable, f.report ->> '$.objectId' AS object_id,
  f.report ->> '$.why' AS why
  FROM _findings f JOIN _instances i ON i.instance_id = f.instance_id
  LEFT JOIN _acknowledgements a ON a.finding_id = f.finding_id AND a.ended_at IS NULL AND a.acknowledged_at <= @stateTo`;

/** What a digest is made of, read by index: none of it takes longer because the history is long. */
export function digestFacts(db: Db) {
  const unresolved = db.prepare<
    [{ instanceId: number; to: string; foundTo: string; stateTo: string }],
    DigestFindingRow
  >(
    `${FINDING} WHERE f.instance_id = @instanceId AND f.status <> 'resolved' AND f.first_seen_at <= @to
       AND f.created_at <= @foundTo`,
  );
  const resolved = db.prepare<[DigestSpan], DigestFindingRow>(
    `${FINDING} WHERE f.status = 'resolved' AND f.resolved_at > min(@from, @foundFrom) AND f.first_seen_at <= @to
       AND f.created_at <= @foundTo AND NOT (f.resolved_at <= @foundFrom AND f.first_seen_at <= @from)`,
  );
  const opened = db.prepare<
    [{ weekBefore: string; from: string; to: string; foundTo: string }],
    { rule: string; level: Level; is_stable: number; within: number; before: number }
  >(
    `SELECT f.rule, f.level, coalesce(f.report ->> '$.isStable', 1) AS is_stable, sum(f.first_seen_at > @from) AS within,
       sum(f.first_seen_at <= @from) AS before
     FROM _findings f WHERE f.first_seen_at > @weekBefore AND f.first_seen_at <= @to AND f.created_at <= @foundTo
       AND f.resolution IS NOT 'superseded' GROUP BY 1, 2, 3`,
  );
  const keys = db.prepare<[string], DigestKeyRow>(
    'SELECT key_id, coalesce(owner, username, user_id) AS owner, purpose, hint FROM api_keys WHERE instance = ?',
  );
  const rotations = db.prepare<[{ instanceId: number; stateTo: string }], DigestRotationRow>(
    `SELECT k.key_id, coalesce(u.username, k.user_id) AS account, k.purpose, k.rotation_state AS state,
       s.created_at AS successor_created_at
     FROM _api_keys k LEFT JOIN _users u USING (instance_id, user_id)
     LEFT JOIN _api_keys s ON s.instance_id = k.instance_id AND s.key_id = k.successor_id
     WHERE k.instance_id = @instanceId AND k.gone_at IS NULL AND k.rotation_state IS NOT NULL AND k.read_at <= @stateTo
     ORDER BY k.key_id`,
  );
  const hidden = db
    .prepare<[{ name: string; from: string; to: string }], number>(
      'SELECT count(*) FROM _signals WHERE suppressed_by = @name AND occurred_at > @from AND occurred_at <= @to',
    )
    .pluck();
  const undelivered = db.prepare<
    [{ localDate: string; foundFrom: string; stateTo: string; stalledBefore: string }],
    { channel: string; state: 'pending' | 'failed'; count: number; last_error: string | null }
  >(
    `WITH troubled AS (
       SELECT * FROM _deliveries WHERE state = 'pending' AND (attempts > 0 OR due_at <= @stalledBefore)
       UNION ALL
       SELECT * FROM _deliveries WHERE state = 'failed' AND failed_at >= @foundFrom AND failed_at <= @stateTo)
     SELECT d.channel, d.state, count(*) AS count, d.last_error, max(iif(d.last_error IS NULL, 0, d.delivery_id))
     FROM troubled d LEFT JOIN _digests g USING (delivery_id)
     WHERE g.local_date IS NOT @localDate AND d.created_at <= @stateTo GROUP BY d.channel, d.state ORDER BY d.channel, d.state`,
  );
  // A window is at most a day long, so what reaches into the span begins at most a day before it.
  const windows = db.prepare<
    [{ instanceId: number; dayBefore: string; from: string; to: string; foundTo: string }],
    DigestWindowRow
  >(
    `SELECT window_from, window_to, server_total, events_seen, set_aside, outcome FROM _coverage
     WHERE instance_id = @instanceId AND window_from >= @dayBefore AND window_from <= @to AND window_to > @from
       AND finished_at <= @foundTo ORDER BY window_from`,
  );
  const firstWindow = db
    .prepare<[number], string>(
      "SELECT window_from FROM _coverage WHERE instance_id = ? AND window_from > '' ORDER BY window_from LIMIT 1",
    )
    .pluck();
  const unread = db.prepare<[number], { reason: string; cursor_at: string; range_to: string }>(
    "SELECT reason, cursor_at, range_to FROM _backlog WHERE instance_id = ? AND reason <> 'reread' ORDER BY cursor_at",
  );
  const setAside = db
    .prepare<[number, string, string], number>(
      'SELECT count(*) FROM _quarantine WHERE instance_id = ? AND received_at > ? AND received_at <= ?',
    )
    .pluck();
  const places = db.prepare<
    [number],
    { id: string; name: string; slug: string | null; tags: string; space_id: string | null }
  >(
    'SELECT environment_id AS id, name, slug, tags, space_id FROM _environments WHERE instance_id = ? AND gone_at IS NULL ORDER BY name',
  );
  const spaces = db.prepare<[number], { id: string; name: string }>(
    'SELECT space_id AS id, name FROM _spaces WHERE instance_id = ? AND gone_at IS NULL ORDER BY name',
  );

  return {
    /** Findings that are not resolved now and were known of by then. */
    unresolved: (instanceId: number, span: DigestSpan) =>
      unresolved.all({ instanceId, to: span.to, foundTo: span.foundTo, stateTo: span.stateTo }),
    /** Findings that were resolved after the digest before knew of things, also those resolved after this one. */
    resolved: (span: DigestSpan) => resolved.all(span),
    /** How many findings began within the span and in the time before it, by rule and level. */
    opened: (span: DigestSpan, weekBefore: string) =>
      opened.all({ weekBefore, from: span.from, to: span.to, foundTo: span.foundTo }),
    keys: (instance: string) => keys.all(instance),
    /** Rotations under way at the last reading; none when that was after the moment whose state is told. */
    rotations: (instanceId: number, span: DigestSpan) => rotations.all({ instanceId, stateTo: span.stateTo }),
    hiddenBy: (name: string, span: DigestSpan) => hidden.get({ name, from: span.from, to: span.to }) ?? 0,
    /** What could not be delivered, the digest of `localDate` itself aside. */
    undelivered: (span: DigestSpan, localDate: string, stalledBefore: string) =>
      undelivered.all({ localDate, foundFrom: span.foundFrom, stateTo: span.stateTo, stalledBefore }),
    windows: (instanceId: number, span: DigestSpan, dayBefore: string) =>
      windows.all({ instanceId, dayBefore, from: span.from, to: span.to, foundTo: span.foundTo }),
    /** Where the stored history of an instance begins; null when nothing was read. */
    historyFrom: (instanceId: number) => firstWindow.get(instanceId) ?? null,
    /** Stretches of time that were never read, or not with all permissions. */
    unread: (instanceId: number) => unread.all(instanceId),
    setAside: (instanceId: number, span: DigestSpan) => setAside.get(instanceId, span.foundFrom, span.stateTo) ?? 0,
    environments: (instanceId: number) =>
      places.all(instanceId).map(({ tags, ...place }) => ({ ...place, tags: JSON.parse(tags) as string[] })),
    spaces: (instanceId: number) => spaces.all(instanceId),
  };
}
