-- Since when starts find it not configured any more; empty while it is. Nobody reads it then, and nobody is to be told.
ALTER TABLE _instances ADD COLUMN retired_at TEXT;

-- As before, with the instance: every server counts its ids from 1, so that with several of them a row of evidence
-- says nothing without. A delivery about one instance says which; a digest is about all of them. Sub-queries cost
-- nothing where nobody asks for the column.
DROP VIEW deliveries;
CREATE VIEW deliveries AS -- One finding (or one digest) to one channel.
SELECT
  d.delivery_id AS delivery_id, -- Number of the delivery.
  d.finding_id AS finding_id, -- The finding; empty for a digest.
  d.message_id AS message_id, -- Findings carried by one message share it; empty until a message was made.
  d.channel AS channel, -- Name of the channel.
  d.kind AS kind, -- alert, repeat, reminder, resolved or digest.
  d.state AS state, -- pending, sent or failed (refused for good).
  d.attempts AS attempts, -- How often it was tried.
  d.last_error AS last_error, -- What the last failure was.
  d.sent_at AS sent_at, -- When the receiver accepted it, UTC.
  (
    SELECT i.name FROM _findings f JOIN _instances i ON i.instance_id = f.instance_id WHERE f.finding_id = d.finding_id
  ) AS instance -- Name of the Octopus instance the finding is of; empty for a digest, which is about all.
FROM _deliveries d;

DROP VIEW finding_events;
CREATE VIEW finding_events AS -- Evidence: one event of one finding.
SELECT
  e.finding_id AS finding_id, -- The finding.
  e.event_id AS event_id, -- The event, or the object a state rule is about.
  (
    SELECT i.name FROM _findings f JOIN _instances i ON i.instance_id = f.instance_id WHERE f.finding_id = e.finding_id
  ) AS instance -- Name of the Octopus instance the event or object is of: other servers have the same ids.
FROM _finding_events e;

-- As before; these two are about the monitor itself, whichever instances it reads, and say so.
DROP VIEW rule_versions;
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

DROP VIEW config_versions;
CREATE VIEW config_versions AS -- One version of what judging rests on, for all instances: time zone, calendar, production, adjustments of rules. No secret is in it.
SELECT
  v.sha256 AS sha256, -- SHA-256 of the description; findings carry it as config_sha256, events the beginning of it as judged_by.
  v.description AS description, -- What was configured, JSON.
  v.loaded_from AS loaded_from, -- The start of the monitor that first had it, UTC.
  v.loaded_until AS loaded_until -- The start that had another, UTC; empty while it holds.
FROM _config_versions v;
