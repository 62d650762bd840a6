import type { Db } from './database.ts';

/**
 * When so large a share of people's events of a month comes from one address, it is a proxy's whose word the server does
 * not take (Octopus shows the proxy unless it is told to trust it); with fewer events nothing is concluded.
 */
const PROXY_SHARE = 0.95;
const PROXY_LEAST_EVENTS = 20;
const PROXY_DAYS = 30;
const DAY_MS = 86_400_000;
/** `untrustedSince` looks no further back. */
const MAX_LOOK_BACK_DAYS = 400;

/** How many of people's events came from each address on each day, and what follows from it. Days are `YYYY-MM-DD`, UTC. */
export function addressTable(db: Db) {
  const count = db.prepare(
    'INSERT INTO _address_days (instance_id, day, ip_address, events) VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE SET events = events + excluded.events',
  );
  return {
    count: (instanceId: number, day: string, ipAddress: string, events: number) =>
      count.run(instanceId, day, ipAddress, events),
    ...addressTrust(db),
  };
}

/** What the counted addresses say of whether they tell who it was. Writes nothing. */
export function addressTrust(db: Db) {
  type Share = { readonly busiest: number | null; readonly total: number | null };
  // No address has more than the busiest of each day together. This is asked first, for it needs no sorting by address.
  const atMost = db.prepare<[number, string, string], Share>(
    `SELECT sum(busiest) AS busiest, sum(total) AS total FROM (
       SELECT max(events) AS busiest, sum(events) AS total FROM _address_days
       WHERE instance_id = ? AND day > ? AND day <= ? GROUP BY day)`,
  );
  const share = db.prepare<[number, string, string], Share>(
    `SELECT max(n) AS busiest, sum(n) AS total FROM (
       SELECT sum(events) AS n FROM _address_days WHERE instance_id = ? AND day > ? AND day <= ? GROUP BY ip_address)`,
  );

  function areTrusted(instanceId: number, day: string): boolean {
    return [atMost, share].some((statement) => {
      const row = statement.get(instanceId, dayBefore(day, PROXY_DAYS), day);
      const total = row?.total ?? 0;
      return total < PROXY_LEAST_EVENTS || (row?.busiest ?? 0) / total < PROXY_SHARE;
    });
  }

  return {
    /** Whether the addresses of a day's events tell who it was; false when nearly all are those of one proxy. */
    areTrusted,

    /** The first day since when addresses tell nothing, for a day of today; null when they tell something. */
    untrustedSince(instanceId: number, today: string): string | null {
      let since: string | null = null;
      for (let day = today, n = 0; n < MAX_LOOK_BACK_DAYS && !areTrusted(instanceId, day); n++) {
        since = day;
        day = dayBefore(day, 1);
      }
      return since;
    },
  };
}

/** What follows from `untrustedSince`, in words for people: rules about networks find nothing meanwhile. */
export function addressNotice(since: string): string {
  return `Facts about addresses are off since ${since}: nearly all of people's events come from one address`;
}

/** What to do about it. */
export const ADDRESS_REMEDY = 'Set Trusted Proxies in Octopus (Configuration, Web Portal).';

function dayBefore(day: string, days: number): string {
  return new Date(Date.parse(day) - days * DAY_MS).toISOString().slice(0, 10);
}
