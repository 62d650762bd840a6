-- title: Findings that nobody acknowledged, by age
-- description: Findings that are open: nobody took them on, or what was said of them has lapsed. The gravest and then
-- the oldest first. Their age is counted to the last stored event or finding, whichever is later.
-- param: days integer = 0: only those that are at least so many days old
-- controls: SOC 2 CC7.3, CC7.4; ISO 27001 A.5.25, A.5.26; PCI DSS 10.4.3; NIST AU-6, IR-4, IR-5
WITH today AS (
  SELECT max(coalesce((SELECT max(occurred_at) FROM events), ''), coalesce((SELECT max(created_at) FROM findings), '')) AS at
)
SELECT
  f.finding_id,
  f.level,
  CAST(julianday(t.at) - julianday(f.created_at) AS INTEGER) AS age_days,
  f.rule,
  f.title,
  f.subject,
  f.event_count,
  f.first_seen_at,
  f.last_seen_at,
  f.created_at,
  f.instance
FROM findings f
JOIN today t
WHERE f.status = 'open'
  AND julianday(t.at) - julianday(f.created_at) >= :days
ORDER BY
  CASE f.level WHEN 'critical' THEN 0 WHEN 'high' THEN 1 WHEN 'medium' THEN 2 WHEN 'low' THEN 3 ELSE 4 END,
  f.created_at,
  f.finding_id;
