import type { ChainedStore } from './chained-store.ts';
import type { Db } from './database.ts';

/** One account on one instance with everything it is known by. */
export type PersonNames = {
  readonly instanceId: number;
  readonly instance: string;
  /** Octopus's id of the account; null when only a name is known. */
  readonly userId: string | null;
  /** The names it acted under, and its display name. */
  readonly names: readonly string[];
  readonly keyIds: readonly string[];
};

/** Accounts of the server itself: their events are about everybody. */
const NOBODY = new Set(['users-system', 'system']);

/**
 * Finds whom a name, an id (`Users-n`) or a display name stands for, on every instance. Somebody who was renamed is found
 * with all names of the same id. Empty when nobody is known by it.
 */
export function findPeople(store: ChainedStore, asked: string): PersonNames[] {
  const wanted = asked.trim().toLowerCase();
  if (NOBODY.has(wanted)) return [];
  const { db } = store;
  registerFold(db);
  const known = db.prepare<[object], { instance_id: number; user_id: string | null; username: string | null }>(
    `SELECT instance_id, user_id, username FROM _users WHERE fold(user_id) = @wanted OR fold(username) = @wanted OR fold(display_name) = @wanted
     UNION SELECT DISTINCT instance_id, user_id, username FROM _events WHERE fold(user_id) = @wanted OR fold(username) = @wanted
     UNION SELECT DISTINCT instance_id, NULL, subject_account FROM _events WHERE fold(subject_account) = @wanted
     UNION SELECT DISTINCT instance_id, NULL, actor_name FROM _events WHERE fold(actor_name) = @wanted`,
  );
  const ofId = db.prepare<[object], { name: string | null }>(
    `SELECT DISTINCT username AS name FROM _events WHERE instance_id = @instanceId AND user_id = @userId
     UNION SELECT username FROM _users WHERE instance_id = @instanceId AND user_id = @userId
     UNION SELECT display_name FROM _users WHERE instance_id = @instanceId AND user_id = @userId`,
  );
  const keys = db
    .prepare<[object], string>(
      `SELECT key_id FROM _api_keys WHERE instance_id = @instanceId AND user_id = @userId
       UNION SELECT DISTINCT api_key_id FROM _events WHERE instance_id = @instanceId AND user_id = @userId AND api_key_id IS NOT NULL`,
    )
    .pluck();
  const instanceName = db.prepare<[number], string>('SELECT name FROM _instances WHERE instance_id = ?').pluck();

  const people: PersonNames[] = [];
  for (const [instanceId, rows] of Map.groupBy(known.all({ wanted }), (row) => row.instance_id)) {
    const isId = /^users-\d+$/.test(wanted);
    const userIds = new Set(rows.flatMap((row) => (row.user_id === null ? [] : [row.user_id])));
    const own = (userId: string | null): PersonNames => {
      const more = userId === null ? [] : ofId.all({ instanceId, userId }).flatMap((row) => row.name ?? []);
      const names = new Set(
        [...(isId ? [] : [asked.trim()]), ...more].filter((name) => !NOBODY.has(name.toLowerCase())),
      );
      const instance = instanceName.get(instanceId) ?? '';
      const keyIds = userId === null ? [] : keys.all({ instanceId, userId });
      return { instanceId, instance, userId, names: [...names], keyIds };
    };
    const ids = [...userIds].filter((id) => !NOBODY.has(id.toLowerCase()));
    people.push(...(ids.length === 0 ? [own(isId ? (rows[0]?.username ?? null) : null)] : ids.map(own)));
  }
  return people;
}

/** `fold(text)` in SQL: small letters of every script; SQLite's own `lower` knows ASCII only. */
export function registerFold(db: Db): void {
  db.function('fold', { deterministic: true }, (text) => (typeof text === 'string' ? text.toLowerCase() : null));
}

/** What stands where a name stood. */
export const ERASED = '(erased)';

/** Makes what finds and replaces the person in a text: whole words only, in any case, also as JSON writes them. */
export function createEraser(person: PersonNames) {
  const texts = [...person.names, ...(person.userId === null ? [] : [person.userId]), ...person.keyIds];
  const forms = [...new Set(texts.flatMap((text) => [text, jsonForm(text), asciiForm(jsonForm(text))]))]
    .filter((text) => text.trim() !== '')
    .sort((a, b) => b.length - a.length)
    .map((text) => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));
  // `alice-admin` is another account; the letter of an escape, as in `\nalice`, is none of the name.
  const pattern = new RegExp(
    `(?:(?<![\\p{L}\\p{N}_-])|(?<=\\\\[nrtbf]))(?:${forms.join('|')})(?![\\p{L}\\p{N}_-])`,
    'giu',
  );
  return {
    names(text: string): boolean {
      pattern.lastIndex = 0;
      return pattern.test(text);
    },
    erase: (text: string) => text.replace(pattern, ERASED),
  };
}

function jsonForm(text: string): string {
  return JSON.stringify(text).slice(1, -1);
}

function asciiForm(text: string): string {
  return text.replace(/[^\x20-\x7e]/g, (one) => `\\u${one.charCodeAt(0).toString(16).padStart(4, '0')}`);
}
