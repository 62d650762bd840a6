import type { Db } from './database.ts';

/** Different ones of a finding; more are not looked for. */
const MOST = 1000;

/** The addresses and user agents of a finding's events: what is to be left out of texts is found by its value. */
export function personalValues(
  db: Db,
  findingId: number,
): { readonly address: readonly string[]; readonly userAgent: readonly string[] } {
  const values = (column: 'ip_address' | 'user_agent') =>
    db
      .prepare<[number], string>(
        `SELECT DISTINCT a.${column} FROM _findings f CROSS JOIN _finding_events e ON e.finding_id = f.finding_id
         CROSS JOIN _events a ON a.instance_id = f.instance_id AND a.event_id = e.event_id
         WHERE f.finding_id = ? AND a.${column} IS NOT NULL AND a.${column} <> '' LIMIT ${MOST}`,
      )
      .pluck()
      .all(findingId);
  return { address: values('ip_address'), userAgent: values('user_agent') };
}
