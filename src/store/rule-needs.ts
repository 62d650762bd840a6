import type { Db } from './database.ts';

/** Which categories of events the rules in force wait for, on each server. */
export function ruleNeedTable(db: Db) {
  const clear = db.prepare('DELETE FROM _rule_needs WHERE instance_id = ?');
  const insert = db.prepare('INSERT OR IGNORE INTO _rule_needs (instance_id, rule, category) VALUES (?, ?, ?)');

  return {
    /** Replaces what was known of an instance. Ids of categories, as the server writes them. */
    save(instanceId: number, needs: readonly { readonly rule: string; readonly categories: readonly string[] }[]) {
      clear.run(instanceId);
      for (const { rule, categories } of needs)
        for (const category of categories) insert.run(instanceId, rule, category);
    },
  };
}
