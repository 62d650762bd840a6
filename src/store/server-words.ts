import type { Db } from './database.ts';

/** The words a server has for categories of events and types of documents, by their ids. */
export type ServerWords = {
  readonly categories: ReadonlyMap<string, string>;
  readonly documentTypes: ReadonlyMap<string, string>;
  /** When the older of both lists was read, UTC; null when none was. */
  readonly readAt: string | null;
};

type Kind = 'category' | 'document_type';

/** What the server itself calls things, as last read. */
export function serverWordTable(db: Db) {
  const clear = db.prepare('DELETE FROM _server_words WHERE instance_id = ? AND kind = ?');
  const insert = db.prepare(
    'INSERT INTO _server_words (instance_id, kind, id, name, read_at) SELECT ?, ?, key, value, ? FROM json_each(?)',
  );
  const all = db.prepare<[number], { kind: Kind; id: string; name: string; read_at: string }>(
    'SELECT kind, id, name, read_at FROM _server_words WHERE instance_id = ?',
  );

  return {
    /** Replaces one list by a whole reading of it. */
    replace(instanceId: number, kind: Kind, words: ReadonlyMap<string, string>, readAt: string) {
      clear.run(instanceId, kind);
      insert.run(instanceId, kind, readAt, JSON.stringify(Object.fromEntries(words)));
    },

    load(instanceId: number): ServerWords {
      const rows = all.all(instanceId);
      const of = (kind: Kind) => new Map(rows.filter((row) => row.kind === kind).map((row) => [row.id, row.name]));
      const [readAt = null] = rows.map((row) => row.read_at).toSorted();
      return { categories: of('category'), documentTypes: of('document_type'), readAt };
    },
  };
}
