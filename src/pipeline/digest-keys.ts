import type { DigestKeyOwner, DigestRotation } from '../model/digest.ts';
import { compareLevels } from '../model/finding.ts';
import type { DigestFindingRow, DigestSpan, Store } from '../store/index.ts';

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

const DAY_MS = 86_400_000;
/** What asks for action before what takes its course. */
const ROTATION_ORDER: readonly DigestRotation['state'][] = ['old_key_used', 'stalled', 'overlapping'];

/** The rotations that are under way, the ones to act on first and of those the longest. */
export function rotationsUnderWay(
  store: Store,
  instances: readonly { readonly instance_id: number; readonly name: string }[],
  span: DigestSpan,
): DigestRotation[] {
  const daysSince = (at: string) => Math.max(0, Math.floor((Date.parse(span.stateTo) - Date.parse(at)) / DAY_MS));
  return instances
    .flatMap(({ instance_id, name }) =>
      store.digestFacts.rotations(instance_id, span).map((row) => ({
        instance: name,
        account: row.account,
        purpose: row.purpose ?? '',
        keyId: row.key_id,
        state: row.state,
        days: row.successor_created_at === null ? null : daysSince(row.successor_created_at),
      })),
    )
    .sort((a, b) => ROTATION_ORDER.indexOf(a.state) - ROTATION_ORDER.indexOf(b.state) || (b.days ?? 0) - (a.days ?? 0));
}

function worstOf(a: { keys: readonly Key[] }, b: { keys: readonly Key[] }): number {
  const [first] = a.keys;
  const [second] = b.keys;
  return first && second ? compareLevels(first.level, second.level) : 0;
}
