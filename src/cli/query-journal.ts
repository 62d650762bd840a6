import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { reasonNotToWrite } from '../audit/index.ts';
import { toInstant } from '../lib/clock.ts';
import { messageOf } from '../lib/errors.ts';
import { openStore } from '../store/index.ts';
import { VERSION } from '../version.ts';

/** A statement is kept whole up to this length; of a longer one the beginning and its hash. */
const MAX_SQL_CHARACTERS = 20_000;

export type UserAct = { readonly action: string; readonly object: string; readonly detail: object };

/** Notes in the journal what people do with the database. */
export type UserJournal = { add(act: UserAct): void };

/**
 * A journal of what people do. Each entry opens the database for writing and closes it again, so that nothing is held
 * while a person thinks. Who may only read may still ask: that it could not be noted is said, once. A chain that is sealed
 * takes no entry without its key.
 */
export function createUserJournal(dbFile: string, say: (text: string) => void, chainKey: string | null): UserJournal {
  let hasSaid = false;
  const sayOnce = (reason: string) => {
    if (!hasSaid) say(`this is not noted in the journal: ${reason}`);
    hasSaid = true;
  };
  return {
    add({ action, object, detail }) {
      if (!existsSync(dbFile)) return;
      try {
        const reason = reasonNotToWrite(dbFile);
        if (reason !== null) return sayOnce(reason);
        const store = openStore(dbFile, { monitorVersion: VERSION, chainKey });
        try {
          store.transaction(() => store.journal.add(toInstant(Date.now()), action, object, detail));
        } finally {
          store.close();
        }
      } catch (error) {
        sayOnce(messageOf(error));
      }
    },
  };
}

/** The text of a statement as it is journalled. */
export function journalledSql(sql: string): object {
  const text = sql.trim();
  if (text.length <= MAX_SQL_CHARACTERS) return { sql: text };
  const sha256 = createHash('sha256').update(text).digest('hex');
  return { sql: `${text.slice(0, MAX_SQL_CHARACTERS)}…`, sql_characters: text.length, sql_sha256: sha256 };
}
