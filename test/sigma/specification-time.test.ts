import { describe, expect, it } from 'vitest';
import { parseSigmaFile } from '../../src/sigma/index.ts';
import { mistakesOf, ruleText } from './build.ts';
import { type CaseGroup, itMatchesAsSpecified, only } from './cases.ts';

// Weeks from Python's date.isocalendar.
const times: readonly CaseGroup[] = [
  [
    'Time Modifiers: minute',
    only('{T|minute: 7}'),
    [{ T: '2026-11-23T22:07:59Z' }, { T: '2026-11-23 22:07' }],
    [{ T: '2026-11-23T07:22:07Z' }, { T: '2026-11-07' }],
  ],
  [
    'Time Modifiers: minute zero',
    only('{T|minute: 0}'),
    [{ T: '2026-11-23T22:00:59Z' }],
    [{ T: '2026-11-23' }, { T: '' }, { T: 0 }],
  ],
  [
    'Time Modifiers: hour, as written, without conversion',
    only('{T|hour: 23}'),
    [{ T: '2026-11-23T23:07:59.123+02:00' }, { T: '2026-11-23T23:07:59Z' }],
    [{ T: '2026-11-23T21:07:59Z' }, { T: '2026-11-24T01:07:59+02:00' }],
  ],
  [
    'Time Modifiers: hour that is none',
    only('{T|hour|gte: 0}'),
    [{ T: '2026-11-23T00:00' }],
    [{ T: '2026-11-23T24:00' }, { T: '2026-11-23T99:00' }, { T: '2026-11-23' }],
  ],
  [
    'Time Modifiers: day',
    only('{T|day: 29}'),
    [{ T: '2024-02-29' }, { T: '2024/02/29 10:00:00' }],
    [{ T: '2026-02-29' }, { T: '2024-02-28T29:29:29' }, { T: '2024-02-291' }],
  ],
  [
    'Time Modifiers: day of one digit',
    only('{T|day: 3}'),
    [{ T: '2024-2-3' }, { T: '2024-02-03T00:00Z' }],
    [{ T: '2024-02-30' }, { T: '2024-02-31' }],
  ],
  [
    'Time Modifiers: week 1 of a year',
    only('{T|week: 1}'),
    [{ T: '2026-01-01' }, { T: '2025-12-29T10:00Z' }, { T: '2024-12-30' }],
    [{ T: '2021-01-03' }, { T: '2027-01-01' }],
  ],
  [
    'Time Modifiers: week 53',
    only('{T|week: 53}'),
    [{ T: '2021-01-03' }, { T: '2020-12-31' }, { T: '2027-01-01' }],
    [{ T: '2026-01-01' }],
  ],
  [
    'Time Modifiers: week within a year',
    only('{T|week: [9, 48]}'),
    [{ T: '2024-02-29' }, { T: '2026-11-23' }],
    [{ T: '2026-11-22' }, { T: '2026-11-30' }],
  ],
  [
    'Time Modifiers: month',
    only('{T|month: 11}'),
    [{ T: '2026-11-23T22:07:59Z' }],
    [{ T: '2026-12-11T11:11:11Z' }, { T: '2026-13-11' }],
  ],
  [
    'Time Modifiers: year',
    only('{T|year: 2026}'),
    [{ T: '2026-11-23T22:07:59Z' }, { T: ' 2026-01-01' }],
    [{ T: '2025-12-31T23:59:59-01:00' }, { T: '2026' }, { T: 2026 }, { T: 'in 2026-01-01' }],
  ],
  [
    'Time Modifiers: a list',
    only('{T|hour: [22, 23, 0]}'),
    [{ T: '2026-11-23T00:07' }, { T: '2026-11-23T22:07' }],
    [{ T: '2026-11-23T01:07' }],
  ],
  [
    'Time Modifiers: neq',
    only('{T|hour|neq: 3}'),
    [{ T: '2026-11-23T04:00' }, { T: 'x' }, {}],
    [{ T: '2026-11-23T03:00' }],
  ],
  [
    'Time Modifiers: with comparisons',
    only('{T|hour|gte: 8, T|hour|lt: 18}'),
    [{ T: '2026-11-23T08:00' }, { T: '2026-11-23T17:59' }],
    [{ T: '2026-11-23T07:59' }, { T: '2026-11-23T18:00' }, {}],
  ],
  [
    'Time Modifiers: arrays, any element',
    only('{T|day: 1}'),
    [{ T: ['2026-11-23', '2026-11-01'] }],
    [{ T: ['2026-11-23'] }, { T: [] }],
  ],
];

const placeholders = new Map<string, readonly (string | number)[]>([
  ['Servers', ['srv*']],
  ['Administrators', ['root', 'adm_?']],
  ['name', ['x']],
  ['Ports', [22, 3389]],
  ['Networks', ['10.0.0.0/8', '192.168.0.0/16']],
]);
const raw = String.raw;
const expansions: readonly CaseGroup[] = [
  ['Placeholders: without expand they are text', only("{A: '%name%'}"), [{ A: '%name%' }], [{ A: 'x' }]],
  ['Placeholders: expand', only("{A|expand: '%name%'}"), [{ A: 'X' }], [{ A: '%name%' }]],
  [
    'Placeholders: an escaped percent sign',
    only(raw`{A|expand: '\%plain%name%'}`),
    [{ A: '%plainx' }],
    [{ A: '%plain%name%' }, { A: raw`\%plainx` }],
  ],
  [
    'Placeholders: a backslash before a placeholder',
    only(raw`{A|expand: 'CORP\\%name%'}`),
    [{ A: raw`CORP\x` }],
    [{ A: 'CORPx' }, { A: 'CORP%name%' }],
  ],
  [
    'Placeholders: a pattern',
    only("{A|expand: '%Servers%'}"),
    [{ A: 'SRV01' }],
    [{ A: 'srv*'.replace('srv', 'x') }, { A: '%Servers%' }],
  ],
  [
    'Placeholders: several values are OR',
    only("{A|expand: '%Administrators%'}"),
    [{ A: 'Root' }, { A: 'adm_1' }],
    [{ A: 'adm_12' }],
  ],
  [
    'Placeholders: text around',
    only("{A|expand: 'CORP-%Administrators%-x'}"),
    [{ A: 'corp-root-x' }, { A: 'corp-adm_1-x' }],
    [{ A: 'root' }, { A: 'corp-root' }],
  ],
  [
    'Placeholders: two in one value',
    only("{A|expand: '%name%-%Administrators%'}"),
    [{ A: 'x-root' }, { A: 'x-adm_9' }],
    [{ A: 'x-x' }],
  ],
  ['Placeholders: beside plain values', only("{A|expand: ['%name%', y]}"), [{ A: 'x' }, { A: 'y' }], [{ A: 'z' }]],
  ['Placeholders: numbers', only("{A|expand: '%Ports%'}"), [{ A: 22 }, { A: '3389' }], [{ A: 223389 }]],
  ['Placeholders: with contains', only("{A|expand|contains: '%name%'}"), [{ A: 'axb' }], [{ A: 'ab' }]],
  [
    'Placeholders: with all, any value of each',
    only("{A|expand|contains|all: ['%Administrators%', '%name%']}"),
    [{ A: 'x by root' }, { A: 'adm_1 x' }],
    [{ A: 'root, adm_1' }, { A: 'x' }],
  ],
  [
    'Placeholders: with neq, none of the values',
    only("{A|expand|neq: '%Administrators%'}"),
    [{ A: 'guest' }],
    [{ A: 'root' }, { A: 'adm_1' }],
  ],
  ['Placeholders: cased', only("{A|expand|cased: '%name%'}"), [{ A: 'x' }], [{ A: 'X' }]],
  [
    'Placeholders: with cidr',
    only("{A|expand|cidr: '%Networks%'}"),
    [{ A: '192.168.3.4' }, { A: '10.1.1.1' }],
    [{ A: '11.0.0.1' }],
  ],
  ['Placeholders: with re', only("{A|re|expand: '^%name%+$'}"), [{ A: 'xx' }], [{ A: 'ax' }]],
  ['Placeholders: with base64', only("{A|expand|base64: 'fo%name%'}"), [{ A: 'Zm94' }], [{ A: 'fox' }]],
  ['Placeholders: keywords', only("{'|expand': '%name%'}"), [{ M: 'a x b' }], [{ M: 'a b' }]],
  [
    'Placeholders: two percent signs are no placeholder',
    only("{A|expand: '100%% of %name%'}"),
    [{ A: '100%% of x' }],
    [{ A: '100 of x' }],
  ],
];

describe('specification 2.1, times and placeholders', () => {
  itMatchesAsSpecified(times);
  itMatchesAsSpecified(expansions, placeholders);

  it.each([
    ['{T|hour: 24}', '`hour` takes a whole number from 0 to 23, not `24`'],
    ['{T|minute: 60}', '`minute` takes a whole number from 0 to 59, not `60`'],
    ['{T|day: 0}', '`day` takes a whole number from 1 to 31, not `0`'],
    ['{T|week: 54}', '`week` takes a whole number from 1 to 53, not `54`'],
    ['{T|month: 1.5}', '`month` takes a whole number from 1 to 12, not `1.5`'],
    ["{T|year: '2026'}", '`year` takes a whole number from 0 to 9999, not `2026`'],
    ['{T|hour: null}', '`hour` takes a whole number from 0 to 23, not `null`'],
    ['{T|hour|contains: 2}', '`contains` cannot stand with `hour`, which is a number'],
    ['{T|hour|day: 2}', '`hour` and `day` cannot stand together: choose one'],
    ['{T|gt|hour: 2}', '`hour` must come before `gt`'],
    ["{'|hour': 2}", '`hour` needs the name of a field before it'],
    ["{A|expand: '%Nobody%'}", 'the placeholder `%Nobody%` has no value'],
    ['{A|expand: 5}', "`expand` takes text: write '5' with quotation marks"],
    [
      "{A|base64|expand: '%name%'}",
      '`expand` must come before `base64`: it would look for placeholders in the changed value',
    ],
    ["{A|fieldref|expand: '%name%'}", '`expand` cannot stand with `fieldref`'],
  ])('%s is refused with a reason', (selection, message) => {
    const mistakes = mistakesOf(ruleText(only(selection)));

    expect(mistakes.map((mistake) => mistake.message)).toEqual([message]);
  });

  it('Placeholders: one that is misspelt is refused at its place, with what was meant', () => {
    const { mistakes } = parseSigmaFile(ruleText("s:\n  A|expand: '%Server%'\ncondition: s"), 'a.yml', {
      placeholders,
    });

    expect(mistakes).toEqual([
      {
        file: 'a.yml',
        line: 5,
        column: 15,
        message: 'the placeholder `%Server%` has no value, did you mean `Servers`?',
      },
    ]);
  });

  it('Placeholders: what they multiply to is bounded', () => {
    const many = new Map([['n', Array.from({ length: 300 }, (_, index) => `v${index}`)]]);

    const { mistakes } = parseSigmaFile(ruleText("s: {A|expand: '%n%%n%'}\ncondition: s"), 'a.yml', {
      placeholders: many,
    });

    expect(mistakes.map((mistake) => mistake.message)).toEqual(['its placeholders come to more than 10000 values']);
  });
});
