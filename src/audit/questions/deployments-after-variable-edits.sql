-- title: Deployments shortly after a variable edit by the same person
-- description: Deployments that an account queued within so many minutes after it had itself edited variables: change
-- and release by one pair of hands. is_own_project is 1 when a set of the deployed project was edited; library sets
-- and other projects are listed too, for a library set may be used by any project.
-- param: minutes integer = 60: how long after the edit a deployment counts
-- param: from date = none: first day, UTC; when empty, 90 days back from the last stored event
-- param: to date = none: last day, UTC, inclusive; when empty, no end
-- controls: SOC 2 CC6.3, CC8.1; ISO 27001 A.5.3, A.8.32; PCI DSS 6.5.1; NIST CM-3, CM-5
SELECT
  d.occurred_at AS queued_at,
  d.instance,
  d.username,
  d.project_name,
  d.release_version,
  d.environment_name,
  d.is_production,
  v.occurred_at AS edited_at,
  CAST(round((julianday(d.occurred_at) - julianday(v.occurred_at)) * 1440) AS INTEGER) AS minutes_after,
  v.owner_name AS edited_in,
  group_concat(DISTINCT v.variable_name) AS variables,
  max(coalesce(v.is_sensitive, 0)) AS any_sensitive,
  d.project_name IS v.owner_name AS is_own_project,
  d.deployment_id,
  v.event_id AS edit_event_id
FROM variable_edits v
CROSS JOIN events e ON e.instance = v.instance AND e.event_id = v.event_id
CROSS JOIN events d ON d.instance = e.instance AND d.user_id = e.user_id
  AND d.occurred_at >= e.occurred_at
  AND d.occurred_at <= strftime('%Y-%m-%dT%H:%M:%fZ', e.occurred_at, '+' || :minutes || ' minutes')
WHERE d.category = 'DeploymentQueued'
  AND e.user_id <> 'users-system'
  AND v.occurred_at >= coalesce(:from, (SELECT date(max(occurred_at), '-89 days') FROM events))
  AND v.occurred_at < coalesce(date(:to, '+1 day'), '9999')
GROUP BY d.instance, d.event_id, v.event_id
ORDER BY queued_at DESC, d.instance, d.deployment_id, edited_at DESC, edit_event_id;
