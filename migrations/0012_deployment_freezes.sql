-- Versions of the deployment freezes of a server: one that is changed or deleted still holds for the time before.
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
CREATE INDEX _deployment_freezes_instance ON _deployment_freezes (instance_id, freeze_id);

ALTER TABLE _instances ADD COLUMN freezes_read_at TEXT;

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
