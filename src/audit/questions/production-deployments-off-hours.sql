-- title: Production deployments outside business hours
-- description: Every deployment to production that was queued or started outside the configured business hours, the
-- latest first. Business hours are those that were configured when the event was judged; for deployments a trigger or
-- a lifecycle queued, actor_kind is system.
-- param: from date = none: first day, UTC; when empty, 90 days back from the last stored event
-- param: to date = none: last day, UTC, inclusive; when empty, no end
-- controls: SOC 2 CC7.1, CC7.2, CC8.1; ISO 27001 A.8.16, A.8.32; PCI DSS 6.5.1, 10.4.1.1; NIST CM-3, CM-5, AU-6
SELECT
  first_at,
  instance,
  coalesce(queued_by, '(unknown)') AS queued_by,
  actor_kind,
  project_name,
  release_version,
  environment_name,
  tenant_name,
  queued_at,
  started_at,
  api_key_purpose,
  deployment_id
FROM deployments
WHERE is_production = 1
  AND is_off_hours = 1
  AND first_at >= coalesce(:from, (SELECT date(max(occurred_at), '-89 days') FROM events))
  AND first_at < coalesce(date(:to, '+1 day'), '9999')
ORDER BY first_at DESC, instance, deployment_id;
