/** The time a pack is about, in every form its tables keep time in; the ends are exclusive. */
export type PackPeriod = {
  /** Instants. */
  readonly from: string;
  readonly to: string;
  readonly fromMs: number;
  readonly toMs: number;
  /** Whole days, UTC, the last one inclusive. */
  readonly fromDay: string;
  readonly toDay: string;
};

const ALL = '1';
const NONE = '0';
const OF_EVENTS = 'EXISTS (SELECT 1 FROM main._events e WHERE e.event_pk = t.event_pk)';
const OF_FINDINGS = 'EXISTS (SELECT 1 FROM main._findings f WHERE f.finding_id = t.finding_id)';
const CITED_LINKS = `SELECT chain_link AS link FROM main._events UNION ALL SELECT chain_link FROM main._findings
  UNION ALL SELECT chain_link FROM main._journal`;

/**
 * Which rows `t` of each table belong to a period, in an order in which each condition may look at what was copied before.
 * Facts about accounts, keys, spaces and environments are as of the last reading; the changes of keys are those of the
 * period. A finding belongs to every period in which it was unresolved or has events; its state is that of the export.
 */
export const ROWS_OF_PERIOD: Readonly<Record<string, string>> = {
  _migrations: ALL,
  _instances: ALL,
  _users: ALL,
  _spaces: ALL,
  _environments: ALL,
  _api_keys: ALL,
  _api_key_changes: 't.seen_at >= @from AND t.seen_at < @to',
  _events: 't.occurred_at >= @from AND t.occurred_at < @to',
  _event_documents: OF_EVENTS,
  _variable_edits: OF_EVENTS,
  _owed_details: OF_EVENTS,
  // What was found long after the fact was unresolved when it was found, not when it happened.
  _findings: `t.first_seen_at < @to AND (t.last_seen_at >= @from
    OR t.resolution IS NOT 'history' AND (t.status <> 'resolved' OR t.resolved_at >= @from))`,
  _finding_events: OF_FINDINGS,
  _acknowledgements: OF_FINDINGS,
  _signals: 't.occurred_at >= @from AND t.occurred_at < @to',
  _correlation_inputs: 't.at_ms >= @fromMs AND t.at_ms < @toMs',
  _coverage: 't.window_from < @to AND t.window_to > @from',
  _gaps: 't.gap_from < @to AND t.gap_to > @from',
  _backlog: 't.cursor_at < @to AND t.range_to > @from',
  _quarantine: 't.received_at >= @from AND t.received_at < @to',
  _journal: 't.at >= @from AND t.at < @to',
  _deliveries: `CASE WHEN t.finding_id IS NULL THEN t.created_at >= @from AND t.created_at < @to ELSE ${OF_FINDINGS} END`,
  _digests: 'EXISTS (SELECT 1 FROM main._deliveries d WHERE d.delivery_id = t.delivery_id)',
  _notices: 'EXISTS (SELECT 1 FROM main._deliveries d WHERE d.delivery_id = t.delivery_id)',
  _upgrades: 't.at >= @from AND t.at < @to',
  _first_seen: 't.first_at < @to',
  _server_words: ALL,
  _address_days: 't.day >= @fromDay AND t.day <= @toDay',
  _rule_versions: `t.loaded_from < @to AND coalesce(t.loaded_until, '9999') > @from
    OR t.sha256 IN (SELECT rule_sha256 FROM main._findings)`,
  _config_versions: `t.loaded_from < @to AND coalesce(t.loaded_until, '9999') > @from
    OR t.sha256 IN (SELECT config_sha256 FROM main._findings)
    OR substr(t.sha256, 1, 16) IN (SELECT judged_by FROM main._events)`,
  _deployment_freezes: ALL,
  _rejudgements: NONE,
  // Links name objects and hold hashes, no text: all between the first and the last that a row here cites, and the one
  // before, whose hash the first rests on.
  _chain: `t.link >= (SELECT min(link) - 1 FROM (${CITED_LINKS})) AND t.link <= (SELECT max(link) FROM (${CITED_LINKS}))`,
  _rule_needs: ALL,
  _chain_keys: ALL,
  _chain_checkpoint: ALL,
  _chain_older: ALL,
  // What the next start compares with; what was found weaker are findings, and what was in force are versions.
  _posture: NONE,
  // What the next judging of keys compares with.
  _state_rules_judged: NONE,
  _leases: NONE,
};

/** Large tables are copied day by day, so that progress shows; what is read then is in the order of time. */
export const BY_DAY: Readonly<Record<string, string>> = {
  _events: 'SELECT t.* FROM source._events t WHERE t.occurred_at >= @from AND t.occurred_at < @to',
  _event_documents: `SELECT t.* FROM source._events e JOIN source._event_documents t USING (event_pk)
    WHERE e.occurred_at >= @from AND e.occurred_at < @to`,
};
