-- The rules and the configuration that were in force, so that a finding can be explained by the text it rests on, whatever
-- the files say today. A row is a version: the text, its level after adjustment, and whether it was switched on.
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
) STRICT;
CREATE INDEX _rule_versions_rule ON _rule_versions (rule, sha256, loaded_from);
CREATE INDEX _rule_versions_in_force ON _rule_versions (rule) WHERE loaded_until IS NULL;

CREATE TABLE _config_versions (
  config_version_id INTEGER PRIMARY KEY,
  sha256 TEXT NOT NULL,
  description TEXT NOT NULL,
  loaded_from TEXT NOT NULL,
  loaded_until TEXT
) STRICT;
CREATE INDEX _config_versions_hash ON _config_versions (sha256, loaded_from);

CREATE VIEW rule_versions AS -- One version of one rule, correlation or filter, as it was loaded.
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

CREATE VIEW config_versions AS -- One version of what judging rests on: time zone, calendar, production, adjustments of rules. No secret is in it.
SELECT
  v.sha256 AS sha256, -- SHA-256 of the description; findings carry it as config_sha256, events the beginning of it as judged_by.
  v.description AS description, -- What was configured, JSON.
  v.loaded_from AS loaded_from, -- The start of the monitor that first had it, UTC.
  v.loaded_until AS loaded_until -- The start that had another, UTC; empty while it holds.
FROM _config_versions v;
