import type { Level } from '../model/finding.ts';
import type { Db } from './database.ts';

/** A finding of a backtest. */
export type ReplayedFindingRow = {
  readonly rule: string;
  readonly fingerprint: string;
  readonly level: Level;
  readonly title: string;
  readonly first_seen_at: string;
  readonly last_seen_at: string;
  /** 1 when the finding of another rule took it in. */
  readonly is_taken_in: 0 | 1;
};

/** What a backtest found, all of it: for its database in memory, not for one that grows with a history. */
export function replayedFacts(db: Db) {
  return {
    /** Matches and hits by rule, those apart that a filter rejects. */
    signals: () =>
      db
        .prepare<[], { rule: string; signals: number }>(
          'SELECT rule, count(*) AS signals FROM _signals WHERE suppressed_by IS NULL GROUP BY rule',
        )
        .all(),
    /** Findings by time, without those that were merged into another of their rule. */
    findings: () =>
      db
        .prepare<[], ReplayedFindingRow>(
          `SELECT f.rule, f.fingerprint, f.level, f.title, f.first_seen_at, f.last_seen_at,
             f.resolution IS 'superseded' AS is_taken_in
           FROM _findings f LEFT JOIN _findings above ON above.finding_id = f.superseded_by
           WHERE above.rule IS NOT f.rule ORDER BY f.first_seen_at, f.finding_id`,
        )
        .all(),
  };
}
