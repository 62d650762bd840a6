import type { FindingStatus, Level, Resolution } from '../model/finding.ts';
import type { Db } from './database.ts';

/** A finding as the report on its rule counts it. */
export type ReportedFindingRow = {
  readonly finding_id: number;
  readonly rule: string;
  readonly level: Level;
  readonly subject: string;
  readonly status: FindingStatus;
  readonly resolution: Resolution | null;
  readonly created_at: string;
  /** When somebody first took it on; null when nobody ever did. */
  readonly first_acknowledged_at: string | null;
};

/** What exceptions hid of one rule. */
export type HiddenSignalsRow = { readonly rule: string; readonly level: Level; readonly signals: number };

/** A match of a rule, hidden by no exception. */
export type RuleMatchRow = { readonly instance_id: number; readonly event_id: string; readonly occurred_at: string };

/** What a report on rules is made of. Reads the period asked for, not the history. */
export function ruleReportFacts(db: Db) {
  const opened = db.prepare<[string], ReportedFindingRow>(
    `SELECT f.finding_id, f.rule, f.level, f.subject, f.status, f.resolution, f.created_at,
       (SELECT min(a.acknowledged_at) FROM _acknowledgements a WHERE a.finding_id = f.finding_id) AS first_acknowledged_at
     FROM _findings f LEFT JOIN _findings above ON above.finding_id = f.superseded_by
     WHERE f.first_seen_at >= ? AND above.rule IS NOT f.rule ORDER BY f.first_seen_at, f.finding_id`,
  );
  const hidden = db.prepare<[string], HiddenSignalsRow>(
    `SELECT rule, level, count(*) AS signals FROM _signals INDEXED BY _signals_suppressed
     WHERE suppressed_by IS NOT NULL AND occurred_at >= ? GROUP BY rule, level`,
  );
  const matches = db.prepare<[string, string], RuleMatchRow>(
    `SELECT instance_id, event_id, occurred_at FROM _signals INDEXED BY _signals_rule
     WHERE group_key IS NULL AND rule = ? AND occurred_at >= ? AND suppressed_by IS NULL ORDER BY occurred_at`,
  );
  const groups = db
    .prepare<[string, string, number], string>(
      'SELECT DISTINCT group_key FROM _correlation_inputs WHERE scope = ? AND correlation = ? AND at_ms >= ?',
    )
    .pluck();
  const values = db.prepare<[string, string, number], { least: number | null; greatest: number | null }>(
    `SELECT min(value) AS least, max(value) AS greatest FROM _correlation_inputs
     WHERE scope = ? AND correlation = ? AND at_ms >= ?`,
  );
  return {
    /** Findings that began at an instant or later, without those that were merged into another of their rule. */
    openedSince: (from: string) => opened.all(from),
    /** What exceptions have hidden since, by rule and level. */
    hiddenSince: (from: string) => hidden.all(from),
    /** The matches of one rule since, the oldest first; hits of correlations are none. */
    matchesSince: (rule: string, from: string) => matches.iterate(rule, from),
    /** The groups of a correlation that have events since. */
    groupsSince: (scope: string, correlation: string, fromMs: number) => groups.all(scope, correlation, fromMs),
    /** The least and the greatest number a correlation has looked at since. */
    valuesSince: (scope: string, correlation: string, fromMs: number) => values.get(scope, correlation, fromMs),
  };
}
