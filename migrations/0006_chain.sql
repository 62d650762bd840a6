-- The chain (docs/evidence.md): one link for each thing that was stored, in the order of storing; each link's hash covers
-- the one before. A row holds the number of its last link and the salt of its content's hash.
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
CREATE INDEX _chain_pruned ON _chain (pruned_by) WHERE pruned_by IS NOT NULL;

-- What tells a wrong key from an altered link; the key itself is never stored.
CREATE TABLE _chain_keys (
  key_number INTEGER PRIMARY KEY,
  key_id TEXT NOT NULL UNIQUE,
  first_link INTEGER NOT NULL
) STRICT;

-- The one checkpoint that holds: all links up to through_link were dropped; link says so within the chain.
CREATE TABLE _chain_checkpoint (
  link INTEGER PRIMARY KEY,
  through_link INTEGER NOT NULL,
  through_hash BLOB NOT NULL,
  dropped_before_at TEXT NOT NULL
) STRICT;

-- Rows that were stored before there was a chain and are still to be linked, by their keys.
CREATE TABLE _chain_older (
  kind TEXT PRIMARY KEY CHECK (kind IN ('event', 'finding', 'journal')),
  next_key INTEGER NOT NULL,
  last_key INTEGER NOT NULL
) STRICT;
INSERT INTO _chain_older SELECT 'event', 0, max(event_pk) FROM _events HAVING max(event_pk) IS NOT NULL;
INSERT INTO _chain_older SELECT 'finding', 0, max(finding_id) FROM _findings HAVING max(finding_id) IS NOT NULL;
INSERT INTO _chain_older SELECT 'journal', 0, max(entry_id) FROM _journal HAVING max(entry_id) IS NOT NULL;

ALTER TABLE _events ADD COLUMN chain_link INTEGER;
ALTER TABLE _events ADD COLUMN chain_salt BLOB;
ALTER TABLE _findings ADD COLUMN chain_link INTEGER;
ALTER TABLE _findings ADD COLUMN chain_salt BLOB;
ALTER TABLE _journal ADD COLUMN chain_link INTEGER;
ALTER TABLE _journal ADD COLUMN chain_salt BLOB;

CREATE TRIGGER _chain_is_not_edited BEFORE UPDATE OF link, format, sealed_by, kind, object, instance_id, prior_link, content, stored_at, hash
  ON _chain BEGIN SELECT raise(ABORT, 'the chain is append-only'); END;
CREATE TRIGGER _chain_is_not_cut BEFORE DELETE ON _chain
  WHEN NOT EXISTS (SELECT 1 FROM _chain_checkpoint WHERE through_link >= OLD.link)
  BEGIN SELECT raise(ABORT, 'the chain is append-only'); END;

-- An entry may be linked, and it may be removed once the chain says so; nothing else.
DROP TRIGGER _journal_is_not_edited;
DROP TRIGGER _journal_is_not_cut;
CREATE TRIGGER _journal_is_not_edited BEFORE UPDATE OF entry_id, at, os_user, host, action, object, detail, monitor_version
  ON _journal BEGIN SELECT raise(ABORT, 'the journal is append-only'); END;
CREATE TRIGGER _journal_is_not_cut BEFORE DELETE ON _journal
  WHEN NOT EXISTS (SELECT 1 FROM _chain WHERE link = OLD.chain_link AND pruned_by IS NOT NULL)
  BEGIN SELECT raise(ABORT, 'the journal is append-only'); END;
