import type { Store } from '../src/store/index.ts';

/** The year that ends with this second. */
const END_S = Date.UTC(2026, 10, 22, 23, 0, 0) / 1000;
const YEAR_S = 365 * 86_400;

/** 0 ≤ … < 1, the same for the same row: SQLite's own random() has no seed. */
const CHANCE = '(n * n % 1000003 * 2654435761 % 4294967296) / 4294967296.0';
const instant = (seconds: string) => `strftime('%Y-%m-%dT%H:%M:%fZ', ${seconds}, 'unixepoch')`;
const numbers = (count: number) =>
  `WITH RECURSIVE numbers(n) AS (VALUES (0) UNION ALL SELECT n + 1 FROM numbers WHERE n + 1 < ${count})`;

/**
 * Fills a migrated database with a year of a busy server: so many events, their JSON, and what the program would have stored
 * beside them. It is made by SQL, because storing a million events one by one takes as long as the rest of the bench.
 */
export function fillWithHistory(store: Store, events: number): void {
  const { db } = store;
  const { instance_id: instance } = store.instances.ensure('default', 'https://octopus.example', 60_000);
  db.pragma('synchronous = OFF');
  db.pragma('journal_mode = MEMORY');
  // Built at the end: keeping them in order row by row takes three times as long.
  const indexes = db
    .prepare<[], { name: string; sql: string }>(
      "SELECT name, sql FROM sqlite_schema WHERE type = 'index' AND sql LIKE 'CREATE INDEX%'",
    )
    .all();
  for (const { name } of indexes) db.exec(`DROP INDEX ${name}`);
  db.transaction(() => {
    for (const sql of statements(instance, events)) db.exec(sql);
  })();
  for (const { sql } of indexes) db.exec(sql);
  db.pragma('journal_mode = WAL');
}

function statements(instance: number, events: number): string[] {
  const at = (n = 'n') => instant(`${END_S - YEAR_S} + ${n} * ${YEAR_S / events}`);
  const every = (seconds: number, count: number) => instant(`${END_S} - (${count} - n) * ${seconds}`);
  return [
    // Ten of each hundred accounts are services; one of six was not seen for long, one of twenty is disabled.
    `${numbers(600)} INSERT INTO _users (instance_id, user_id, username, display_name, is_active, is_service,
       service_account_type, read_at, gone_at)
     SELECT ${instance}, 'Users-' || n, CASE WHEN n % 10 = 0 THEN 'svc-' || n ELSE 'person.' || n END, 'Somebody ' || n,
       n % 20 <> 7, n % 10 = 0, NULL, ${every(0, 0)}, NULL FROM numbers`,
    `${numbers(2000)} INSERT INTO _api_keys (instance_id, key_id, user_id, purpose, hint, created_at, expires_at,
       server_last_used, server_last_used_at, last_used_at, last_used_source, idle_days, state, state_reason, access_level,
       actor_type, read_at, gone_at)
     SELECT ${instance}, 'apikeys-' || n, 'Users-' || (n % 600), 'purpose ' || n, 'API-' || n, ${every(86_400, 2000)},
       CASE WHEN n % 3 = 0 THEN NULL ELSE ${every(86_400, 1500)} END, 'known', ${every(40_000, 2000)}, ${every(40_000, 2000)},
       'server', n % 300, CASE WHEN n % 300 > 90 THEN 'unused' ELSE 'used' END, 'used lately', 'FullAccess', 'User',
       ${every(0, 0)}, NULL FROM numbers`,
    // Of ten events two are of one deployment with its end, two of another, and six are something else.
    `${numbers(events)}, shaped AS (
       SELECT n, ${CHANCE} AS chance, n % 10 AS kind, n / 10 * 2 + (n % 10 > 4) AS deployment FROM numbers
     ), named AS (
       SELECT *, CASE WHEN kind IN (0, 8) THEN 'DeploymentQueued' WHEN kind IN (1, 9) THEN 'DeploymentStarted'
         WHEN kind = 2 THEN 'DeploymentSucceeded' WHEN kind IN (3, 4) THEN 'MachineHealthy'
         WHEN kind = 5 THEN CASE WHEN chance < 0.15 THEN 'LoginFailed' ELSE 'LoginSucceeded' END
         WHEN kind = 6 THEN CASE WHEN chance < 0.01 THEN 'Deleted' ELSE 'Modified' END ELSE 'Created' END AS category,
         kind IN (1, 2, 3, 4, 9) AS is_system, CAST(chance * 400 AS INTEGER) AS user, deployment * 7 % 5 AS environment
       FROM shaped)
     INSERT INTO _events (event_pk, instance_id, event_id, occurred_at, category, user_id, username, actor_kind, actor_name,
       api_key_id, api_key_purpose, ip_address, user_agent, space_id, project_id, project_name, environment_id,
       environment_name, is_production, is_off_hours, off_hours_reason, deployment_id, release_version, subject_account,
       variable_set_id, message, received_at, judged_by)
     SELECT n + 1, ${instance}, 'Events-' || n, ${at()}, category,
       CASE WHEN is_system THEN 'users-system' ELSE 'Users-' || user END,
       CASE WHEN is_system THEN 'system' WHEN user % 10 = 0 THEN 'svc-' || user ELSE 'person.' || user END,
       CASE WHEN kind IN (2, 3, 4) THEN 'system' WHEN user % 10 = 0 THEN 'service' ELSE 'human' END, NULL,
       CASE WHEN NOT is_system AND (user % 10 = 0 OR user % 37 = 5) THEN 'apikeys-' || user END,
       CASE WHEN NOT is_system AND (user % 10 = 0 OR user % 37 = 5) THEN 'purpose ' || user END,
       CASE WHEN NOT is_system THEN '198.51.100.' || (n * 31 % 250) END, 'OctopusClient-js/2026.3', 'Spaces-1',
       'Projects-' || (n % 60), 'Service ' || (n % 60),
       CASE WHEN kind IN (0, 1, 2, 8, 9) THEN 'Environments-' || environment END,
       CASE WHEN kind IN (0, 1, 2, 8, 9) THEN CASE environment WHEN 0 THEN 'Production' ELSE 'Stage ' || environment END END,
       CASE WHEN kind IN (0, 1, 2, 8, 9) THEN environment = 0 END, n / 1000 % 3 = 0,
       CASE WHEN n / 1000 % 3 = 0 THEN 'night' END, CASE WHEN kind IN (0, 1, 2, 8, 9) THEN 'Deployments-' || deployment END,
       CASE WHEN kind IN (0, 1, 2, 8, 9) THEN '2026.' || deployment END,
       CASE WHEN category = 'LoginFailed' THEN 'person.' || user END,
       CASE WHEN category = 'Modified' AND n % 50 = 6 THEN 'variableset-Projects-' || (n % 60) END,
       'Something was done to Service ' || (n % 60) || ' by somebody', ${at()}, 'bench' FROM named`,
    `INSERT INTO _event_documents SELECT event_pk, json_object('Id', event_id, 'RelatedDocumentIds', json_array(
         CASE event_pk % 500 WHEN 7 THEN 'Teams-' WHEN 8 THEN 'Users-' WHEN 18 THEN 'apikeys-' WHEN 28 THEN 'Subscriptions-'
           ELSE 'Releases-' END || event_pk, project_id, 'Channels-1', 'ServerTasks-' || event_pk),
       'Category', category, 'UserId', user_id, 'Username', username, 'IsService', json('false'), 'UserAgent', user_agent,
       'Occurred', occurred_at, 'Message', message, 'MessageHtml', message || printf('%.*c', 400, 'x'), 'SpaceId', space_id)
     FROM _events`,
    `INSERT INTO _variable_edits SELECT event_pk, p.value, project_name, 'Db:Password ' || (event_pk % 90),
       CASE event_pk % 11 WHEN 3 THEN 'made_plain' ELSE 'value' END, p.value, '{}'
     FROM _events JOIN json_each('[0,1]') p WHERE variable_set_id IS NOT NULL`,
    `${numbers(20_000)} INSERT INTO _findings (finding_id, instance_id, rule, fingerprint, is_state,
       level, title, subject, first_seen_at, last_seen_at, event_count, status, resolution, superseded_by, previous_finding_id,
       report, rule_sha256, config_sha256, monitor_version, created_at, resolved_at)
     SELECT n + 1, ${instance}, 'rule_' || (n % 30), 'f' || n, n % 9 = 0,
       CASE n % 5 WHEN 0 THEN 'high' WHEN 1 THEN 'low' ELSE 'medium' END, 'Something happened', 'subject ' || (n % 700),
       ${at(`n * ${events / 20_000}`)}, ${at(`n * ${events / 20_000}`)}, 3,
       CASE WHEN n % 20 = 0 THEN 'open' WHEN n % 3 = 0 THEN 'acknowledged' ELSE 'resolved' END,
       CASE WHEN n % 20 <> 0 AND n % 3 <> 0 THEN 'aged' END, NULL, NULL, '{}', 'r' || (n % 30), 'c', 'bench',
       ${at(`n * ${events / 20_000}`)}, NULL FROM numbers`,
    `INSERT INTO _acknowledgements SELECT NULL, finding_id, created_at, 'alice', NULL, 'known', NULL FROM _findings
     WHERE status = 'acknowledged'`,
    `${numbers(60_000)} INSERT INTO _signals SELECT NULL, ${instance}, 'rule_' || (n % 30),
       'Events-' || (n * ${Math.floor(events / 60_000)}), NULL, NULL, ${at(`n * ${Math.floor(events / 60_000)}`)}, 'medium',
       CASE WHEN n % 12 = 0 THEN 'exception_' || (n % 7) END, CASE WHEN n % 12 <> 0 THEN n / 3 + 1 END FROM numbers`,
    `INSERT OR IGNORE INTO _finding_events SELECT finding_id, event_id, occurred_at FROM _signals WHERE finding_id IS NOT NULL`,
    `INSERT INTO _deliveries (finding_id, message_id, channel, kind, state, is_catch_up, attempts, last_error, created_at,
       due_at, sent_at)
     SELECT finding_id, finding_id, c.value, 'alert', CASE WHEN finding_id % 200 = 0 THEN 'failed' ELSE 'sent' END, 0, 1,
       CASE WHEN finding_id % 200 = 0 THEN 'refused' END, created_at, created_at,
       CASE WHEN finding_id % 200 <> 0 THEN created_at END
     FROM _findings JOIN json_each('["slack","webhook"]') c`,
    `INSERT INTO _journal (at, os_user, host, action, object, detail, monitor_version)
     SELECT created_at, 'octowatch', 'monitor.example', 'finding_opened', finding_id, '{}', 'bench'
     FROM _findings`,
    `${numbers(40_000)} INSERT INTO _journal (at, os_user, host, action, object, detail, monitor_version)
     SELECT ${every(788, 40_000)}, 'auditor', 'monitor.example',
       CASE n % 40 WHEN 0 THEN 'started' WHEN 1 THEN 'config_loaded' WHEN 2 THEN 'rules_loaded' WHEN 3 THEN 'stopped'
         WHEN 4 THEN 'finding_acknowledged' ELSE 'query_run' END, n / 400, '{"sql":"SELECT 1","rows":1}', 'bench' FROM numbers`,
    // One poll a minute, each reading the last fifteen again.
    `${numbers(525_600)} INSERT INTO _coverage SELECT NULL, ${instance}, 'tail', ${every(60, 525_615)}, ${every(60, 525_600)},
       25, 25, 2, 0, 0, 0.5, ${every(60, 525_600)}, ${every(60, 525_600)},
       CASE WHEN n % 5000 BETWEEN 0 AND 20 THEN 'failed: timeout' ELSE 'read' END FROM numbers`,
    `${numbers(500)} INSERT INTO _quarantine SELECT NULL, ${instance}, ${every(60_000, 500)}, 'no Id', '{"n":' || n || '}'
     FROM numbers`,
  ];
}
