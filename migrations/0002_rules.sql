-- The events of one deployment are asked for by category: the index alone can say that there is none.
DROP INDEX _events_deployment;
CREATE INDEX _events_deployment ON _events (instance_id, deployment_id, category) WHERE deployment_id IS NOT NULL;
