-- How strong detection was at the last start, part by part, so that the next one can tell what became weaker. What is
-- weaker now keeps here what it was, until it is as strong again or somebody has acknowledged the finding.
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
