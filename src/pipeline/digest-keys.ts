import type { DigestKeyOwner } from '../model/digest.ts';
import { compareLevels } from '../model/finding.ts';
import type { DigestFindingRow, Store } from '../store/index.ts';

type Key = DigestKeyOwner['keys'][number];

/** True for a finding of a rule about API keys: a state that is not the monitor's own. */
export function isAboutKey(row: DigestFindingRow): boolean {
  return row.is_state === 1 && row.object_id !== null && !row.rule.startsWith('monitor_');
}

/**
 * Findings about API keys by whoever owns the key: the owner of the register, else the user. A key is named once, however
 * many rules find fault with it. Expects the gravest first.
 */
export function keyOwners(store: Store, rows: readonly DigestFindingRow[]): DigestKeyOwner[] {
  const owners = new Map<string, { owner: string; instance: string; keys: Key[] }>();
  for (const instance of new Set(rows.map((row) => row.instance))) {
    const ledger = new Map(store.digestFacts.keys(instance).map((key) => [key.key_id, key]));
    const named = new Map<string, { owner: string; key: Key }>();
    for (const row of rows.filter((one) => one.instance === instance)) {
      const keyId = row.object_id ?? '';
      const problem = `${row.rule_title}: ${row.why}`;
      const before = named.get(keyId);
      const listed = ledger.get(keyId);
      const key: Key = before
        ? { ...before.key, problem: `${before.key.problem} ${problem}` }
        : {
            keyId,
            purpose: listed?.purpose ?? '',
            hint: listed?.hint ?? null,
            problem,
            level: row.level,
            findingId: row.finding_id,
          };
      named.set(keyId, { owner: listed?.owner ?? 'unknown', key });
    }
    for (const { owner, key } of named.values()) {
      const id = JSON.stringify([instance, owner]);
      const entry = owners.get(id) ?? { owner, instance, keys: [] };
      entry.keys.push(key);
      owners.set(id, entry);
    }
  }
  return [...owners.values()].sort(
    (a, b) => worstOf(b, a) || b.keys.length - a.keys.length || (a.owner < b.owner ? -1 : 1),
  );
}

function worstOf(a: { keys: readonly Key[] }, b: { keys: readonly Key[] }): number {
  const [first] = a.keys;
  const [second] = b.keys;
  return first && second ? compareLevels(first.level, second.level) : 0;
}
