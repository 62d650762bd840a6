-- When the monitor first met an instance: what happened long before is history, found by the first back-fill only.
ALTER TABLE _instances ADD COLUMN created_at TEXT;

-- What a message told of its finding, so that the next one can say what is new.
ALTER TABLE _deliveries ADD COLUMN told_events INTEGER;
-- JSON list of what was not in the finding before (an actor, an address, a key), for a repeat.
ALTER TABLE _deliveries ADD COLUMN novelties TEXT;

-- What must be said again while nobody acknowledges it, and what ends by itself.
CREATE INDEX _findings_unacknowledged ON _findings (status)
  WHERE status = 'open' AND is_state = 0 AND level IN ('critical', 'high');
CREATE INDEX _findings_aging ON _findings (last_seen_at)
  WHERE status = 'open' AND is_state = 0 AND level IN ('low', 'informational');
-- What was told of states, such as API keys, of one instance.
CREATE INDEX _findings_state ON _findings (instance_id, rule) WHERE is_state = 1;
