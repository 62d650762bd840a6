import { createHash, hash } from 'node:crypto';
import type { Db } from './database.ts';

/** What a link is about: a row of one of three tables. */
export const CHAINED = ['event', 'finding', 'journal'] as const;
export type Chained = (typeof CHAINED)[number];

/** One stored row as the chain sees it. */
export type ChainedRow = {
  readonly key: number;
  /** Events-n, or the number of a finding or journal entry. */
  readonly object: string;
  readonly instanceId: number | null;
  /** Number of the row's last link; null for a row that has none yet. */
  readonly link: number | null;
  readonly salt: Buffer | null;
  /** Everything that is stored of it, in one text that depends on nothing but the values (docs/evidence.md). */
  readonly content: string;
  /** Rows of other tables that are in `content`: documents and edits of an event, evidence and acknowledgements of a finding. */
  readonly parts: number;
};

type Row = readonly unknown[];

// The order is part of format 1: never change it, a new one is a new format.
const EVENT_COLUMNS = `event_pk, event_id, occurred_at, category, user_id, username, actor_kind, actor_name, api_key_id,
  api_key_purpose, ip_address, user_agent, space_id, project_id, project_name, environment_id, environment_name,
  is_production, is_off_hours, off_hours_reason, deployment_id, release_version, tenant_name, subject_account,
  variable_set_id, variable_lookups, message, received_at, judged_by`;
const FINDING_COLUMNS = `finding_id, rule, fingerprint, is_state, level, title, subject, first_seen_at, last_seen_at,
  event_count, status, resolution, superseded_by, previous_finding_id, report, rule_sha256, config_sha256,
  monitor_version, created_at, resolved_at`;
const JOURNAL_COLUMNS = 'entry_id, at, os_user, host, action, object, detail, monitor_version';

/** How the rows of one table are read for the chain. */
export type ChainedTable = {
  byKey(key: number): ChainedRow | undefined;
  /** By what a link names it with. */
  byObject(instanceId: number | null, object: string): ChainedRow | undefined;
  /** Sets the last link and the salt of a row. */
  place(key: number, link: number, salt: Buffer): void;
};

/** Reads rows with everything that belongs to them, the same for writing the chain and for verifying it. */
export function chainedTables(db: Db): Readonly<Record<Chained, ChainedTable>> {
  return { event: events(db), finding: findings(db), journal: journal(db) };
}

function events(db: Db): ChainedTable {
  const sql = (index: string, where: string) => `SELECT chain_link, chain_salt, instance_id, ${EVENT_COLUMNS}, d.raw
    FROM _events e ${index} LEFT JOIN _event_documents d USING (event_pk) WHERE ${where}`;
  const byKey = db.prepare<[number], Row>(sql('', 'e.event_pk = ?')).raw();
  const byObject = db
    .prepare<[number | null, string], Row>(sql('INDEXED BY _events_id', 'e.instance_id = ? AND e.event_id = ?'))
    .raw();
  const edits = db
    .prepare<[number], Row>(
      'SELECT position, owner_name, variable_name, change, is_sensitive, scope FROM _variable_edits WHERE event_pk = ? ORDER BY position',
    )
    .raw();
  const place = placing(db, '_events', 'event_pk');

  function read(row: Row | undefined): ChainedRow | undefined {
    if (!row) return undefined;
    const raw = row.at(-1) as string | null;
    const editRows = edits.all(row[3] as number);
    // The document is most of the text and is not escaped a second time; the list before it holds no line break.
    const list = JSON.stringify([...row.slice(3, -1), editRows]);
    return {
      key: row[3] as number,
      object: String(row[4]),
      instanceId: row[2] as number,
      link: row[0] as number | null,
      salt: row[1] as Buffer | null,
      content: raw === null ? list : `${list}\n${raw}`,
      parts: editRows.length + (raw === null ? 0 : 1),
    };
  }

  return {
    byKey: (key) => read(byKey.get(key)),
    byObject: (instanceId, object) => read(byObject.get(instanceId, object)),
    place: (key, link, salt) => place.run(link, salt, key),
  };
}

function findings(db: Db): ChainedTable {
  const byKey = db
    .prepare<[number], Row>(
      `SELECT chain_link, chain_salt, instance_id, ${FINDING_COLUMNS} FROM _findings WHERE finding_id = ?`,
    )
    .raw();
  const evidence = db
    .prepare<[number], Row>('SELECT event_id, occurred_at FROM _finding_events WHERE finding_id = ? ORDER BY event_id')
    .raw();
  const acknowledgements = db
    .prepare<[number], Row>(
      `SELECT acknowledgement_id, acknowledged_at, acknowledged_by, until_day, note, ended_at
       FROM _acknowledgements WHERE finding_id = ? ORDER BY acknowledgement_id`,
    )
    .raw();
  const place = placing(db, '_findings', 'finding_id');

  function byId(id: number): ChainedRow | undefined {
    const row = byKey.get(id);
    if (!row) return undefined;
    // One line per event, oldest id first: an evidence list of any length is hashed without being held.
    const digest = createHash('sha256');
    let count = 0;
    for (const one of evidence.iterate(id)) {
      digest.update(`${JSON.stringify(one)}\n`);
      count += 1;
    }
    const acknowledged = acknowledgements.all(id);
    return {
      key: id,
      object: String(id),
      instanceId: row[2] as number,
      link: row[0] as number | null,
      salt: row[1] as Buffer | null,
      content: JSON.stringify([...row.slice(3), count, digest.digest('hex'), acknowledged]),
      parts: count + acknowledged.length,
    };
  }

  return {
    byKey: byId,
    byObject: (_, object) => byId(Number(object)),
    place: (key, link, salt) => place.run(link, salt, key),
  };
}

function journal(db: Db): ChainedTable {
  const byKey = db
    .prepare<[number], Row>(`SELECT chain_link, chain_salt, ${JOURNAL_COLUMNS} FROM _journal WHERE entry_id = ?`)
    .raw();
  const place = placing(db, '_journal', 'entry_id');

  function byId(id: number): ChainedRow | undefined {
    const row = byKey.get(id);
    if (!row) return undefined;
    return {
      key: id,
      object: String(id),
      instanceId: null,
      link: row[0] as number | null,
      salt: row[1] as Buffer | null,
      content: JSON.stringify(row.slice(2)),
      parts: 0,
    };
  }

  return {
    byKey: byId,
    byObject: (_, object) => byId(Number(object)),
    place: (key, link, salt) => place.run(link, salt, key),
  };
}

function placing(db: Db, table: string, key: string) {
  return db.prepare(`UPDATE ${table} SET chain_link = ?, chain_salt = ? WHERE ${key} = ?`);
}

/** SHA-256 of the salt in hexadecimal and the content behind it, as one text in UTF-8. */
export function contentHash(salt: Buffer | null, content: string): string {
  // As text: joining bytes would copy every document once more.
  return hash('sha256', salt === null ? content : `${salt.toString('hex')}${content}`);
}

/**
 * The content of an event that is about to be inserted, from its values in the order of the columns; null where a text is
 * no whole Unicode: what the database makes of it must be read back.
 */
export function eventContent(eventPk: number, values: readonly unknown[], raw: string): string | null {
  const list = JSON.stringify([eventPk, ...values, []]);
  // JSON.stringify writes half a pair of surrogates as an escape, and nothing else that begins like this.
  return raw.isWellFormed() && !list.includes('\\ud') ? `${list}\n${raw}` : null;
}
