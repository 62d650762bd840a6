import type Database from 'better-sqlite3';
import {
  BEFORE_FIRST,
  CHAIN_FORMAT,
  type Chained,
  type ChainedRow,
  type ChainKey,
  chainedTables,
  checkpointContent,
  contentHash,
  type LinkKind,
  linkHash,
  prunedContent,
  TABLE_OF,
} from '../store/index.ts';
import { isWellFormed } from './verify-bytes.ts';
import type { Break, Counts, LinkRow } from './verify-facts.ts';

/** Checks links one by one, in their order: number, hash, seal, and the row each is about. */
export function createLinkCheck(db: Database.Database, key: ChainKey | null) {
  const tables = chainedTables(db);
  const keyIds = new Map(
    db
      .prepare<[], { key_number: number; key_id: string }>('SELECT key_number, key_id FROM _chain_keys')
      .all()
      .map((row) => [row.key_number, row.key_id]),
  );
  const names = new Map(
    db
      .prepare<[], { instance_id: number; name: string }>('SELECT instance_id, name FROM _instances')
      .all()
      .map((row) => [row.instance_id, row.name]),
  );
  const kindOf = db.prepare<[number], string>('SELECT kind FROM _chain WHERE link = ?').pluck();
  const checkpoints = db
    .prepare<[], { link: number; through_link: number; through_hash: Buffer }>('SELECT * FROM _chain_checkpoint')
    .all();
  const checkpoint = checkpoints[0];
  const counts: Counts = {
    ...{ links: 0, erased: 0, pruned: 0, sealedFrom: null },
    ...{ rows: { event: 0, finding: 0, journal: 0 }, parts: { event: 0, finding: 0, journal: 0 } },
  };
  let previous = {
    number: checkpoint?.through_link ?? 0,
    hash: checkpoint?.through_hash.toString('hex') ?? BEFORE_FIRST,
  };
  let isCheckpointTold = checkpoint === undefined;

  function checkSeal(link: LinkRow): Break | null {
    if (link.sealed_by === null) {
      if (counts.sealedFrom === null) return null;
      return broken(
        'not sealed',
        link,
        'is not sealed with the key, though links before it are: it was put there by somebody without the key',
      );
    }
    const keyId = keyIds.get(link.sealed_by);
    if (key === null)
      return broken(
        'key missing',
        link,
        `is sealed with a key (${keyId ?? 'unknown'}): without OCTOWATCH_CHAIN_KEY nothing can be said about it and what follows`,
      );
    if (keyId !== key.id)
      return broken(
        'wrong key',
        link,
        `is sealed with another key (${keyId ?? 'unknown'}) than OCTOWATCH_CHAIN_KEY (${key.id})`,
      );
    counts.sealedFrom ??= { number: link.link, storedAt: link.stored_at };
    return null;
  }

  function checkLink(link: LinkRow): Break | null {
    const expected = previous.number + 1;
    if (link.link < expected) return broken('altered link', link, 'stands before the link with which the chain begins');
    if (link.link > expected) {
      const missing =
        link.link - 1 === expected
          ? `link ${expected} is missing`
          : `links ${expected} to ${link.link - 1} are missing`;
      return {
        problem: 'missing link',
        link: expected,
        object: null,
        what: `${missing} (the next one is of ${link.stored_at})`,
      };
    }
    if (link.format !== CHAIN_FORMAT || !Object.hasOwn(TABLE_OF, link.kind))
      return broken(
        'altered link',
        link,
        `has a form this version does not know (format ${link.format}, ${link.kind}): it was altered or written by a newer Octowatch`,
      );
    const unsealed = checkSeal(link);
    if (unsealed) return unsealed;
    const facts = {
      ...{ format: link.format, number: link.link, kind: link.kind, object: link.object, priorLink: link.prior_link },
      ...{ content: link.content.toString('hex'), storedAt: link.stored_at },
      instance: link.instance_id === null ? null : (names.get(link.instance_id) ?? null),
    };
    if (
      linkHash(previous.hash, facts, link.sealed_by === null ? null : (key?.key ?? null)) === link.hash.toString('hex')
    )
      return null;
    return broken(
      'altered link',
      link,
      'does not follow from the link before: one of the two was altered or put in another place, or the name of the instance was',
    );
  }

  function checkRow(link: LinkRow, table: Chained): Break | null {
    const row = tables[table].byObject(link.instance_id, link.object);
    const isCurrent = row?.link === link.link;
    if (link.pruned_by !== null && (link.pruned_by <= link.link || kindOf.get(link.pruned_by) !== 'pruned'))
      return broken('missing row', link, 'is said to be removed by retention, and no link says so');
    if (row && row.link !== null && row.link > link.link) return null;
    if (link.pruned_by !== null)
      return row ? broken('altered row', link, 'is there, though the chain says that retention removed it') : null;
    if (!row) return broken('missing row', link, 'is missing: it was deleted');
    if (!isCurrent)
      return broken(
        'older row',
        link,
        `says that link ${row.link ?? 'none'} is its last: an older state was put back, or its number was altered`,
      );
    return checkContent(link, table, row);
  }

  function checkContent(link: LinkRow, table: Chained, row: ChainedRow): Break | null {
    const isSame =
      row.instanceId === link.instance_id &&
      row.salt !== null &&
      contentHash(row.salt, row.content) === link.content.toString('hex');
    if (!isSame || !isWellFormed(db, table, row))
      return broken('altered row', link, 'is not what was stored: it, or its salt, was altered');
    counts.rows[table] += 1;
    counts.parts[table] += row.parts;
    if (link.kind === 'erased') counts.erased += 1;
    return null;
  }

  function checkOwn(link: LinkRow): Break | null {
    if (link.kind === 'pruned') {
      const marked = db.prepare('SELECT 1 FROM _chain WHERE pruned_by = ? LIMIT 1').get(link.link);
      // A list that a checkpoint has shortened stands in a later link, and nothing rests on this one.
      if (!marked || prunedContent(db, link.link) === link.content.toString('hex')) return null;
      return broken('missing row', link, 'lists other rows as removed by retention than are marked with it');
    }
    if (link.link !== checkpoint?.link) return null;
    isCheckpointTold =
      checkpointContent(checkpoint.through_link, checkpoint.through_hash.toString('hex')) ===
      link.content.toString('hex');
    return isCheckpointTold
      ? null
      : broken(
          'checkpoint',
          link,
          'tells of another beginning of the chain than it has: older links were altered or cut off',
        );
  }

  function broken(problem: Break['problem'], link: LinkRow, what: string): Break {
    const object = describe(link);
    const isAboutRow = problem.endsWith('row') && object !== null;
    return {
      problem,
      link: link.link,
      object,
      what: isAboutRow ? `${object} ${what}` : `link ${link.link}${object === null ? '' : ` (${object})`} ${what}`,
    };
  }

  function describe(link: LinkRow): string | null {
    const table = (TABLE_OF as Record<string, Chained | null>)[link.kind] ?? null;
    if (table === null) return null;
    const instance = link.instance_id === null ? null : (names.get(link.instance_id) ?? `instance ${link.instance_id}`);
    const noun = table === 'journal' ? 'journal entry' : table;
    return `${noun} ${link.object}${instance === null ? '' : ` of ${instance}`}`;
  }

  return {
    counts,
    start: {
      droppedThrough: previous.number,
      droppedHash: previous.hash,
      broken:
        checkpoints.length > 1
          ? ({
              problem: 'checkpoint',
              link: null,
              object: null,
              what: 'there is more than one checkpoint',
            } satisfies Break)
          : null,
    },
    /** The first thing that does not hold of a link; null when all does. */
    next(link: LinkRow): Break | null {
      const wrong = checkLink(link);
      if (wrong) return wrong;
      previous = { number: link.link, hash: link.hash.toString('hex') };
      counts.links += 1;
      if (link.pruned_by !== null) counts.pruned += 1;
      const table = TABLE_OF[link.kind as LinkKind];
      return table === null ? checkOwn(link) : checkRow(link, table);
    },
    /** What can only be told at the end. */
    finish(): Break | null {
      if (!isCheckpointTold)
        return {
          problem: 'checkpoint',
          link: null,
          object: null,
          what: `the chain begins at link ${(checkpoint?.through_link ?? 0) + 1}, and no link says that retention dropped those before`,
        };
      if (key !== null && counts.sealedFrom === null && counts.links > 0)
        return {
          problem: 'not sealed',
          link: null,
          object: null,
          what: 'no link is sealed with a key, though OCTOWATCH_CHAIN_KEY is set: the monitor has not run with it yet, or somebody without the key wrote the chain anew',
        };
      return null;
    },
  };
}
