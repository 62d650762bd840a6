-- title: Production deployments that no person asked for
-- description: Deployments to production that the server itself queued (a trigger or a lifecycle), or whose queued
-- event is not stored, so that nobody can be named: the trigger has to be looked up in Octopus.
-- param: from date = none: first day, UTC; when empty, 90 days back from the last stored event
-- param: to date = none: last day, UTC, inclusive; when empty, no end
-- controls: SOC 2 CC8.1; ISO 27001 A.8.32, A.5.3; PCI DSS 6.5.1; NIST CM-3, CM-5
SELECT
  first_at,
  instance,
  CASE WHEN queued_at IS NULL THEN 'its queued event is not stored' ELSE 'queued by the server' END AS why,
  project_name,
  release_version,
  environment_name,
  tenant_name,
  is_off_hours,
  deployment_id
FROM deployments
WHERE is_production = 1
  AND (queued_at IS NULL OR actor_kind = 'system')
  AND first_at >= coalesce(:from, (SELECT date(max(occurred_at), '-89 days') FROM events))
  AND first_at < coalesce(date(:to, '+1 day'), '9999')
ORDER BY first_at DESC, instance, deployment_id;
