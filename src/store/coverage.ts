import type { Db } from './database.ts';

export type CoverageEntry = {
  instanceId: number;
  purpose: string;
  windowFrom: string;
  windowTo: string;
  serverTotal: number | null;
  eventsSeen: number;
  eventsNew: number;
  setAside: number;
  fieldsAbsent: number;
  clockSkewSeconds: number | null;
  startedAt: string;
  finishedAt: string;
  outcome: 'read' | 'short' | `failed: ${string}`;
};

/** What was asked of the server, window by window, and what came. */
export function coverageTable(db: Db) {
  const insert = db.prepare(
    `INSERT INTO _coverage (instance_id, purpose, window_from, window_to, server_total, events_seen, events_new, set_aside,
       fields_absent, clock_skew_seconds, started_at, finished_at, outcome)
     VALUES (@instanceId, @purpose, @windowFrom, @windowTo, @serverTotal, @eventsSeen, @eventsNew, @setAside,
       @fieldsAbsent, @clockSkewSeconds, @startedAt, @finishedAt, @outcome)`,
  );
  const last = db.prepare<[number, string], { window_from: string; window_to: string; outcome: string }>(
    'SELECT window_from, window_to, outcome FROM _coverage INDEXED BY _coverage_purpose WHERE instance_id = ? AND purpose = ? ORDER BY coverage_id DESC LIMIT 1',
  );
  return {
    add: (entry: CoverageEntry) => insert.run(entry),
    /** The length of the last window of this purpose if it timed out, in milliseconds; null if it did not. */
    lastTimedOutMs(instanceId: number, purpose: string): number | null {
      const row = last.get(instanceId, purpose);
      if (!row?.outcome.startsWith('failed: timeout')) return null;
      return Date.parse(row.window_to) - Date.parse(row.window_from);
    },
  };
}
