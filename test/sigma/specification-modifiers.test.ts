import { describe } from 'vitest';
import { type CaseGroup, itMatchesAsSpecified, only } from './cases.ts';

const generic: readonly CaseGroup[] = [
  [
    'Generic Modifiers: contains any of a list',
    only('{A|contains: [bc, yz]}'),
    [{ A: 'aBCd' }, { A: 'xyz' }, { A: ['q', 'abc'] }],
    [{ A: 'b c' }, {}, { A: null }],
  ],
  [
    'Generic Modifiers: contains the empty text',
    only("{A|contains: ''}"),
    [{ A: '' }, { A: 'x' }, { A: 0 }],
    [{}, { A: null }, { A: {} }],
  ],
  [
    'Generic Modifiers: contains on numbers and booleans',
    only("{A|contains: '2'}"),
    [{ A: 4625 }, { A: '1.2' }],
    [{ A: true }, { A: 1 }],
  ],
  [
    'Generic Modifiers: startswith with a wildcard',
    only("{A|startswith: 'a?c'}"),
    [{ A: 'abcd' }, { A: 'aXc' }],
    [{ A: 'acd' }, { A: 'xabc' }],
  ],
  [
    'Generic Modifiers: startswith that is longer than the value',
    only('{A|startswith: abc}'),
    [{ A: 'ABC' }],
    [{ A: 'ab' }, { A: '' }],
  ],
  [
    'Generic Modifiers: endswith with a wildcard',
    only("{A|endswith: 'a*c'}"),
    [{ A: 'xac' }, { A: 'abbc' }],
    [{ A: 'acx' }],
  ],
  [
    'Generic Modifiers: endswith that is longer than the value',
    only('{A|endswith: abc}'),
    [{ A: 'ABC' }],
    [{ A: 'bc' }, { A: '' }],
  ],
  ['Generic Modifiers: all with contains', only('{A|contains|all: [-a, -b]}'), [{ A: 'x -b -A' }], [{ A: 'x -a' }, {}]],
  [
    'Generic Modifiers: all with endswith over an array',
    only('{A|endswith|all: [x, y]}'),
    [{ A: ['ax', 'ay'] }],
    [{ A: ['ax'] }, { A: 'axy' }],
  ],
  ['Generic Modifiers: all before contains', only('{A|all|contains: [a, b]}'), [{ A: 'ab' }], [{ A: 'a' }]],
  ['Generic Modifiers: all on one plain value', only('{A|all: [a, A]}'), [{ A: 'a' }], [{ A: 'b' }]],
  [
    'Generic Modifiers: all with text and number',
    only('{A|all: [1, x]}'),
    [{ A: ['1', 'x'] }, { A: [1, 'X'] }],
    [{ A: 1 }, { A: ['x'] }],
  ],
  [
    'Generic Modifiers: cased in a list',
    only('{A|cased: [Ab, aB]}'),
    [{ A: 'Ab' }, { A: 'aB' }],
    [{ A: 'AB' }, { A: 'ab' }],
  ],
  [
    'Generic Modifiers: cased startswith',
    only('{A|startswith|cased: Ab}'),
    [{ A: 'Abc' }],
    [{ A: 'abc' }, { A: 'xAb' }],
  ],
  [
    'Generic Modifiers: cased endswith, the other order',
    only('{A|cased|endswith: Ab}'),
    [{ A: 'xAb' }],
    [{ A: 'xab' }],
  ],
  ['Generic Modifiers: cased minds the final sigma', only('{A|cased: ς}'), [{ A: 'ς' }], [{ A: 'σ' }, { A: 'Σ' }]],
  [
    'Generic Modifiers: neq text',
    only('{A|neq: x}'),
    [{ A: 'y' }, {}, { A: null }, { A: [] }, { A: {} }],
    [{ A: 'X' }, { A: ['y', 'x'] }],
  ],
  ['Generic Modifiers: neq number', only('{A|neq: 5}'), [{ A: 6 }, { A: '55' }], [{ A: 5 }, { A: '5' }]],
  [
    'Generic Modifiers: neq a list, none of it',
    only('{A|neq: [x, 2, true]}'),
    [{ A: 'y' }, { A: 3 }, { A: false }],
    [{ A: 'X' }, { A: '2' }, { A: true }],
  ],
  ['Generic Modifiers: neq with wildcards', only("{A|neq: 'a*'}"), [{ A: 'ba' }, {}], [{ A: 'ab' }, { A: ['b', 'A'] }]],
  [
    'Generic Modifiers: neq null',
    only('{A|neq: null}'),
    [{ A: 'x' }, { A: '' }, { A: [] }],
    [{ A: null }, {}, { A: [1, null] }],
  ],
  [
    'Generic Modifiers: neq all, not both',
    only('{A|contains|all|neq: [a, b]}'),
    [{ A: 'a' }, { A: 'c' }, {}],
    [{ A: 'ab' }],
  ],
  ['Generic Modifiers: neq cased', only('{A|cased|neq: X}'), [{ A: 'x' }], [{ A: 'X' }]],
  [
    'Generic Modifiers: neq on a path through arrays',
    only('{A.B|neq: x}'),
    [{ A: [{ B: 'y' }] }, { A: [] }],
    [{ A: [{ B: 'y' }, { B: 'x' }] }],
  ],
];

describe('specification 2.1, generic modifiers', () => {
  itMatchesAsSpecified([...generic]);
});
