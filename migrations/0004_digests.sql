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
-- Once per local date and recipient, whatever restarts or other processes do.
CREATE UNIQUE INDEX _digests_once ON _digests (channel, recipient, local_date);
CREATE INDEX _digests_date ON _digests (local_date);

CREATE INDEX _findings_first_seen ON _findings (first_seen_at);
CREATE INDEX _findings_resolved ON _findings (resolved_at) WHERE status = 'resolved';
CREATE INDEX _signals_suppressed ON _signals (suppressed_by, occurred_at) WHERE suppressed_by IS NOT NULL;
CREATE INDEX _deliveries_failed ON _deliveries (failed_at) WHERE state = 'failed';
