import { describe, expect, it } from 'vitest';
import {
  type CorrelationRow,
  correlationInput,
  correlationSql,
  groupValues,
  recordOfHit,
} from '../../src/sigma/index.ts';
import { mistakesOf, ruleSetOf, ruleText } from './build.ts';
import type { Entry } from './correlation-walk.ts';
import { correlationOf, evaluate, hasEnough, openRelation, SPAN_MS } from './relation.ts';

const hitsOf = (rows: readonly CorrelationRow[]): number[] =>
  rows.filter((row) => row.starts === 1).map((row) => row.at_ms);
const at = (atMs: number, rule: string, value: Entry['value'] = null): Entry => ({
  ref: `e${atMs}`,
  atMs,
  rule,
  value,
});
const conditionFor = (type: string): string => (type.startsWith('value_') ? '{gte: 3, field: V}' : '{gte: 2}');

describe('a window', () => {
  it('hits at the event that completes the count, and not again while it goes on', () => {
    const rows = evaluate(
      correlationOf('event_count', ['a'], '{gte: 3}'),
      [0, 1, 2, 3].map((ms) => at(ms, 'a')),
      0,
    );

    expect(rows.map(({ window_count, observed, holds, starts }) => [window_count, observed, holds, starts])).toEqual([
      [1, 1, 0, 0],
      [2, 2, 0, 0],
      [3, 3, 1, 1],
      [4, 4, 1, 0],
    ]);
  });

  it('holds an event exactly one timespan back, and none a millisecond further', () => {
    const correlation = correlationOf('event_count', ['a'], '{gte: 2}');

    expect(hitsOf(evaluate(correlation, [at(0, 'a'), at(SPAN_MS, 'a')], 0))).toEqual([SPAN_MS]);
    expect(hitsOf(evaluate(correlation, [at(0, 'a'), at(SPAN_MS + 1, 'a')], 0))).toEqual([]);
  });

  it('is the same for a value that comes again and again: it counts once, and as long as its last event is inside', () => {
    const correlation = correlationOf('value_count', ['a'], '{gte: 2, field: V}');
    const entries = [at(0, 'a', '["x"]'), at(9_000, 'a', '["x"]'), at(18_000, 'a', '["y"]'), at(30_000, 'a', '["z"]')];

    expect(evaluate(correlation, entries, 0).map((row) => row.observed)).toEqual([1, 1, 2, 1]);
  });
});

describe('an order', () => {
  it('is complete when both rules stand at one instant, whichever came first', () => {
    const correlation = correlationOf('temporal_ordered', ['a', 'b'], null);
    const together = [
      { ref: 'e1', atMs: 5, rule: 'b', value: null },
      { ref: 'e2', atMs: 5, rule: 'a', value: null },
    ];

    expect(evaluate(correlation, together, 0).map((row) => row.starts)).toEqual([0, 1]);
  });

  it('is not complete the other way round', () => {
    const correlation = correlationOf('temporal_ordered', ['a', 'b'], '{gte: 2}');

    expect(hitsOf(evaluate(correlation, [at(1, 'b'), at(2, 'a')], 0))).toEqual([]);
    expect(hitsOf(evaluate(correlation, [at(1, 'b'), at(2, 'a'), at(3, 'b')], 0))).toEqual([3]);
  });

  it('may be of a hundred rules', () => {
    const rules = Array.from({ length: 100 }, (_, index) => `r${index}`);
    const correlation = correlationOf('temporal_ordered', rules, null);

    expect(
      hitsOf(
        evaluate(
          correlation,
          rules.map((rule, index) => at(index, rule)),
          0,
        ),
      ),
    ).toEqual([99]);
  });

  it('takes rules whose names hold quotation marks', () => {
    const correlation = correlationOf('temporal', ["it's", 'b'], "b and not it's");

    expect(hitsOf(evaluate(correlation, [at(1, 'b')], 0))).toEqual([1]);
  });
});

describe('the SQL', () => {
  it.each(['event_count', 'value_count', 'temporal', 'temporal_ordered', 'value_sum', 'value_percentile'])(
    'of %s reads the relation through its index only',
    (type) => {
      const correlation = correlationOf(type, ['a', 'b'], conditionFor(type));
      const parameters = { scope: 's', correlation: 'c', group_key: 'g', from_ms: 0 };

      const plan = openRelation()
        .prepare<unknown[], { detail: string }>(`EXPLAIN QUERY PLAN ${correlationSql(correlation, 'rel')}`)
        .all(parameters)
        .map((row) => row.detail)
        .filter((detail) => / rel\b/.test(detail));

      expect(plan.length).toBeGreaterThanOrEqual(2);
      for (const detail of plan)
        expect(detail).toMatch(
          /^SEARCH rel USING (?:COVERING )?INDEX rel_groups \(scope=\? AND correlation=\? AND group_key=\? AND at_ms[<>]\?\)$/,
        );
    },
  );

  it('is refused for a table name that could carry SQL', () => {
    const correlation = correlationOf('event_count', ['a'], '{gte: 3}');

    expect(() => correlationSql(correlation, 'rel"; DROP TABLE rel; --')).toThrow('table name');
  });
});

describe('whether a group is worth correlating', () => {
  const span = [0, 1, 2].map((ms) => at(ms, 'a'));

  it.each([
    ['event_count', ['a'], '{gte: 3}', true],
    ['event_count', ['a'], '{gt: 3}', false],
    ['event_count', ['a'], '{lt: 9}', true],
    ['value_count', ['a'], '{gte: 4, field: V}', false],
    ['value_sum', ['a'], '{gte: 4, field: V}', true],
    ['temporal', ['a', 'b'], null, false],
    ['temporal', ['a', 'b'], 'a and not b', true],
    ['temporal_ordered', ['a', 'b'], null, false],
    ['temporal_ordered', ['a'], null, true],
  ] as const)('%s of %j with the condition %s and three events of one rule: %s', (type, rules, condition, expected) => {
    expect(hasEnough(correlationOf(type, rules, condition), span, 0)).toBe(expected);
  });

  it('is decided by the events from one timespan before the instant on', () => {
    const correlation = correlationOf('event_count', ['a'], '{gte: 3}');

    expect(hasEnough(correlation, span, SPAN_MS)).toBe(true);
    expect(hasEnough(correlation, span, SPAN_MS + 1)).toBe(false);
  });
});

describe('groups and values', () => {
  it('keep exact values, and put events without the field in a group of their own', () => {
    const correlation = correlationOf('event_count', ['a'], '{gte: 3}');
    const records = [{ G: 'a', H: 1 }, { G: 'A', H: '1' }, { G: null }, {}, { G: ['x', 'y'], H: false }];

    const keys = records.map((record) => correlationInput(correlation, 'a', record).groupKey);

    expect(keys).toEqual(['["a",1]', '["A","1"]', '[null,null]', '[null,null]', '[["x","y"],false]']);
    expect(groupValues('["a",1]')).toEqual(['a', 1]);
  });

  it('follow the aliases of each rule, by name or by id', () => {
    const first = ruleText('s: {A: x}\ncondition: s', 'title: R\nname: first');
    const second = ruleText('s: {A: y}\ncondition: s', 'title: S\nid: 0d0e1f7a-0000-4000-8000-000000000001');
    const id = '0d0e1f7a-0000-4000-8000-000000000001';
    const section = `{type: value_count, rules: [first, ${id}], group-by: [who, Place], timespan: 1h, condition: {gte: 2, field: what}, aliases: {who: {first: User, ${id}: Actor.Name}, what: {first: Item, ${id}: Thing}}}`;
    const [correlation] = ruleSetOf(`${first}---\n${second}---\ntitle: C\ncorrelation: ${section}\n`).correlations;
    const record = { User: 'u', Actor: { Name: 'n' }, Place: 'p', Item: 'i', Thing: 't' };

    const inputs = correlation?.rules.map((rule) => correlationInput(correlation, rule.key, record));

    expect(inputs).toEqual([
      { groupKey: '["u","p"]', value: '["i"]' },
      { groupKey: '["n","p"]', value: '["t"]' },
    ]);
  });

  it('of value_count are exact, and none where one of several fields is missing', () => {
    const correlation = correlationOf('value_count', ['a'], '{gte: 2, field: [V, W]}');
    const records = [{ V: 1, W: 'x' }, { V: '1', W: 'x' }, { V: 1 }, { V: 1, W: null }];

    const values = records.map((record) => correlationInput(correlation, 'a', record).value);

    expect(values).toEqual(['[1,"x"]', '["1","x"]', null, null]);
  });

  it('of a metric are numbers, also written as text; what is none, or out of all proportion, does not count', () => {
    const correlation = correlationOf('value_sum', ['a'], '{gte: 2, field: V}');
    const records = [{ V: 1.5 }, { V: '-2' }, { V: 'many' }, { V: true }, { V: 1e300 }, {}];

    const values = records.map((record) => correlationInput(correlation, 'a', record).value);

    expect(values).toEqual([1.5, -2, null, null, null, null]);
  });
});

describe('chains', () => {
  const base = ruleText('s: {A: x}\ncondition: s', 'title: R\nname: base');
  const counting = (name: string, rule: string, more = ''): string =>
    `---\ntitle: ${name}\nname: ${name}\ncorrelation: {type: event_count, rules: [${rule}], group-by: [User], timespan: 1h, condition: {gte: 2}${more}}\n`;

  it('stand in the order in which they must run, whatever the order of the file', () => {
    const { correlations } = ruleSetOf(
      `${base}${counting('third', 'second')}${counting('second', 'first')}${counting('first', 'base')}`,
    );

    expect(correlations.map((one) => one.key)).toEqual(['first', 'second', 'third']);
  });

  it('yield at their end only, unless one of them says generate', () => {
    const quiet = ruleSetOf(`${base}${counting('first', 'base')}${counting('second', 'first')}`);
    const loud = ruleSetOf(`${base}${counting('first', 'base')}${counting('second', 'first', ', generate: true')}`);

    expect(quiet.correlations.map((one) => one.yieldsOnItsOwn)).toEqual([false, true]);
    expect(loud.correlations.map((one) => one.yieldsOnItsOwn)).toEqual([true, true]);
    expect(loud.rules.map((one) => one.yieldsOnItsOwn)).toEqual([false]);
  });

  it('see a hit as its last event, with the values of its group', () => {
    const [first] = ruleSetOf(`${base}${counting('first', 'base')}`).correlations;
    if (!first) throw new Error('there is no correlation');

    expect(recordOfHit(first, '["ann"]', { A: 'x', User: 'somebody else' })).toEqual({ A: 'x', User: 'ann' });
  });

  it('that come back to themselves are refused at every reference that leads there', () => {
    const mistakes = mistakesOf(
      `${base}${counting('first', 'second')}${counting('second', 'first')}${counting('third', 'second')}`,
    );

    expect(mistakes.map(({ line, message }) => [line, message])).toEqual([
      [10, '`second` leads back to this correlation'],
      [14, '`first` leads back to this correlation'],
      [18, 'the rule `second` was refused'],
    ]);
  });

  it('of thousands do not exhaust the stack', () => {
    const chain = Array.from({ length: 3_000 }, (_, index) =>
      counting(`c${index}`, index === 0 ? 'base' : `c${index - 1}`),
    );

    expect(ruleSetOf(base + chain.reverse().join('')).correlations).toHaveLength(3_000);
  });
});
