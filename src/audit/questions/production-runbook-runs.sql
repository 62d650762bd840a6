-- title: Runbook runs against production
-- description: Events that name a runbook run and a production environment: a runbook changes production as a
-- deployment does. INF: which categories Octopus writes for runbook runs is not published (UNKNOWN), so they are told
-- by a related document RunbookRuns-…; check one known run before resting evidence on an empty answer.
-- param: from date = none: first day, UTC; when empty, 90 days back from the last stored event
-- param: to date = none: last day, UTC, inclusive; when empty, no end
-- controls: SOC 2 CC7.1, CC8.1; ISO 27001 A.8.2, A.8.32; PCI DSS 6.5.1, 10.2.1.2; NIST CM-3, CM-5
SELECT
  occurred_at,
  instance,
  coalesce(actor_name, username) AS person,
  actor_kind,
  category,
  project_name,
  environment_name,
  is_off_hours,
  message,
  event_id
FROM events
WHERE is_production = 1
  AND deployment_id IS NULL
  AND occurred_at >= coalesce(:from, (SELECT date(max(occurred_at), '-89 days') FROM events))
  AND occurred_at < coalesce(date(:to, '+1 day'), '9999')
  AND EXISTS (
    SELECT 1 FROM json_each(raw, '$.RelatedDocumentIds') WHERE value LIKE 'RunbookRuns-%'
  )
ORDER BY occurred_at DESC, instance, event_id;
