import type { SetAside } from '../model/event.ts';
import type { Db } from './database.ts';

/** Elements that could not be read as events; an element that is read again is kept once. */
export function quarantineTable(db: Db) {
  const insert = db.prepare(
    'INSERT INTO _quarantine (instance_id, received_at, reason, raw) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING',
  );
  return {
    add: (instanceId: number, receivedAt: string, element: SetAside) =>
      insert.run(instanceId, receivedAt, element.reason, element.maskedRaw),
  };
}
