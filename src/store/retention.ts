import { pruneRows } from './chain-prune.ts';
import type { ChainedStore } from './chained-store.ts';
import type { Db } from './database.ts';

/** Instants before which rows are removed; null: none is. */
export type Cutoffs = {
  readonly events: string | null;
  readonly findings: string | null;
  readonly journal: string | null;
  readonly deliveries: string | null;
  /** What was read of which time. */
  readonly coverage: string | null;
};

export type Prunable = keyof Cutoffs;

/** Where a pass over one kind of rows stands; what is kept is passed over. */
export type PrunePlace = { readonly at: string; readonly key: number };
export const FIRST_PLACE: PrunePlace = { at: '', key: 0 };

/** `next` is null when the pass is through. */
export type PruneStep = { readonly removed: number; readonly next: PrunePlace | null };

type Candidate = { key: number; at: string; is_kept: number };

// Findings that are not over, and those they took in: what they cite stays, with the texts of both.
const HELD = `WITH RECURSIVE held (finding_id) AS (
  SELECT finding_id FROM _findings WHERE status <> 'resolved'
  UNION SELECT f.finding_id FROM held h JOIN _findings f ON f.superseded_by = h.finding_id)`;
const IS_EVENT_HELD = `(EXISTS (SELECT 1 FROM _finding_events fe JOIN _findings f USING (finding_id)
    WHERE fe.event_id = e.event_id AND f.instance_id = e.instance_id AND fe.finding_id IN (SELECT finding_id FROM held))
  OR EXISTS (SELECT 1 FROM _signals s WHERE s.event_pk = e.event_pk AND s.finding_id IN (SELECT finding_id FROM held)))`;
// The last message to each recipient says from when on the next one has to tell.
const IS_DELIVERY_HELD = `(d.finding_id IN (SELECT finding_id FROM held)
  OR d.delivery_id IN (SELECT delivery_id FROM (
    SELECT g.delivery_id, max(g.local_date) FROM _digests g JOIN _deliveries s USING (delivery_id)
    WHERE s.state = 'sent' GROUP BY g.channel, g.recipient)))`;

/** Each kind by age, the oldest first. The youngest row of a table stays: its number must not be given a second time. */
const CANDIDATES: Readonly<Record<Prunable, string>> = {
  events: `${HELD} SELECT e.event_pk AS key, e.occurred_at AS at, ${IS_EVENT_HELD} OR e.event_pk = (SELECT max(event_pk) FROM _events) AS is_kept
    FROM _events e INDEXED BY _events_time
    WHERE (e.occurred_at, e.event_pk) > (@at, @key) AND e.occurred_at < @before ORDER BY e.occurred_at, e.event_pk`,
  findings: `${HELD} SELECT f.finding_id AS key, f.resolved_at AS at,
      f.finding_id IN (SELECT finding_id FROM held) OR f.finding_id = (SELECT max(finding_id) FROM _findings) AS is_kept
    FROM _findings f INDEXED BY _findings_resolved
    WHERE f.status = 'resolved' AND (f.resolved_at, f.finding_id) > (@at, @key) AND f.resolved_at < @before
    ORDER BY f.resolved_at, f.finding_id`,
  journal: `SELECT entry_id AS key, at, at >= @before OR entry_id = (SELECT max(entry_id) FROM _journal) AS is_kept
    FROM _journal WHERE entry_id > @key ORDER BY entry_id`,
  deliveries: `${HELD} SELECT d.delivery_id AS key, coalesce(d.sent_at, d.failed_at) AS at,
      ${IS_DELIVERY_HELD} OR d.delivery_id = (SELECT max(delivery_id) FROM _deliveries) AS is_kept
    FROM _deliveries d INDEXED BY _deliveries_done
    WHERE d.state <> 'pending' AND (coalesce(d.sent_at, d.failed_at), d.delivery_id) > (@at, @key)
      AND coalesce(d.sent_at, d.failed_at) < @before
    ORDER BY coalesce(d.sent_at, d.failed_at), d.delivery_id`,
  coverage: `SELECT coverage_id AS key, window_to AS at,
      window_to >= @before OR coverage_id = (SELECT max(coverage_id) FROM _coverage) AS is_kept
    FROM _coverage WHERE coverage_id > @key ORDER BY coverage_id`,
};

/** Entries of these are in the order of their time but for a clock that was set: a page without a due one is the end. */
const IS_BY_NUMBER: readonly Prunable[] = ['journal', 'coverage'];

/** How many rows of each kind are due now. */
export function countDue(store: ChainedStore, cutoffs: Cutoffs): Record<Prunable, number> {
  const count = (kind: Prunable): number => {
    const before = cutoffs[kind];
    if (before === null) return 0;
    const sql = CANDIDATES[kind];
    const at = sql.indexOf('SELECT', sql.startsWith('WITH') ? HELD.length : 0);
    const counting = `${sql.slice(0, at)}SELECT count(*) FROM (${sql.slice(at)}) WHERE NOT is_kept`;
    return (
      store.db
        .prepare<[object], number>(counting)
        .pluck()
        .get({ ...FIRST_PLACE, before }) ?? 0
    );
  };
  return {
    events: count('events'),
    findings: count('findings'),
    journal: count('journal'),
    deliveries: count('deliveries'),
    coverage: count('coverage'),
  };
}

/** Removes what is due among the next rows of a kind, in one transaction. */
export function pruneStep(
  store: ChainedStore,
  kind: Prunable,
  before: string,
  place: PrunePlace,
  limit: number,
): PruneStep {
  return store.transaction(() => {
    const rows = store.db
      .prepare<[object], Candidate>(`${CANDIDATES[kind]} LIMIT @limit`)
      .all({ ...place, before, limit });
    const due = rows.filter((row) => row.is_kept === 0).map((row) => row.key);
    const removed = due.length === 0 ? 0 : REMOVE[kind](store, due);
    const last = rows.at(-1);
    const isThrough = rows.length < limit || (due.length === 0 && IS_BY_NUMBER.includes(kind));
    return { removed, next: isThrough || !last ? null : { at: last.at, key: last.key } };
  });
}

const REMOVE: Readonly<Record<Prunable, (store: ChainedStore, keys: readonly number[]) => number>> = {
  events(store, keys) {
    const remove = removing(store.db, [
      'DELETE FROM _signals WHERE event_pk = ?',
      'DELETE FROM _correlation_inputs WHERE seq = ?',
      'DELETE FROM _variable_edits WHERE event_pk = ?',
      'DELETE FROM _owed_details WHERE event_pk = ?',
      'DELETE FROM _event_documents WHERE event_pk = ?',
      'DELETE FROM _events WHERE event_pk = ?',
    ]);
    return pruneRows(
      store,
      keys.map((key) => ({ kind: 'event', key })),
      ({ key }) => remove(key),
    );
  },
  findings(store, keys) {
    // Younger findings name older ones; the reference goes, as a new state of the younger.
    store.db.pragma('defer_foreign_keys = ON');
    forget(store, keys, 'previous_finding_id');
    forget(store, keys, 'superseded_by');
    const remove = removing(store.db, [
      'DELETE FROM _signals WHERE finding_id = ?',
      'DELETE FROM _deliveries WHERE finding_id = ?',
      'DELETE FROM _acknowledgements WHERE finding_id = ?',
      'DELETE FROM _finding_events WHERE finding_id = ?',
      'DELETE FROM _findings WHERE finding_id = ?',
    ]);
    return pruneRows(
      store,
      keys.map((key) => ({ kind: 'finding', key })),
      ({ key }) => remove(key),
    );
  },
  journal(store, keys) {
    // The trigger lets an entry go only once a link of the chain says so, which pruneRows has appended.
    const remove = removing(store.db, ['DELETE FROM _journal WHERE entry_id = ?']);
    return pruneRows(
      store,
      keys.map((key) => ({ kind: 'journal', key })),
      ({ key }) => remove(key),
    );
  },
  deliveries: (store, keys) => removeAll(store.db, 'DELETE FROM _deliveries WHERE delivery_id = ?', keys),
  coverage: (store, keys) => removeAll(store.db, 'DELETE FROM _coverage WHERE coverage_id = ?', keys),
};

function forget(store: ChainedStore, keys: readonly number[], column: 'previous_finding_id' | 'superseded_by'): void {
  const gone = new Set(keys);
  const referring = store.db
    .prepare<[string], number>(
      `SELECT finding_id FROM _findings WHERE ${column} IN (SELECT value FROM json_each(?)) AND chain_link IS NOT NULL`,
    )
    .pluck()
    .all(JSON.stringify(keys));
  const clear = store.db.prepare(`UPDATE _findings SET ${column} = NULL WHERE finding_id = ?`);
  for (const id of referring.filter((one) => !gone.has(one))) store.chain.changed('finding', id, () => clear.run(id));
}

function removing(db: Db, statements: readonly string[]): (key: number) => void {
  const prepared = statements.map((sql) => db.prepare<[number]>(sql));
  return (key) => {
    for (const statement of prepared) statement.run(key);
  };
}

function removeAll(db: Db, sql: string, keys: readonly number[]): number {
  const statement = db.prepare<[number]>(sql);
  for (const key of keys) statement.run(key);
  return keys.length;
}

/**
 * Removes what belongs to no chain and lives as long as events: counts of addresses, elements that were set aside, accounts
 * and keys that are gone from Octopus so long, with what was learned of them. Few rows a day.
 */
export function pruneBeside(store: ChainedStore, before: string): number {
  return store.transaction(() =>
    [
      'DELETE FROM _address_days WHERE day < substr(@before, 1, 10)',
      'DELETE FROM _quarantine WHERE received_at < @before',
      ...['_api_keys k WHERE k.key_id', '_users k WHERE k.user_id'].map(
        (gone) => `DELETE FROM _first_seen AS f WHERE EXISTS (
          SELECT 1 FROM ${gone} = f.subject AND k.instance_id = f.instance_id AND k.gone_at < @before)`,
      ),
      'DELETE FROM _api_keys WHERE gone_at < @before',
      'DELETE FROM _users WHERE gone_at < @before',
    ].reduce((sum, sql) => sum + store.db.prepare(sql).run({ before }).changes, 0),
  );
}
