import { toInstant } from '../lib/clock.ts';
import { UsageError } from '../lib/errors.ts';
import { type Chained, chainedTables, contentHash } from './chain-content.ts';
import { BEFORE_FIRST, CHAIN_FORMAT, chainKey, type LinkKind, linkHash, TABLE_OF } from './chain-link.ts';
import { type Db, immediate } from './database.ts';
import { saltSource } from './salts.ts';

type Pending = {
  readonly number: number;
  readonly kind: LinkKind;
  readonly key: number;
  /** The row was inserted with its link and salt; else both are set when the link is appended. */
  readonly isPlaced: boolean;
  /** What is known already: a link about the chain itself has no row, and to read one back costs more than to write it. */
  known: Known | null;
};

type Known = { readonly object: string; readonly instanceId: number | null; readonly content: string };

/** A row about to be inserted: its link and salt go into it, and `describe` tells what it is without reading it back. */
type Insertion = {
  write(link: number | null, salt: Buffer | null): number;
  /** Null where the row must be read back. */
  describe?(key: number): { readonly object: string; readonly instanceId: number; readonly content: string } | null;
};

type Head = { number: number; hash: string };

export type Chain = ReturnType<typeof createChain>;

/**
 * The append-only chain of what is stored. Links are numbered when a row is written and appended at the end of the same
 * transaction, from the rows as they are then: an object that is written several times in a transaction gets one link.
 * What lives in memory only is no evidence and has no chain.
 */
export function createChain(db: Db, options: { secret: string | null; now: () => number }) {
  const isKept = !db.memory;
  const key = options.secret === null ? null : chainKey(options.secret);
  const tables = chainedTables(db);
  const last = db.prepare<[], { link: number; hash: Buffer; sealed_by: number | null }>(
    'SELECT link, hash, sealed_by FROM _chain ORDER BY link DESC LIMIT 1',
  );
  const checkpoint = db.prepare<[], { through_link: number; through_hash: Buffer }>(
    'SELECT through_link, through_hash FROM _chain_checkpoint',
  );
  const insert = db.prepare(
    `INSERT INTO _chain (link, format, sealed_by, kind, object, instance_id, prior_link, content, stored_at, hash)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  );
  const keyById = db.prepare<[string], number>('SELECT key_number FROM _chain_keys WHERE key_id = ?').pluck();
  const insertKey = db.prepare('INSERT INTO _chain_keys (key_id, first_link) VALUES (?, ?)');
  const nameOf = db.prepare<[number], string>('SELECT name FROM _instances WHERE instance_id = ?').pluck();
  const names = new Map<number, string>();
  const takeSalt = saltSource();

  let depth = 0;
  let head: Head | null = null;
  let keyNumber: number | null = null;
  let pending: Pending[] = [];
  /** What already has a link in this transaction, by table and key. */
  const touched: Record<Chained, Map<number, Pending>> = { event: new Map(), finding: new Map(), journal: new Map() };

  /** The head as this transaction found it; whoever cannot seal what follows may not append. */
  function openHead(): Head {
    if (head) return head;
    const row = last.get();
    const start = row ? undefined : checkpoint.get();
    keyNumber = key === null ? null : (keyById.get(key.id) ?? null);
    if (row && row.sealed_by !== null && row.sealed_by !== keyNumber) refuseKey(key !== null);
    head = row
      ? { number: row.link, hash: row.hash.toString('hex') }
      : { number: start?.through_link ?? 0, hash: start?.through_hash.toString('hex') ?? BEFORE_FIRST };
    if (key !== null && keyNumber === null) {
      keyNumber = Number(insertKey.run(key.id, head.number + 1).lastInsertRowid);
    }
    return head;
  }

  function reserve(kind: LinkKind, rowKey: number, isPlaced: boolean, known: Known | null): number {
    const number = openHead().number + pending.length + 1;
    const one: Pending = { number, kind, key: rowKey, isPlaced, known };
    pending.push(one);
    const table = TABLE_OF[kind];
    if (table !== null) touched[table].set(rowKey, one);
    return number;
  }

  function forget(): void {
    head = null;
    pending = [];
    for (const keys of Object.values(touched)) keys.clear();
  }

  function forgetFrom(length: number): void {
    for (const { kind, key: rowKey } of pending.slice(length)) {
      const table = TABLE_OF[kind];
      if (table) touched[table].delete(rowKey);
    }
    pending = pending.slice(0, length);
  }

  function append(): void {
    if (pending.length === 0) return;
    const storedAt = toInstant(options.now());
    let { hash } = openHead();
    for (const one of pending) {
      const { number, kind } = one;
      const { object, instanceId, prior, content } = one.known ? { ...one.known, prior: null } : readBack(one);
      hash = linkHash(
        hash,
        {
          format: CHAIN_FORMAT,
          number,
          kind,
          object,
          instance: instanceName(instanceId),
          priorLink: prior,
          content,
          storedAt,
        },
        key?.key ?? null,
      );
      insert.run(
        number,
        CHAIN_FORMAT,
        keyNumber,
        kind,
        object,
        instanceId,
        prior,
        Buffer.from(content, 'hex'),
        storedAt,
        Buffer.from(hash, 'hex'),
      );
    }
    forget();
  }

  function readBack({ number, kind, key: rowKey, isPlaced }: Pending): Known & { prior: number | null } {
    const table = tables[TABLE_OF[kind] as Chained];
    const row = table.byKey(rowKey);
    if (!row) throw new Error(`${kind} ${rowKey} was written and is not there`);
    const salt = isPlaced && row.salt ? row.salt : takeSalt();
    if (!isPlaced) table.place(rowKey, number, salt);
    const { object, instanceId } = row;
    return { object, instanceId, prior: isPlaced ? null : row.link, content: contentHash(salt, row.content) };
  }

  function instanceName(instanceId: number | null): string | null {
    if (instanceId === null) return null;
    const known = names.get(instanceId) ?? nameOf.get(instanceId);
    if (known !== undefined) names.set(instanceId, known);
    return known ?? null;
  }

  /** `BEGIN IMMEDIATE` … `COMMIT` with the links of what `work` wrote; within another one, part of that. */
  function transaction<T>(work: () => T): T {
    if (!isKept) return immediate(db, work);
    const length = pending.length;
    depth += 1;
    try {
      return immediate(db, () => {
        const result = work();
        if (depth === 1) append();
        return result;
      });
    } catch (error) {
      forgetFrom(length);
      throw error;
    } finally {
      depth -= 1;
      if (depth === 0) forget();
    }
  }

  /** Runs `write` in the transaction under way, or in one of its own. */
  function within<T>(write: () => T): T {
    return depth > 0 || !isKept ? write() : transaction(write);
  }

  return {
    transaction,
    within,
    /** The rows of the chain's tables as they are now. */
    tables,
    /** Inserts a row that carries its link and salt, and returns its key. */
    inserted(kind: 'event' | 'journal', { write, describe }: Insertion): number {
      if (!isKept) return write(null, null);
      return within(() => {
        const salt = takeSalt();
        const rowKey = write(openHead().number + pending.length + 1, salt);
        const row = describe?.(rowKey) ?? null;
        reserve(kind, rowKey, true, row && { ...row, content: contentHash(salt, row.content) });
        return rowKey;
      });
    },
    /** Runs a write that changes a row, or what belongs to it. */
    changed<T>(kind: Exclude<LinkKind, 'pruned' | 'checkpoint'>, rowKey: number, write: () => T): T {
      if (!isKept) return write();
      return within(() => {
        const result = write();
        const one = touched[TABLE_OF[kind] as Chained].get(rowKey);
        if (one) one.known = null;
        else reserve(kind, rowKey, false, null);
        return result;
      });
    },
    /** Appends a link about the chain itself and returns its number. Call inside a transaction. */
    appendOwn: (kind: 'pruned' | 'checkpoint', describe: (link: number) => { object: string; content: string }) =>
      reserve(kind, 0, false, { ...describe(openHead().number + pending.length + 1), instanceId: null }),
    /** Throws OctowatchError, with what to do, when the key is not the one the chain is sealed with. */
    assertKey(): void {
      const sealedBy = last.get()?.sealed_by ?? null;
      if (sealedBy !== null && (key === null || keyById.get(key.id) !== sealedBy)) refuseKey(key !== null);
    },
  };
}

/** The last link as `number:hash`, to be kept outside of the database; null while there is none. */
export function chainHead(store: { readonly db: Db }, storedUntilAt = '9999'): string | null {
  const row = store.db
    .prepare<[string], { link: number; hash: Buffer }>(
      'SELECT link, hash FROM _chain WHERE stored_at <= ? ORDER BY link DESC LIMIT 1',
    )
    .get(storedUntilAt);
  return row ? `${row.link}:${row.hash.toString('hex')}` : null;
}

function refuseKey(isGiven: boolean): never {
  throw new UsageError(
    isGiven
      ? 'OCTOWATCH_CHAIN_KEY is not the key that the chain of this database is sealed with; nothing was written'
      : 'the chain of this database is sealed with a key and OCTOWATCH_CHAIN_KEY is not set; nothing was written',
    { hint: 'Set OCTOWATCH_CHAIN_KEY (or OCTOWATCH_CHAIN_KEY_FILE) to the key that the monitor runs with.' },
  );
}
