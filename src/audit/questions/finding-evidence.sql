-- title: The events a finding rests on
-- description: The events that one finding cites, in order of time; for a finding about a state, such as an unused
-- key, the object it is about.
-- param: finding integer = none: number of the finding; when empty, the latest
-- controls: SOC 2 CC7.3; ISO 27001 A.5.25, A.5.28; PCI DSS 10.4.3; NIST AU-6, AU-7, IR-4
WITH cited AS (
  SELECT f.finding_id, f.rule, f.instance, x.event_id
  FROM findings f
  JOIN finding_events x ON x.finding_id = f.finding_id
  WHERE f.finding_id = coalesce(:finding, (SELECT max(finding_id) FROM findings))
)
SELECT
  c.finding_id,
  c.rule,
  c.event_id,
  e.occurred_at,
  coalesce(e.actor_name, e.username) AS account,
  e.category,
  e.project_name,
  e.environment_name,
  e.message,
  e.ip_address,
  e.api_key_purpose,
  c.instance
FROM cited c
CROSS JOIN events e ON e.instance = c.instance AND e.event_id = c.event_id
UNION ALL
SELECT c.finding_id, c.rule, c.event_id, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, c.instance
FROM cited c
WHERE NOT EXISTS (SELECT 1 FROM events e WHERE e.instance = c.instance AND e.event_id = c.event_id)
ORDER BY occurred_at, event_id;
