import { OctowatchError } from '../lib/errors.ts';
import { type Chained, contentHash } from './chain-content.ts';
import { type LinkKind, TABLE_OF } from './chain-link.ts';
import type { ChainedStore } from './chained-store.ts';
import type { Db } from './database.ts';

/** Links dropped in one transaction. */
const SLICE = 500;

export type ChainedObject = { readonly kind: Chained; readonly key: number };

/**
 * Removes rows whose time has come, so that the chain still holds: their links stay, marked with one link that lists them.
 * `remove` deletes the rows themselves and runs within the same transaction, after the marks (an entry of the journal can only
 * be deleted then). Rows that are not linked yet are left out. Returns how many were removed.
 */
export function pruneRows(
  store: ChainedStore,
  objects: readonly ChainedObject[],
  remove: (one: ChainedObject) => void,
): number {
  const { tables } = store.chain;
  const prior = store.db.prepare<[number], number | null>('SELECT prior_link FROM _chain WHERE link = ?').pluck();
  return store.transaction(() => {
    const linked = objects.flatMap((object) => {
      const link = tables[object.kind].byKey(object.key)?.link;
      return link === null || link === undefined ? [] : [{ object, link }];
    });
    if (linked.length === 0) return 0;
    const links: number[] = [];
    for (const { link } of linked) {
      for (let at: number | null | undefined = link; at; at = prior.get(at)) links.push(at);
    }
    mark(store, links);
    for (const { object } of linked) remove(object);
    return linked.length;
  });
}

/** Marks links with a new one of kind `pruned` that covers the list of them. */
function mark(store: ChainedStore, links: readonly number[]): void {
  const update = store.db.prepare('UPDATE _chain SET pruned_by = ? WHERE link = ?');
  store.chain.appendOwn('pruned', (by) => {
    for (const link of links) update.run(by, link);
    return { object: String(links.length), content: prunedContent(store.db, by) };
  });
}

/** What a link of kind `pruned` covers: number and content hash of each link it marks, in their order. */
export function prunedContent(db: Db, by: number): string {
  const rows = db
    .prepare<[number], [number, Buffer]>('SELECT link, content FROM _chain WHERE pruned_by = ? ORDER BY link')
    .raw()
    .all(by);
  return contentHash(null, rows.map(([link, content]) => `${link} ${content.toString('hex')}\n`).join(''));
}

/** What a link of kind `checkpoint` covers: number and hash of the last link that was dropped. */
export function checkpointContent(throughLink: number, throughHash: string): string {
  return contentHash(null, JSON.stringify([throughLink, throughHash]));
}

type OldLink = {
  link: number;
  kind: LinkKind;
  object: string;
  instance_id: number | null;
  content: Buffer;
  hash: Buffer;
  pruned_by: number | null;
};

/**
 * Drops the oldest links, those appended before an instant, in small transactions, and replaces them by a checkpoint. What
 * they were about and still exists gets a new link first, after it was compared with the old one: a row that was altered
 * stops the work with an error, for a new link would make it good. Returns how many links were dropped. Heads from before
 * the checkpoint can no longer be checked.
 */
export function checkpointBefore(store: ChainedStore, before: string, slice = SLICE): number {
  const { db } = store;
  const old = db.prepare<[string, number, number], OldLink>(
    `SELECT link, kind, object, instance_id, content, hash, pruned_by FROM _chain
     WHERE stored_at < ? AND link <= ? ORDER BY link LIMIT ?`,
  );
  // What is linked anew on the way is not old, whatever the clock says.
  const end = db.prepare<[], number | null>('SELECT max(link) FROM _chain').pluck().get() ?? 0;
  let dropped = 0;
  for (;;) {
    const count = store.transaction(() => {
      const first = db.prepare<[], number | null>('SELECT min(link) FROM _chain').pluck().get() ?? 0;
      // Only from the beginning on, without a gap: a clock that was set back may have put an older time behind a younger one.
      const links = old.all(before, end, slice).filter(({ link }, index) => link === first + index);
      const through = links.at(-1);
      if (!through) return 0;
      for (const link of links) carry(store, link);
      markAgain(store, through.link);
      store.chain.appendOwn('checkpoint', (link) => {
        const hash = through.hash.toString('hex');
        db.prepare('DELETE FROM _chain_checkpoint').run();
        db.prepare(
          'INSERT INTO _chain_checkpoint (link, through_link, through_hash, dropped_before_at) VALUES (?, ?, ?, ?)',
        ).run(link, through.link, through.hash, before);
        return { object: String(through.link), content: checkpointContent(through.link, hash) };
      });
      db.prepare('DELETE FROM _chain WHERE link <= ?').run(through.link);
      return links.length;
    });
    dropped += count;
    if (count < slice) return dropped;
  }
}

/** Links what still exists anew. */
function carry(store: ChainedStore, { link, kind, object, instance_id, content, pruned_by }: OldLink): void {
  const table = TABLE_OF[kind];
  if (table === null || pruned_by !== null) return;
  const row = store.chain.tables[table].byObject(instance_id, object);
  if (row?.link && row.link > link) return;
  if (
    !row ||
    row.instanceId !== instance_id ||
    row.link !== link ||
    contentHash(row.salt, row.content) !== content.toString('hex')
  ) {
    throw new OctowatchError(
      `${table} ${object} is not what link ${link} of the chain says; no further link was dropped`,
      {
        hint: 'Run `octowatch verify`, and keep the database as it is.',
      },
    );
  }
  store.chain.changed(kind as Exclude<LinkKind, 'pruned' | 'checkpoint'>, row.key, () => undefined);
}

/** A list of removed rows that loses its beginning is listed again without it. */
function markAgain(store: ChainedStore, throughLink: number): void {
  const links = store.db
    .prepare<[number, number, number], number>(
      `SELECT link FROM _chain WHERE link > ? AND pruned_by IN (
         SELECT pruned_by FROM _chain WHERE link <= ? AND pruned_by > ?)`,
    )
    .pluck()
    .all(throughLink, throughLink, throughLink);
  if (links.length > 0) mark(store, links);
}
