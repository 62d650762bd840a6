import { hostname, userInfo } from 'node:os';
import type { Chain } from './chain.ts';
import type { Db } from './database.ts';

/** The append-only log of what the monitor and its users do. */
export function journalTable(db: Db, chain: Chain, monitorVersion: string) {
  const insert = db.prepare(
    `INSERT INTO _journal (at, os_user, host, action, object, detail, monitor_version, chain_link, chain_salt)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  );
  const last = db.prepare<[], number | null>('SELECT max(entry_id) FROM _journal').pluck();
  const after = db.prepare<[number], { action: string; object: string | null; detail: string | null }>(
    'SELECT action, object, detail FROM _journal WHERE entry_id > ? ORDER BY entry_id',
  );
  const user = osUser();
  return {
    /** Number of the youngest entry; 0 when there is none. */
    lastId: () => last.get() ?? 0,
    /** The entries behind one, in their order. */
    after: (entryId: number) => after.all(entryId),
    /** Who runs this program, as the operating system says. */
    osUser: user,
    add(at: string, action: string, object: string | null = null, detail: object | null = null) {
      const text = detail === null ? null : JSON.stringify(detail);
      chain.inserted('journal', {
        write(link, salt) {
          const row = insert.run(at, user, hostname(), action, object, text, monitorVersion, link, salt);
          return Number(row.lastInsertRowid);
        },
      });
    },
  };
}

/** The operating-system user; a container may run under an id that has no name. */
function osUser(): string {
  try {
    return userInfo().username;
  } catch {
    return String(process.getuid?.() ?? 'unknown');
  }
}
