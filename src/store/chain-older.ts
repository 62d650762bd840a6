import { toInstant } from '../lib/clock.ts';
import { CHAINED, type Chained } from './chain-content.ts';
import type { ChainedStore } from './chained-store.ts';

/** Rows linked in one transaction: a few milliseconds, so that nobody waits for it. */
const SLICE = 500;

const UNLINKED: Readonly<Record<Chained, string>> = {
  event:
    'SELECT event_pk FROM _events WHERE event_pk >= ? AND event_pk <= ? AND chain_link IS NULL ORDER BY event_pk LIMIT ?',
  finding:
    'SELECT finding_id FROM _findings WHERE finding_id >= ? AND finding_id <= ? AND chain_link IS NULL ORDER BY finding_id LIMIT ?',
  journal:
    'SELECT entry_id FROM _journal WHERE entry_id >= ? AND entry_id <= ? AND chain_link IS NULL ORDER BY entry_id LIMIT ?',
};

type Range = { kind: Chained; next_key: number; last_key: number };

/**
 * Links the next rows that were stored before there was a chain, in a transaction of its own, and says how far that is;
 * null when there are none. What they were before that, nobody can prove.
 */
export function linkOlderRows(
  store: ChainedStore,
  nowMs: number,
  slice = SLICE,
): { readonly linked: number; readonly isDone: boolean } | null {
  const { db, chain } = store;
  // Nearly always there is nothing left, and no lock has to be taken to see it.
  const ranges = () => db.prepare<[], Range>('SELECT kind, next_key, last_key FROM _chain_older').all();
  if (ranges().length === 0) return null;
  return store.transaction(() => {
    const left = ranges();
    const kind = CHAINED.find((one) => left.some((range) => range.kind === one));
    const range = left.find((one) => one.kind === kind);
    if (!range) return { linked: 0, isDone: true };
    const keys = db
      .prepare<[number, number, number], number>(UNLINKED[range.kind])
      .pluck()
      .all(range.next_key, range.last_key, slice);
    for (const key of keys) chain.changed(range.kind, key, () => undefined);
    if (keys.length === slice) {
      db.prepare('UPDATE _chain_older SET next_key = ? WHERE kind = ?').run((keys.at(-1) ?? 0) + 1, range.kind);
      return { linked: keys.length, isDone: false };
    }
    db.prepare('DELETE FROM _chain_older WHERE kind = ?').run(range.kind);
    const isDone = left.length === 1;
    if (isDone) store.journal.add(toInstant(nowMs), 'chain_begun', null, { olderRows: 'linked' });
    return { linked: keys.length, isDone };
  });
}
