import type Database from 'better-sqlite3';
import { toInstant } from '../lib/clock.ts';
import type { Derivation, ExplainedFinding, ExplainedRule } from './explanation.ts';

const HOUR_MS = 3_600_000;
const MAX_GROUPS = 5;

/** Where the monitor's findings about itself come from: a view, and the column that holds the time. */
const SEEN_IN: Readonly<Record<string, { readonly view: string; readonly at: string; readonly where: string }>> = {
  monitor_poll_failing: { view: 'coverage', at: 'finished_at', where: "outcome LIKE 'failed%'" },
  monitor_incomplete: { view: 'coverage', at: 'finished_at', where: "outcome = 'short'" },
  monitor_clock_skew: { view: 'coverage', at: 'finished_at', where: 'clock_skew_seconds IS NOT NULL' },
};

/** The SQL that shows again what a finding says; what SQL cannot show is said in `notes`. */
export function derivationOf(
  db: Database.Database,
  finding: ExplainedFinding,
  rule: ExplainedRule | null,
  objectId: string | null,
  notes: string[],
): Derivation[] {
  if (finding.rule.startsWith('monitor_')) return monitorDerivation(finding, notes);
  if (objectId !== null) return stateDerivation(finding, objectId, notes);
  const correlated = rule?.correlation_sql ? correlationDerivation(db, finding, rule.correlation_sql, notes) : [];
  if (correlated.length === 0 && rule !== null && rule.kind !== 'correlation')
    notes.push(
      `Each event matched the text of the rule by itself; \`octowatch rules backtest --rule ${finding.rule}\` matches stored events against the rules of today.`,
    );
  return [...correlated, signals(finding), events(finding)];
}

function correlationDerivation(
  db: Database.Database,
  finding: ExplainedFinding,
  correlationSql: string,
  notes: string[],
): Derivation[] {
  const groups = db
    .prepare<[number, string], { scope: string; group_key: string; first_at: string }>(
      `SELECT CAST(instance_id AS TEXT) AS scope, group_key, min(occurred_at) AS first_at FROM _signals
       WHERE finding_id = ? AND rule = ? AND group_key IS NOT NULL GROUP BY instance_id, group_key ORDER BY first_at`,
    )
    .all(finding.finding_id, finding.rule);
  if (groups.length === 0) notes.push('The hits of the correlation are not stored: it cannot be computed again.');
  if (groups.length > MAX_GROUPS) notes.push(`Shown for ${MAX_GROUPS} of ${groups.length} groups of the correlation.`);
  return groups.slice(0, MAX_GROUPS).map(({ scope, group_key, first_at }) => ({
    shows: `the correlation computed again for the group ${group_key}, as it ran then: it began to hold where starts is 1`,
    sql: withValues(correlationSql, {
      scope,
      correlation: finding.rule,
      group_key,
      from_ms: Date.parse(first_at),
    }),
  }));
}

/** Puts values in the place of the parameters of a statement; what stands in quotes is left alone. */
export function withValues(sql: string, values: Readonly<Record<string, string | number>>): string {
  return sql.replace(/'(?:[^']|'')*'|"(?:[^"]|"")*"|@(\w+)/g, (text, name: string | undefined) => {
    const value = name === undefined ? undefined : values[name];
    if (value === undefined) return text;
    return typeof value === 'number' ? String(value) : quoted(value);
  });
}

function signals({ finding_id, instance, rule }: ExplainedFinding): Derivation {
  return {
    shows: 'where the rule matched, or the correlation began to hold',
    sql: `SELECT s.signal_id, s.event_id, s.occurred_at, s.level
FROM signals s JOIN finding_events f ON f.event_id = s.event_id
WHERE f.finding_id = ${finding_id} AND s.instance = ${quoted(instance)} AND s.rule = ${quoted(rule)} AND s.suppressed_by IS NULL
ORDER BY s.occurred_at, s.event_id`,
  };
}

function events({ finding_id }: ExplainedFinding): Derivation {
  return {
    shows: 'every event of the finding',
    sql: `SELECT e.* FROM findings f JOIN finding_events USING (finding_id) JOIN events e USING (instance, event_id)
WHERE f.finding_id = ${finding_id} ORDER BY e.occurred_at, e.event_id`,
  };
}

function stateDerivation({ instance }: ExplainedFinding, objectId: string, notes: string[]): Derivation[] {
  notes.push(
    'It is about a state, as the server told it at that moment; states of the past are not stored beyond the facts above.',
  );
  return [
    {
      shows: 'the key as of the last reading',
      sql: `SELECT * FROM api_keys WHERE instance = ${quoted(instance)} AND key_id = ${quoted(objectId)}`,
    },
  ];
}

function monitorDerivation(
  { rule, instance, subject, created_at, resolved_at }: ExplainedFinding,
  notes: string[],
): Derivation[] {
  const seen = SEEN_IN[rule];
  if (rule === 'monitor_delivery_failing')
    return [
      { shows: 'what was not delivered', sql: "SELECT * FROM deliveries WHERE state <> 'sent' ORDER BY delivery_id" },
    ];
  if (rule === 'monitor_detection_weakened') return versionsDerivation(subject);
  if (!seen) {
    notes.push('It is about a state the monitor found at that moment; no view holds what it saw.');
    return [];
  }
  const from = toInstant(Date.parse(created_at) - HOUR_MS);
  const until = resolved_at === null ? '' : ` AND ${seen.at} <= ${quoted(resolved_at)}`;
  return [
    {
      shows: 'what was read from an hour before it was opened until it ended',
      sql: `SELECT * FROM ${seen.view} WHERE instance = ${quoted(instance)} AND ${seen.where}
  AND ${seen.at} >= ${quoted(from)}${until} ORDER BY ${seen.at}`,
    },
  ];
}

/** `subject` is a rule's name, alone or before `: level` and the like, or a part of the configuration. */
function versionsDerivation(subject: string): Derivation[] {
  const [rule = ''] = subject.split(': ');
  return [
    {
      shows: 'how each start loaded the rule; the one that ended when this was found is what held before',
      sql: `SELECT rule, kind, level, enabled, source, loaded_from, loaded_until FROM rule_versions
WHERE rule = ${quoted(rule)} ORDER BY loaded_from`,
    },
    {
      shows: 'the configuration of each start',
      sql: 'SELECT description, loaded_from, loaded_until FROM config_versions ORDER BY loaded_from',
    },
  ];
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}
