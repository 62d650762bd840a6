import { describe, expect, it } from 'vitest';
import { mistakesOf, ruleText } from './build.ts';
import { type CaseGroup, itMatchesAsSpecified } from './cases.ts';

const three = (condition: string): string => `a: {A: 1}\nb: {B: 1}\nc: {C: 1}\ncondition: ${condition}`;
const A = { A: 1 };
const B = { B: 1 };
const C = { C: 1 };
const AB = { ...A, ...B };
const AC = { ...A, ...C };
const BC = { ...B, ...C };
const ABC = { ...AB, ...C };

const operators: readonly CaseGroup[] = [
  ['Condition: or', three('a or b or c'), [A, B, C, ABC], [{}]],
  ['Condition: and', three('a and b and c'), [ABC], [AB, AC, BC, {}]],
  ['Condition: not', three('not a and (b or c)'), [B, BC], [A, AB, {}]],
  ['Condition: and binds tighter than or, behind it', three('a or b and c'), [A, BC, AB], [B, C, {}]],
  ['Condition: and binds tighter than or, before it', three('a and b or c'), [C, AB, BC], [A, B, {}]],
  ['Condition: not binds tighter than and', three('not a and b or c'), [B, C, AC], [A, AB, {}]],
  ['Condition: not of brackets', three('not (a and b) and c'), [C, AC, BC], [ABC, A]],
  ['Condition: not of not', three('not not a and not not (b or c)'), [AB, AC], [A, BC]],
  ['Condition: brackets within brackets', three('((a) or ((b) and (c)))'), [A, BC], [B, C]],
  ['Condition: brackets change the precedence', three('(a or b) and c'), [AC, BC], [A, AB, C]],
  ['Condition: brackets without blanks', three('(a)and(b)or not(c)'), [AB, {}, A, ABC], [C, AC]],
  ['Condition: operators in capitals', three('a AND NOT b OR c'), [A, C, BC], [AB, B, {}]],
  ['Condition: operators in mixed letters', three('a And Not (b Or c)'), [A], [AB, AC]],
  ['Condition: several lines', 'a: {A: 1}\nb: {B: 1}\ncondition: >\n  a\n  and\n  not b', [A], [AB, B]],
  ['Condition: a list is OR', 'a: {A: 1}\nb: {B: 1}\nc: {C: 1}\ncondition:\n  - a and b\n  - c', [AB, C], [A, B, {}]],
  ['Condition: a list of one', 'a: {A: 1}\ncondition: [a]', [A], [B]],
];

const quantifiers: readonly CaseGroup[] = [
  ['Condition: 1 of them', three('1 of them'), [A, B, C], [{}]],
  ['Condition: any of them', three('any of them'), [A, B, C], [{}]],
  ['Condition: all of them', three('all of them'), [ABC], [AB, {}]],
  ['Condition: quantifiers in capitals', three('ALL OF THEM'), [ABC], [AB]],
  ['Condition: them leaves out _', 'a: {A: 1}\n_b: {B: 1}\ncondition: 1 of them or a and _b', [A, AB], [B]],
  ['Condition: all of them leaves out _', 'a: {A: 1}\n_b: {B: 1}\ncondition: all of them or a and _b', [A], [B]],
  [
    'Condition: them is all of them, whatever they are called',
    'them: {A: 1}\nb: {B: 1}\ncondition: 1 of them',
    [A, B],
    [C],
  ],
  [
    'Condition: 1 of selection*',
    'selection_a: {A: 1}\nselection_b: {B: 1}\nkeywords: [x]\ncondition: 1 of selection* and keywords',
    [
      { ...A, M: 'x' },
      { ...B, M: 'x' },
    ],
    [AB, { M: 'x' }],
  ],
  [
    'Condition: all of selection*',
    'selection: {A: 1}\nselection_b: {B: 1}\nother: {C: 1}\ncondition: all of selection* or other',
    [AB, C],
    [A, B],
  ],
  [
    'Condition: not 1 of filter*',
    's: {A: 1}\nfilter_1: {B: 1}\nfilter_2: {C: 1}\ncondition: s and not 1 of filter*',
    [A],
    [AB, AC, B],
  ],
  [
    'Condition: not all of filter*',
    's: {A: 1}\nfilter_1: {B: 1}\nfilter_2: {C: 1}\ncondition: s and not all of filter*',
    [A, AB, AC],
    [ABC],
  ],
  [
    'Condition: of binds tighter than not',
    'a_1: {A: 1}\na_2: {B: 1}\nc: {C: 1}\ncondition: not 1 of a_* and c',
    [C],
    [AC, BC, {}],
  ],
  [
    'Condition: a star at the beginning',
    'x_in: {A: 1}\ny_in: {B: 1}\nz: {C: 1}\ncondition: all of *_in or z',
    [AB, C],
    [A],
  ],
  [
    'Condition: a star in the middle',
    'a_1_x: {A: 1}\na_2_x: {B: 1}\na_1_y: {C: 1}\ncondition: 1 of a_*_x or (a_1_y and a_1_x)',
    [A, B],
    [C],
  ],
  ['Condition: several stars', 'a1b2c: {A: 1}\na3b4d: {B: 1}\ncondition: 1 of a*b*c or (a1b2c and a3b4d)', [A], [B]],
  [
    'Condition: a pattern without a star is one name',
    'sel: {A: 1}\nsel_2: {B: 1}\ncondition: all of sel or sel_2 and sel',
    [A],
    [B],
  ],
  [
    'Condition: parts of a pattern do not overlap',
    'aba: {A: 1}\nab: {B: 1}\ncondition: 1 of ab*a or (aba and ab)',
    [A],
    [B],
  ],
  [
    'Condition: the selections keep their own AND and OR',
    's1: {A: 1, B: 1}\ns2: [{C: 1}, {D: 1}]\ncondition: all of s*',
    [ABC, { ...AB, D: 1 }],
    [AB, AC],
  ],
];

const identifiers: readonly CaseGroup[] = [
  ['Search-Identifier: begins with not', 'nothing: {A: 1}\nb: {B: 1}\ncondition: nothing and not b', [A], [AB]],
  ['Search-Identifier: begins with or and and', 'order: {A: 1}\nandy: {B: 1}\ncondition: order or andy', [A, B], [C]],
  [
    'Search-Identifier: begins with 1, all, any and of',
    '1st: {A: 1}\nall_b: {B: 1}\nof_c: {C: 1}\ncondition: 1st and all_b or of_c',
    [AB, C],
    [A, B],
  ],
  ['Search-Identifier: a dot', 'x.conf: {A: 1}\ny.conf: {B: 1}\ncondition: x.conf and not y.conf', [A], [AB]],
  [
    'Search-Identifier: a dot in a pattern is a dot',
    'x.y: {A: 1}\nxzy: {B: 1}\ncondition: 1 of x.y* or (x.y and xzy)',
    [A],
    [B],
  ],
  ['Search-Identifier: a pipe', "'x|endswith': {A: 1}\ncondition: x|endswith", [A], [B]],
  ['Search-Identifier: a hyphen', 'x-1: {A: 1}\nx-2: {B: 1}\ncondition: all of x-*', [AB], [A]],
  ['Search-Identifier: a number', '1: {A: 1}\ncondition: 1', [A], [B]],
  ['Search-Identifier: letters beyond ASCII', 'auswahl_ü: {A: 1}\ncondition: auswahl_ü', [A], [B]],
  ['Search-Identifier: capitals differ', 'Sel: {A: 1}\nsel: {B: 1}\ncondition: Sel and not sel', [A], [AB, B]],
  [
    'Search-Identifier: called all, any and them',
    'all: {A: 1}\nany: {B: 1}\nthem: {C: 1}\ncondition: all and not any or them',
    [A, C],
    [AB, B],
  ],
  [
    'Search-Identifier: names that objects inherit',
    'constructor: {A: 1}\n__proto__: {B: 1}\ncondition: constructor or __proto__',
    [A, B],
    [C],
  ],
];

describe('specification 2.1, conditions', () => {
  itMatchesAsSpecified([...operators, ...quantifiers, ...identifiers]);

  it.each([
    ['a and', 'the condition ends where an identifier is expected'],
    ['and a', 'expected an identifier before `and` in the condition'],
    ['a or or b', 'expected an identifier before `or` in the condition'],
    ['a b', 'expected `and` or `or` before `b` in the condition'],
    ['(a', 'a `(` without its `)` in the condition'],
    ['a)', 'a `)` without its `(` in the condition'],
    ['()', 'expected an identifier before `)` in the condition'],
    ['not', 'the condition ends where an identifier is expected'],
    ['2 of them', '`2` `of` is not known: `1 of`, `any of` and `all of` are'],
    ['1 of', '`of` takes `them` or the name of identifiers, such as `selection*`'],
    ['1 of (a, b)', '`of` takes `them` or the name of identifiers, such as `selection*`'],
    ['a | count() > 5', 'aggregations behind a `|` are no longer part of Sigma: write a correlation rule instead'],
  ])('Condition: %s is refused with a reason', (condition, message) => {
    const mistakes = mistakesOf(ruleText(`a: {A: 1}\nb: {B: 1}\ncondition: '${condition}'`));

    expect(mistakes.map((mistake) => mistake.message)).toEqual([message]);
  });

  it.each([
    ['1 of x*', ['no identifier matches `x*`']],
    ['a*', ['`a*` needs `1 of`, `any of` or `all of` before it']],
    ['them', ['`them` needs `1 of`, `any of` or `all of` before it']],
  ])('Condition: %s, which names nothing, is refused with a reason', (condition, messages) => {
    const mistakes = mistakesOf(ruleText(`a: {A: 1}\ncondition: '${condition}'`));

    expect(mistakes.map((mistake) => mistake.message)).toEqual(messages);
  });
});
