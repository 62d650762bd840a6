import { toInstant } from '../lib/clock.ts';
import type { Db } from './database.ts';

/** What makes a rule about the state of objects another one: its text, and what the configuration adjusted. */
export type StateRuleVersion = {
  readonly rule: string;
  readonly sha256: string;
  readonly level: string;
  /** Null unless the configuration set it. */
  readonly threshold: number | null;
};

/** The first judging by a version ends after so long, also where some objects can never be read. */
const FIRST_JUDGING_MS = 24 * 3_600_000;

/** By which version of each rule the objects of an instance were judged. */
export function stateRulesJudged(db: Db) {
  const known = db.prepare<
    [number],
    Omit<StateRuleVersion, 'level'> & { level: string | null; begun_at: string; judged_at: string | null }
  >('SELECT rule, sha256, level, threshold, begun_at, judged_at FROM _state_rules_judged WHERE instance_id = ?');
  const put = db.prepare(
    `INSERT INTO _state_rules_judged (instance_id, rule, sha256, level, threshold, begun_at, judged_at)
     VALUES (@instanceId, @rule, @sha256, @level, @threshold, @begunAt, @judgedAt)
     ON CONFLICT DO UPDATE SET sha256 = excluded.sha256, level = excluded.level, threshold = excluded.threshold,
       begun_at = excluded.begun_at, judged_at = excluded.judged_at`,
  );
  const remove = db.prepare('DELETE FROM _state_rules_judged WHERE instance_id = ? AND rule = ?');

  return {
    /**
     * The rules that judge an instance's objects for the first time in this version while others have judged them before:
     * what they meet has been so for long. None where nothing judged them before. Keeps that these judge now; a rule that
     * is not among them is new again when it comes back. Call inside the transaction of the judging.
     * @param isComplete whether this judging sees all objects there are
     */
    begin(
      instanceId: number,
      rules: readonly StateRuleVersion[],
      isComplete: boolean,
      nowMs: number,
    ): ReadonlySet<string> {
      const rows = new Map(known.all(instanceId).map((row) => [row.rule, row]));
      const first = new Set<string>();
      for (const version of rules) {
        const row = rows.get(version.rule);
        const isSame =
          row?.sha256 === version.sha256 && row.level === version.level && row.threshold === version.threshold;
        if (isSame && row.judged_at !== null) continue;
        const begunAt = isSame ? row.begun_at : toInstant(nowMs);
        const isOver = nowMs - Date.parse(begunAt) >= FIRST_JUDGING_MS;
        if (rows.size > 0 && !isOver) first.add(version.rule);
        const judgedAt = isComplete || rows.size === 0 || isOver ? toInstant(nowMs) : null;
        put.run({ instanceId, ...version, begunAt, judgedAt });
      }
      for (const rule of rows.keys()) if (!rules.some((one) => one.rule === rule)) remove.run(instanceId, rule);
      return first;
    },
  };
}
