import type { RuleChanges } from '../model/upgrade.ts';
import type { Db } from './database.ts';

/** A start with other rules or another version than the one before, of which the line is still owed. */
export type OwedUpgrade = {
  readonly upgradeId: number;
  readonly at: string;
  readonly version: string;
  /** Null: not known. */
  readonly versionBefore: string | null;
  /** Null: which rules were in force before is not known. */
  readonly changes: RuleChanges | null;
};

type OwedRow = { upgrade_id: number; at: string; version: string; version_before: string | null; changes: string };

/** Starts that changed what is detected: owed from the start on, told once when the line is known. */
export function upgradeTable(db: Db) {
  const insert = db.prepare('INSERT INTO _upgrades (at, version, version_before, changes) VALUES (?, ?, ?, ?)');
  const owed = db.prepare<[], OwedRow>(
    `SELECT upgrade_id, at, version, version_before, changes FROM _upgrades INDEXED BY _upgrades_owed
     WHERE line IS NULL ORDER BY upgrade_id`,
  );
  const tell = db.prepare('UPDATE _upgrades SET line = ?, told_at = ? WHERE upgrade_id = ? AND line IS NULL');
  const told = db
    .prepare<[string, string], string>(
      `SELECT line FROM _upgrades INDEXED BY _upgrades_told
       WHERE told_at IS NOT NULL AND told_at > ? AND told_at <= ? ORDER BY told_at, upgrade_id`,
    )
    .pluck();
  const lastVersion = db
    .prepare<[], string>(
      `SELECT monitor_version FROM _journal INDEXED BY _journal_started WHERE action = 'started' ORDER BY entry_id DESC LIMIT 1`,
    )
    .pluck();

  return {
    /** The version of Octowatch of the last start; null before the first. Ask before the start is journalled. */
    lastVersion: () => lastVersion.get() ?? null,
    /** Owes the line of a start. Call in the transaction of the start. */
    owe: ({ at, version, versionBefore, changes }: Omit<OwedUpgrade, 'upgradeId'>) =>
      insert.run(at, version, versionBefore, JSON.stringify(changes)),
    owed: (): OwedUpgrade[] =>
      owed.all().map((row) => ({
        upgradeId: row.upgrade_id,
        at: row.at,
        version: row.version,
        versionBefore: row.version_before,
        changes: JSON.parse(row.changes) as RuleChanges | null,
      })),
    /** Keeps the line. False when another process has done so: only one tells it. */
    settle: (upgradeId: number, line: string, at: string) => tell.run(line, at, upgradeId).changes === 1,
    /** The lines that became known in `(from, to]`, the oldest first. */
    toldWithin: (from: string, to: string) => told.all(from, to),
  };
}
