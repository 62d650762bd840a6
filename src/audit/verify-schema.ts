import type Database from 'better-sqlite3';
import { openStore } from '../store/index.ts';
import type { Break } from './verify-facts.ts';

type Definition = { type: string; name: string; sql: string };

const DEFINITIONS = "SELECT type, name, sql FROM sqlite_schema WHERE type IN ('view', 'trigger') ORDER BY type, name";
const VERSION = 'SELECT max(version) FROM _migrations';

/**
 * A view that was exchanged shows other rows than are stored, and a trigger could change what is written: the first one
 * that is not of the migrations; null when there is none. A database of another version is not compared.
 */
export function findForeignSchema(db: Database.Database): Break | null {
  const own = openStore(':memory:', { monitorVersion: 'verify' });
  try {
    const isSameVersion = db.prepare(VERSION).pluck().get() === own.db.prepare(VERSION).pluck().get();
    if (!isSameVersion) return null;
    const expected = new Map(
      own.db
        .prepare<[], Definition>(DEFINITIONS)
        .all()
        .map((one) => [`${one.type} ${one.name}`, one.sql]),
    );
    const actual = new Map(
      db
        .prepare<[], Definition>(DEFINITIONS)
        .all()
        .map((one) => [`${one.type} ${one.name}`, one.sql]),
    );
    for (const [name, sql] of expected) {
      if (actual.get(name) !== sql)
        return schemaBreak(name, actual.has(name) ? 'is not what this version made' : 'is missing');
    }
    // Views of one's own are nobody's harm.
    const foreign = [...actual.keys()].find((name) => name.startsWith('trigger ') && !expected.has(name));
    return foreign === undefined
      ? null
      : schemaBreak(foreign, 'is none of this version: it may change what is written');
  } finally {
    own.close();
  }
}

function schemaBreak(name: string, what: string): Break {
  return { problem: 'schema', link: null, object: name, what: `${name} ${what}` };
}
