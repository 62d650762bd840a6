import { describe, expect, it } from 'vitest';
import { mistakesOf, ruleText } from './build.ts';
import { type CaseGroup, itMatchesAsSpecified, only } from './cases.ts';

// The encoded texts come from RFC 4648, section 10, and from `iconv` and `base64` of GNU, not from the engine.

const base64: readonly CaseGroup[] = [
  [
    'Encoding: base64, RFC 4648',
    only('{A|base64: foobar}'),
    [{ A: 'Zm9vYmFy' }],
    [{ A: 'Zm9vYmE=' }, { A: 'foobar' }, { A: 'xZm9vYmFy' }],
  ],
  ['Encoding: base64, one sign to fill up', only('{A|base64: fooba}'), [{ A: 'Zm9vYmE=' }], [{ A: 'Zm9vYmE' }]],
  ['Encoding: base64, two signs to fill up', only('{A|base64: foob}'), [{ A: 'Zm9vYg==' }], [{ A: 'Zm9v' }]],
  ['Encoding: base64, a list', only('{A|base64: [f, fo]}'), [{ A: 'Zg==' }, { A: 'Zm8=' }], [{ A: 'Zm9v' }]],
  [
    'Encoding: base64 is text in any case like other values',
    only('{A|base64: foobar}'),
    [{ A: 'ZM9VYMFY' }],
    [{ A: 'Zm9vYmF' }],
  ],
  ['Encoding: base64 cased', only('{A|base64|cased: foobar}'), [{ A: 'Zm9vYmFy' }], [{ A: 'ZM9VYMFY' }]],
  [
    'Encoding: base64 and contains',
    only('{A|base64|contains: foo}'),
    [{ A: 'x Zm9v y' }, { A: 'Zm9vYmFy' }],
    [{ A: 'Zm9' }],
  ],
  [
    'Encoding: base64 of UTF-8',
    only('{A|base64: GRÜN ärgert}'),
    [{ A: 'R1LDnE4gw6RyZ2VydA==' }],
    [{ A: 'R1LcTiDkcmdlcnQ=' }],
  ],
  ['Encoding: base64 of an emoji', only("{A|base64: '😀 ok'}"), [{ A: '8J+YgCBvaw==' }], [{ A: '😀 ok' }]],
  [
    'Encoding: base64 of wildcards that are escaped',
    only("{A|base64: 'a\\*b\\?c'}"),
    [{ A: 'YSpiP2M=' }],
    [{ A: 'YVwqYlw/Yw==' }],
  ],
  ['Encoding: base64 of backslashes', only("{A|base64: 'C:\\\\x'}"), [{ A: 'QzpceA==' }], [{ A: 'QzpcXHg=' }]],
  ['Encoding: base64 neq', only('{A|base64|neq: foobar}'), [{ A: 'Zm9v' }, {}], [{ A: 'Zm9vYmFy' }]],
  [
    'Encoding: base64 of each of all',
    only('{A|base64|contains|all: [foo, bar]}'),
    [{ A: 'Zm9vYmFy' }],
    [{ A: 'Zm9v' }],
  ],
  [
    'Encoding: base64 twice',
    only('{A|base64|base64offset|contains: foobar}'),
    [{ A: 'x Wm05dlltRnk= y' }],
    [{ A: 'Zm9vYmFy' }],
  ],
];

const offsets: readonly CaseGroup[] = [
  [
    'Encoding: base64offset, the three forms',
    only('{A|base64offset: foobar}'),
    [{ A: 'Zm9vYmFy' }, { A: 'Zvb2Jhc' }, { A: 'mb29iYX' }],
    [{ A: 'Zm9vYmF' }, { A: 'foobar' }, { A: 'xmb29iYX' }],
  ],
  [
    'Encoding: base64offset and contains, at every offset',
    only("{A|base64offset|contains: 'http://'}"),
    [
      { A: 'c2VlIGh0dHA6Ly9hLmV4YW1wbGUveCBub3c=' },
      { A: 'eHNlZSBodHRwOi8vYS5leGFtcGxlL3ggbm93' },
      { A: 'eHhzZWUgaHR0cDovL2EuZXhhbXBsZS94IG5vdw==' },
    ],
    [{ A: 'c2VlIGh0dHBzLy9h' }, { A: 'http://' }],
  ],
  [
    'Encoding: base64offset of UTF-8 counts bytes',
    only('{A|base64offset: ümlaut}'),
    [{ A: 'w7xtbGF1d' }, { A: 'O8bWxhdX' }, { A: 'DvG1sYXV0' }],
    [{ A: 'w7xtbGF1dA==' }],
  ],
  [
    'Encoding: base64offset of two letters',
    only('{A|base64offset|cased: ab}'),
    [{ A: 'YW' }, { A: 'Fi' }, { A: 'hY' }],
    [{ A: 'YWI=' }, { A: 'fi' }],
  ],
  [
    'Encoding: base64offset of a list',
    only('{A|base64offset|contains: [foobar, "http://"]}'),
    [{ A: 'xZvb2Jhcx' }, { A: 'eHNlZSBodHRwOi8vYS5leGFtcGxlL3ggbm93' }],
    [{ A: 'x' }],
  ],
  [
    'Encoding: base64offset with all, each at any offset',
    only('{A|base64offset|contains|all: [foobar, "http://"]}'),
    [{ A: 'Zvb2Jhc eHNlZSBodHRwOi8v' }, { A: ['mb29iYX', 'c2VlIGh0dHA6Ly9h'] }],
    [{ A: 'Zvb2Jhc mb29iYX' }],
  ],
  [
    'Encoding: base64offset neq, at no offset',
    only('{A|base64offset|contains|neq: foobar}'),
    [{ A: 'x' }],
    [{ A: 'xZvb2Jhcx' }, { A: 'mb29iYX' }],
  ],
];

const utf16: readonly CaseGroup[] = [
  ['Encoding: utf16le', only('{A|utf16le: cmd}'), [{ A: 'c\0m\0d\0' }], [{ A: 'cmd' }, { A: '\0c\0m\0d' }]],
  ['Encoding: utf16be', only('{A|utf16be: cmd}'), [{ A: '\0c\0m\0d' }], [{ A: 'c\0m\0d\0' }]],
  [
    'Encoding: utf16 puts a byte order mark first',
    only('{A|utf16: cmd}'),
    [{ A: '\uFEFFc\0m\0d\0' }],
    [{ A: 'c\0m\0d\0' }],
  ],
  ['Encoding: wide is utf16le', only('{A|wide: cmd}'), [{ A: 'c\0M\0d\0' }], [{ A: '\0c\0m\0d' }]],
  ['Encoding: wide and contains', only('{A|wide|contains: cmd}'), [{ A: 'x\0c\0m\0d\0' }], [{ A: 'xcmd' }]],
  [
    'Encoding: wide keeps wildcards',
    only("{A|wide: 'a*b?'}"),
    [{ A: 'a\0xyzb\0c' }, { A: 'a\0b\0😀' }],
    [{ A: 'a\0b\0' }, { A: 'axb\0c' }],
  ],
  ['Encoding: wide and base64', only('{A|wide|base64: cmd}'), [{ A: 'YwBtAGQA' }], [{ A: 'Y21k' }]],
  ['Encoding: utf16be and base64', only('{A|utf16be|base64: cmd}'), [{ A: 'AGMAbQBk' }], [{ A: 'YwBtAGQA' }]],
  [
    'Encoding: utf16 and base64',
    only('{A|utf16|base64: cmd}'),
    [{ A: '//5jAG0AZAA=' }],
    [{ A: 'YwBtAGQA' }, { A: '77u/YwBtAGQA' }],
  ],
  [
    'Encoding: utf16le and base64offset',
    only('{A|utf16le|base64offset: IEX}'),
    [{ A: 'SQBFAFgA' }, { A: 'kARQBYA' }, { A: 'JAEUAWA' }],
    [{ A: 'SUVY' }],
  ],
  [
    'Encoding: wide and base64offset within an encoded command',
    only("{A|wide|base64offset|contains: 'Invoke-Expression'}"),
    [
      { A: 'powershell -enc SQBuAHYAbwBrAGUALQBFAHgAcAByAGUAcwBzAGkAbwBuACAAKAB3AGgAbwBhAG0AaQApAA==' },
      { A: 'IABJAG4AdgBvAGsAZQAtAEUAeABwAHIAZQBzAHMAaQBvAG4A' },
    ],
    [{ A: 'Invoke-Expression' }, { A: 'SW52b2tlLUV4cHJlc3Npb24=' }],
  ],
  [
    'Encoding: utf16be and base64offset',
    only('{A|utf16be|base64offset|contains: Admin}'),
    [{ A: 'xAEEAZABtAGkAbw' }, { A: 'BBAGQAbQBpAG' }, { A: 'AQQBkAG0AaQBu' }],
    [{ A: 'QQBkAG0AaQBuAA==' }],
  ],
  [
    'Encoding: wide and base64 of letters beyond ASCII',
    only('{A|wide|base64: Prüfung}'),
    [{ A: 'UAByAPwAZgB1AG4AZwA=' }],
    [{ A: 'AFAAcgD8AGYAdQBuAGc=' }],
  ],
  [
    'Encoding: utf16be and base64 of letters beyond ASCII',
    only('{A|utf16be|base64: Prüfung}'),
    [{ A: 'AFAAcgD8AGYAdQBuAGc=' }],
    [{ A: 'UAByAPwAZgB1AG4AZwA=' }],
  ],
  ['Encoding: wide and base64 of an emoji', only("{A|wide|base64: '😀'}"), [{ A: 'PdgA3g==' }], [{ A: '8J+YgA==' }]],
  [
    'Encoding: base64 and then wide, in the order written',
    only('{A|base64|wide: cmd}'),
    [{ A: 'Y\x002\x001\0k\0' }],
    [{ A: 'YwBtAGQA' }, { A: 'Y21k' }],
  ],
];

const dashes: readonly CaseGroup[] = [
  [
    'Encoding: windash before base64offset',
    only("{A|windash|base64offset|contains: ' -enc '}"),
    [
      { A: 'Y21kIC1lbmMgeA==' },
      { A: 'Y21kIC9lbmMgeA==' },
      { A: 'Y21kIOKAk2VuYyB4' },
      { A: 'Y21kIOKAlGVuYyB4' },
      { A: 'Y21kIOKAlWVuYyB4' },
    ],
    [{ A: 'cmd -enc x' }, { A: 'Y21kICtlbmMgeA==' }],
  ],
  [
    'Encoding: windash, wide and base64offset',
    only("{A|windash|wide|base64offset|contains: ' -enc '}"),
    [{ A: 'cABvAHcAZQByAHMAaABlAGwAbAAgAC8AZQBuAGMAIAB4AA==' }],
    [{ A: 'powershell /enc x' }],
  ],
];

describe('specification 2.1, encodings', () => {
  itMatchesAsSpecified([...base64, ...offsets, ...utf16, ...dashes]);

  it.each([
    [
      "{A|base64: 'a*'}",
      'text with wildcards cannot be encoded in Base64: put a backslash before `*` and `?` that are meant plainly',
    ],
    ["{A|base64offset: ''}", 'the text is too short to be found in Base64 at any offset'],
    ['{A|base64offset: a}', 'the text is too short to be found in Base64 at any offset'],
    ['{A|wide: ü}', 'only ASCII text can be compared as UTF-16; other text needs `base64` or `base64offset` behind it'],
    [
      "{A|windash|base64: '-a -b -c -d -e'}",
      'it has more than four dashes, too many to encode every way of writing them',
    ],
    ['{A|base64: 5}', "`base64` takes text: write '5' with quotation marks"],
    ['{A|contains|base64: foo}', '`base64` must come before `contains`, whose wildcards cannot be encoded'],
    ["{A|base64|windash: '-f'}", '`windash` must come before `base64`: there are no dashes left in what is encoded'],
    ['{A|wide|utf16be: foo}', '`wide` and `utf16be` cannot stand together: choose one'],
    ['{A|re|base64: foo}', '`base64` cannot stand with `re`'],
  ])('Encoding: %s is refused with a reason', (selection, message) => {
    const mistakes = mistakesOf(ruleText(only(selection)));

    expect(mistakes.map((mistake) => mistake.message)).toEqual([message]);
  });

  it('Encoding: a short file of dashes cannot come to more forms than memory holds', () => {
    const values = Array.from({ length: 200 }, (_, index) => `'-a -b -c -d ${index}'`).join(', ');

    const mistakes = mistakesOf(ruleText(only(`{A|windash|base64offset: [${values}]}`)));

    expect(mistakes[0]?.message).toMatch(/^with it, the values of this \w+ come to more than [12]00000 forms$/);
  });
});
