-- One line of plain text that a channel is told of the monitor itself: what a start changed. SQLite cannot widen a CHECK, so
-- the outbox is made anew. Its child is copied aside first: to drop the parent of rows that are there would delete them.
DROP VIEW deliveries;
CREATE TEMP TABLE digests_aside AS SELECT * FROM main._digests;
DROP TABLE _digests;
ALTER TABLE _deliveries RENAME TO _deliveries_before;
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
) STRICT;
INSERT INTO _deliveries (delivery_id, finding_id, message_id, channel, kind, state, is_catch_up, attempts, last_error,
    created_at, due_at, not_before_at, claimed_by, claimed_until_at, sent_at, failed_at, told_events, novelties)
  SELECT delivery_id, finding_id, message_id, channel, kind, state, is_catch_up, attempts, last_error,
    created_at, due_at, not_before_at, claimed_by, claimed_until_at, sent_at, failed_at, told_events, novelties
  FROM _deliveries_before;
DROP TABLE _deliveries_before;
CREATE INDEX _deliveries_pending ON _deliveries (channel, delivery_id) WHERE state = 'pending';
CREATE INDEX _deliveries_finding ON _deliveries (finding_id);
CREATE INDEX _deliveries_sent ON _deliveries (channel, sent_at) WHERE sent_at IS NOT NULL;
CREATE INDEX _deliveries_failed ON _deliveries (failed_at) WHERE state = 'failed';
-- Messages whose time has come, the oldest first.
CREATE INDEX _deliveries_done ON _deliveries (coalesce(sent_at, failed_at)) WHERE state <> 'pending';

-- What one digest, or the daily sign of life in its stead, covers for one recipient. Whether it was sent is in its delivery.
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
INSERT INTO _digests (delivery_id, local_date, channel, recipient, to_at, from_at, rendered_at, subject, created_at)
  SELECT delivery_id, local_date, channel, recipient, to_at, from_at, rendered_at, subject, created_at FROM digests_aside;
DROP TABLE digests_aside;
-- Once per local date and recipient, whatever restarts or other processes do.
CREATE UNIQUE INDEX _digests_once ON _digests (channel, recipient, local_date);
CREATE INDEX _digests_date ON _digests (local_date);

-- A start with other rules, or another version of Octowatch, than the start before. What they would have found is counted
-- after the start; until then the line that tells of it is owed.
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
CREATE INDEX _upgrades_owed ON _upgrades (upgrade_id) WHERE line IS NULL;
CREATE INDEX _upgrades_told ON _upgrades (told_at) WHERE told_at IS NOT NULL;

-- The version of Octowatch of the start before is found without reading the journal.
CREATE INDEX _journal_started ON _journal (action) WHERE action = 'started';

-- The text of a notice. Whether it was sent is in its delivery.
CREATE TABLE _notices (
  delivery_id INTEGER PRIMARY KEY REFERENCES _deliveries ON DELETE CASCADE,
  text TEXT NOT NULL,
  created_at TEXT NOT NULL
) STRICT;

-- Events up to this one came before the version of the rule was in force; empty for versions from before this was kept.
ALTER TABLE _rule_versions ADD COLUMN after_event_pk INTEGER;

-- The version of each rule about API keys that an instance's keys were judged by: what another one meets for the first time
-- has been so for long.
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
-- What was in force at the last start has judged the keys there are; rules about events do no harm here.
INSERT INTO _state_rules_judged (instance_id, rule, sha256, level, threshold, begun_at, judged_at)
  SELECT i.instance_id, v.rule, v.sha256, v.level,
    (SELECT j.value ->> '$.threshold' FROM _config_versions c, json_each(c.description, '$.rules') j
     WHERE c.loaded_until IS NULL AND j.key = v.rule),
    v.loaded_from, v.loaded_from
  FROM _instances i JOIN _rule_versions v
  WHERE v.loaded_until IS NULL AND v.enabled = 1 AND v.kind = 'rule' AND i.inventory_read_at IS NOT NULL
  ON CONFLICT DO NOTHING;

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
