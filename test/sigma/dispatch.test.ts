import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Dispatch } from '../../src/sigma/match/dispatch.ts';
import { compileField, compileFieldTest } from '../../src/sigma/match/fields.ts';
import { fold } from '../../src/sigma/match/fold.ts';
import { ValueTable } from '../../src/sigma/match/value-table.ts';

const scalar = fc.constantFrom<unknown>(
  'x',
  'X',
  'ſ',
  's',
  'long value',
  1,
  0,
  -0,
  1.5,
  1e21,
  true,
  false,
  null,
  {},
  '1',
);
const keys = fc.uniqueArray(
  fc.constantFrom('x', 's', 'long value', '1', '0', '1.5', '1e+21', 'true', 'false', '01', ''),
);

describe('the table of values', () => {
  it('finds under every value what is filed under its folded text, again and again', () => {
    fc.assert(
      fc.property(keys, fc.array(scalar, { maxLength: 30 }), (filed, values) => {
        const byKey = new Map<string, readonly string[]>(filed.map((key) => [key, [key]]));
        const table = new ValueTable(byKey);

        const found = values.map((value) => table.find(value));

        const expected = values.map((value) =>
          value === null || typeof value === 'object' ? [] : (byKey.get(fold(String(value))) ?? []),
        );
        expect(found).toEqual(expected);
      }),
    );
  });

  it('finds texts also when it has met more of them than it remembers', () => {
    const table = new ValueTable(new Map([['event-9000', ['nine']]]));
    for (let number = 0; number < 8_000; number++) table.find(`event-${number}`);

    expect([table.find('EVENT-9000'), table.find('event-9000'), table.find('event-9001')]).toEqual([
      ['nine'],
      ['nine'],
      [],
    ]);
  });
});

const leaf = fc.oneof(scalar, fc.array(fc.oneof(scalar, fc.array(scalar, { maxLength: 2 })), { maxLength: 3 }));
const inner = fc.record({ c: leaf }, { requiredKeys: [] });
const middle = fc.oneof(
  leaf,
  fc.record({ b: fc.oneof(leaf, inner, fc.array(fc.oneof(inner, leaf), { maxLength: 3 })) }, { requiredKeys: [] }),
);
const record = fc.record(
  { a: fc.oneof(middle, fc.array(middle, { maxLength: 3 })), 'a.b.c': leaf },
  { requiredKeys: [] },
);

describe('a test of a field', () => {
  it.each([
    ['x', (value: unknown) => value === 'x'],
    ['missing', (value: unknown) => value === undefined],
    ['null', (value: unknown) => value === null],
  ])('holds where it holds for a value that reading the field gives: %s', (_, predicate) => {
    fc.assert(
      fc.property(record, fc.constantFrom('a', 'a.b', 'a.b.c'), (one, field) => {
        const read = compileField(field)(one);
        const values: unknown[] = Array.isArray(read) ? read.flat(10) : [read];

        expect(compileFieldTest(field, predicate)(one)).toBe(values.some(predicate));
      }),
      { numRuns: 1_000 },
    );
  });
});

describe('dispatch', () => {
  const candidate = (name: string, required: Record<string, readonly string[]>) => ({
    name,
    required: new Map(Object.entries(required).map(([field, values]) => [field, new Set(values)])),
  });

  function visited(dispatch: Dispatch<ReturnType<typeof candidate>>, one: Record<string, unknown>): string[] {
    const names: string[] = [];
    dispatch.visit(one, ({ name }) => names.push(name));
    return names;
  }

  it('asks those that need nothing always and the others by the value of one of their fields', () => {
    const dispatch = new Dispatch([
      candidate('always', {}),
      candidate('create', { Category: ['created', 'queued'] }),
      candidate('both', { Category: ['created'], User: ['eve'] }),
      candidate('number', { Code: ['4625'] }),
    ]);

    expect(visited(dispatch, { Category: 'Created', User: 'Mallory' })).toEqual(['always', 'create', 'both']);
    expect(visited(dispatch, { Category: 'QUEUED', Code: 4625 })).toEqual(['always', 'create', 'number']);
    expect(visited(dispatch, { Code: '4625' })).toEqual(['always', 'number']);
    expect(visited(dispatch, { Category: null, Code: {} })).toEqual(['always']);
  });

  it('looks up every element where the way to the field leads through arrays', () => {
    const dispatch = new Dispatch([candidate('one', { 'A.B': ['x'] }), candidate('other', { 'A.B': ['y'] })]);

    expect(visited(dispatch, { A: [{ B: 'X' }, { B: ['q', ['y']] }, {}] })).toEqual(['one', 'other']);
    expect(visited(dispatch, { 'A.B': 'y', A: { B: 'x' } })).toEqual(['other']);
  });
});
