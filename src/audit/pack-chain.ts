import type Database from 'better-sqlite3';
import {
  BEFORE_FIRST,
  CHAIN_FORMAT,
  CHAINED,
  type Chained,
  chainedTables,
  chainKey,
  contentHash,
  linkHash,
} from '../store/index.ts';

type LinkRow = {
  link: number;
  format: number;
  sealed_by: number | null;
  kind: string;
  object: string;
  instance_id: number | null;
  prior_link: number | null;
  content: Buffer;
  stored_at: string;
  hash: Buffer;
};

const ROWS: Readonly<Record<Chained, { readonly table: string; readonly key: string }>> = {
  event: { table: '_events', key: 'event_pk' },
  finding: { table: '_findings', key: 'finding_id' },
  journal: { table: '_journal', key: 'entry_id' },
};

export type PackChain = {
  /** The first thing of each kind that does not hold. */
  readonly problems: string[];
  readonly unproven: string[];
};

/**
 * Checks the part of the chain that is in a pack: its links follow from one another, and every event, finding and journal
 * entry is what its last link says. The links before the first one are not there: what that rests on is in the database it
 * came from.
 */
export function checkPackChain(db: Database.Database, secret: string | null): PackChain {
  const links = db.prepare<[], number>('SELECT count(*) FROM _chain').pluck().get() ?? 0;
  if (links === 0) return { problems: [], unproven: ['there is no chain in the pack'] };
  const { problem, unproven } = checkLinks(db, secret);
  const rows = CHAINED.map((kind) => checkRows(db, kind));
  return {
    problems: [problem, ...rows.map((one) => one.problem)].filter((one) => one !== null),
    unproven: [...unproven, ...rows.flatMap((one) => one.unproven)],
  };
}

function checkLinks(db: Database.Database, secret: string | null): { problem: string | null; unproven: string[] } {
  const key = secret === null ? null : chainKey(secret);
  const keyIds = new Map(db.prepare<[], [number, string]>('SELECT key_number, key_id FROM _chain_keys').raw().all());
  const names = new Map(db.prepare<[], [number, string]>('SELECT instance_id, name FROM _instances').raw().all());
  let previous: { number: number; hash: string } | null = null;
  let unsealed = 0;
  let unread = 0;
  for (const link of db.prepare<[], LinkRow>('SELECT * FROM _chain ORDER BY link').iterate()) {
    const hash = link.hash.toString('hex');
    const before: { number: number; hash: string } | null =
      previous ?? (link.link === 1 ? { number: 0, hash: BEFORE_FIRST } : null);
    previous = { number: link.link, hash };
    // The first one is there for its hash only.
    if (before === null) continue;
    if (link.link !== before.number + 1)
      return { problem: `link ${before.number + 1} of the chain is missing`, unproven: [] };
    if (link.format !== CHAIN_FORMAT)
      return { problem: `link ${link.link} has a form this version does not know`, unproven: [] };
    const isSealed = link.sealed_by !== null;
    if (isSealed && (key === null || keyIds.get(link.sealed_by ?? 0) !== key.id)) {
      unread += 1;
      continue;
    }
    if (!isSealed) unsealed += 1;
    const expected = linkHash(
      before.hash,
      {
        format: link.format,
        number: link.link,
        kind: link.kind,
        object: link.object,
        instance: link.instance_id === null ? null : (names.get(link.instance_id) ?? null),
        priorLink: link.prior_link,
        content: link.content.toString('hex'),
        storedAt: link.stored_at,
      },
      isSealed && key ? key.key : null,
    );
    if (expected !== hash)
      return { problem: `link ${link.link} of the chain does not follow from the one before`, unproven: [] };
  }
  return {
    problem: null,
    unproven: [
      ...(unread > 0 ? [`${unread} links of the chain are sealed with a key that was not given`] : []),
      ...(unsealed > 0 ? [`${unsealed} links of the chain are not sealed with a key`] : []),
    ],
  };
}

function checkRows(db: Database.Database, kind: Chained): { problem: string | null; unproven: string[] } {
  const { table, key } = ROWS[kind];
  const rows = chainedTables(db)[kind];
  const linkOf = db.prepare<[number], { object: string; content: Buffer }>(
    'SELECT object, content FROM _chain WHERE link = ?',
  );
  let unlinked = 0;
  for (const rowKey of db.prepare<[], number>(`SELECT ${key} FROM ${table} ORDER BY ${key}`).pluck().iterate()) {
    const row = rows.byKey(rowKey);
    if (!row) continue;
    if (row.link === null) {
      unlinked += 1;
      continue;
    }
    const link = linkOf.get(row.link);
    const isSo = link?.object === row.object && link.content.toString('hex') === contentHash(row.salt, row.content);
    if (!isSo) return { problem: `${kind} ${row.object} is not what link ${row.link} of the chain says`, unproven: [] };
  }
  return { problem: null, unproven: unlinked > 0 ? [`${unlinked} rows (${kind}) are not linked in the chain`] : [] };
}
