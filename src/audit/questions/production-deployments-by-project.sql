-- title: Production deployments by project and environment
-- description: How often each project was deployed to each production environment, by how many people, how often by
-- an API key, and when last: the population from which change tickets are sampled.
-- param: from date = none: first day, UTC; when empty, 90 days back from the last stored event
-- param: to date = none: last day, UTC, inclusive; when empty, no end
-- controls: SOC 2 CC8.1; ISO 27001 A.8.32; PCI DSS 6.5.1; NIST CM-3, AU-7
SELECT
  instance,
  project_name,
  environment_name,
  count(*) AS deployments,
  count(DISTINCT queued_by) AS people,
  sum(api_key_purpose IS NOT NULL) AS by_api_key,
  sum(is_off_hours) AS off_hours,
  min(first_at) AS first_at,
  max(first_at) AS last_at
FROM deployments
WHERE is_production = 1
  AND deployments.first_at >= coalesce(:from, (SELECT date(max(occurred_at), '-89 days') FROM events))
  AND deployments.first_at < coalesce(date(:to, '+1 day'), '9999')
GROUP BY instance, project_name, environment_name
ORDER BY deployments DESC, instance, project_name, environment_name;
