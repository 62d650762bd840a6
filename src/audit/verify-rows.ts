import type Database from 'better-sqlite3';
import { CHAINED, type Chained } from '../store/index.ts';
import type { Break, Counts } from './verify-facts.ts';

type TableFacts = {
  readonly table: string;
  readonly noun: string;
  readonly key: string;
  readonly object: string;
  readonly kinds: string;
  /** Tables whose rows belong to rows of this one. */
  readonly parts: readonly string[];
};

const FACTS: Readonly<Record<Chained, TableFacts>> = {
  event: {
    ...{ table: '_events', noun: 'event', key: 'event_pk', object: 'r.event_id', kinds: "'event', 'detail', 'erased'" },
    parts: ['_event_documents', '_variable_edits'],
  },
  finding: {
    ...{ table: '_findings', noun: 'finding', key: 'finding_id', object: 'r.finding_id', kinds: "'finding'" },
    parts: ['_finding_events', '_acknowledgements'],
  },
  journal: {
    ...{
      table: '_journal',
      noun: 'journal entry',
      key: 'entry_id',
      object: 'r.entry_id',
      kinds: "'journal'",
      parts: [],
    },
  },
};

/** The first row that no link is about, after every link was compared with its row; null when there is none. */
export function findUnlinked(db: Database.Database, counts: Counts, lastLink: number): Break | null {
  for (const kind of CHAINED) {
    const { table, noun, parts } = FACTS[kind];
    if (count(db, table) !== counts.rows[kind]) return describeFirst(db, kind, lastLink);
    if (parts.reduce((sum, part) => sum + count(db, part), 0) !== counts.parts[kind]) {
      const what = `there are rows in ${parts.join(' or ')} that belong to no ${noun}: they were put there by hand`;
      return { problem: 'row without link', link: null, object: null, what };
    }
  }
  return null;
}

function describeFirst(db: Database.Database, kind: Chained, lastLink: number): Break {
  const { table, noun, key, object, kinds } = FACTS[kind];
  const row = db
    .prepare<[], { row_key: number; object: string | number; chain_link: number | null }>(
      `SELECT r.${key} AS row_key, ${object} AS object, r.chain_link FROM ${table} r WHERE r.chain_link IS NULL OR NOT EXISTS (
         SELECT 1 FROM _chain c WHERE c.link = r.chain_link AND c.kind IN (${kinds}) AND c.object = ${object}
           ${kind === 'event' ? 'AND c.instance_id = r.instance_id' : ''}) ORDER BY r.${key} LIMIT 1`,
    )
    .get();
  const name = `${noun} ${row?.object ?? ''}`;
  const older = db
    .prepare<[string], { last_key: number }>('SELECT last_key FROM _chain_older WHERE kind = ?')
    .get(kind);
  if (older && row && row.chain_link === null && row.row_key <= older.last_key) {
    const what = `${name} is older than the chain and not linked yet: let \`octowatch run\` finish linking, then verify again`;
    return { problem: 'unfinished', link: null, object: name, what };
  }
  if (row?.chain_link && row.chain_link > lastLink) {
    const what = `${name} says that link ${row.chain_link} is its last, and the chain ends at link ${lastLink}: its end was cut off`;
    return { problem: 'missing link', link: lastLink + 1, object: name, what };
  }
  return {
    problem: 'row without link',
    link: null,
    object: name,
    what: `${name} has no link: it was put there by hand`,
  };
}

function count(db: Database.Database, table: string): number {
  return db.prepare<[], number>(`SELECT count(*) FROM ${table}`).pluck().get() ?? 0;
}
