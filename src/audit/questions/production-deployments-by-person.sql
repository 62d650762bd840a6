-- title: Production deployments by person and month
-- description: Who deployed to production how often in each month (UTC), and how many of those deployments were
-- queued or started outside business hours.
-- param: from date = none: first day, UTC; when empty, 365 days back from the last stored event
-- param: to date = none: last day, UTC, inclusive; when empty, no end
-- controls: SOC 2 CC7.1, CC8.1; ISO 27001 A.8.32; PCI DSS 6.5.1; NIST CM-3, CM-5, AU-6
SELECT
  instance,
  strftime('%Y-%m', first_at) AS month,
  coalesce(queued_by, '(unknown)') AS person,
  actor_kind,
  count(*) AS deployments,
  sum(coalesce(is_off_hours, 0)) AS off_hours,
  count(DISTINCT project_name) AS projects,
  max(coalesce(started_at, queued_at)) AS last_at
FROM deployments
WHERE is_production = 1
  AND first_at >= coalesce(:from, (SELECT date(max(occurred_at), '-364 days') FROM events))
  AND first_at < coalesce(date(:to, '+1 day'), '9999')
GROUP BY instance, month, person, actor_kind
ORDER BY month DESC, deployments DESC, person, instance, actor_kind;
