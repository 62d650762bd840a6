import { createHash, hash } from 'node:crypto';
import type { Cell } from './query-protocol.ts';

type Row = readonly Cell[];

/** A sample and what it was drawn from, so that somebody else can draw it again. */
export type Sample = {
  /** How many rows the query has. */
  readonly populationCount: number;
  /** SHA-256 over the population in hexadecimal, whatever the order in which its rows came. */
  readonly populationSha256: string;
  readonly seed: string;
  /** In the order of the draw: a larger sample with the same seed begins with the smaller one. */
  readonly rows: readonly Row[];
};

const DIGEST_BYTES = 32;

/**
 * Draws `n` of the rows by chance that is the same on every machine: the lot of a row is SHA-256 over the seed, a line feed
 * and the canonical row, and the `n` smallest lots are drawn. All rows are drawn when there are no more than `n`. Neither
 * the order in which rows come nor the version of SQLite plays a part. Rows that are equal in every cell have equal lots.
 *
 * A canonical row is the JSON array of its cells without white space, as ECMAScript writes it (`["Events-1",7,null]`), in
 * UTF-8. The hash of the population is SHA-256 over the SHA-256 of every canonical row, as bytes, in ascending order.
 * Rows stream through: what stays in memory is the sample and 32 bytes for each row.
 */
export async function sampleRows(
  rows: Iterable<Row> | AsyncIterable<Row>,
  options: { readonly n: number; readonly seed: string },
): Promise<Sample> {
  const { n, seed } = options;
  const population = createPopulation();
  const drawn = createDraw(n);
  for await (const row of rows) {
    const canonical = canonicalRow(row);
    population.add(hash('sha256', canonical, 'buffer'));
    drawn.offer(hash('sha256', `${seed}\n${canonical}`, 'hex'), row);
  }
  return {
    populationCount: population.count(),
    populationSha256: population.sha256(),
    seed,
    rows: drawn.rows(),
  };
}

/** The one text of a row that is hashed. */
function canonicalRow(row: Row): string {
  return JSON.stringify(row);
}

/** Digests by their first byte, packed: a million small buffers would cost several times their bytes, and sort slowly. */
function createPopulation() {
  const groups = Array.from({ length: 256 }, () => ({ digests: Buffer.alloc(0), bytes: 0 }));
  let total = 0;
  return {
    count: () => total,
    add(digest: Buffer) {
      const group = groups[digest.readUInt8()] as (typeof groups)[number];
      if (group.bytes === group.digests.length) {
        const grown = Buffer.alloc(Math.max(16 * DIGEST_BYTES, group.bytes * 2));
        group.digests.copy(grown);
        group.digests = grown;
      }
      group.bytes += digest.copy(group.digests, group.bytes);
      total += 1;
    },
    sha256(): string {
      const sum = createHash('sha256');
      for (const { digests, bytes } of groups) {
        const members: Buffer[] = [];
        for (let at = 0; at < bytes; at += DIGEST_BYTES) members.push(digests.subarray(at, at + DIGEST_BYTES));
        for (const member of members.sort(Buffer.compare)) sum.update(member);
      }
      return sum.digest('hex');
    },
  };
}

type Lot = { readonly key: string; readonly row: Row };

/** Keeps the `n` smallest lots in a heap whose root is the greatest of them: the one the next smaller lot replaces. */
function createDraw(n: number) {
  const heap: Lot[] = [];
  const swap = (a: number, b: number) => {
    [heap[a], heap[b]] = [heap[b] as Lot, heap[a] as Lot];
  };
  const isGreater = (a: number, b: number) => (heap[a] as Lot).key > (heap[b] as Lot).key;
  return {
    offer(key: string, row: Row) {
      if (heap.length < n) {
        heap.push({ key, row });
        for (let at = heap.length - 1; at > 0; ) {
          const parent = (at - 1) >> 1;
          if (!isGreater(at, parent)) break;
          swap(at, parent);
          at = parent;
        }
      } else if (heap[0] && key < heap[0].key) {
        heap[0] = { key, row };
        for (let at = 0; ; ) {
          let child = 2 * at + 1;
          if (child + 1 < heap.length && isGreater(child + 1, child)) child += 1;
          if (child >= heap.length || !isGreater(child, at)) break;
          swap(at, child);
          at = child;
        }
      }
    },
    rows: () => heap.toSorted((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0)).map((lot) => lot.row),
  };
}
