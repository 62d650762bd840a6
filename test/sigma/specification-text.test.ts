import { describe } from 'vitest';
import { type CaseGroup, itMatchesAsSpecified, only } from './cases.ts';

const windash: readonly CaseGroup[] = [
  [
    'String Modifiers: windash, one flag',
    only("{A|windash: '-f'}"),
    [{ A: '-f' }, { A: '/F' }, { A: '–f' }, { A: '—f' }, { A: '―f' }],
    [{ A: 'f' }, { A: '+f' }, { A: '−f' }],
  ],
  [
    'String Modifiers: windash, written with another dash',
    only("{A|windash: '/f'}"),
    [{ A: '-f' }, { A: '/f' }],
    [{ A: '\\f' }],
  ],
  [
    'String Modifiers: windash, written with a long dash',
    only("{A|windash: '–f'}"),
    [{ A: '-f' }, { A: '―f' }],
    [{ A: 'f' }],
  ],
  [
    'String Modifiers: windash, all permutations',
    only("{A|windash: 'x -a -b'}"),
    [{ A: 'x /a –b' }, { A: 'x ―a /b' }],
    [{ A: 'x a -b' }],
  ],
  [
    'String Modifiers: windash leaves dashes within words',
    only("{A|windash: '-param-name'}"),
    [{ A: '/param-name' }],
    [{ A: '-param/name' }],
  ],
  [
    'String Modifiers: windash leaves a dash before a space',
    only("{A|windash: 'a - b'}"),
    [{ A: 'a - b' }],
    [{ A: 'a / b' }],
  ],
  [
    'String Modifiers: windash changes the dash next to the word',
    only("{A|windash: '--f'}"),
    [{ A: '--f' }, { A: '-/f' }],
    [{ A: '//f' }],
  ],
  [
    'String Modifiers: windash with contains',
    only("{A|contains|windash: ' -enc '}"),
    [{ A: 'cmd /ENC x' }, { A: 'cmd -enc x' }],
    [{ A: 'cmd /enc' }],
  ],
  [
    'String Modifiers: windash within contains and all',
    only("{A|windash|contains|all: [' -a', ' -b']}"),
    [{ A: 'x /a /b' }, { A: 'x –b -a' }],
    [{ A: 'x /a b' }],
  ],
  [
    'String Modifiers: windash beside wildcards',
    only("{A|windash: '*-a*'}"),
    [{ A: 'x/ab' }, { A: '-a' }],
    [{ A: 'xa' }],
  ],
  ['String Modifiers: windash cased', only("{A|windash|cased|endswith: '-Ab'}"), [{ A: 'x /Ab' }], [{ A: 'x /ab' }]],
  ['String Modifiers: windash neq', only("{A|windash|neq: '-f'}"), [{ A: 'f' }, {}], [{ A: '/f' }]],
];

const regex: readonly CaseGroup[] = [
  [
    'Regular Expression: character classes',
    only("{A|re: '^[a-c][^a-c]$'}"),
    [{ A: 'az' }, { A: 'c ' }],
    [{ A: 'ab' }, { A: 'Az' }],
  ],
  [
    'Regular Expression: quantifiers',
    only("{A|re: '^a?b*c+d{2,3}$'}"),
    [{ A: 'cdd' }, { A: 'abbccddd' }],
    [{ A: 'abdd' }, { A: 'cdddd' }],
  ],
  [
    'Regular Expression: groups and alternation',
    only("{A|re: '^(ab|cd)+$'}"),
    [{ A: 'abcdab' }],
    [{ A: 'abc' }, { A: '' }],
  ],
  ['Regular Expression: i', only("{A|re|i: '^Ä[k-m]$'}"), [{ A: 'äL' }, { A: 'ÄK' }], [{ A: 'äz' }]],
  ['Regular Expression: m', only("{A|re|m: '^b$'}"), [{ A: 'a\nb\nc' }, { A: 'b' }], [{ A: 'a\nbc' }]],
  ['Regular Expression: s', only("{A|re|s: '^a.b$'}"), [{ A: 'a\nb' }, { A: 'axb' }], [{ A: 'ab' }]],
  ['Regular Expression: i, m and s together', only("{A|re|i|m|s: '^b.c$'}"), [{ A: 'a\nB\nC\nd' }], [{ A: 'a\nBC' }]],
  ['Regular Expression: any of a list', only("{A|re: ['^a', 'z$']}"), [{ A: 'ab' }, { A: 'yz' }], [{ A: 'za' }]],
  [
    'Regular Expression: all of a list',
    only("{A|re|all: ['^a', 'z$']}"),
    [{ A: 'a-z' }, { A: ['a', 'z'] }],
    [{ A: 'ab' }, { A: 'yz' }],
  ],
  ['Regular Expression: neq', only("{A|re|neq: '^a'}"), [{ A: 'b' }, {}, { A: null }], [{ A: 'ab' }]],
  ['Regular Expression: numbers as texts', only("{A|re: '^46\\d+$'}"), [{ A: 4625 }], [{ A: 46 }]],
  ['Regular Expression: backslashes are its own', only("{A|re: '\\\\\\*'}"), [{ A: 'a\\*' }], [{ A: 'a*' }]],
  ['Regular Expression: the empty text', only("{A|re: '^$'}"), [{ A: '' }], [{ A: 'x' }, {}, { A: null }]],
  ['Regular Expression: a leading inline flag', only("{A|re: '(?i)^abc'}"), [{ A: 'ABCD' }], [{ A: 'xabc' }]],
];

describe('specification 2.1, modifiers of texts', () => {
  itMatchesAsSpecified([...windash, ...regex]);
});
