import { describe, expect, it } from 'vitest';
import { mistakesOf, ruleText } from './build.ts';
import { type CaseGroup, itMatchesAsSpecified, only } from './cases.ts';

const raw = String.raw;

const general: readonly CaseGroup[] = [
  ['General: text in any case', only('{A: Security}'), [{ A: 'SECURITY' }, { A: 'security' }], [{ A: 'securit' }]],
  ['General: letters with accents', only('{A: Überprüfung}'), [{ A: 'ÜBERPRÜFUNG' }], [{ A: 'Uberprufung' }]],
  ['General: Greek with its final letter', only('{A|endswith: ΣΑΣ}'), [{ A: 'τασας' }], [{ A: 'τασα' }]],
  ['General: Armenian and Georgian', only('{A: Աբ}'), [{ A: 'ԱԲ' }], [{ A: 'ա' }]],
  [
    'General: a number in text form',
    only("{EventID: '4625'}"),
    [{ EventID: 4625 }, { EventID: '4625' }],
    [{ EventID: 462 }],
  ],
  ['General: a negative number', only('{A: -5}'), [{ A: -5 }, { A: '-5' }], [{ A: 5 }, { A: '5' }]],
  [
    'General: digits beyond what numbers keep',
    only("{A: '123456789012345678'}"),
    [{ A: '123456789012345678' }],
    [{ A: '123456789012345680' }],
  ],
  ['General: a fraction', only('{A: 1.5}'), [{ A: 1.5 }, { A: '1.5' }], [{ A: 1 }, { A: 15 }]],
  [
    'General: zero is no false and no empty text',
    only('{A: 0}'),
    [{ A: 0 }, { A: '0' }],
    [{ A: false }, { A: '' }, { A: null }],
  ],
  ['General: false is no zero', only('{A: false}'), [{ A: false }, { A: 'FALSE' }], [{ A: 0 }, { A: null }, {}]],
  [
    'General: special characters need no escape',
    only("{A: 'a.b(c)[d]^$+{1}|'}"),
    [{ A: 'A.B(C)[D]^$+{1}|' }],
    [{ A: 'axb(c)[d]^$+{1}|' }],
  ],
  ['General: percent signs are plain without expand', only("{A: '%name%'}"), [{ A: '%NAME%' }], [{ A: 'name' }]],
  ['General: doubled quotation mark', only("{A: 'it''s'}"), [{ A: "IT'S" }], [{ A: 'its' }]],
];

const wildcards: readonly CaseGroup[] = [
  [
    'String Wildcard: ? in the middle',
    only("{A: 'a?c'}"),
    [{ A: 'abc' }, { A: 'a\nc' }, { A: 'a?c' }],
    [{ A: 'ac' }, { A: 'abbc' }],
  ],
  [
    'String Wildcard: ? is one character beyond the basic plane',
    only("{A: '?'}"),
    [{ A: '😀' }, { A: 'é' }],
    [{ A: '😀😀' }, { A: '' }],
  ],
  [
    'String Wildcard: ?? are two characters',
    only("{A: '??'}"),
    [{ A: '😀a' }, { A: 'ab' }, { A: '😀😀' }],
    [{ A: '😀' }, { A: 'abc' }],
  ],
  ['String Wildcard: * before ? and an emoji', only("{A: '*?x'}"), [{ A: '😀x' }, { A: 'abx' }], [{ A: 'x' }]],
  ['String Wildcard: * leaves no half of a pair', only("{A: '*?😀'}"), [{ A: '😀😀' }], [{ A: '😀' }]],
  [
    'String Wildcard: as startswith',
    only("{A: 'something*'}"),
    [{ A: 'something' }, { A: 'Something else' }],
    [{ A: 'a something' }],
  ],
  [
    'String Wildcard: as endswith',
    only("{A: '*something'}"),
    [{ A: 'something' }, { A: 'one SOMETHING' }],
    [{ A: 'somethings' }],
  ],
  [
    'String Wildcard: as contains',
    only("{A: '*something*'}"),
    [{ A: 'something' }, { A: 'x something y' }],
    [{ A: 'somethin' }],
  ],
  [
    'String Wildcard: a star that has to look back',
    only("{A: 'a*b*ab'}"),
    [{ A: 'abab' }, { A: 'axbxbab' }],
    [{ A: 'abba' }, { A: 'ab' }],
  ],
  ['String Wildcard: two stars are one', only("{A: 'a**b'}"), [{ A: 'ab' }, { A: 'axxb' }], [{ A: 'a' }]],
  ['String Wildcard: * on a boolean', only("{A: 't*'}"), [{ A: true }], [{ A: false }]],
  ['String Wildcard: ? on numbers', only("{A: '46?5'}"), [{ A: 4625 }, { A: '4635' }], [{ A: 46255 }]],
  ['String Wildcard: case folds beside wildcards', only("{A: 'Σ?*x'}"), [{ A: 'ςaX' }], [{ A: 'ςx' }]],
];

// In single-quoted YAML a backslash stands for itself, so that what is written here is what the rule holds.
const escaping: readonly CaseGroup[] = [
  [
    'Escaping: a plain backslash, single',
    only(raw`{A: 'C:\Windows\System32'}`),
    [{ A: raw`c:\windows\system32` }],
    [{ A: raw`c:\\windows\\system32` }],
  ],
  [
    'Escaping: a plain backslash, double',
    only(raw`{A: 'C:\\Windows'}`),
    [{ A: raw`C:\Windows` }],
    [{ A: raw`C:\\Windows` }],
  ],
  [
    'Escaping: an escaped star',
    only(raw`{A: 'a\*b'}`),
    [{ A: 'a*b' }],
    [{ A: 'axb' }, { A: raw`a\*b` }, { A: raw`a\xb` }],
  ],
  ['Escaping: an escaped question mark', only(raw`{A: 'a\?b'}`), [{ A: 'a?b' }], [{ A: 'axb' }, { A: raw`a\?b` }]],
  [
    'Escaping: a backslash and a star that is open',
    only(raw`{A: 'a\\*b'}`),
    [{ A: raw`a\b` }, { A: raw`a\xyb` }],
    [{ A: 'axb' }],
  ],
  [
    'Escaping: a backslash and a question mark that is open',
    only(raw`{A: 'a\\?b'}`),
    [{ A: raw`a\xb` }],
    [{ A: raw`a\b` }, { A: 'axb' }],
  ],
  [
    'Escaping: three backslashes make both plain',
    only(raw`{A: 'a\\\*b'}`),
    [{ A: raw`a\*b` }],
    [{ A: raw`a\xb` }, { A: raw`a\\b` }],
  ],
  [
    'Escaping: three backslashes are two',
    only(raw`{A: '\\\share'}`),
    [{ A: raw`\\share` }],
    [{ A: raw`\share` }, { A: raw`\\\share` }],
  ],
  [
    'Escaping: four backslashes are two',
    only(raw`{A: '\\\\share'}`),
    [{ A: raw`\\share` }],
    [{ A: raw`\share` }, { A: raw`\\\\share` }],
  ],
  [
    'Escaping: two backslashes at the end are one',
    only(raw`{A: 'dir\\'}`),
    [{ A: 'dir\\' }],
    [{ A: 'dir\\\\' }, { A: 'dir' }],
  ],
  [
    'Escaping: a backslash before contains closes is plain',
    only(raw`{A|contains: '\AppData\'}`),
    [{ A: raw`C:\AppData\x` }],
    [{ A: raw`C:\AppData` }],
  ],
  ['Escaping: an escaped star within contains', only(raw`{A|contains: '\*'}`), [{ A: 'a*' }], [{ A: 'ab' }, { A: '' }]],
  [
    'Escaping: an escaped star at the end of startswith',
    only(raw`{A|startswith: 'a\*'}`),
    [{ A: 'a*x' }],
    [{ A: 'abx' }],
  ],
  [
    'Escaping: a backslash before endswith',
    only(raw`{A|endswith: '\cmd.exe'}`),
    [{ A: raw`C:\CMD.EXE` }],
    [{ A: 'xcmd.exe' }],
  ],
  ['Escaping: a plain star beside an open one', only(raw`{A: '\**'}`), [{ A: '*' }, { A: '*abc' }], [{ A: 'abc' }]],
];

const special: readonly CaseGroup[] = [
  [
    "Special Field Values: '' is the empty text",
    only("{A: ''}"),
    [{ A: '' }, { A: ['x', ''] }],
    [{ A: ' ' }, { A: null }, { A: 0 }, {}],
  ],
  [
    'Special Field Values: null',
    only('{A: null}'),
    [{ A: null }, {}, { A: ['x', null] }],
    [{ A: '' }, { A: 'null' }, { A: 0 }, { A: false }, { A: [] }],
  ],
  ['Special Field Values: nothing written is null', only('{A: }'), [{ A: null }, {}], [{ A: 'x' }]],
  ["Special Field Values: 'null' is a text", only("{A: 'null'}"), [{ A: 'NULL' }], [{ A: null }, {}]],
  [
    'Special Field Values: not null, through the condition',
    's: {EventID: 4738}\nfilter: {PasswordLastSet: null}\ncondition: s and not filter',
    [{ EventID: 4738, PasswordLastSet: 'x' }],
    [{ EventID: 4738, PasswordLastSet: null }, { EventID: 4738 }, { PasswordLastSet: 'x' }],
  ],
  [
    'Special Field Values: null below an object',
    only('{A.B: null}'),
    [{ A: {} }, { A: null }, {}, { A: 'x' }],
    [{ A: { B: 1 } }],
  ],
];

describe('specification 2.1, values', () => {
  itMatchesAsSpecified([...general, ...wildcards, ...escaping, ...special]);

  it('General: a whole number that would lose digits is refused, its text is compared exactly', () => {
    const mistakes = mistakesOf(ruleText(only('{A: 123456789012345678}')));

    expect(mistakes.map((mistake) => mistake.message)).toEqual([
      'a whole number this large loses its last digits: write it with quotation marks',
    ]);
  });
});
