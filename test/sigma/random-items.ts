import fc from 'fast-check';
import { ascii, EXPRESSIONS, field, NETWORKS, scalar, TIME_VALUES, template, text, WORDS } from './random-records.ts';

type Entry = Readonly<Record<string, unknown>>;
const flag = (word: string): fc.Arbitrary<string> => fc.constantFrom('', '', word);

function item(name: string, modifiers: readonly string[], values: readonly unknown[], isSingle = false): Entry {
  const written = modifiers.filter((modifier) => modifier !== '');
  const isAll = written.includes('all');
  const enough = isAll && values.length === 1 ? [...values, ...values] : values;
  return { [[name, ...written].join('|')]: enough.length === 1 && isSingle ? enough[0] : enough };
}

const ENCODINGS = [
  ...[['base64'], ['base64offset'], ['wide'], ['utf16le'], ['utf16be'], ['utf16'], ['wide', 'base64offset']],
  ...[
    ['utf16', 'base64'],
    ['utf16be', 'base64offset'],
    ['base64', 'wide'],
    ['base64', 'base64offset'],
  ],
] as const;
/** All that is done to texts, in an order that makes sense, on fields and as keywords. */
const around = fc.record({
  around: fc.shuffledSubarray(['cased', 'neq', 'all'], { maxLength: 2 }),
  position: fc.constantFrom('', 'contains', 'contains', 'startswith', 'endswith'),
  isSingle: fc.boolean(),
});
const textItem = fc
  .tuple(
    fc.oneof({ weight: 5, arbitrary: field }, { weight: 1, arbitrary: fc.constant('') }),
    fc.oneof(
      { weight: 5, arbitrary: fc.record({ modifiers: fc.tuple(flag('windash')), wanted: values(text) }) },
      {
        weight: 2,
        arbitrary: fc.record({ modifiers: fc.tuple(fc.constant('expand'), flag('windash')), wanted: values(template) }),
      },
    ),
    around,
  )
  .map(([name, change, rest]) => changed(name, change, rest));
const changedItem = fc
  .tuple(
    fc.oneof(
      fc.record({ modifiers: fc.constant(['windash']), wanted: values(fc.constantFrom('-a', '/a', 'a —a', '-?')) }),
      fc.record({ modifiers: fc.constant(['expand']), wanted: values(template) }),
    ),
    around,
  )
  .map(([change, rest]) => changed('E', change, rest));
/** Texts that are encoded, mostly where records have such texts. */
const encodedItem = fc
  .tuple(
    fc.oneof({ weight: 6, arbitrary: fc.constant('E') }, { weight: 1, arbitrary: fc.constantFrom('', 'F') }),
    fc.constantFrom(...ENCODINGS).chain((encodings) =>
      fc.record({
        modifiers: flag('windash').map((windash) => [windash, ...encodings]),
        wanted: values(encodings.some((one) => one.startsWith('base64')) ? fc.constantFrom(...WORDS) : ascii),
      }),
    ),
    around,
  )
  .map(([name, change, rest]) => changed(name, change, rest));

function changed(
  name: string,
  change: { readonly modifiers: readonly string[]; readonly wanted: readonly string[] },
  rest: { readonly around: readonly string[]; readonly position: string; readonly isSingle: boolean },
): Entry {
  const modifiers = [...change.modifiers, ...rest.around.slice(0, 1), rest.position, ...rest.around.slice(1)];
  const isBare = name === '' && modifiers.every((one) => one === '');
  return item(name, isBare ? ['contains'] : modifiers, change.wanted, rest.isSingle);
}

function values<T>(one: fc.Arbitrary<T>): fc.Arbitrary<T[]> {
  return fc.array(one, { minLength: 1, maxLength: 3 });
}

const turned = fc.constantFrom(['neq'], ['all'], ['all', 'neq'], [], [], []);
/** One field or keyword of a selection with its modifiers and values. */
export const entry: fc.Arbitrary<Entry> = fc.oneof(
  { weight: 6, arbitrary: textItem },
  { weight: 4, arbitrary: encodedItem },
  { weight: 3, arbitrary: changedItem },
  {
    weight: 3,
    arbitrary: fc
      .tuple(field, turned, values(scalar), fc.boolean())
      .map(([name, around, wanted, isSingle]) => item(name, around, wanted, isSingle)),
  },
  { weight: 1, arbitrary: fc.tuple(field, flag('neq')).map(([name, neq]) => item(name, [neq], [null], true)) },
  {
    weight: 1,
    arbitrary: fc.tuple(field, fc.boolean()).map(([name, wanted]) => item(name, ['exists'], [wanted], true)),
  },
  {
    weight: 1,
    arbitrary: fc
      .tuple(field, fc.constantFrom('lt', 'lte', 'gt', 'gte'), turned, values(fc.constantFrom(-1, 0, 1, 1.5)))
      .map(([name, operator, around, limits]) => item(name, [operator, ...around], limits, true)),
  },
  {
    weight: 2,
    arbitrary: fc
      .tuple(
        fc.oneof(field, fc.constant('')),
        flag('i'),
        flag('m'),
        flag('s'),
        turned,
        values(fc.constantFrom(...EXPRESSIONS)),
      )
      .map(([name, i, m, s, around, wanted]) => item(name, ['re', i, m, s, ...around], wanted, true)),
  },
  {
    weight: 2,
    arbitrary: fc
      .tuple(fc.constantFrom('Ip', 'F'), turned, values(fc.constantFrom(...NETWORKS)))
      .map(([name, around, wanted]) => item(name, ['cidr', ...around], wanted, true)),
  },
  {
    weight: 2,
    arbitrary: fc
      .constantFrom(...(Object.keys(TIME_VALUES) as (keyof typeof TIME_VALUES)[]))
      .chain((part) =>
        fc.tuple(
          fc.constantFrom('T', 'F'),
          fc.constant(part),
          fc.constantFrom('', '', 'lt', 'lte', 'gt', 'gte'),
          turned,
          values(fc.constantFrom(...TIME_VALUES[part])),
        ),
      )
      .map(([name, part, operator, around, wanted]) => item(name, [part, operator, ...around], wanted, true)),
  },
  {
    weight: 2,
    arbitrary: fc
      .tuple(
        field,
        fc.constantFrom('', 'contains', 'startswith', 'endswith'),
        flag('cased'),
        turned,
        values(fc.constantFrom('F', 'G.H', 'toString', 'Missing')),
      )
      .map(([name, position, cased, around, others]) =>
        item(name, ['fieldref', position, cased, ...around], others, true),
      ),
  },
);
