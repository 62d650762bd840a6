import { readRows } from './canonical.ts';

/** What auditors see of the audit log, whatever numbers and times of storing it was given. */
const VIEWS: Readonly<Record<string, string>> = {
  events: `SELECT instance, event_id, occurred_at, category, username, actor_kind, actor_name, api_key_id, project_name,
    environment_name, is_production, is_off_hours, off_hours_reason, deployment_id, calendar, change_window, ticket, freeze_name,
    judged_by FROM events`,
  deployments: 'SELECT * FROM deployments',
  variableEdits: 'SELECT * FROM variable_edits',
  authFailures: 'SELECT * FROM auth_failures',
  keys: 'SELECT * FROM api_keys',
  signals:
    "SELECT instance, rule, event_id, occurred_at, level, suppressed_by FROM signals WHERE rule NOT LIKE 'monitor%'",
};

/** Findings that are open, with texts and evidence; those of the monitor about itself tell of the correction. */
const OPEN_FINDINGS = `SELECT f.instance, f.rule, f.level, f.title, f.subject, f.first_seen_at, f.last_seen_at, f.event_count,
    json_extract(f.report, '$.why') AS why,
    (SELECT group_concat(event_id) FROM (SELECT event_id FROM _finding_events e WHERE e.finding_id = f.finding_id
       ORDER BY event_id)) AS evidence
  FROM (SELECT f.*, i.name AS instance FROM _findings f JOIN _instances i USING (instance_id)) f
  WHERE f.status = 'open' AND f.rule NOT LIKE 'monitor!_%' ESCAPE '!'`;

/** What two databases must agree in when they hold the same history judged by the same configuration. */
export function judgedState(db: string): Readonly<Record<string, readonly string[]>> {
  const rows = (sql: string) =>
    readRows(db, sql)
      .map((row) => JSON.stringify(row))
      .sort();
  return {
    ...Object.fromEntries(Object.entries(VIEWS).map(([view, sql]) => [view, rows(sql)])),
    openFindings: rows(OPEN_FINDINGS),
  };
}

/** Rows that only one of two databases has, view by view; empty when they agree. */
export function differencesOf(one: string, other: string): Readonly<Record<string, readonly string[]>> {
  const [a, b] = [judgedState(one), judgedState(other)];
  return Object.fromEntries(
    Object.keys(a).flatMap((view) => {
      const [mine, theirs] = [new Set(a[view]), new Set(b[view])];
      const lines = [
        ...(a[view] ?? []).filter((row) => !theirs.has(row)).map((row) => `only the first: ${row}`),
        ...(b[view] ?? []).filter((row) => !mine.has(row)).map((row) => `only the second: ${row}`),
      ];
      return lines.length > 0 || a[view]?.length !== b[view]?.length ? [[view, lines.slice(0, 10)]] : [];
    }),
  );
}
