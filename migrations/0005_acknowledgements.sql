-- Who took a finding on, why and until when. What was said before stays: the last one without ended_at holds.
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
CREATE UNIQUE INDEX _acknowledgements_held ON _acknowledgements (finding_id) WHERE ended_at IS NULL;
CREATE INDEX _acknowledgements_lapsing ON _acknowledgements (until_day) WHERE ended_at IS NULL AND until_day IS NOT NULL;

-- A state that an exception hides is met at every reading and stored once.
CREATE INDEX _signals_hidden_state ON _signals (instance_id, rule, event_id)
  WHERE suppressed_by IS NOT NULL AND event_pk IS NULL;
-- Before somebody excepts what a rule matches, it is shown what that would have been.
CREATE INDEX _signals_rule ON _signals (rule, occurred_at) WHERE group_key IS NULL;

DROP VIEW findings;
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
