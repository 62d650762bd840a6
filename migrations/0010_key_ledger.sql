-- What an account may do as its permissions said at their last reading, JSON; empty when they were never readable.
ALTER TABLE _users ADD COLUMN access TEXT;
ALTER TABLE _users ADD COLUMN access_read_at TEXT;
-- When a reading last showed the account disabled, and when the first one after that showed it enabled again.
ALTER TABLE _users ADD COLUMN disabled_seen_at TEXT;
ALTER TABLE _users ADD COLUMN enabled_again_at TEXT;
-- The last reading of which it is certain that it showed all keys of the account; a key not seen by then is a new one.
ALTER TABLE _users ADD COLUMN keys_read_at TEXT;

-- The first reading that showed the key; of keys read before this existed, the last one then.
ALTER TABLE _api_keys ADD COLUMN first_seen_at TEXT;
ALTER TABLE _api_keys ADD COLUMN audit_idle_days INTEGER;
ALTER TABLE _api_keys ADD COLUMN owner_kind TEXT;
-- What can be done with the key, JSON list of words; empty when it is not known.
ALTER TABLE _api_keys ADD COLUMN powers TEXT;
ALTER TABLE _api_keys ADD COLUMN unused_powers TEXT;
ALTER TABLE _api_keys ADD COLUMN is_powers_complete INTEGER;
ALTER TABLE _api_keys ADD COLUMN is_registered INTEGER;
-- The entry of the key register that is about the key, JSON.
ALTER TABLE _api_keys ADD COLUMN register_entry TEXT;
-- What the key is or does otherwise than the register says, JSON list of sentences.
ALTER TABLE _api_keys ADD COLUMN register_drift TEXT;
ALTER TABLE _api_keys ADD COLUMN rotation_state TEXT;
ALTER TABLE _api_keys ADD COLUMN successor_id TEXT;
ALTER TABLE _api_keys ADD COLUMN rotation_due_at TEXT;
UPDATE _api_keys SET first_seen_at = read_at;

-- What changed on a key from one reading to the next; never edited.
CREATE TABLE _api_key_changes (
  change_id INTEGER PRIMARY KEY,
  instance_id INTEGER NOT NULL REFERENCES _instances,
  key_id TEXT NOT NULL,
  seen_at TEXT NOT NULL,
  change TEXT NOT NULL,
  before TEXT,
  after TEXT
) STRICT;
CREATE INDEX _api_key_changes_key ON _api_key_changes (instance_id, key_id, seen_at);

-- Events made with some key of an account that could not be told from others: nothing is claimed of such keys.
CREATE INDEX _events_unnamed_key ON _events (instance_id, user_id, api_key_purpose, occurred_at)
  WHERE api_key_id IS NULL AND api_key_purpose IS NOT NULL;

-- The monitor's own account and the keys it has used, JSON list of ids.
ALTER TABLE _instances ADD COLUMN own_ids TEXT;

-- The last reading that showed all accounts; one that a later reading shows first is a new account.
ALTER TABLE _instances ADD COLUMN users_read_at TEXT;

-- Which facts an event was the first to show, JSON of field to truth; empty where nothing could be decided.
ALTER TABLE _events ADD COLUMN first_seen TEXT;

-- The earliest event of each pair of a subject and a value: an actor and a network, a key and a kind of client, ….
CREATE TABLE _first_seen (
  instance_id INTEGER NOT NULL REFERENCES _instances,
  fact TEXT NOT NULL,
  subject TEXT NOT NULL,
  value TEXT NOT NULL,
  first_at TEXT NOT NULL,
  PRIMARY KEY (instance_id, fact, subject, value)
) STRICT, WITHOUT ROWID;

-- The words an Octopus server uses: its own lists of event categories and document types, as last read.
CREATE TABLE _server_words (
  instance_id INTEGER NOT NULL REFERENCES _instances,
  kind TEXT NOT NULL CHECK (kind IN ('category', 'document_type')),
  id TEXT NOT NULL,
  name TEXT NOT NULL,
  read_at TEXT NOT NULL,
  PRIMARY KEY (instance_id, kind, id)
) STRICT, WITHOUT ROWID;

DROP VIEW accounts;
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

DROP VIEW api_keys;
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

-- The categories of events that a rule waits for, by the words of one server; a rule that any event could match has none.
CREATE TABLE _rule_needs (
  instance_id INTEGER NOT NULL REFERENCES _instances,
  rule TEXT NOT NULL,
  category TEXT NOT NULL,
  PRIMARY KEY (instance_id, rule, category)
) STRICT, WITHOUT ROWID;
