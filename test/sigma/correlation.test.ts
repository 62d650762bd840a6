import Database from 'better-sqlite3';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  CORRELATION_COLUMNS,
  CORRELATION_INDEX,
  type CompiledCorrelation,
  type CorrelationRow,
  correlationSql,
  groupKeyOf,
  groupValues,
} from '../../src/sigma/index.ts';
import { ruleSetOf, ruleText } from './build.ts';

type Event = { readonly ref: string; readonly atMs: number };

const SPAN_MS = 10_000;

function correlationOf(condition: string, extra = ''): CompiledCorrelation {
  const base = ruleText('s: {A: x}\ncondition: s', 'title: R\nname: base');
  const section = `type: event_count, rules: [base], group-by: [G, H], timespan: 10s, condition: ${condition}${extra}`;
  const [correlation] = ruleSetOf(`${base}---\ntitle: C\nname: burst\ncorrelation: {${section}}\n`).correlations;
  if (!correlation) throw new Error('there is no correlation');
  return correlation;
}

function openRelation(): Database.Database {
  const database = new Database(':memory:');
  const columns = Object.entries(CORRELATION_COLUMNS).map(([name, meaning]) => {
    const type = meaning.split(':')[0];
    return type === 'any' ? name : `${name} ${type}`;
  });
  database.exec(`CREATE TABLE rel (${columns.join(', ')})`);
  database.exec(`CREATE INDEX rel_groups ON rel (${CORRELATION_INDEX.join(', ')})`);
  return database;
}

/** Stores events in order of arrival and evaluates the correlation from `fromMs` on. */
function evaluate(correlation: CompiledCorrelation, events: readonly Event[], fromMs: number): CorrelationRow[] {
  const database = openRelation();
  const insert = database.prepare('INSERT INTO rel VALUES (?, ?, ?, ?, ?, ?, ?, ?)');
  for (const [seq, { ref, atMs }] of events.entries()) {
    insert.run('main', 'burst', '["g"]', atMs, seq, 'base', ref, null);
    // Neighbours that must not be counted: another instance, another correlation, another group.
    insert.run('other', 'burst', '["g"]', atMs, seq, 'base', ref, null);
    insert.run('main', 'other', '["g"]', atMs, seq, 'base', ref, null);
    insert.run('main', 'burst', '["h"]', atMs, seq, 'base', ref, null);
  }
  const rows = database
    .prepare<unknown[], CorrelationRow>(correlationSql(correlation, 'rel'))
    .all({ scope: 'main', correlation: 'burst', group_key: '["g"]', from_ms: fromMs });
  database.close();
  return rows;
}

/** The same by walking: for each event in order, count those no more than the timespan before it. */
function walk(holdsFor: (count: number) => boolean, events: readonly Event[], fromMs: number): CorrelationRow[] {
  const firsts = events
    .map((event, seq) => ({ ...event, seq }))
    .filter((event) => events.findIndex((other) => other.ref === event.ref && other.atMs === event.atMs) === event.seq)
    .sort((a, b) => a.atMs - b.atMs || (a.ref < b.ref ? -1 : 1));
  let held = false;
  const rows = firsts.map((event, index): CorrelationRow => {
    const count = firsts.slice(0, index + 1).filter((other) => other.atMs >= event.atMs - SPAN_MS).length;
    const holds = holdsFor(count);
    const starts = holds && !held;
    held = holds;
    const { atMs: at_ms, seq, ref } = event;
    return { at_ms, seq, ref, window_count: count, holds: holds ? 1 : 0, starts: starts ? 1 : 0 };
  });
  return rows.filter((row) => row.at_ms >= fromMs);
}

const CONDITIONS: readonly (readonly [string, (count: number) => boolean])[] = [
  ['{gte: 3}', (count) => count >= 3],
  ['{gt: 2}', (count) => count > 2],
  ['{lt: 2}', (count) => count < 2],
  ['{lte: 2}', (count) => count <= 2],
  ['{eq: 3}', (count) => count === 3],
  ['{neq: 2}', (count) => count !== 2],
  ['{gte: 2, lt: 4}', (count) => count >= 2 && count < 4],
];

const event = fc.record({
  ref: fc.integer({ min: 0, max: 9 }).map((number) => `e${number}`),
  atMs: fc.integer({ min: 0, max: 16 }).map((step) => step * 2_500),
});
/** An event has one time: duplicates repeat it. */
const events = fc.array(event, { maxLength: 14 }).map((list) => {
  const times = new Map(list.map(({ ref, atMs }) => [ref, atMs]));
  return list.map(({ ref }) => ({ ref, atMs: times.get(ref) ?? 0 }));
});
const hitsOf = (rows: readonly CorrelationRow[]): number[] =>
  rows.filter((row) => row.starts === 1).map((row) => row.at_ms);

const eventsHit = (rows: readonly CorrelationRow[]): unknown[] =>
  rows.filter((row) => row.starts === 1).map(({ at_ms, ref }) => [at_ms, ref]);

describe('event_count', () => {
  it('hits at the event that completes the count, and not again while it goes on', () => {
    const arrivals = [0, 1_000, 2_000, 3_000].map((atMs, index) => ({ ref: `e${index}`, atMs }));

    const rows = evaluate(correlationOf('{gte: 3}'), arrivals, 0);

    expect(rows.map(({ window_count, holds, starts }) => [window_count, holds, starts])).toEqual([
      [1, 0, 0],
      [2, 0, 0],
      [3, 1, 1],
      [4, 1, 0],
    ]);
  });

  it('counts an event exactly one timespan back, and none a millisecond further', () => {
    const inside = evaluate(
      correlationOf('{gte: 2}'),
      [
        { ref: 'a', atMs: 0 },
        { ref: 'b', atMs: SPAN_MS },
      ],
      0,
    );
    const outside = evaluate(
      correlationOf('{gte: 2}'),
      [
        { ref: 'a', atMs: 0 },
        { ref: 'b', atMs: SPAN_MS + 1 },
      ],
      0,
    );

    expect(hitsOf(inside)).toEqual([SPAN_MS]);
    expect(hitsOf(outside)).toEqual([]);
  });

  it.each(CONDITIONS)('agrees with a walk over the events for %s, from any instant on', (condition, holdsFor) => {
    const correlation = correlationOf(condition);

    fc.assert(
      fc.property(events, fc.integer({ min: -1, max: 42_000 }), (arrivals, fromMs) => {
        expect(evaluate(correlation, arrivals, fromMs)).toEqual(walk(holdsFor, arrivals, fromMs));
      }),
      { numRuns: 150 },
    );
  });

  it('hits at the same events however they arrive, and however often', () => {
    const arrangement = events.chain((list) =>
      fc.record({
        list: fc.constant(list),
        shuffled: fc.shuffledSubarray([...list, ...list], { minLength: list.length * 2, maxLength: list.length * 2 }),
        condition: fc.constantFrom(...CONDITIONS.map(([condition]) => condition)),
      }),
    );

    fc.assert(
      fc.property(arrangement, ({ list, shuffled, condition }) => {
        const correlation = correlationOf(condition);

        expect(eventsHit(evaluate(correlation, shuffled, 0))).toEqual(eventsHit(evaluate(correlation, list, 0)));
      }),
      { numRuns: 300 },
    );
  });

  it('reads the relation through its index only', () => {
    const database = openRelation();
    const parameters = { scope: 's', correlation: 'c', group_key: 'g', from_ms: 0 };

    const plan = database
      .prepare<unknown[], { detail: string }>(`EXPLAIN QUERY PLAN ${correlationSql(correlationOf('{gte: 3}'), 'rel')}`)
      .all(parameters)
      .map((row) => row.detail)
      .filter((detail) => / rel\b/.test(detail));

    expect(plan.length).toBeGreaterThanOrEqual(2);
    for (const detail of plan)
      expect(detail).toMatch(
        /^SEARCH rel USING (?:COVERING )?INDEX rel_groups \(scope=\? AND correlation=\? AND group_key=\? AND at_ms[<>]\?\)$/,
      );
  });

  it('refuses a table name that could carry SQL', () => {
    expect(() => correlationSql(correlationOf('{gte: 3}'), 'rel"; DROP TABLE rel; --')).toThrow('table name');
  });
});

describe('groups', () => {
  it('keep exact values, and put events without the field in a group of their own', () => {
    const correlation = correlationOf('{gte: 3}');
    const records = [{ G: 'a', H: 1 }, { G: 'A', H: '1' }, { G: null }, {}, { G: ['x', 'y'], H: false }];

    const keys = records.map((record) => groupKeyOf(correlation, 'base', record));

    expect(keys).toEqual(['["a",1]', '["A","1"]', '[null,null]', '[null,null]', '[["x","y"],false]']);
    expect(groupValues('["a",1]')).toEqual(['a', 1]);
  });

  it('follow the aliases of each rule, by name or by id', () => {
    const first = ruleText('s: {A: x}\ncondition: s', 'title: R\nname: first');
    const second = ruleText('s: {A: y}\ncondition: s', 'title: S\nid: 0d0e1f7a-0000-4000-8000-000000000001');
    const id = '0d0e1f7a-0000-4000-8000-000000000001';
    const section = `{type: event_count, rules: [first, ${id}], group-by: [who, Place], timespan: 1h, condition: {gte: 2}, aliases: {who: {first: User, ${id}: Actor.Name}}}`;
    const { correlations } = ruleSetOf(`${first}---\n${second}---\ntitle: C\ncorrelation: ${section}\n`);
    const [correlation] = correlations;
    const record = { User: 'u', Actor: { Name: 'n' }, Place: 'p' };

    const keys = correlation?.rules.map((rule) => groupKeyOf(correlation, rule.key, record));

    expect(keys).toEqual(['["u","p"]', '["n","p"]']);
  });
});
