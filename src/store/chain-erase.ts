import { toInstant } from '../lib/clock.ts';
import type { ChainedStore } from './chained-store.ts';

/** Events erased in one transaction. */
const SLICE = 200;

/** Whose events: what Octopus calls the account. A name given in another case is the same one. */
export type Person = { readonly instanceId: number; readonly userId: string | null; readonly username: string | null };

/**
 * Erases the text of a person's events, and of failed sign-ins to their account: document, message, names, addresses, keys
 * and the salt of the content's hash. What is left (id, time, category, place, deployment) is linked anew as `erased`, so
 * that the chain holds and nobody can test a guess of what was there. Returns how many events there were.
 *
 * The bytes are overwritten in the file and in its log, unless somebody reads an older state of it at the moment; copies and
 * backups are not reached, nor what an Octowatch before the chain left in free space of the file (`VACUUM` does).
 */
export function eraseContent(store: ChainedStore, person: Person, nowMs: number): number {
  const { db } = store;
  const find = db.prepare<[object], { event_pk: number }>(
    `SELECT event_pk FROM _events WHERE event_pk > @after AND instance_id = @instanceId AND (
       user_id = @userId OR username = @username OR lower(username) = lower(@username)
       OR subject_account IN (@userId, @folded))
     ORDER BY event_pk LIMIT ${SLICE}`,
  );
  const eraseColumns = db.prepare(
    `UPDATE _events SET user_id = NULL, username = NULL, actor_name = NULL, api_key_id = NULL, api_key_purpose = NULL,
       ip_address = NULL, user_agent = NULL, subject_account = NULL, message = NULL
     WHERE event_pk = ?`,
  );
  // Still an event for whoever reads stored documents again, with nothing of what it said.
  const eraseDocument = db.prepare(
    `UPDATE _event_documents SET raw = (SELECT json_object('Id', event_id, 'Occurred', occurred_at, 'Category', category,
       'SpaceId', space_id, 'RelatedDocumentIds', json_array()) FROM _events e WHERE e.event_pk = _event_documents.event_pk)
     WHERE event_pk = ?`,
  );
  // Details that are still to be read would bring the text back.
  const forgetDebt = db.prepare('DELETE FROM _owed_details WHERE event_pk = ?');

  // As the account of a failed sign-in is folded; SQLite's lower() knows ASCII only.
  const folded = person.username?.toLowerCase() ?? null;
  let erased = 0;
  let after = 0;
  for (;;) {
    const count = store.transaction(() => {
      const rows = find.all({ ...person, folded, after });
      for (const { event_pk } of rows) {
        store.chain.changed('erased', event_pk, () => {
          eraseColumns.run(event_pk);
          eraseDocument.run(event_pk);
          forgetDebt.run(event_pk);
        });
      }
      after = rows.at(-1)?.event_pk ?? after;
      // Not of whom: the journal cannot be erased.
      if (rows.length > 0) store.journal.add(toInstant(nowMs), 'content_erased', null, { events: rows.length });
      return rows.length;
    });
    erased += count;
    if (count < SLICE) break;
  }
  // The log beside the file still has the pages as they were.
  if (erased > 0) db.pragma('wal_checkpoint(TRUNCATE)');
  return erased;
}
