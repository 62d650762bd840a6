import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { sampleRows } from '../../src/audit/index.ts';
import type { Cell } from '../../src/audit/query-protocol.ts';

const cell: fc.Arbitrary<Cell> = fc.oneof(
  fc.string({ unit: 'grapheme' }),
  fc.integer(),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.constant(null),
);
const rows = fc.array(fc.array(cell, { minLength: 1, maxLength: 3 }), { maxLength: 60 });
const sha256 = (data: string | Buffer) => createHash('sha256').update(data).digest();
const numbered = (count: number) => Array.from({ length: count }, (_, index) => [`Events-${index}`, index, null]);

describe('sampleRows', () => {
  // The values were computed by another program, in Python, from the description.
  it('draws the same on every machine: these rows, this count, this hash', async () => {
    const sample = await sampleRows(numbered(1000), { n: 5, seed: '2026-Q4' });

    expect(sample).toEqual({
      populationCount: 1000,
      populationSha256: '9f17d3aa1fe23625455c17623820bd964225de83e97fbacfbc46c5d0ce688f3b',
      seed: '2026-Q4',
      rows: [803, 599, 28, 746, 376].map((index) => [`Events-${index}`, index, null]),
    });
  });

  it('draws the same from the same rows in any order', async () => {
    const shuffled = rows.chain((all) =>
      fc.record({ all: fc.constant(all), other: fc.shuffledSubarray(all, { minLength: all.length }) }),
    );

    await fc.assert(
      fc.asyncProperty(shuffled, fc.nat(70), fc.string(), async ({ all, other }, n, seed) => {
        expect(await sampleRows(other, { n, seed })).toEqual(await sampleRows(all, { n, seed }));
      }),
      { numRuns: 200 },
    );
  });

  it('is what its description says, computed the slow way', async () => {
    await fc.assert(
      fc.asyncProperty(rows, fc.nat(70), fc.string(), async (all, n, seed) => {
        const digests = all.map((row) => sha256(JSON.stringify(row))).sort(Buffer.compare);
        const lots = all.map((row) => ({ row, lot: sha256(`${seed}\n${JSON.stringify(row)}`) }));
        const drawn = lots.sort((a, b) => Buffer.compare(a.lot, b.lot)).slice(0, n);

        const sample = await sampleRows(all, { n, seed });

        expect(sample.populationCount).toBe(all.length);
        expect(sample.populationSha256).toBe(sha256(Buffer.concat(digests)).toString('hex'));
        expect(sample.rows).toEqual(drawn.map(({ row }) => row));
      }),
      { numRuns: 200 },
    );
  });

  it('draws more rows after the same first ones when more are asked for', async () => {
    const small = await sampleRows(numbered(500), { n: 10, seed: 's' });
    const large = await sampleRows(numbered(500), { n: 40, seed: 's' });

    expect(large.rows.slice(0, 10)).toEqual(small.rows);
    expect(new Set(large.rows.map((row) => row[0])).size).toBe(40);
  });

  it('draws all rows when there are no more than asked for, and none of none', async () => {
    const all = await sampleRows(numbered(3), { n: 9, seed: 's' });
    const none = await sampleRows([], { n: 9, seed: 's' });

    expect(all.rows.toSorted()).toEqual(numbered(3));
    expect(none).toMatchObject({ populationCount: 0, populationSha256: sha256('').toString('hex'), rows: [] });
  });

  it('draws others with another seed, while the population stays', async () => {
    const one = await sampleRows(numbered(1000), { n: 20, seed: 'one' });
    const two = await sampleRows(numbered(1000), { n: 20, seed: 'two' });

    expect(two.populationSha256).toBe(one.populationSha256);
    expect(two.rows).not.toEqual(one.rows);
  });

  it.each([
    ['a cell changes', [['a', 1]], [['a', 2]]],
    ['text becomes a number', [['1']], [[1]]],
    ['text becomes NULL', [['null']], [[null]]],
    ['a cell moves into the one before', [['a', 'b']], [['a,b']]],
    ['a row is there twice', [['a']], [['a'], ['a']]],
    ['rows are joined', [['a'], ['b']], [['a', 'b']]],
  ])('gives another hash when %s', async (_what, before, after) => {
    const one = await sampleRows(before, { n: 1, seed: 's' });
    const two = await sampleRows(after, { n: 1, seed: 's' });

    expect(two.populationSha256).not.toBe(one.populationSha256);
  });

  it('draws each row about equally often', async () => {
    const drawn = new Map<Cell, number>();
    for (let seed = 0; seed < 400; seed++) {
      const sample = await sampleRows(numbered(20), { n: 5, seed: String(seed) });
      for (const [id] of sample.rows) drawn.set(id as Cell, (drawn.get(id as Cell) ?? 0) + 1);
    }

    // 100 of 400 are expected; the seeds are fixed, so this cannot fail by chance.
    expect([...drawn.values()].filter((times) => times < 70 || times > 130)).toEqual([]);
    expect(drawn.size).toBe(20);
  });

  it('takes rows as they come, from a stream too', async () => {
    async function* stream() {
      for (const row of numbered(300)) yield await Promise.resolve(row);
    }

    expect(await sampleRows(stream(), { n: 7, seed: 's' })).toEqual(
      await sampleRows(numbered(300), { n: 7, seed: 's' }),
    );
  });
});
