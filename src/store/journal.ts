import { hostname, userInfo } from 'node:os';
import type { Db } from './database.ts';

/** The append-only log of what the monitor and its users do. */
export function journalTable(db: Db, monitorVersion: string) {
  const insert = db.prepare(
    'INSERT INTO _journal (at, os_user, host, action, object, detail, monitor_version) VALUES (?, ?, ?, ?, ?, ?, ?)',
  );
  const user = osUser();
  return {
    /** Who runs this program, as the operating system says. */
    osUser: user,
    add(at: string, action: string, object: string | null = null, detail: object | null = null) {
      insert.run(at, user, hostname(), action, object, detail === null ? null : JSON.stringify(detail), monitorVersion);
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
