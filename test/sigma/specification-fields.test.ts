import { describe, expect, it } from 'vitest';
import { ruleSetOf, ruleText } from './build.ts';
import { type CaseGroup, itMatchesAsSpecified, only } from './cases.ts';

const structures: readonly CaseGroup[] = [
  [
    'Lists: strings are OR',
    only("['EVILSERVICE', 'svchost.exe -n evil']"),
    [{ M: 'an EvilService started' }, { M: 'C:\\svchost.exe -n EVIL' }],
    [{ M: 'evil service' }],
  ],
  [
    'Lists: numbers and texts under a field',
    only('{A: [517, x, true]}'),
    [{ A: '517' }, { A: 517 }, { A: 'X' }, { A: true }],
    [{ A: 5170 }, { A: 'xx' }, {}],
  ],
  [
    'Lists: maps are OR',
    only("[{Image|endswith: '\\example.exe'}, {Description|contains: 'Test executable'}]"),
    [{ Image: 'C:\\example.exe' }, { Description: 'a test executable.' }],
    [{ Image: 'example.exe' }, { Image: 'x', Description: 'executable' }],
  ],
  [
    'Lists: maps of several fields',
    only('[{A: 1, B: 1}, {A: 2, B: 2}]'),
    [
      { A: 1, B: 1 },
      { A: 2, B: 2 },
    ],
    [
      { A: 1, B: 2 },
      { A: 2, B: 1 },
    ],
  ],
  ['Lists: a list of one map is that map', only('[{A: 1, B: 2}]'), [{ A: 1, B: 2 }], [{ A: 1 }, { B: 2 }]],
  [
    'Maps: the first example',
    only('{EventLog: Security, EventID: [517, 1102]}'),
    [
      { EventLog: 'Security', EventID: 1102 },
      { EventLog: 'SECURITY', EventID: '517' },
    ],
    [{ EventLog: 'Security', EventID: 1103 }, { EventID: 517 }],
  ],
  [
    'Maps: the second example',
    only("{EventLog: Security, EventID: 4769, TicketOptions: '0x40810000', TicketEncryption: '0x17'}"),
    [{ EventLog: 'security', EventID: 4769, TicketOptions: '0X40810000', TicketEncryption: '0x17' }],
    [{ EventLog: 'security', EventID: 4769, TicketOptions: '0x40810000', TicketEncryption: 23 }],
  ],
  [
    'Maps: one field twice, with different modifiers',
    only('{A|startswith: a, A|endswith: z}'),
    [{ A: 'a-z' }, { A: ['ab', 'yz'] }],
    [{ A: 'a' }, { A: 'z' }],
  ],
];

const fieldUsage: readonly CaseGroup[] = [
  [
    'Field Usage: spaces around the name and its modifiers',
    only("{' A | contains ': x}"),
    [{ A: 'axb' }],
    [{ ' A ': 'axb' }],
  ],
  ['Field Usage: a space within the name', only("{'New Value': x}"), [{ 'New Value': 'x' }], [{ NewValue: 'x' }]],
  [
    'Field Usage: a dotted path',
    only('{A.B.C: x}'),
    [{ A: { B: { C: 'x' } } }, { 'A.B.C': 'x' }],
    [{ A: { B: 'x' } }, { C: 'x' }, { A: 'x' }],
  ],
  [
    'Field Usage: a flat key wins, even with null',
    only('{A.B: x}'),
    [{ 'A.B': 'x', A: { B: 'y' } }],
    [
      { 'A.B': null, A: { B: 'x' } },
      { 'A.B': 'y', A: { B: 'x' } },
    ],
  ],
  [
    'Field Usage: a path through arrays of objects',
    only('{A.B.C: x}'),
    [{ A: [{ B: { C: 'y' } }, { B: [{ C: 'x' }] }] }],
    [{ A: [{ B: 'x' }, 'x', null] }, { A: [] }],
  ],
  [
    'Field Usage: an array at the end of a path through arrays',
    only('{A.B: x}'),
    [{ A: [{ B: ['y', 'x'] }, { B: 'z' }] }],
    [{ A: [{ B: ['y'] }] }],
  ],
  ['Field Usage: names that objects inherit', only('{toString: x}'), [{ toString: 'x' }], [{}, { A: 'x' }]],
  [
    'Field Usage: inherited names on a path',
    only('{A.constructor.name: Object}'),
    [{ A: { constructor: { name: 'object' } } }],
    [{ A: {} }, {}],
  ],
  ['Field Usage: a name that ends in a dot', only("{'A.': x}"), [{ 'A.': 'x' }, { A: { '': 'x' } }], [{ A: 'x' }]],
  [
    'Field Usage: arrays, any element',
    only('{A: [x, 2]}'),
    [{ A: ['a', 'X'] }, { A: [2] }, { A: [['2']] }],
    [{ A: [] }, { A: ['xx', 22] }, { A: [{ B: 'x' }] }],
  ],
];

const existence: readonly CaseGroup[] = [
  [
    'Field Existence: present, whatever it holds',
    only('{A|exists: true}'),
    [{ A: null }, { A: '' }, { A: [] }, { A: 0 }],
    [{}, { B: 1 }],
  ],
  ['Field Existence: absent', only('{A|exists: false}'), [{}, { a: 1 }], [{ A: null }, { A: '' }]],
  [
    'Field Existence: on a path',
    only('{A.B|exists: true}'),
    [{ A: { B: null } }, { 'A.B': 1 }, { A: [{}, { B: 1 }] }],
    [{ A: {} }, { A: null }, { A: [] }],
  ],
  [
    'Field Existence: the example',
    only('{EventID: 4738, PasswordLastSet|exists: true}'),
    [{ EventID: 4738, PasswordLastSet: '-' }],
    [{ EventID: 4738 }],
  ],
];

const keywords: readonly CaseGroup[] = [
  [
    'Keywords search: the example',
    only("['event::clear', 'event::drop']"),
    [{ M: 'x EVENT::CLEAR y' }, { N: { O: ['event::drop'] } }],
    [{ M: 'event:clear' }, { 'event::clear': 'x' }],
  ],
  [
    'Keywords search: |all, spread over the event',
    only("{'|all': [OabVirtualDirectory, ' -ExternalUrl ']}"),
    [{ A: 'Set-OabVirtualDirectory -ExternalUrl x' }, { A: 'oabvirtualdirectory', B: 'a -externalurl b' }],
    [{ A: 'OabVirtualDirectory' }, { A: 'OabVirtualDirectory -ExternalUrl' }],
  ],
  ['Keywords search: wildcards', only("['a?c*e']"), [{ M: 'x abcde y' }, { M: 'abc\ne' }], [{ M: 'ace' }]],
  ['Keywords search: numbers as texts', only('[4625]'), [{ M: 4625 }, { M: 'id 4625.' }, { M: 146250 }], [{ M: 462 }]],
  ['Keywords search: numbers under |all', only("{'|all': [46, 25]}"), [{ M: 4625 }, { M: 46, N: 25 }], [{ M: 46 }]],
  ['Keywords search: contains said out', only("{'|contains': [evil]}"), [{ M: 'so evil.' }], [{ M: 'good' }]],
  [
    'Keywords search: startswith one value',
    only("{'|startswith': evil}"),
    [{ M: 'x', N: 'Evil thing' }],
    [{ M: 'so evil' }],
  ],
  ['Keywords search: cased', only("{'|cased': [Evil]}"), [{ M: 'so Evil' }], [{ M: 'so evil' }]],
  ['Keywords search: re', only("{'|re': ['^a+$', 'z']}"), [{ M: 'b', N: 'aa' }, { M: 'xzx' }], [{ M: 'aab' }]],
  [
    'Keywords search: neq, no value holds any',
    only("{'|neq': [evil, bad]}"),
    [{ M: 'good' }, {}],
    [{ M: 'good', N: 'so bad' }],
  ],
  ['Keywords search: in a list beside maps', only('[evil, {A: 1}]'), [{ M: 'evil' }, { A: 1 }], [{ A: 2 }]],
  [
    'Keywords search: beside fields in a map',
    only("{'|contains': evil, A: 1}"),
    [{ A: 1, M: 'evil' }],
    [{ A: 1 }, { M: 'evil' }],
  ],
  [
    'Keywords search: windash and all',
    only("{'|windash|contains|all': [' -a', ' -b']}"),
    [{ M: 'x /a –b' }],
    [{ M: 'x /a b' }],
  ],
  ['Keywords search: Base64', only("{'|base64offset|contains': foobar}"), [{ M: 'x Zvb2Jhc y' }], [{ M: 'foobar' }]],
];

describe('specification 2.1, lists, maps and fields', () => {
  itMatchesAsSpecified([...structures, ...fieldUsage, ...existence, ...keywords]);

  it('Field Usage: an array nested without end does not exhaust the stack', () => {
    const record = JSON.parse(`{"A": ${'['.repeat(60_000)}"x"${']'.repeat(60_000)}, "B": "x"}`) as Record<
      string,
      unknown
    >;
    const rules = ruleSetOf(
      ruleText(
        'eq: {A: x}\nin: {A|contains: x}\nref: {A|fieldref: B}\nkey: [xyz]\npath: {A.B: x}\ncondition: 1 of them',
      ),
    );

    expect(rules.match(record)).toEqual([]);
  });
});
