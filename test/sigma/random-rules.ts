import fc from 'fast-check';

/** What the placeholders of random rules stand for. */
export const PLACEHOLDERS = new Map<string, readonly (string | number)[]>([
  ['n', ['a', 'B*']],
  ['k', [1, 'σ', '\\*']],
]);
export const NAMES = ['sel', 'sel_1', 'order', 'not_x.y', '_hidden', 'x|y'] as const;
const FIELDS = ['F', 'G', 'G.H', 'toString', 'T', 'Ip'] as const;

// Few letters, few fields and few values, so that random rules meet random records often.
const text = fc.oneof(
  fc.constantFrom('a', 'A', 'ab', 'aB', '', 'σ', 'ς', 'Σa', '1', 'true', 'ß', '😀', 'a\nb', '\\', 'a\\'),
  fc
    .array(fc.constantFrom('a', 'B', 'σ', 'Σ', '😀', '*', '?', '\\', '1', '.', '-', '/', '–'), { maxLength: 6 })
    .map((parts) => parts.join('')),
);
const ascii = fc.array(fc.constantFrom('a', 'B', '*', '?', '\\', '-'), { maxLength: 4 }).map((parts) => parts.join(''));
const template = fc
  .array(fc.constantFrom('%n%', '%k%', '\\%', '\\\\', 'a', 'B'), { maxLength: 3 })
  .map((parts) => parts.join(''));
const WORDS = ['ab', 'aBσ', '-ab', 'a/b -B', 'üab', '😀'] as const;
const ADDRESSES = ['10.1.2.3', '10.2.0.1', '11.0.0.1', '::ffff:10.1.2.3', 'fe80::1', '::1', '10.0.0', 'x'] as const;
const NETWORKS = ['10.0.0.0/8', '10.1.0.0/16', '0.0.0.0/0', '10.1.2.3', '::/0', 'fe80::/10', '::ffff:0:0/96', '::/127'];
const TIMES = [
  ...[
    '2026-11-23T22:07:59Z',
    '2025-12-29',
    '2024/02/29 10:00',
    '2021-01-03T03:04+02:00',
    '2026-02-30',
    '2020-12-31T23:59',
  ],
  ...['2027-01-01T00:00:00Z', '2026-11-23T24:00', 'x', ''],
];
const EXPRESSIONS = ['^a', 'b$', 'a.b', '^$', '[^a]', '(?:a|σ)+', '\\d', 'B{1,2}', '^.$', 'a\\\\', '\\*|-', 'true'];
const TIME_VALUES = {
  minute: [0, 4, 7, 59],
  hour: [0, 3, 10, 22, 23],
  day: [1, 3, 23, 29],
  week: [1, 9, 48, 53],
  month: [1, 2, 11, 12],
  year: [2021, 2024, 2026],
};

const scalar = fc.oneof(text, fc.constantFrom(0, 1, 12, -1, 1.5), fc.boolean());
const field = fc.constantFrom('F', 'G', 'G.H', ' F ', 'toString');

/** Words as an attacker encodes them: at any offset, in UTF-8 and UTF-16, and the three-form texts of fields. */
const encodedText = fc
  .tuple(
    fc.constantFrom(...WORDS, 'a–b', '/ab'),
    fc.constantFrom('', 'x', 'xx'),
    fc.constantFrom('utf8', 'utf16le', 'utf16be'),
    fc.boolean(),
    fc.boolean(),
  )
  .map(([word, before, encoding, isBase64, hasMark]) => {
    const utf8 = encoding === 'utf8';
    const wide = Buffer.from(hasMark ? `\uFEFF${before}${word}` : before + word, utf8 ? 'utf8' : 'utf16le');
    const bytes = encoding === 'utf16be' ? wide.swap16() : wide;
    return isBase64 ? bytes.toString('base64') : bytes.toString('latin1');
  });

const recordScalar = fc.oneof(
  { weight: 5, arbitrary: scalar },
  { weight: 2, arbitrary: encodedText },
  { weight: 1, arbitrary: fc.constantFrom(null, ...ADDRESSES, ...TIMES) },
);
const recordValue = fc.oneof(
  { weight: 3, arbitrary: recordScalar },
  {
    weight: 1,
    arbitrary: fc.array(fc.oneof(recordScalar, fc.array(recordScalar, { maxLength: 2 })), { maxLength: 3 }),
  },
);
const below = fc.oneof(
  fc.record({ H: recordValue }),
  fc.array(fc.oneof(fc.record({ H: recordValue }), fc.constant({}), recordScalar), { maxLength: 3 }),
);
const anyRecord = fc.dictionary(fc.constantFrom(...FIELDS), fc.oneof(recordValue, below), { maxKeys: 5 });
/** Times and addresses where rules look for them, as often as not. */
export const record = fc
  .tuple(
    anyRecord,
    fc.option(fc.oneof(fc.constantFrom(...TIMES), fc.array(fc.constantFrom(...TIMES), { maxLength: 2 })), {
      nil: undefined,
    }),
    fc.option(fc.oneof(fc.constantFrom(...ADDRESSES), fc.array(fc.constantFrom(...ADDRESSES), { maxLength: 2 })), {
      nil: undefined,
    }),
  )
  .map(([one, T, Ip]) => ({ ...one, ...(T === undefined ? {} : { T }), ...(Ip === undefined ? {} : { Ip }) }));

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
const textItem = fc
  .record({
    name: fc.oneof({ weight: 5, arbitrary: field }, { weight: 1, arbitrary: fc.constant('') }),
    change: fc.oneof(
      { weight: 5, arbitrary: fc.record({ modifiers: fc.tuple(flag('windash')), values: values(text) }) },
      {
        weight: 2,
        arbitrary: fc.record({ modifiers: fc.tuple(fc.constant('expand'), flag('windash')), values: values(template) }),
      },
      {
        weight: 3,
        arbitrary: fc.constantFrom(...ENCODINGS).chain((encodings) =>
          fc.record({
            modifiers: flag('windash').map((windash) => [windash, ...encodings]),
            values: values(encodings.some((one) => one.startsWith('base64')) ? fc.constantFrom(...WORDS) : ascii),
          }),
        ),
      },
    ),
    around: fc.shuffledSubarray(['cased', 'neq', 'all'], { maxLength: 2 }),
    position: fc.constantFrom('', 'contains', 'contains', 'startswith', 'endswith'),
    isSingle: fc.boolean(),
  })
  .map(({ name, change, around, position, isSingle }) => {
    const modifiers = [...change.modifiers, ...around.slice(0, 1), position, ...around.slice(1)];
    return item(
      name,
      name === '' && modifiers.every((one) => one === '') ? ['contains'] : modifiers,
      change.values,
      isSingle,
    );
  });

function values<T>(one: fc.Arbitrary<T>): fc.Arbitrary<T[]> {
  return fc.array(one, { minLength: 1, maxLength: 3 });
}

const turned = fc.constantFrom(['neq'], ['all'], ['all', 'neq'], [], [], []);
const entry: fc.Arbitrary<Entry> = fc.oneof(
  { weight: 6, arbitrary: textItem },
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
const map = fc.array(entry, { minLength: 1, maxLength: 3 }).map((entries): Entry => Object.assign({}, ...entries));
const selection = fc.oneof(
  { weight: 4, arbitrary: map },
  {
    weight: 2,
    arbitrary: fc.array(fc.oneof({ weight: 4, arbitrary: map }, { weight: 1, arbitrary: text }), {
      minLength: 1,
      maxLength: 3,
    }),
  },
  { weight: 1, arbitrary: fc.array(fc.oneof(text, fc.constantFrom(1, 12)), { minLength: 1, maxLength: 2 }) },
  { weight: 1, arbitrary: text },
);

type ConditionNode =
  | { readonly name: string }
  | { readonly not: ConditionNode; readonly word: string }
  | { readonly and: readonly ConditionNode[]; readonly word: string }
  | { readonly or: readonly ConditionNode[]; readonly word: string }
  | { readonly quantifier: string; readonly pattern: string };
const { condition } = fc.letrec<{ condition: ConditionNode }>((tie) => ({
  condition: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.constantFrom(...NAMES).map((name) => ({ name })),
    fc.record({
      quantifier: fc.constantFrom('1', 'any', 'all', 'ALL'),
      pattern: fc.constantFrom('them', 'sel*', '*1', 'o*r', '*', '_*', 'sel', '*x*'),
    }),
    fc.record({ not: tie('condition'), word: fc.constantFrom('not', 'NOT') }),
    fc.record({ and: fc.array(tie('condition'), { minLength: 2, maxLength: 3 }), word: fc.constantFrom('and', 'And') }),
    fc.record({ or: fc.array(tie('condition'), { minLength: 2, maxLength: 3 }), word: fc.constantFrom('or', 'OR') }),
  ),
}));

/** Writes a condition with only the brackets its precedence needs. */
function write(node: ConditionNode, binding = 0): string {
  if ('name' in node) return node.name;
  if ('quantifier' in node) return `${node.quantifier} of ${node.pattern}`;
  if ('not' in node) return `${node.word} ${write(node.not, 2)}`;
  const [parts, own] = 'and' in node ? [node.and, 1] : [node.or, 0];
  const written = parts.map((part) => write(part, own)).join(` ${node.word} `);
  return own < binding ? `(${written})` : written;
}

const conditions = fc.oneof(
  { weight: 4, arbitrary: condition.map((node) => write(node)) },
  {
    weight: 1,
    arbitrary: fc.array(
      condition.map((node) => write(node)),
      { minLength: 1, maxLength: 2 },
    ),
  },
);
const rule = fc.record({
  logsource: fc.constantFrom({ product: 'probe' }, { product: 'probe', service: 'audit' }),
  detection: fc.tuple(fc.tuple(...NAMES.map(() => selection)), conditions).map(([selections, written]) => ({
    ...Object.fromEntries(NAMES.map((name, index) => [name, selections[index]])),
    condition: written,
  })),
});
const filter = fc.record({
  logsource: fc.constantFrom({ product: 'probe' }, { service: 'audit' }, { product: 'other' }),
  rules: fc.constantFrom('any', ['r0']),
  selection,
  condition: fc.constantFrom('not selection', 'selection', 'not 1 of sel*'),
});

/** The text of a file of rules and filters; the rules are called r0, r1 and so on. */
export const ruleFile = fc
  .tuple(fc.array(rule, { minLength: 1, maxLength: 3 }), fc.array(filter, { maxLength: 2 }))
  .map(([rules, filters]) =>
    [
      ...rules.map((one, index) => ({ title: `R${index}`, name: `r${index}`, ...one })),
      ...filters.map(({ logsource, rules: named, ...section }, index) => ({
        title: `F${index}`,
        name: `f${index}`,
        // A filter that names a rule of another log source is refused.
        logsource: named === 'any' ? logsource : { product: 'probe' },
        filter: { rules: named, ...section },
      })),
    ]
      .map((document) => JSON.stringify(document))
      .join('\n---\n'),
  );
