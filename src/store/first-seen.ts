import type { Db } from './database.ts';

/** A subject and a value that an event shows together, and what kind of pair it is. */
type Pair = { readonly fact: string; readonly subject: string; readonly value: string };

/** Acts of an account that are alike, and when the first of them was. */
export type StoredAct = {
  readonly user_id: string;
  readonly category: string;
  readonly api_key_id: string | null;
  readonly environment_id: string | null;
  readonly ip_address: string | null;
  readonly user_agent: string | null;
  readonly first_at: string;
};

const STORED_ACTS = `SELECT user_id, category, api_key_id, environment_id, ip_address, user_agent,
    min(occurred_at) AS first_at
  FROM _events WHERE instance_id = ? AND user_id IS NOT NULL GROUP BY 1, 2, 3, 4, 5, 6`;

/** What stands for the beginning of what was learned: a pair of nothing. */
const BEGINNING: Pair = { fact: '', subject: '', value: '' };

/** The earliest event of each pair of an account or key and where, or with what, it acted. Times are UTC instants. */
export function firstSeenTable(db: Db) {
  const get = db
    .prepare<[number, string, string, string], string>(
      'SELECT first_at FROM _first_seen WHERE instance_id = ? AND fact = ? AND subject = ? AND value = ?',
    )
    .pluck();
  const put = db.prepare(
    `INSERT INTO _first_seen (instance_id, fact, subject, value, first_at) VALUES (?, ?, ?, ?, ?)
     ON CONFLICT DO UPDATE SET first_at = excluded.first_at WHERE excluded.first_at < first_at`,
  );
  const valueBefore = db
    .prepare<[number, string, string, string]>(
      'SELECT 1 FROM _first_seen WHERE instance_id = ? AND fact = ? AND subject = ? AND first_at <= ? LIMIT 1',
    )
    .pluck();
  const firstAt = (instanceId: number, { fact, subject, value }: Pair) => get.get(instanceId, fact, subject, value);
  const learn = (instanceId: number, { fact, subject, value }: Pair, at: string) =>
    put.run(instanceId, fact, subject, value, at).changes === 1;

  return {
    /** When the pair was seen first; undefined when never. */
    firstAt,
    /** Whether an event of that time or an earlier one shows the subject with any value. */
    isSubjectKnown: (instanceId: number, { fact, subject }: Pair, at: string) =>
      valueBefore.get(instanceId, fact, subject, at) !== undefined,
    /** Remembers that an event shows the pair; what was seen earlier stays. */
    learn,
    /** The earliest event that could have taught anything; undefined when there was none. */
    beginning: (instanceId: number) => firstAt(instanceId, BEGINNING),
    /** All that is stored of accounts' acts. Reads every event, so it is asked only while nothing was learned. */
    storedActs: (instanceId: number) => db.prepare<[number], StoredAct>(STORED_ACTS).all(instanceId),
    /** Remembers an event as the earliest one, if it is. */
    begin: (instanceId: number, at: string) => learn(instanceId, BEGINNING, at),
  };
}
