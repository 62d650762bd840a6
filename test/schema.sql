CREATE INDEX _acknowledgements_finding ON _acknowledgements (finding_id);

CREATE UNIQUE INDEX _acknowledgements_held ON _acknowledgements (finding_id) WHERE ended_at IS NULL;

CREATE INDEX _acknowledgements_lapsing ON _acknowledgements (until_day) WHERE ended_at IS NULL AND until_day IS NOT NULL;

CREATE INDEX _api_key_changes_key ON _api_key_changes (instance_id, key_id, seen_at);

CREATE INDEX _chain_pruned ON _chain (pruned_by) WHERE pruned_by IS NOT NULL;

CREATE INDEX _config_versions_hash ON _config_versions (sha256, loaded_from);

CREATE INDEX _correlation_inputs_event ON _correlation_inputs (seq);

CREATE INDEX _coverage_purpose ON _coverage (instance_id, purpose);

CREATE INDEX _coverage_window ON _coverage (instance_id, window_from, window_to, outcome);

CREATE INDEX _deliveries_done ON _deliveries (coalesce(sent_at, failed_at)) WHERE state <> 'pending';

CREATE INDEX _deliveries_failed ON _deliveries (failed_at) WHERE state = 'failed';

CREATE INDEX _deliveries_finding ON _deliveries (finding_id);

CREATE INDEX _deliveries_pending ON _deliveries (channel, delivery_id) WHERE state = 'pending';

CREATE INDEX _deliveries_sent ON _deliveries (channel, sent_at) WHERE sent_at IS NOT NULL;

CREATE INDEX _deployment_freezes_instance ON _deployment_freezes (instance_id, freeze_id);

CREATE INDEX _digests_date ON _digests (local_date);

CREATE UNIQUE INDEX _digests_once ON _digests (channel, recipient, local_date);

CREATE INDEX _events_api_key ON _events (instance_id, api_key_id, occurred_at) WHERE api_key_id IS NOT NULL;

CREATE INDEX _events_category ON _events (category, occurred_at);

CREATE INDEX _events_deployment ON _events (instance_id, deployment_id, category, occurred_at) WHERE deployment_id IS NOT NULL;

CREATE UNIQUE INDEX _events_id ON _events (instance_id, event_id);

CREATE INDEX _events_time ON _events (occurred_at);

CREATE INDEX _events_unnamed_key ON _events (instance_id, user_id, api_key_purpose, occurred_at)
  WHERE api_key_id IS NULL AND api_key_purpose IS NOT NULL;

CREATE INDEX _events_user ON _events (user_id, instance_id, occurred_at);

CREATE INDEX _finding_events_event ON _finding_events (event_id);

CREATE INDEX _findings_aging ON _findings (last_seen_at)
  WHERE status = 'open' AND is_state = 0 AND level IN ('low', 'informational');

CREATE INDEX _findings_fingerprint ON _findings (fingerprint, status);

CREATE INDEX _findings_first_seen ON _findings (first_seen_at);

CREATE INDEX _findings_open_state ON _findings (instance_id, rule) WHERE is_state = 1 AND status <> 'resolved';

CREATE INDEX _findings_previous ON _findings (previous_finding_id) WHERE previous_finding_id IS NOT NULL;

CREATE INDEX _findings_resolved ON _findings (resolved_at) WHERE status = 'resolved';

CREATE INDEX _findings_state ON _findings (instance_id, rule) WHERE is_state = 1;

CREATE INDEX _findings_superseded ON _findings (superseded_by) WHERE superseded_by IS NOT NULL;

CREATE INDEX _findings_unacknowledged ON _findings (status)
  WHERE status = 'open' AND is_state = 0 AND level IN ('critical', 'high');

CREATE INDEX _findings_unresolved ON _findings (instance_id, rule) WHERE status <> 'resolved';

CREATE INDEX _journal_started ON _journal (action) WHERE action = 'started';

CREATE INDEX _owed_details_due ON _owed_details (instance_id, due_at);

CREATE UNIQUE INDEX _quarantine_once ON _quarantine (instance_id, reason, raw);

CREATE INDEX _quarantine_received ON _quarantine (received_at);

CREATE UNIQUE INDEX _rejudgements_open ON _rejudgements (instance_id) WHERE finished_at IS NULL;

CREATE INDEX _rule_versions_in_force ON _rule_versions (rule) WHERE loaded_until IS NULL;

CREATE INDEX _rule_versions_rule ON _rule_versions (rule, sha256, loaded_from);

CREATE UNIQUE INDEX _signals_event ON _signals (event_pk, rule) WHERE event_pk IS NOT NULL;

CREATE INDEX _signals_finding ON _signals (finding_id) WHERE finding_id IS NOT NULL;

CREATE INDEX _signals_group ON _signals (rule, instance_id, group_key, occurred_at) WHERE group_key IS NOT NULL;

CREATE INDEX _signals_hidden_state ON _signals (instance_id, rule, event_id)
  WHERE suppressed_by IS NOT NULL AND event_pk IS NULL;

CREATE INDEX _signals_rule ON _signals (rule, occurred_at) WHERE group_key IS NULL;

CREATE INDEX _signals_suppressed ON _signals (suppressed_by, occurred_at) WHERE suppressed_by IS NOT NULL;

CREATE INDEX _upgrades_owed ON _upgrades (upgrade_id) WHERE line IS NULL;

CREATE INDEX _upgrades_told ON _upgrades (told_at) WHERE told_at IS NOT NULL;

CREATE TABLE _acknowledgements (
  acknowledgement_id INTEGER PRIMARY KEY,
  finding_id INTEGER NOT NULL REFERENCES _findings,
  acknowledged_at TEXT NOT NULL,
  acknowledged_by TEXT NOT NULL,
  -- The local day, YYYY-MM-DD, from which on the finding is open again; empty for good.
  until_day TEXT,
  note TEXT NOT NULL,
  ended_at TEXT
) STRICT;

CREATE TABLE _address_days (
  instance_id INTEGER NOT NULL REFERENCES _instances,
  day TEXT NOT NULL,
  ip_address TEXT NOT NULL,
  events INTEGER NOT NULL,
  PRIMARY KEY (instance_id, day, ip_address)
) STRICT, WITHOUT ROWID;

CREATE TABLE _api_key_changes (
  change_id INTEGER PRIMARY KEY,
  instance_id INTEGER NOT NULL REFERENCES _instances,
  key_id TEXT NOT NULL,
  seen_at TEXT NOT NULL,
  change TEXT NOT NULL,
  before TEXT,
  after TEXT
) STRICT;

CREATE TABLE _api_keys (
  instance_id INTEGER NOT NULL REFERENCES _instances,
  key_id TEXT NOT NULL,
  user_id TEXT NOT NULL,
  purpose TEXT,
  hint TEXT,
  created_at TEXT,
  expires_at TEXT,
  server_last_used TEXT NOT NULL CHECK (server_last_used IN ('no field', 'unknown', 'known')),
  server_last_used_at TEXT,
  last_used_at TEXT,
  last_used_source TEXT,
  idle_days INTEGER,
  state TEXT NOT NULL,
  state_reason TEXT NOT NULL,
  access_level TEXT,
  actor_type TEXT,
  read_at TEXT NOT NULL,
  gone_at TEXT, first_seen_at TEXT, audit_idle_days INTEGER, owner_kind TEXT, powers TEXT, unused_powers TEXT, is_powers_complete INTEGER, is_registered INTEGER, register_entry TEXT, register_drift TEXT, rotation_state TEXT, successor_id TEXT, rotation_due_at TEXT,
  PRIMARY KEY (instance_id, key_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE _backlog (
  backlog_id INTEGER PRIMARY KEY,
  instance_id INTEGER NOT NULL REFERENCES _instances,
  reason TEXT NOT NULL CHECK (reason IN ('first', 'outage', 'reread', 'visibility')),
  cursor_at TEXT NOT NULL,
  range_to TEXT NOT NULL
) STRICT;

CREATE TABLE _chain (
  link INTEGER PRIMARY KEY,
  -- How content and link are written for hashing; 1 so far.
  format INTEGER NOT NULL,
  -- The key the link is sealed with, by its number in _chain_keys; empty for a plain SHA-256.
  sealed_by INTEGER,
  kind TEXT NOT NULL CHECK (kind IN ('event', 'detail', 'erased', 'finding', 'journal', 'pruned', 'checkpoint')),
  -- Events-n, or the number of a finding or journal entry; for pruned and checkpoint see docs/evidence.md.
  object TEXT NOT NULL,
  instance_id INTEGER,
  -- The link this one takes the place of: the object's last one until then.
  prior_link INTEGER,
  content BLOB NOT NULL,
  stored_at TEXT NOT NULL,
  hash BLOB NOT NULL,
  -- The link that says that the object was removed by retention.
  pruned_by INTEGER
) STRICT;

CREATE TABLE _chain_checkpoint (
  link INTEGER PRIMARY KEY,
  through_link INTEGER NOT NULL,
  through_hash BLOB NOT NULL,
  dropped_before_at TEXT NOT NULL
) STRICT;

CREATE TABLE _chain_keys (
  key_number INTEGER PRIMARY KEY,
  key_id TEXT NOT NULL UNIQUE,
  first_link INTEGER NOT NULL
) STRICT;

CREATE TABLE _chain_older (
  kind TEXT PRIMARY KEY CHECK (kind IN ('event', 'finding', 'journal')),
  next_key INTEGER NOT NULL,
  last_key INTEGER NOT NULL
) STRICT;

CREATE TABLE _config_versions (
  config_version_id INTEGER PRIMARY KEY,
  sha256 TEXT NOT NULL,
  description TEXT NOT NULL,
  loaded_from TEXT NOT NULL,
  loaded_until TEXT
) STRICT;

CREATE TABLE _correlation_inputs (
  scope TEXT NOT NULL,
  correlation TEXT NOT NULL,
  group_key TEXT NOT NULL,
  at_ms INTEGER NOT NULL,
  seq INTEGER NOT NULL,
  rule TEXT NOT NULL,
  ref TEXT NOT NULL,
  value ANY,
  PRIMARY KEY (scope, correlation, group_key, at_ms, seq, rule)
) STRICT, WITHOUT ROWID;

CREATE TABLE _coverage (
  coverage_id INTEGER PRIMARY KEY,
  instance_id INTEGER NOT NULL REFERENCES _instances,
  purpose TEXT NOT NULL,
  window_from TEXT NOT NULL,
  window_to TEXT NOT NULL,
  server_total INTEGER,
  events_seen INTEGER NOT NULL,
  events_new INTEGER NOT NULL,
  set_aside INTEGER NOT NULL,
  fields_absent INTEGER NOT NULL,
  clock_skew_seconds REAL,
  started_at TEXT NOT NULL,
  finished_at TEXT NOT NULL,
  outcome TEXT NOT NULL
) STRICT;

CREATE TABLE _deliveries (
  delivery_id INTEGER PRIMARY KEY,
  -- Empty for a digest or notice.
  finding_id INTEGER REFERENCES _findings,
  message_id INTEGER,
  channel TEXT NOT NULL,
  kind TEXT NOT NULL CHECK (kind IN ('alert', 'repeat', 'reminder', 'resolved', 'digest', 'notice')),
  state TEXT NOT NULL CHECK (state IN ('pending', 'sent', 'failed')),
  is_catch_up INTEGER NOT NULL,
  attempts INTEGER NOT NULL DEFAULT 0,
  last_error TEXT,
  created_at TEXT NOT NULL,
  due_at TEXT NOT NULL,
  not_before_at TEXT,
  claimed_by TEXT,
  claimed_until_at TEXT,
  sent_at TEXT,
  failed_at TEXT,
  -- What a message told of its finding, so that the next one can say what is new.
  told_events INTEGER,
  -- JSON list of what was not in the finding before (an actor, an address, a key), for a repeat.
  novelties TEXT
, is_correction INTEGER NOT NULL DEFAULT 0) STRICT;

CREATE TABLE _deployment_freezes (
  version_id INTEGER PRIMARY KEY,
  instance_id INTEGER NOT NULL REFERENCES _instances,
  freeze_id TEXT NOT NULL,
  name TEXT NOT NULL,
  -- What it says: times, scopes and how it repeats, JSON.
  definition TEXT NOT NULL,
  -- The complete reading before the one that showed it first; empty when there was none.
  known_from_at TEXT,
  -- The reading that did not show it any more.
  gone_at TEXT,
  read_at TEXT NOT NULL
) STRICT;

CREATE TABLE _digests (
  delivery_id INTEGER PRIMARY KEY REFERENCES _deliveries ON DELETE CASCADE,
  local_date TEXT NOT NULL,
  channel TEXT NOT NULL,
  -- An address for mail; empty where the channel itself is the recipient.
  recipient TEXT NOT NULL,
  to_at TEXT NOT NULL,
  -- Both known with the last attempt: it is rendered when it is sent.
  from_at TEXT,
  rendered_at TEXT,
  subject TEXT,
  created_at TEXT NOT NULL
) STRICT;

CREATE TABLE _environments (
  instance_id INTEGER NOT NULL REFERENCES _instances,
  environment_id TEXT NOT NULL,
  space_id TEXT,
  name TEXT NOT NULL,
  slug TEXT,
  tags TEXT NOT NULL,
  read_at TEXT NOT NULL,
  gone_at TEXT,
  PRIMARY KEY (instance_id, environment_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE _event_documents (
  event_pk INTEGER PRIMARY KEY REFERENCES _events,
  raw TEXT NOT NULL
) STRICT;

CREATE TABLE _events (
  event_pk INTEGER PRIMARY KEY,
  instance_id INTEGER NOT NULL REFERENCES _instances,
  event_id TEXT NOT NULL,
  occurred_at TEXT NOT NULL,
  category TEXT NOT NULL,
  user_id TEXT,
  username TEXT,
  actor_kind TEXT,
  actor_name TEXT,
  api_key_id TEXT,
  api_key_purpose TEXT,
  ip_address TEXT,
  user_agent TEXT,
  space_id TEXT,
  project_id TEXT,
  project_name TEXT,
  environment_id TEXT,
  environment_name TEXT,
  is_production INTEGER,
  is_off_hours INTEGER NOT NULL,
  off_hours_reason TEXT,
  deployment_id TEXT,
  release_version TEXT,
  tenant_name TEXT,
  subject_account TEXT,
  variable_set_id TEXT,
  -- What was known of the variable set when the event was judged, JSON; only for events that touch one.
  variable_lookups TEXT,
  message TEXT,
  received_at TEXT NOT NULL,
  judged_by TEXT NOT NULL
, chain_link INTEGER, chain_salt BLOB, first_seen TEXT) STRICT;

CREATE TABLE _finding_events (
  finding_id INTEGER NOT NULL REFERENCES _findings,
  event_id TEXT NOT NULL,
  occurred_at TEXT NOT NULL,
  PRIMARY KEY (finding_id, event_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE _findings (
  finding_id INTEGER PRIMARY KEY,
  instance_id INTEGER NOT NULL REFERENCES _instances,
  rule TEXT NOT NULL,
  fingerprint TEXT NOT NULL,
  is_state INTEGER NOT NULL,
  level TEXT NOT NULL,
  title TEXT NOT NULL,
  subject TEXT NOT NULL,
  first_seen_at TEXT NOT NULL,
  last_seen_at TEXT NOT NULL,
  event_count INTEGER NOT NULL,
  status TEXT NOT NULL CHECK (status IN ('open', 'acknowledged', 'resolved')),
  resolution TEXT CHECK (resolution IN ('ended', 'aged', 'history', 'superseded', 'configuration_changed')),
  superseded_by INTEGER REFERENCES _findings,
  previous_finding_id INTEGER REFERENCES _findings,
  report TEXT NOT NULL,
  rule_sha256 TEXT NOT NULL,
  config_sha256 TEXT NOT NULL,
  monitor_version TEXT NOT NULL,
  created_at TEXT NOT NULL,
  resolved_at TEXT
, chain_link INTEGER, chain_salt BLOB) STRICT;

CREATE TABLE _first_seen (
  instance_id INTEGER NOT NULL REFERENCES _instances,
  fact TEXT NOT NULL,
  subject TEXT NOT NULL,
  value TEXT NOT NULL,
  first_at TEXT NOT NULL,
  PRIMARY KEY (instance_id, fact, subject, value)
) STRICT, WITHOUT ROWID;

CREATE TABLE _gaps (
  gap_id INTEGER PRIMARY KEY,
  instance_id INTEGER NOT NULL REFERENCES _instances,
  gap_from TEXT NOT NULL,
  gap_to TEXT NOT NULL,
  missing INTEGER NOT NULL
) STRICT;

CREATE TABLE _instances (
  instance_id INTEGER PRIMARY KEY,
  name TEXT NOT NULL UNIQUE,
  url TEXT NOT NULL,
  installation_id TEXT,
  server_version TEXT,
  event_scope TEXT,
  watermark_at TEXT,
  last_read_at TEXT,
  failing_since_at TEXT,
  last_error TEXT,
  inventory_read_at TEXT,
  reread_due_at TEXT,
  access TEXT,
  poll_interval_ms INTEGER NOT NULL DEFAULT 60000
, created_at TEXT, own_ids TEXT, users_read_at TEXT, freezes_read_at TEXT, retired_at TEXT, keys_judged_by TEXT) STRICT;

CREATE TABLE _journal (
  entry_id INTEGER PRIMARY KEY,
  at TEXT NOT NULL,
  os_user TEXT NOT NULL,
  host TEXT NOT NULL,
  action TEXT NOT NULL,
  object TEXT,
  detail TEXT,
  monitor_version TEXT NOT NULL
, chain_link INTEGER, chain_salt BLOB) STRICT;

CREATE TABLE _leases (
  instance_id INTEGER PRIMARY KEY REFERENCES _instances,
  holder TEXT NOT NULL,
  expires_at TEXT NOT NULL
) STRICT;

CREATE TABLE _migrations (version INTEGER PRIMARY KEY, name TEXT NOT NULL, sha256 TEXT NOT NULL, applied_at TEXT NOT NULL) STRICT;

CREATE TABLE _notices (
  delivery_id INTEGER PRIMARY KEY REFERENCES _deliveries ON DELETE CASCADE,
  text TEXT NOT NULL,
  created_at TEXT NOT NULL
) STRICT;

CREATE TABLE _owed_details (
  event_pk INTEGER PRIMARY KEY REFERENCES _events,
  instance_id INTEGER NOT NULL REFERENCES _instances,
  attempts INTEGER NOT NULL DEFAULT 0,
  owed_since_at TEXT NOT NULL,
  due_at TEXT NOT NULL,
  last_error TEXT
) STRICT;

CREATE TABLE _posture (
  -- What the strength is of: a rule, its level, an exception, the business hours, …
  subject TEXT PRIMARY KEY,
  -- The strength that counts, JSON.
  accepted TEXT NOT NULL,
  -- The start that had it first, and its version of Octowatch.
  accepted_at TEXT NOT NULL,
  monitor_version TEXT NOT NULL,
  -- What the last start found instead and told as weaker, JSON; `null` in JSON: it was gone. Empty while it is as strong.
  found TEXT
) STRICT, WITHOUT ROWID;

CREATE TABLE _quarantine (
  quarantine_id INTEGER PRIMARY KEY,
  instance_id INTEGER NOT NULL REFERENCES _instances,
  received_at TEXT NOT NULL,
  reason TEXT NOT NULL,
  raw TEXT NOT NULL
) STRICT;

CREATE TABLE _rejudgements (
  rejudgement_id INTEGER PRIMARY KEY,
  instance_id INTEGER NOT NULL REFERENCES _instances,
  -- What has changed, JSON list of words.
  changes TEXT NOT NULL,
  -- The beginning of the hash of the configuration that events are judged by.
  judged_by TEXT NOT NULL,
  -- Events behind this place in their order (time, then arrival) are still to be judged.
  cursor_at TEXT NOT NULL,
  cursor_pk INTEGER NOT NULL,
  -- The last event that was there at the beginning: what came later was judged by the new configuration.
  until_pk INTEGER NOT NULL,
  events_total INTEGER NOT NULL,
  events_done INTEGER NOT NULL DEFAULT 0,
  findings_opened INTEGER NOT NULL DEFAULT 0,
  findings_closed INTEGER NOT NULL DEFAULT 0,
  started_at TEXT NOT NULL,
  finished_at TEXT
) STRICT;

CREATE TABLE _rule_needs (
  instance_id INTEGER NOT NULL REFERENCES _instances,
  rule TEXT NOT NULL,
  category TEXT NOT NULL,
  PRIMARY KEY (instance_id, rule, category)
) STRICT, WITHOUT ROWID;

CREATE TABLE _rule_versions (
  rule_version_id INTEGER PRIMARY KEY,
  rule TEXT NOT NULL,
  kind TEXT NOT NULL CHECK (kind IN ('rule', 'correlation', 'filter', 'built_in')),
  sha256 TEXT NOT NULL,
  source TEXT NOT NULL,
  -- Empty for a filter, which has none.
  level TEXT,
  enabled INTEGER NOT NULL,
  -- What a correlation runs as, with its threshold as configured; empty for everything else.
  correlation_sql TEXT,
  loaded_from TEXT NOT NULL,
  loaded_until TEXT
, after_event_pk INTEGER) STRICT;

CREATE TABLE _server_words (
  instance_id INTEGER NOT NULL REFERENCES _instances,
  kind TEXT NOT NULL CHECK (kind IN ('category', 'document_type')),
  id TEXT NOT NULL,
  name TEXT NOT NULL,
  read_at TEXT NOT NULL,
  PRIMARY KEY (instance_id, kind, id)
) STRICT, WITHOUT ROWID;

CREATE TABLE _signals (
  signal_id INTEGER PRIMARY KEY,
  instance_id INTEGER NOT NULL REFERENCES _instances,
  rule TEXT NOT NULL,
  event_id TEXT NOT NULL,
  event_pk INTEGER REFERENCES _events,
  group_key TEXT,
  occurred_at TEXT NOT NULL,
  level TEXT NOT NULL,
  suppressed_by TEXT,
  finding_id INTEGER REFERENCES _findings
) STRICT;

CREATE TABLE _spaces (
  instance_id INTEGER NOT NULL REFERENCES _instances,
  space_id TEXT NOT NULL,
  name TEXT NOT NULL,
  read_at TEXT NOT NULL,
  gone_at TEXT,
  PRIMARY KEY (instance_id, space_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE _state_rules_judged (
  instance_id INTEGER NOT NULL REFERENCES _instances,
  rule TEXT NOT NULL,
  sha256 TEXT NOT NULL,
  -- After the configuration adjusted them; a threshold only where it did.
  level TEXT,
  threshold REAL,
  begun_at TEXT NOT NULL,
  -- Empty until a reading of the keys was complete.
  judged_at TEXT,
  PRIMARY KEY (instance_id, rule)
) STRICT, WITHOUT ROWID;

CREATE TABLE _upgrades (
  upgrade_id INTEGER PRIMARY KEY,
  -- The start, and the versions of Octowatch then and at the start before (empty: not known).
  at TEXT NOT NULL,
  version TEXT NOT NULL,
  version_before TEXT,
  -- Which rules were added, changed and removed, JSON.
  changes TEXT NOT NULL,
  -- What is told, and since when it is known; both empty while it is owed.
  line TEXT,
  told_at TEXT
) STRICT;

CREATE TABLE _users (
  instance_id INTEGER NOT NULL REFERENCES _instances,
  user_id TEXT NOT NULL,
  username TEXT NOT NULL,
  display_name TEXT,
  is_active INTEGER NOT NULL,
  is_service INTEGER NOT NULL,
  service_account_type TEXT,
  read_at TEXT NOT NULL,
  gone_at TEXT, access TEXT, access_read_at TEXT, disabled_seen_at TEXT, enabled_again_at TEXT, keys_read_at TEXT,
  PRIMARY KEY (instance_id, user_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE _variable_edits (
  event_pk INTEGER NOT NULL REFERENCES _events,
  position INTEGER NOT NULL,
  owner_name TEXT,
  variable_name TEXT NOT NULL,
  change TEXT NOT NULL,
  is_sensitive INTEGER,
  scope TEXT,
  PRIMARY KEY (event_pk, position)
) STRICT, WITHOUT ROWID;

CREATE TRIGGER _chain_is_not_cut BEFORE DELETE ON _chain
  WHEN NOT EXISTS (SELECT 1 FROM _chain_checkpoint WHERE through_link >= OLD.link)
  BEGIN SELECT raise(ABORT, 'the chain is append-only'); END;

CREATE TRIGGER _chain_is_not_edited BEFORE UPDATE OF link, format, sealed_by, kind, object, instance_id, prior_link, content, stored_at, hash
  ON _chain BEGIN SELECT raise(ABORT, 'the chain is append-only'); END;

CREATE TRIGGER _journal_is_not_cut BEFORE DELETE ON _journal
  WHEN NOT EXISTS (SELECT 1 FROM _chain WHERE link = OLD.chain_link AND pruned_by IS NOT NULL)
  BEGIN SELECT raise(ABORT, 'the journal is append-only'); END;

CREATE TRIGGER _journal_is_not_edited BEFORE UPDATE OF entry_id, at, os_user, host, action, object, detail, monitor_version
  ON _journal BEGIN SELECT raise(ABORT, 'the journal is append-only'); END;

CREATE VIEW accounts AS -- One account of an Octopus instance as of the last reading of the server; deleted ones are not listed.
SELECT
  i.name AS instance, -- Name of the Octopus instance.
  u.user_id AS user_id, -- Octopus's id of the account.
  u.username AS username, -- Its name.
  u.is_active AS is_active, -- 0 when it is disabled.
  u.is_service AS is_service_account, -- 1 for a service account, 0 for a person's.
  u.read_at AS read_at, -- When this was read, UTC.
  u.service_account_type = 'Agent' AS is_agent, -- 1 for an AI agent's service account; empty where the server does not say.
  u.access ->> 'systemPermissions' AS system_permissions, -- Permissions it holds on the server as a whole, JSON list; read for accounts with API keys only, empty when not known.
  iif(u.access IS NULL, NULL, (SELECT json_group_array(p.key) FROM json_each(u.access, '$.spacePermissions') p)) AS space_permissions, -- Those permissions to deploy, edit variables and manage teams that it holds in a space, JSON list.
  u.access ->> 'isComplete' AS is_access_complete, -- 0 when the server said that the monitor may not see all of them.
  u.access_read_at AS access_read_at, -- When the permissions were last read, UTC.
  u.disabled_seen_at AS disabled_seen_at, -- The last reading that showed it disabled, UTC.
  u.enabled_again_at AS enabled_again_at -- The first reading after that which showed it enabled, UTC.
FROM _users u
JOIN _instances i ON i.instance_id = u.instance_id
WHERE u.gone_at IS NULL;

CREATE VIEW api_key_history AS -- One change of one API key, as the readings of the server showed it; revoked keys included.
SELECT
  i.name AS instance, -- Name of the Octopus instance.
  c.key_id AS key_id, -- Octopus's id of the key.
  k.user_id AS user_id, -- The account it belongs to.
  u.username AS username, -- Name of that account.
  k.purpose AS purpose, -- What its maker wrote it was for.
  c.seen_at AS seen_at, -- The reading that showed the change, UTC; it happened between the reading before and this one.
  c.change AS change, -- appeared, changed (of what is in before and after), gone (revoked), returned, owner_disabled, owner_enabled, successor, rotation_finished.
  c.before AS before, -- How it was before.
  c.after AS after -- How it was then.
FROM _api_key_changes c
JOIN _instances i ON i.instance_id = c.instance_id
LEFT JOIN _api_keys k ON k.instance_id = c.instance_id AND k.key_id = c.key_id
LEFT JOIN _users u ON u.instance_id = k.instance_id AND u.user_id = k.user_id;

CREATE VIEW api_keys AS -- One API key as of the last reading of the server; revoked keys are not listed.
SELECT
  i.name AS instance, -- Name of the Octopus instance.
  k.key_id AS key_id, -- Octopus's id of the key.
  k.user_id AS user_id, -- The account it belongs to.
  u.username AS username, -- Name of that account.
  u.is_service AS is_service_account, -- 1 for a service account, 0 for a person's.
  u.is_active AS user_is_active, -- 0 when the account is disabled; its keys revive when it is enabled again.
  k.purpose AS purpose, -- What its maker wrote it was for.
  k.hint AS hint, -- First characters of the key as the server shows them.
  k.created_at AS created_at, -- When it was made, UTC.
  k.expires_at AS expires_at, -- When it ends, UTC; empty for never.
  k.last_used_at AS last_used_at, -- Last use known, UTC; what kind of knowledge is in last_used_source.
  k.last_used_source AS last_used_source, -- server: recorded by Octopus; audit: last audited write, a lower bound because reads are not audited.
  k.idle_days AS idle_days, -- Whole days since last_used_at, or since creation for a key that was never used; empty when not known.
  k.state AS state, -- used, unused, never_used, unknown or expired.
  k.state_reason AS state_reason, -- Why it has that state, in words.
  k.register_entry ->> 'owner' AS owner, -- Who answers for the key by the key register; empty when the register does not say.
  k.access_level AS access_level, -- FullAccess, ReadOnly or Custom where the server says so.
  k.read_at AS read_at, -- When this was read, UTC.
  k.owner_kind AS owner_kind, -- human, service or agent (an AI agent's); empty when not known.
  k.audit_idle_days AS audit_idle_days, -- Where the server does not record use: whole days without an audited write; reads are not audited.
  k.powers AS powers, -- What can be done with it, JSON list: administer, manage_users, deploy_production, deploy, deploy_all_spaces, edit_variables; empty when not known.
  k.is_powers_complete AS is_powers_complete, -- 0 when the server said that the monitor may not see all permissions of the account: there may be more.
  k.unused_powers AS unused_powers, -- Those of the powers that no audited event of the last 90 days used, JSON list; empty when that cannot be told.
  k.is_registered AS is_registered, -- 1 when the key register has an entry for it, 0 when not; empty without a register.
  k.register_entry ->> 'system' AS system, -- The system that uses it, by the register.
  k.register_entry ->> 'stored' AS stored, -- Where it is kept, by the register.
  k.register_entry ->> 'breaks' AS breaks, -- What stops working when it is revoked, by the register.
  k.register_drift AS register_drift, -- How it differs from the register, JSON list of sentences; empty when it does not.
  k.rotation_due_at AS rotation_due_at, -- When the register wants it replaced, UTC; empty without an interval.
  k.rotation_state AS rotation_state, -- Of a key that has a successor: overlapping, old_key_used or stalled; empty otherwise.
  k.successor_id AS successor_id, -- The newer key of the same account and purpose that takes its place.
  k.first_seen_at AS first_seen_at -- The reading that showed it first, UTC.
FROM _api_keys k
JOIN _instances i ON i.instance_id = k.instance_id
LEFT JOIN _users u ON u.instance_id = k.instance_id AND u.user_id = k.user_id
WHERE k.gone_at IS NULL;

CREATE VIEW auth_failures AS -- One failed sign-in.
SELECT
  i.name AS instance, -- Name of the Octopus instance.
  e.event_id AS event_id, -- The event.
  e.occurred_at AS occurred_at, -- When, UTC.
  coalesce(
    CASE WHEN e.user_id IS NOT 'users-system' AND lower(e.username) <> 'system' THEN e.username END,
    u.username,
    CASE WHEN e.subject_account <> 'unattributed' AND e.subject_account IS NOT e.ip_address THEN e.subject_account END
  ) AS username, -- Whose sign-in failed, where the event tells: by its user, its related user or its text.
  e.ip_address AS ip_address, -- Where it came from; right only if the server trusts its proxies.
  e.message AS message, -- Octopus's text of the event.
  e.subject_account AS account -- Whose sign-in failed as the rules count it: user id, name, address or unattributed.
FROM _events e
JOIN _instances i ON i.instance_id = e.instance_id
LEFT JOIN _users u ON u.instance_id = e.instance_id AND u.user_id = e.subject_account
WHERE e.category = 'LoginFailed';

CREATE VIEW config_versions AS -- One version of what judging rests on, for all instances: time zone, calendar, production, adjustments of rules. No secret is in it.
SELECT
  v.sha256 AS sha256, -- SHA-256 of the description; findings carry it as config_sha256, events the beginning of it as judged_by.
  v.description AS description, -- What was configured, JSON.
  v.loaded_from AS loaded_from, -- The start of the monitor that first had it, UTC.
  v.loaded_until AS loaded_until -- The start that had another, UTC; empty while it holds.
FROM _config_versions v;

CREATE VIEW coverage AS -- One window of time that was polled, with what the server counted against what came.
SELECT
  i.name AS instance, -- Name of the Octopus instance.
  c.window_from AS window_from, -- Begin of the window, inclusive, UTC.
  c.window_to AS window_to, -- End of the window, exclusive, UTC.
  c.server_total AS server_total, -- How many events the server counted in it; empty when it did not say.
  c.events_seen AS events_seen, -- How many came.
  c.events_new AS events_new, -- How many of them were new.
  c.set_aside AS set_aside, -- How many elements went to quarantine.
  c.fields_absent AS fields_absent, -- How many fields of stored events had a wrong type and count as absent.
  c.clock_skew_seconds AS clock_skew_seconds, -- Server's clock less ours; empty when not known.
  c.started_at AS started_at, -- When the reading began, UTC.
  c.finished_at AS finished_at, -- When it ended, UTC.
  c.outcome AS outcome, -- read, short (the server counted more than came) or failed.
  c.purpose AS purpose -- tail, first, outage, reread or visibility.
FROM _coverage c
JOIN _instances i ON i.instance_id = c.instance_id;

CREATE VIEW deliveries AS -- One finding, one digest or one notice to one channel.
SELECT
  d.delivery_id AS delivery_id, -- Number of the delivery.
  d.finding_id AS finding_id, -- The finding; empty for a digest or notice.
  d.message_id AS message_id, -- Findings carried by one message share it; empty until a message was made.
  d.channel AS channel, -- Name of the channel.
  d.kind AS kind, -- alert, repeat, reminder, resolved, digest or notice (a line about the monitor itself).
  d.state AS state, -- pending, sent or failed (refused for good).
  d.attempts AS attempts, -- How often it was tried.
  d.last_error AS last_error, -- What the last failure was.
  d.sent_at AS sent_at, -- When the receiver accepted it, UTC.
  (SELECT i.name FROM _findings f JOIN _instances i USING (instance_id) WHERE f.finding_id = d.finding_id) AS instance -- Name of the Octopus instance; empty for a digest or notice.
FROM _deliveries d;

CREATE VIEW deployment_freezes AS -- One version of one deployment freeze of Octopus, as it was read; those of octowatch.yaml are not among them.
SELECT
  i.name AS instance, -- Name of the Octopus instance.
  f.freeze_id AS freeze_id, -- Octopus's id of the freeze.
  f.name AS name, -- What it is called.
  json_extract(f.definition, '$.startAt') AS starts_at, -- When it begins, UTC; the first time, where it repeats.
  json_extract(f.definition, '$.endAt') AS ends_at, -- When that ends, exclusive, UTC.
  json_extract(f.definition, '$.recurrence.pattern.kind') AS repeats, -- How it repeats: daily, weekly, day of month, weekday of month or annually; empty when it does not.
  json_extract(f.definition, '$.recurrence.offsetMinutes') AS offset_minutes, -- The fixed offset from UTC by which it repeats; it does not follow changes of clocks.
  json_extract(f.definition, '$.scopes') AS scopes, -- Projects, environments and tenants it is for, JSON.
  f.known_from_at AS known_from, -- Since when it is taken to have held, UTC; empty when it was there at the first reading.
  f.gone_at AS gone_at, -- The reading that showed it no more, or changed, UTC; empty while it is there.
  f.read_at AS read_at -- The last reading that showed it, UTC.
FROM _deployment_freezes f
JOIN _instances i ON i.instance_id = f.instance_id;

CREATE VIEW deployments AS -- One deployment, its queued and started events joined.
SELECT
  i.name AS instance, -- Name of the Octopus instance.
  q.deployment_id AS deployment_id, -- Octopus's id of the deployment.
  coalesce(q.project_name, s.project_name) AS project_name, -- The project deployed.
  coalesce(q.release_version, s.release_version) AS release_version, -- The release deployed.
  coalesce(q.environment_name, s.environment_name) AS environment_name, -- Where to.
  coalesce(q.tenant_name, s.tenant_name) AS tenant_name, -- The tenant deployed for, if any.
  CASE WHEN 1 IN (q.is_production, s.is_production) THEN 1 ELSE coalesce(q.is_production, s.is_production) END AS is_production, -- 1 when the environment counts as production.
  q.occurred_at AS queued_at, -- When somebody asked for it; empty when that event is not stored.
  s.occurred_at AS started_at, -- When it began to run; empty when that event is not stored.
  q.username AS queued_by, -- Who asked for it; empty when that event is not stored.
  q.actor_kind AS actor_kind, -- human, service, agent or system (a trigger or lifecycle).
  q.api_key_purpose AS api_key_purpose, -- Purpose of the API key it was asked for with.
  max(q.is_off_hours, coalesce(s.is_off_hours, 0)) AS is_off_hours, -- 1 when it was queued or started outside business hours.
  q.occurred_at AS first_at, -- When it was queued or, if that is not stored, when it began to run: for periods of time.
  q.user_id AS queued_by_id, -- Octopus's id of who asked for it.
  q.api_key_id AS api_key_id, -- The API key it was asked for with, where it can be told which.
  coalesce(json_extract(s.variable_lookups, '$.ticket'), json_extract(q.variable_lookups, '$.ticket')) AS ticket, -- The ticket of the change window that allows it; empty when none does.
  coalesce(json_extract(s.variable_lookups, '$.changeWindow'), json_extract(q.variable_lookups, '$.changeWindow')) AS change_window, -- That change window.
  coalesce(json_extract(s.variable_lookups, '$.calendar'), json_extract(q.variable_lookups, '$.calendar'), 'default') AS calendar, -- Name of the calendar whose hours it was judged by.
  coalesce(json_extract(s.variable_lookups, '$.freeze'), json_extract(q.variable_lookups, '$.freeze')) AS freeze_name -- The freeze it lies in, by name; empty outside of freezes.
FROM _events q
JOIN _instances i ON i.instance_id = q.instance_id
LEFT JOIN _events s ON s.event_pk = (
  SELECT x.event_pk FROM _events x INDEXED BY _events_deployment
  WHERE x.instance_id = q.instance_id AND x.deployment_id = q.deployment_id AND x.category = 'DeploymentStarted'
  ORDER BY x.occurred_at, x.event_pk LIMIT 1
)
WHERE q.category = 'DeploymentQueued' AND q.deployment_id IS NOT NULL AND q.event_pk = (
  SELECT x.event_pk FROM _events x INDEXED BY _events_deployment
  WHERE x.instance_id = q.instance_id AND x.deployment_id = q.deployment_id AND x.category = 'DeploymentQueued'
  ORDER BY x.occurred_at, x.event_pk LIMIT 1
)
UNION ALL
SELECT i.name, s.deployment_id, s.project_name, s.release_version, s.environment_name, s.tenant_name, s.is_production,
  NULL, s.occurred_at, NULL, NULL, NULL, s.is_off_hours, s.occurred_at, NULL, NULL,
  json_extract(s.variable_lookups, '$.ticket'), json_extract(s.variable_lookups, '$.changeWindow'),
  coalesce(json_extract(s.variable_lookups, '$.calendar'), 'default'), json_extract(s.variable_lookups, '$.freeze')
FROM _events s
JOIN _instances i ON i.instance_id = s.instance_id
WHERE s.category = 'DeploymentStarted' AND s.deployment_id IS NOT NULL AND NOT EXISTS (
  SELECT 1 FROM _events x INDEXED BY _events_deployment
  WHERE x.instance_id = s.instance_id AND x.deployment_id = s.deployment_id AND x.category = 'DeploymentQueued'
) AND s.event_pk = (
  SELECT x.event_pk FROM _events x INDEXED BY _events_deployment
  WHERE x.instance_id = s.instance_id AND x.deployment_id = s.deployment_id AND x.category = 'DeploymentStarted'
  ORDER BY x.occurred_at, x.event_pk LIMIT 1
);

CREATE VIEW events AS -- One audit event of an Octopus instance, with what Octowatch derived from it.
SELECT
  i.name AS instance, -- Name of the Octopus instance in the configuration.
  e.event_id AS event_id, -- Octopus's own id of the event, Events-n.
  e.occurred_at AS occurred_at, -- When it happened by the server's clock, UTC.
  e.category AS category, -- Octopus's event category, such as DeploymentQueued or Modified.
  e.user_id AS user_id, -- Octopus's id of the acting user; users-system for the server itself.
  e.username AS username, -- Name of the acting user as the event gives it.
  e.actor_kind AS actor_kind, -- human, service, agent or system; empty when not known. For a started deployment: who queued it.
  e.actor_name AS actor_name, -- Name of the actor. For a started deployment: who queued it.
  e.api_key_id AS api_key_id, -- The API key that was used, where it can be told which.
  e.api_key_purpose AS api_key_purpose, -- The purpose written on that API key.
  e.ip_address AS ip_address, -- Address the request came from; right only if the server trusts its proxies.
  e.user_agent AS user_agent, -- What the client said it was; the client chooses it.
  e.space_id AS space_id, -- The space; empty for system-level events.
  e.project_id AS project_id, -- The project the event is about.
  e.project_name AS project_name, -- Its name at that time.
  e.environment_id AS environment_id, -- The environment the event is about.
  e.environment_name AS environment_name, -- Its name at that time.
  e.is_production AS is_production, -- 1 when that environment counts as production, 0 when not, empty without an environment.
  e.is_off_hours AS is_off_hours, -- 1 when it happened outside business hours of the configured zone.
  e.off_hours_reason AS off_hours_reason, -- weekend, night, holiday or freeze; empty within business hours.
  e.deployment_id AS deployment_id, -- The deployment the event belongs to.
  e.release_version AS release_version, -- Version of the release.
  e.tenant_name AS tenant_name, -- The tenant deployed for.
  e.message AS message, -- Octopus's text of the event.
  e.received_at AS received_at, -- When Octowatch stored it, UTC.
  e.judged_by AS judged_by, -- Hash of the configuration that the derived columns rest on.
  (SELECT d.raw FROM _event_documents d WHERE d.event_pk = e.event_pk) AS raw, -- The event as received, JSON; changes of variable sets reduced to names, kinds and scopes.
  coalesce(json_extract(e.variable_lookups, '$.calendar'), 'default') AS calendar, -- Name of the calendar whose hours it was judged by.
  json_extract(e.variable_lookups, '$.changeWindow') AS change_window, -- The change window that allows it; empty when none does.
  json_extract(e.variable_lookups, '$.ticket') AS ticket, -- The ticket of that change window.
  json_extract(e.variable_lookups, '$.freeze') AS freeze_name -- The freeze it lies in, by name; empty outside of freezes.
FROM _events e
JOIN _instances i ON i.instance_id = e.instance_id;

CREATE VIEW finding_events AS -- Evidence: one event of one finding.
SELECT
  e.finding_id AS finding_id, -- The finding.
  e.event_id AS event_id, -- The event, or the object a state rule is about.
  (
    SELECT i.name FROM _findings f JOIN _instances i ON i.instance_id = f.instance_id WHERE f.finding_id = e.finding_id
  ) AS instance -- Name of the Octopus instance the event or object is of: other servers have the same ids.
FROM _finding_events e;

CREATE VIEW findings AS -- One finding: signals of one rule about one subject, told once.
SELECT
  f.finding_id AS finding_id, -- Number of the finding.
  i.name AS instance, -- Name of the Octopus instance.
  f.rule AS rule, -- Name of the rule that found it.
  f.level AS level, -- informational, low, medium, high or critical.
  f.title AS title, -- What happened, in one line.
  f.subject AS subject, -- What it is about: the values of the rule's subject fields.
  f.first_seen_at AS first_seen_at, -- Time of its first event, UTC.
  f.last_seen_at AS last_seen_at, -- Time of its last event, UTC.
  f.event_count AS event_count, -- How many events it holds.
  f.status AS status, -- open, acknowledged or resolved.
  f.resolution AS resolution, -- How it was resolved: ended, aged, history, superseded or configuration_changed.
  f.superseded_by AS superseded_by, -- The finding that took it in.
  f.previous_finding_id AS previous_finding_id, -- The earlier finding about the same subject, if any.
  f.rule_sha256 AS rule_sha256, -- Hash of the rule's text when it opened.
  f.config_sha256 AS config_sha256, -- Hash of the configuration when it opened.
  f.monitor_version AS monitor_version, -- Version of Octowatch when it opened.
  f.created_at AS created_at, -- When it was opened, UTC.
  f.resolved_at AS resolved_at, -- When it was resolved, UTC.
  a.acknowledged_at AS acknowledged_at, -- When it was acknowledged, UTC; empty when it was not, or is open again.
  a.acknowledged_by AS acknowledged_by, -- Who took it on.
  a.until_day AS acknowledged_until, -- The local day from which on it is open again; empty for good.
  a.note AS note -- What whoever took it on wrote.
FROM _findings f
JOIN _instances i ON i.instance_id = f.instance_id
LEFT JOIN _acknowledgements a ON a.finding_id = f.finding_id AND a.ended_at IS NULL;

CREATE VIEW journal AS -- One act of the monitor or of its users; append-only.
SELECT
  j.entry_id AS entry_id, -- Number of the entry.
  j.at AS at, -- When, UTC.
  j.os_user AS os_user, -- Operating-system user.
  j.host AS host, -- Machine.
  j.action AS action, -- What was done, such as started, rules_loaded, finding_opened or query_run.
  j.object AS object, -- What it was done to.
  j.detail AS detail, -- More of it, JSON.
  j.monitor_version AS monitor_version -- Version of Octowatch that wrote it.
FROM _journal j;

CREATE VIEW quarantine AS -- One element Octopus sent that could not be read as an event; values masked.
SELECT
  i.name AS instance, -- Name of the Octopus instance.
  q.received_at AS received_at, -- When, UTC.
  q.reason AS reason, -- What was wrong with it.
  q.raw AS raw -- Its shape, with every value masked.
FROM _quarantine q
JOIN _instances i ON i.instance_id = q.instance_id;

CREATE VIEW rule_versions AS -- One version of one rule, correlation or filter, as it was loaded; it holds for all instances.
SELECT
  v.rule AS rule, -- Name of the rule.
  v.kind AS kind, -- rule, correlation, filter (an exception) or built_in (what the monitor finds about itself).
  v.sha256 AS sha256, -- SHA-256 of the text; findings carry it as rule_sha256.
  v.source AS source, -- The text as loaded.
  v.level AS level, -- The level it gave after the configuration adjusted it; empty for a filter.
  v.enabled AS enabled, -- 0 when the configuration had switched it off.
  v.correlation_sql AS correlation_sql, -- The SQL a correlation ran as, threshold included; empty for others.
  v.loaded_from AS loaded_from, -- The start of the monitor that first loaded it so, UTC.
  v.loaded_until AS loaded_until -- The start that loaded it otherwise or not at all, UTC; empty while it holds.
FROM _rule_versions v;

CREATE VIEW signals AS -- One rule matching one event; for a state rule one opening.
SELECT
  s.signal_id AS signal_id, -- Number of the signal.
  i.name AS instance, -- Name of the Octopus instance.
  s.rule AS rule, -- Name of the rule.
  s.event_id AS event_id, -- The event, or the object a state rule is about.
  s.occurred_at AS occurred_at, -- When it happened, UTC.
  s.level AS level, -- informational, low, medium, high or critical.
  s.suppressed_by AS suppressed_by -- The exception that hid it; empty when none did.
FROM _signals s
JOIN _instances i ON i.instance_id = s.instance_id;

CREATE VIEW variable_edits AS -- One variable touched by one audit event; values are never stored.
SELECT
  i.name AS instance, -- Name of the Octopus instance.
  e.event_id AS event_id, -- The event that touched it.
  e.occurred_at AS occurred_at, -- When, UTC.
  e.username AS username, -- Who.
  e.variable_set_id AS variable_set_id, -- The variable set.
  v.owner_name AS owner_name, -- Project or library set that owns it.
  v.variable_name AS variable_name, -- Name of the variable.
  v.change AS change, -- added, removed, value, renamed, scope, type, made_plain or other.
  v.is_sensitive AS is_sensitive, -- 1 when sensitive before or after the change, empty when the event does not tell.
  v.scope AS scope -- Its scope as JSON, kind to ids; empty when the event does not tell.
FROM _variable_edits v
JOIN _events e ON e.event_pk = v.event_pk
JOIN _instances i ON i.instance_id = e.instance_id;
