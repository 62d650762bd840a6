import fc from 'fast-check';

/** What the placeholders of random rules stand for. */
export const PLACEHOLDERS = new Map<string, readonly (string | number)[]>([
  ['n', ['a', 'B*']],
  ['k', [1, 'σ', '\\*']],
]);
const FIELDS = ['F', 'G', 'G.H', 'toString'] as const;

// Few letters, few fields and few values, so that random rules meet random records often.
export const text = fc.oneof(
  fc.constantFrom('a', 'A', 'ab', 'aB', '', 'σ', 'ς', 'Σa', '1', 'true', 'ß', 'a\nb', '\\', 'a\\'),
  fc.constantFrom('😀', '😀a', '?', '?a', '*?', '-a', '/a', '―a', '\\a', '%a', '\\σ'),
  fc
    .array(fc.constantFrom('a', 'B', 'σ', 'Σ', '😀', '*', '?', '\\', '1', '.', '-', '/', '–'), { maxLength: 6 })
    .map((parts) => parts.join('')),
);
export const ascii = fc.oneof(
  fc.constantFrom('ab', '-ab', 'a*', '?b'),
  fc.array(fc.constantFrom('a', 'B', '*', '?', '\\', '-'), { maxLength: 4 }).map((parts) => parts.join('')),
);
export const template = fc
  .array(fc.constantFrom('%n%', '%k%', '\\%', '\\\\', 'a', 'B'), { maxLength: 3 })
  .map((parts) => parts.join(''));
/** What values with flags and placeholders come to. */
const CHANGED = ['-a', '/a', '–a', '—a', '―a', 'a /a', '\\a', '\\*', '%a', '%n%', '1a', 'σ', '\\1'] as const;
export const WORDS = ['ab', 'abB', '-ab', 'a /b', 'üb', '😀'] as const;
const ADDRESSES = ['10.1.2.3', '10.2.0.1', '11.0.0.1', '::ffff:10.1.2.3', 'fe80::1', '::1', '10.0.0', 'x'] as const;
export const NETWORKS = [
  '10.0.0.0/8',
  '10.1.0.0/16',
  '0.0.0.0/0',
  '10.1.2.3',
  '::/0',
  'fe80::/10',
  '::ffff:0:0/96',
  '::/127',
];
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
export const EXPRESSIONS = [
  '^a',
  'b$',
  'a.b',
  '^$',
  '[^a]',
  '(?:a|σ)+',
  '\\d',
  'B{1,2}',
  '^.$',
  'a\\\\',
  '\\*|-',
  'true',
];
export const TIME_VALUES = {
  minute: [0, 4, 7, 59],
  hour: [0, 3, 10, 22, 23],
  day: [1, 3, 23, 29],
  week: [1, 9, 48, 53],
  month: [1, 2, 11, 12],
  year: [2021, 2024, 2026],
};

export const scalar = fc.oneof(text, fc.constantFrom(0, 1, 12, -1, 1.5), fc.boolean());
export const field = fc.constantFrom('F', 'G', 'G.H', ' F ', 'toString');

/** Words as an attacker encodes them: at any offset, in UTF-8 and UTF-16, and the three-form texts of fields. */
const encodedText = fc
  .tuple(
    fc.constantFrom(...WORDS, '—ab', '―ab', '/ab'),
    fc.constantFrom('', '', 'x', 'xx'),
    fc.constantFrom('', '', '', 'y'),
    fc.constantFrom('utf8', 'utf16le', 'utf16be'),
    fc.boolean(),
    fc.boolean(),
  )
  .map(([word, before, after, encoding, isBase64, hasMark]) => {
    const utf8 = encoding === 'utf8';
    const wide = Buffer.from((hasMark ? '\uFEFF' : '') + before + word + after, utf8 ? 'utf8' : 'utf16le');
    const bytes = encoding === 'utf16be' ? wide.swap16() : wide;
    if (isBase64) return bytes.toString('base64');
    // As text the mark is one character, whichever bytes it has.
    return bytes.toString('latin1').replace(/^\xFF\xFE/, '\uFEFF');
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
function often(one: fc.Arbitrary<string>): fc.Arbitrary<string | string[] | undefined> {
  return fc.oneof(one, one, fc.array(one, { maxLength: 2 }), fc.constant(undefined));
}
/** Besides anything anywhere: times, addresses and encoded texts where rules look for them. */
export const record = fc
  .tuple(
    anyRecord,
    fc.record({
      T: often(fc.constantFrom(...TIMES)),
      Ip: often(fc.constantFrom(...ADDRESSES)),
      E: often(fc.oneof(encodedText, fc.constantFrom(...CHANGED))),
    }),
  )
  .map(([one, special]) => ({
    ...one,
    ...Object.fromEntries(Object.entries(special).filter(([, value]) => value !== undefined)),
  }));
