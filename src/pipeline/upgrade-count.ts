import { API_KEY_SOURCE, partOfPack, type RulePack } from '../detect/index.ts';
import type { ProductionMatcher } from '../enrich/index.ts';
import { toInstant } from '../lib/clock.ts';
import type { Store } from '../store/index.ts';
import { backtest } from './backtest.ts';
import { createKeyRecall } from './key-records.ts';
import type { Judge } from './stored-record.ts';
import type { RuleCount } from './upgrade-line.ts';

const SPAN_MS = 30 * 24 * 3_600_000;

/** What rules are counted with. */
export type CountOptions = {
  readonly store: Store;
  readonly pack: RulePack;
  readonly judge: Judge;
  /** Business hours in words. */
  readonly calendar: string;
  readonly production: ProductionMatcher;
};

/**
 * What a rule found until an instant, as it is then in force: the API keys that meet it, or findings of the last 30 days
 * that no other one took in.
 */
export function foundBefore({ store, pack }: Pick<CountOptions, 'store' | 'pack'>, rule: string, atMs: number): number {
  const sql =
    pack.rules.get(rule)?.kind === 'api_key'
      ? `SELECT count(*) FROM _findings WHERE rule = ? AND is_state = 1 AND status <> 'resolved' AND created_at >= ?`
      : `SELECT count(*) FROM _findings INDEXED BY _findings_first_seen WHERE rule = ? AND first_seen_at >= ?
           AND coalesce(resolution, '') NOT IN ('superseded', 'configuration_changed')`;
  const from = pack.rules.get(rule)?.kind === 'api_key' ? '' : toInstant(atMs - SPAN_MS);
  return store.db.prepare<[string, string], number>(sql).pluck().get(rule, from) ?? 0;
}

/** How many API keys meet each of these rules, as they were last read; null while none was. */
export function countKeys(options: CountOptions, rules: readonly string[], nowMs: number): Map<string, RuleCount> {
  const { store, pack, production } = options;
  const wanted = rules.filter((name) => pack.rules.get(name)?.kind === 'api_key');
  const counts = new Map<string, RuleCount>(wanted.map((name) => [name, { kind: 'keys', count: null }]));
  if (wanted.length === 0) return counts;
  const recall = createKeyRecall(store, { production }, nowMs);
  const { ruleSet } = partOfPack(pack, wanted);
  for (const { instance_id, inventory_read_at } of store.instances.all()) {
    if (inventory_read_at === null) continue;
    for (const name of wanted) counts.set(name, { kind: 'keys', count: counts.get(name)?.count ?? 0 });
    for (const { id } of store.apiKeys.loadPresent(instance_id)) {
      for (const { rule, rejectedBy } of ruleSet.match(recall(instance_id, id), API_KEY_SOURCE, nowMs)) {
        if (rejectedBy !== null || !counts.has(rule.key)) continue;
        counts.set(rule.key, { kind: 'keys', count: (counts.get(rule.key)?.count ?? 0) + 1 });
      }
    }
  }
  return counts;
}

/**
 * How many findings each of these rules would have had in the stored history of the 30 days before an instant; null
 * where none is stored. Rules about API keys are left out. Others have their turn meanwhile; rejects when the signal
 * aborts.
 */
export async function countFindings(
  options: CountOptions,
  rules: readonly string[],
  atMs: number,
  signal: AbortSignal,
): Promise<Map<string, RuleCount>> {
  const { store, pack, judge, calendar } = options;
  const wanted = rules.filter((name) => pack.rules.get(name) && pack.rules.get(name)?.kind !== 'api_key');
  const [from, to] = [toInstant(atMs - SPAN_MS), toInstant(atMs)];
  const isEmpty = store.instances.all().every((one) => store.events.countInWindow(one.instance_id, from, to) === 0);
  if (wanted.length === 0 || isEmpty) return new Map(wanted.map((name) => [name, { kind: 'findings', count: null }]));
  const replayed = await backtest({
    source: store,
    pack: partOfPack(pack, wanted),
    judge,
    calendar,
    fromInstant: from,
    onProgress: () => signal.throwIfAborted(),
  });
  try {
    const count = replayed.db
      .prepare<[string, string], number>(
        `SELECT count(*) FROM _findings WHERE rule = ? AND first_seen_at <= ? AND status <> 'resolved'`,
      )
      .pluck();
    return new Map(wanted.map((name) => [name, { kind: 'findings', count: count.get(name, to) ?? 0 }] as const));
  } finally {
    replayed.close();
  }
}
