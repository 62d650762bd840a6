import type { Db } from './database.ts';

/** The strength of one part of detection; `accepted` and `found` are JSON. `found` null: it is as strong as accepted. */
export type PostureRow = {
  readonly subject: string;
  readonly accepted: string;
  readonly accepted_at: string;
  readonly monitor_version: string;
  readonly found: string | null;
};

/** How strong detection was at the last start, part by part. */
export function postureTable(db: Db) {
  const all = db.prepare<[], PostureRow>('SELECT * FROM _posture ORDER BY subject');
  const removeOthers = db.prepare<[string]>(
    "DELETE FROM _posture WHERE subject NOT IN (SELECT value ->> 'subject' FROM json_each(?))",
  );
  // One statement for all rows: most starts change none.
  const put = db.prepare<[string]>(
    `INSERT INTO _posture (subject, accepted, accepted_at, monitor_version, found)
     SELECT value ->> 'subject', value ->> 'accepted', value ->> 'accepted_at', value ->> 'monitor_version', value ->> 'found'
     FROM json_each(?) WHERE true
     ON CONFLICT DO UPDATE SET accepted = excluded.accepted, accepted_at = excluded.accepted_at,
       monitor_version = excluded.monitor_version, found = excluded.found`,
  );

  return {
    all: () => all.all(),
    /** The rows are all there is from now on. Call inside a transaction. */
    replace(rows: readonly PostureRow[]) {
      const text = JSON.stringify(rows);
      removeOthers.run(text);
      put.run(text);
    },
  };
}
