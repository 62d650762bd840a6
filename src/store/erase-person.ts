import { toInstant } from '../lib/clock.ts';
import { eraseContent } from './chain-erase.ts';
import type { ChainedStore } from './chained-store.ts';
import { createEraser, ERASED, type PersonNames, registerFold } from './person.ts';

/** Rows changed in one transaction. */
const SLICE = 200;

/** Where a person stands: keys of rows to erase, and how many there are of what stays. */
export type PersonTraces = {
  /** Done by them, or failed sign-ins to their account: their text goes as a whole. */
  readonly events: readonly number[];
  /** Others' events that name them: the name goes, the rest stays. */
  readonly mentions: readonly number[];
  /** Opened by their events, or about their keys. */
  readonly findings: readonly number[];
  /** Other findings that name them, in their own texts or a note. */
  readonly mentioningFindings: readonly number[];
  readonly quarantine: readonly number[];
  readonly deliveries: readonly number[];
  readonly digests: readonly number[];
  readonly accounts: number;
  readonly apiKeys: number;
  /** What cannot be rewritten: journal entries, and versions of rules and configuration, that name them. */
  readonly journal: number;
  readonly versions: number;
};

/** Makes what a person stands in countable in SQL: `mentions(text)` and `erased(text)`. */
function registerEraser(store: ChainedStore, person: PersonNames): void {
  registerFold(store.db);
  const eraser = createEraser(person);
  const options = { deterministic: true };
  store.db.function('mentions', options, (text) => (typeof text === 'string' && eraser.names(text) ? 1 : 0));
  store.db.function('erased', options, (text) => (typeof text === 'string' ? eraser.erase(text) : text));
}

/** Finds everything that is stored of a person. Changes nothing. */
export function tracesOf(store: ChainedStore, person: PersonNames): PersonTraces {
  registerEraser(store, person);
  const { instanceId, userId } = person;
  const values = {
    ...{ instanceId, userId, keys: JSON.stringify(person.keyIds) },
    names: JSON.stringify(person.names.map((name) => name.toLowerCase())),
  };
  const keys = (sql: string, more: object = {}) =>
    store.db
      .prepare<[object], number>(sql)
      .pluck()
      .all({ ...values, ...more });
  const isOwn = `(e.user_id = @userId OR e.subject_account = @userId
    OR fold(e.username) IN (SELECT value FROM json_each(@names)) OR fold(e.subject_account) IN (SELECT value FROM json_each(@names)))`;
  const events = keys(`SELECT event_pk FROM _events e WHERE instance_id = @instanceId AND ${isOwn} ORDER BY event_pk`);
  const mentions = keys(
    `SELECT e.event_pk FROM _events e LEFT JOIN _event_documents d USING (event_pk)
     WHERE e.instance_id = @instanceId AND ${isOwn} IS NOT 1
       AND (mentions(d.raw) OR mentions(e.message) OR mentions(e.actor_name) OR mentions(e.api_key_id) OR mentions(e.api_key_purpose))
     ORDER BY e.event_pk`,
  );
  const findings = keys(
    `SELECT finding_id FROM _findings f WHERE instance_id = @instanceId AND (
       f.report ->> '$.objectId' IN (SELECT value FROM json_each(@keys))
       OR EXISTS (SELECT 1 FROM _events e WHERE e.instance_id = f.instance_id AND e.event_id = f.report ->> '$.openedBy' AND ${isOwn}))
     ORDER BY finding_id`,
  );
  const own = new Set(findings);
  const mentioningFindings = keys(
    `SELECT finding_id FROM _findings f WHERE instance_id = @instanceId AND (mentions(title) OR mentions(subject) OR mentions(report)
       OR EXISTS (SELECT 1 FROM _acknowledgements a WHERE a.finding_id = f.finding_id AND mentions(a.note))) ORDER BY finding_id`,
  );
  const count = (sql: string) => keys(sql)[0] ?? 0;
  return {
    events,
    mentions,
    findings,
    mentioningFindings: mentioningFindings.filter((id) => !own.has(id)),
    quarantine: keys('SELECT quarantine_id FROM _quarantine WHERE instance_id = @instanceId AND mentions(raw)'),
    deliveries: keys(
      `SELECT delivery_id FROM _deliveries d LEFT JOIN _findings f USING (finding_id)
       WHERE coalesce(f.instance_id, @instanceId) = @instanceId AND (mentions(d.novelties) OR mentions(d.last_error)
         OR (d.novelties IS NOT NULL AND d.finding_id IN (SELECT value FROM json_each(@findings))))`,
      { findings: JSON.stringify(findings) },
    ),
    digests: keys('SELECT delivery_id FROM _digests WHERE mentions(subject)'),
    accounts: count('SELECT count(*) FROM _users WHERE instance_id = @instanceId AND user_id = @userId'),
    apiKeys: count('SELECT count(*) FROM _api_keys WHERE instance_id = @instanceId AND user_id = @userId'),
    journal: count('SELECT count(*) FROM _journal WHERE mentions(os_user) OR mentions(object) OR mentions(detail)'),
    versions: count(
      `SELECT (SELECT count(*) FROM _rule_versions WHERE mentions(source)) + (SELECT count(*) FROM _config_versions WHERE mentions(description))`,
    ),
  };
}

/**
 * Erases what `tracesOf` found, in small transactions, so that the chain holds: what is left of every row is linked anew, with
 * a new salt. That it was done is journalled with its reason and without the person. It cannot be undone.
 */
export function erasePerson(
  store: ChainedStore,
  person: PersonNames,
  traces: PersonTraces,
  reason: string,
  nowMs: number,
): void {
  registerEraser(store, person);
  const { db } = store;
  // Before the events, whose numbers lead to it.
  forgetCorrelations(store, person.instanceId, traces);
  for (const username of person.names.length === 0 ? [null] : person.names)
    eraseContent(store, { instanceId: person.instanceId, userId: person.userId, username }, nowMs);

  const event = db.prepare(
    `UPDATE _events SET message = erased(message), actor_name = erased(actor_name), subject_account = erased(subject_account),
       api_key_purpose = CASE WHEN mentions(actor_name) OR mentions(api_key_id) THEN NULL ELSE erased(api_key_purpose) END,
       api_key_id = CASE WHEN mentions(actor_name) OR mentions(api_key_id) THEN NULL ELSE api_key_id END,
       ip_address = CASE WHEN mentions(actor_name) THEN NULL ELSE ip_address END,
       user_agent = CASE WHEN mentions(actor_name) THEN NULL ELSE user_agent END
     WHERE event_pk = ?`,
  );
  const document = db.prepare('UPDATE _event_documents SET raw = erased(raw) WHERE event_pk = ?');
  inSlices(store, traces.mentions, (pk) =>
    store.chain.changed('erased', pk, () => {
      event.run(pk);
      document.run(pk);
    }),
  );

  // The fingerprint is a hash of the subject: whoever guesses the name could test the guess.
  const blank = db.prepare(
    `UPDATE _findings SET title = coalesce(erased(report ->> '$.ruleTitle'), rule), subject = '${ERASED}',
       fingerprint = lower(hex(randomblob(32))),
       report = json_set(report, '$.why', 'The text of this finding was erased.', '$.facts', json_array(),
         '$.respond', json_array(), '$.objectId', CASE WHEN mentions(report ->> '$.objectId') THEN '${ERASED}' ELSE report ->> '$.objectId' END,
         '$.openedBy', erased(report ->> '$.openedBy'))
     WHERE finding_id = ?`,
  );
  const rename = db.prepare(
    `UPDATE _findings SET fingerprint = CASE WHEN mentions(subject) THEN lower(hex(randomblob(32))) ELSE fingerprint END,
       title = erased(title), subject = erased(subject), report = erased(report) WHERE finding_id = ?`,
  );
  const note = db.prepare('UPDATE _acknowledgements SET note = erased(note) WHERE finding_id = ? AND mentions(note)');
  const evidence = db.prepare(
    'UPDATE OR IGNORE _finding_events SET event_id = erased(event_id) WHERE finding_id = ? AND mentions(event_id)',
  );
  const signal = db.prepare(
    'UPDATE _signals SET event_id = erased(event_id) WHERE finding_id = ? AND mentions(event_id)',
  );
  const finding = (id: number, write: typeof blank) =>
    store.chain.changed('finding', id, () => {
      for (const statement of [write, note, evidence, signal]) statement.run(id);
    });
  inSlices(store, traces.findings, (id) => finding(id, blank));
  inSlices(store, traces.mentioningFindings, (id) => finding(id, rename));
  eraseBeside(store, person, traces);
  store.transaction(() =>
    store.journal.add(toInstant(nowMs), 'person_erased', null, {
      reason,
      events: traces.events.length,
      eventsNaming: traces.mentions.length,
      findings: [...traces.findings, ...traces.mentioningFindings],
      quarantine: traces.quarantine,
    }),
  );
}

/** Groups of correlations hold names and addresses; what was found by them stays found. */
function forgetCorrelations(store: ChainedStore, instanceId: number, { events, mentions }: PersonTraces): void {
  const { db } = store;
  const inputs = db.prepare('DELETE FROM _correlation_inputs WHERE seq = ?');
  const group = db.prepare(`UPDATE _signals SET group_key = '${ERASED}' WHERE event_pk = ? AND group_key IS NOT NULL`);
  inSlices(store, [...events, ...mentions], (pk) => {
    inputs.run(pk);
    group.run(pk);
  });
  store.transaction(() => {
    // On another instance the same id is somebody else. The scope of the relation is the instance's number.
    db.prepare('DELETE FROM _correlation_inputs WHERE scope = ? AND (mentions(group_key) OR mentions(value))').run(
      String(instanceId),
    );
    db.prepare('UPDATE _signals SET group_key = erased(group_key) WHERE instance_id = ? AND mentions(group_key)').run(
      instanceId,
    );
  });
}

/** What is in no chain. */
function eraseBeside(store: ChainedStore, { instanceId, userId, keyIds }: PersonNames, traces: PersonTraces): void {
  const { db } = store;
  store.transaction(() => {
    const emptied = db.prepare(
      `UPDATE _quarantine SET raw = json_object('erased', quarantine_id) WHERE quarantine_id = ?`,
    );
    for (const id of traces.quarantine) emptied.run(id);
    const message = db.prepare(
      'UPDATE _deliveries SET novelties = NULL, last_error = erased(last_error) WHERE delivery_id = ?',
    );
    for (const id of traces.deliveries) message.run(id);
    const digest = db.prepare('UPDATE _digests SET subject = erased(subject) WHERE delivery_id = ?');
    for (const id of traces.digests) digest.run(id);
    const learned = db.prepare('DELETE FROM _first_seen WHERE instance_id = ? AND subject = ?');
    for (const subject of [...(userId === null ? [] : [userId]), ...keyIds]) learned.run(instanceId, subject);
    if (userId === null) return;
    db.prepare(
      'DELETE FROM _api_key_changes WHERE instance_id = @instanceId AND key_id IN (SELECT key_id FROM _api_keys WHERE instance_id = @instanceId AND user_id = @userId)',
    ).run({ instanceId, userId });
    db.prepare('DELETE FROM _api_keys WHERE instance_id = ? AND user_id = ?').run(instanceId, userId);
    db.prepare('DELETE FROM _users WHERE instance_id = ? AND user_id = ?').run(instanceId, userId);
  });
}

function inSlices(store: ChainedStore, keys: readonly number[], work: (key: number) => void): void {
  for (let from = 0; from < keys.length; from += SLICE)
    store.transaction(() => {
      for (const key of keys.slice(from, from + SLICE)) work(key);
    });
}

/**
 * Writes the database file anew, so that nothing is left of what was erased in free space of the file or its log. False
 * when somebody else keeps an older state of it open.
 */
export function rewriteFile(store: ChainedStore): boolean {
  // Samples of values that the query planner may keep.
  if (store.db.prepare("SELECT 1 FROM sqlite_schema WHERE name = 'sqlite_stat4'").get())
    store.db.exec('DELETE FROM sqlite_stat4');
  store.db.exec('VACUUM');
  const [done] = store.db.pragma('wal_checkpoint(TRUNCATE)') as { busy: number }[];
  return done?.busy === 0;
}
