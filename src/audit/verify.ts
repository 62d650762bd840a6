import { setImmediate as nextTurn } from 'node:timers/promises';
import type Database from 'better-sqlite3';
import { OctowatchError, UsageError } from '../lib/errors.ts';
import { type Chained, chainKey } from '../store/index.ts';
import { openReadOnly } from './database-file.ts';
import type { Break, LinkRow } from './verify-facts.ts';
import { createLinkCheck } from './verify-links.ts';
import { findUnlinked } from './verify-rows.ts';
import { findForeignSchema } from './verify-schema.ts';

/** Links read at once. */
const PAGE = 1000;

export type Verification = {
  /** What is wrong first, in the order of the chain; null when everything holds. */
  readonly broken: Break | null;
  readonly links: number;
  /** Rows that equal their last link. */
  readonly rows: Readonly<Record<Chained, number>>;
  readonly erased: number;
  /** Links of rows that retention removed. */
  readonly pruned: number;
  readonly head: { readonly number: number; readonly hash: string; readonly storedAt: string } | null;
  /** All links up to this one were dropped by retention. */
  readonly droppedThrough: number;
  /** The first link that is sealed with the key; null when none is. */
  readonly sealedFrom: { readonly number: number; readonly storedAt: string } | null;
  readonly keyId: string | null;
  /** The link that has the head that was asked for. */
  readonly found: { readonly number: number; readonly storedAt: string | null } | null;
};

/**
 * Recomputes the whole chain of a database and compares every stored row with its last link, as of one moment and in little
 * memory. Stops at what is wrong first. Throws OctowatchError when there is no database or it has no chain, UsageError when
 * `head` is none.
 */
export async function verifyChain(options: {
  readonly dbFile: string;
  /** OCTOWATCH_CHAIN_KEY; null for a chain that is not sealed. */
  readonly secret: string | null;
  /** A head that was kept elsewhere, `hash` or `number:hash`. */
  readonly head?: string | undefined;
  readonly onProgress?: (links: number, ofLinks: number) => void;
}): Promise<Verification> {
  const wanted = options.head === undefined ? null : parseHead(options.head);
  const db = openReadOnly(options.dbFile);
  try {
    if (!db.prepare("SELECT 1 FROM sqlite_schema WHERE name = '_chain'").get()) {
      throw new OctowatchError(`${options.dbFile} has no chain: it was made before there was one`, {
        hint: 'Start this version of octowatch on it once (`octowatch run --once`).',
      });
    }
    // One moment: what is stored meanwhile is not looked at, and nobody is held up.
    db.exec('BEGIN');
    return await walk(db, options.secret, wanted, options.onProgress ?? (() => undefined));
  } finally {
    db.close();
  }
}

type Wanted = { readonly number: number | null; readonly hash: string };

async function walk(
  db: Database.Database,
  secret: string | null,
  wanted: Wanted | null,
  onProgress: (links: number, ofLinks: number) => void,
): Promise<Verification> {
  const key = secret === null ? null : chainKey(secret);
  const check = createLinkCheck(db, key);
  const page = db.prepare<[number, number], LinkRow>(
    `SELECT link, format, sealed_by, kind, object, instance_id, prior_link, content, stored_at, hash, pruned_by
     FROM _chain WHERE link > ? ORDER BY link LIMIT ?`,
  );
  const last = db.prepare<[], number | null>('SELECT max(link) FROM _chain').pluck().get() ?? 0;
  const { droppedThrough, droppedHash } = check.start;
  let head: Verification['head'] = null;
  let found: Verification['found'] =
    wanted && droppedThrough > 0 && wanted.hash === droppedHash ? { number: droppedThrough, storedAt: null } : null;
  let broken: Break | null = check.start.broken;
  let after = Number.MIN_SAFE_INTEGER;
  while (!broken) {
    const links = page.all(after, PAGE);
    if (links.length === 0) break;
    for (const link of links) {
      broken = check.next(link);
      if (broken) break;
      after = link.link;
      head = { number: link.link, hash: link.hash.toString('hex'), storedAt: link.stored_at };
      if (wanted?.hash === head.hash) found = { number: link.link, storedAt: link.stored_at };
    }
    onProgress(check.counts.links, last - droppedThrough);
    await nextTurn();
  }
  broken ??= findUnlinked(db, check.counts, last) ?? check.finish() ?? findForeignSchema(db);
  if (wanted && wanted.number !== null && found && found.number !== wanted.number) found = null;
  if (!broken && wanted && !found)
    broken = { problem: 'head', link: null, object: null, what: lostHead(wanted, head, droppedThrough) };
  const { links, rows, erased, pruned, sealedFrom } = check.counts;
  return { broken, links, rows, erased, pruned, head, droppedThrough, sealedFrom, keyId: key?.id ?? null, found };
}

function lostHead(wanted: Wanted, head: Verification['head'], droppedThrough: number): string {
  const number = wanted.number;
  if (number !== null && number <= droppedThrough) {
    return `the head given is link ${number}, and retention has dropped all links up to ${droppedThrough}: it can no longer be checked`;
  }
  if (number !== null && number > (head?.number ?? 0)) {
    return `the head given is link ${number}, and the chain ends at link ${head?.number ?? 0}: its end was cut off, with everything that was stored after`;
  }
  const dropped =
    droppedThrough > 0
      ? ` (or it is older than link ${droppedThrough + 1}, with which the chain begins since retention)`
      : '';
  return `the head given is no link of this chain: its end was cut off or it was rewritten since${dropped}`;
}

function parseHead(text: string): Wanted {
  const match = /^(?:(\d{1,15}):)?([0-9a-f]{64})$/i.exec(text.trim());
  if (!match?.[2]) {
    throw new UsageError(`"${text}" is no head of a chain`, {
      hint: 'A head is 64 hexadecimal digits, with or without the number and the colon that stand before them.',
    });
  }
  return { number: match[1] === undefined ? null : Number(match[1]), hash: match[2].toLowerCase() };
}
