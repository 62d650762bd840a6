-- What an event was judged by beside hours and production is in the column of what judging rested on, which is part of the
-- chain of evidence: the calendar (unless it is the default one), the change window that allows it with its ticket, a freeze.
DROP VIEW events;
CREATE VIEW events AS -- One audit event of an Octopus instance, with what Octowatch derived from it.
SELECT
  i.name AS instance, -- Name of the Octopus instance in the configuration.
  e.event_id AS event_id, -- Octopus's own id of the event, Events-n.
  e.occurred_at AS occurred_at, -- When it happened by the server's clock, UTC.
  e.category AS category, -- Octopus's event category, such as DeploymentQueued or Modified.
  e.user_id AS user_id, -- Octopus's id of the acting user; users-system for the server itself.
  e.username AS username, -- Name of the acting user as the event gives it.
  e.actor_kind AS actor_kind, -- human, service, agent or system; empty when not known. For a started deployment: who queued it.
  e.actor_name AS actor_name, -- Name of the actor. For a started deployment: who queued it.
  e.api_key_id AS api_key_id, -- The API key that was used, where it can be told which.
  e.api_key_purpose AS api_key_purpose, -- The purpose written on that API key.
  e.ip_address AS ip_address, -- Address the request came from; right only if the server trusts its proxies.
  e.user_agent AS user_agent, -- What the client said it was; the client chooses it.
  e.space_id AS space_id, -- The space; empty for system-level events.
  e.project_id AS project_id, -- The project the event is about.
  e.project_name AS project_name, -- Its name at that time.
  e.environment_id AS environment_id, -- The environment the event is about.
  e.environment_name AS environment_name, -- Its name at that time.
  e.is_production AS is_production, -- 1 when that environment counts as production, 0 when not, empty without an environment.
  e.is_off_hours AS is_off_hours, -- 1 when it happened outside business hours of the configured zone.
  e.off_hours_reason AS off_hours_reason, -- weekend, night, holiday or freeze; empty within business hours.
  e.deployment_id AS deployment_id, -- The deployment the event belongs to.
  e.release_version AS release_version, -- Version of the release.
  e.tenant_name AS tenant_name, -- The tenant deployed for.
  e.message AS message, -- Octopus's text of the event.
  e.received_at AS received_at, -- When Octowatch stored it, UTC.
  e.judged_by AS judged_by, -- Hash of the configuration that the derived columns rest on.
  (SELECT d.raw FROM _event_documents d WHERE d.event_pk = e.event_pk) AS raw, -- The event as received, JSON; changes of variable sets reduced to names, kinds and scopes.
  coalesce(json_extract(e.variable_lookups, '$.calendar'), 'default') AS calendar, -- Name of the calendar whose hours it was judged by.
  json_extract(e.variable_lookups, '$.changeWindow') AS change_window, -- The change window that allows it; empty when none does.
  json_extract(e.variable_lookups, '$.ticket') AS ticket, -- The ticket of that change window.
  json_extract(e.variable_lookups, '$.freeze') AS freeze -- The freeze it lies in, by name; empty outside of freezes.
FROM _events e
JOIN _instances i ON i.instance_id = e.instance_id;

DROP VIEW deployments;
CREATE VIEW deployments AS -- One deployment, its queued and started events joined.
SELECT
  i.name AS instance, -- Name of the Octopus instance.
  q.deployment_id AS deployment_id, -- Octopus's id of the deployment.
  coalesce(q.project_name, s.project_name) AS project_name, -- The project deployed.
  coalesce(q.release_version, s.release_version) AS release_version, -- The release deployed.
  coalesce(q.environment_name, s.environment_name) AS environment_name, -- Where to.
  coalesce(q.tenant_name, s.tenant_name) AS tenant_name, -- The tenant deployed for, if any.
  CASE WHEN 1 IN (q.is_production, s.is_production) THEN 1 ELSE coalesce(q.is_production, s.is_production) END AS is_production, -- 1 when the environment counts as production.
  q.occurred_at AS queued_at, -- When somebody asked for it; empty when that event is not stored.
  s.occurred_at AS started_at, -- When it began to run; empty when that event is not stored.
  q.username AS queued_by, -- Who asked for it; empty when that event is not stored.
  q.actor_kind AS actor_kind, -- human, service, agent or system (a trigger or lifecycle).
  q.api_key_purpose AS api_key_purpose, -- Purpose of the API key it was asked for with.
  max(q.is_off_hours, coalesce(s.is_off_hours, 0)) AS is_off_hours, -- 1 when it was queued or started outside business hours.
  q.occurred_at AS first_at, -- When it was queued or, if that is not stored, when it began to run: for periods of time.
  q.user_id AS queued_by_id, -- Octopus's id of who asked for it.
  q.api_key_id AS api_key_id, -- The API key it was asked for with, where it can be told which.
  coalesce(json_extract(s.variable_lookups, '$.ticket'), json_extract(q.variable_lookups, '$.ticket')) AS ticket, -- The ticket of the change window that allows it; empty when none does.
  coalesce(json_extract(s.variable_lookups, '$.changeWindow'), json_extract(q.variable_lookups, '$.changeWindow')) AS change_window, -- That change window.
  coalesce(json_extract(s.variable_lookups, '$.calendar'), json_extract(q.variable_lookups, '$.calendar'), 'default') AS calendar, -- Name of the calendar whose hours it was judged by.
  coalesce(json_extract(s.variable_lookups, '$.freeze'), json_extract(q.variable_lookups, '$.freeze')) AS freeze -- The freeze it lies in, by name; empty outside of freezes.
FROM _events q
JOIN _instances i ON i.instance_id = q.instance_id
LEFT JOIN _events s ON s.event_pk = (
  SELECT x.event_pk FROM _events x INDEXED BY _events_deployment
  WHERE x.instance_id = q.instance_id AND x.deployment_id = q.deployment_id AND x.category = 'DeploymentStarted'
  ORDER BY x.occurred_at, x.event_pk LIMIT 1
)
WHERE q.category = 'DeploymentQueued' AND q.deployment_id IS NOT NULL AND q.event_pk = (
  SELECT x.event_pk FROM _events x INDEXED BY _events_deployment
  WHERE x.instance_id = q.instance_id AND x.deployment_id = q.deployment_id AND x.category = 'DeploymentQueued'
  ORDER BY x.occurred_at, x.event_pk LIMIT 1
)
UNION ALL
SELECT i.name, s.deployment_id, s.project_name, s.release_version, s.environment_name, s.tenant_name, s.is_production,
  NULL, s.occurred_at, NULL, NULL, NULL, s.is_off_hours, s.occurred_at, NULL, NULL,
  json_extract(s.variable_lookups, '$.ticket'), json_extract(s.variable_lookups, '$.changeWindow'),
  coalesce(json_extract(s.variable_lookups, '$.calendar'), 'default'), json_extract(s.variable_lookups, '$.freeze')
FROM _events s
JOIN _instances i ON i.instance_id = s.instance_id
WHERE s.category = 'DeploymentStarted' AND s.deployment_id IS NOT NULL AND NOT EXISTS (
  SELECT 1 FROM _events x INDEXED BY _events_deployment
  WHERE x.instance_id = s.instance_id AND x.deployment_id = s.deployment_id AND x.category = 'DeploymentQueued'
) AND s.event_pk = (
  SELECT x.event_pk FROM _events x INDEXED BY _events_deployment
  WHERE x.instance_id = s.instance_id AND x.deployment_id = s.deployment_id AND x.category = 'DeploymentStarted'
  ORDER BY x.occurred_at, x.event_pk LIMIT 1
);

-- Stored events that are to be judged again, oldest first, and how far that is. One row per instance at most is unfinished.
CREATE TABLE _rejudgements (
  rejudgement_id INTEGER PRIMARY KEY,
  instance_id INTEGER NOT NULL REFERENCES _instances,
  -- What has changed, JSON list of words.
  changes TEXT NOT NULL,
  -- The beginning of the hash of the configuration that events are judged by.
  judged_by TEXT NOT NULL,
  -- Events behind this place in their order (time, then arrival) are still to be judged.
  cursor_at TEXT NOT NULL,
  cursor_pk INTEGER NOT NULL,
  -- The last event that was there at the beginning: what came later was judged by the new configuration.
  until_pk INTEGER NOT NULL,
  events_total INTEGER NOT NULL,
  events_done INTEGER NOT NULL DEFAULT 0,
  findings_opened INTEGER NOT NULL DEFAULT 0,
  findings_closed INTEGER NOT NULL DEFAULT 0,
  started_at TEXT NOT NULL,
  finished_at TEXT
) STRICT;
CREATE UNIQUE INDEX _rejudgements_open ON _rejudgements (instance_id) WHERE finished_at IS NULL;

-- 1: owed by a correction of the configuration; all of these go out in one message when all is judged again.
ALTER TABLE _deliveries ADD COLUMN is_correction INTEGER NOT NULL DEFAULT 0;

-- The configuration that the keys of an instance were judged by last.
ALTER TABLE _instances ADD COLUMN keys_judged_by TEXT;
