import fc from 'fast-check';
import { expect, it } from 'vitest';
import { compileRegex } from '../../src/sigma/regex/regex.ts';

type Flags = { readonly i: boolean; readonly m: boolean; readonly s: boolean };

const atoms = [
  ...['a', 'b', 'c', '.', '[ab]', '[^a]', '[a-c]', '[^\\n]', '\\d', '\\W', '\\s', '\\S', 'σ', '😀', '[σ😀]', '[^😀b]'],
  ...['(?:a|b)', '(a|)', '(?:ab|c)', '\\x61', '\\u{1F600}'],
];
const properties = ['\\p{L}', '\\p{Lu}', '[^\\p{L}]', '\\p{Script=Greek}', '\\P{Ll}'];
const assertions = ['^', '$', '\\b', '\\B'];
const counts = ['*', '+', '?', '{2}', '{1,}', '{0,2}', '{2,3}', '*?', '+?', '??', '{1,2}?'];

const piece = fc.oneof(
  { weight: 15, arbitrary: fc.constantFrom(...atoms) },
  { weight: 1, arbitrary: fc.constantFrom(...properties) },
  {
    weight: 4,
    arbitrary: fc.tuple(fc.constantFrom(...atoms), fc.constantFrom(...counts)).map((both) => both.join('')),
  },
  { weight: 6, arbitrary: fc.constantFrom(...assertions) },
);
const { pattern } = fc.letrec<{ pattern: string; group: string }>((tie) => ({
  group: fc
    .tuple(
      fc.constantFrom('(?:', '(?:', '(?=', '(?!', '(?<=', '(?<!'),
      tie('pattern'),
      fc.constantFrom('', '', '*', '+', '?', '{2}', '{0,2}?'),
    )
    // JavaScript has no repeated look-arounds, and neither have we.
    .map(([kind, inner, count]) => `${kind}${inner})${kind === '(?:' ? count : ''}`),
  pattern: fc
    .array(fc.array(fc.oneof({ maxDepth: 3, withCrossShrink: true }, piece, piece, tie('group')), { maxLength: 4 }), {
      minLength: 1,
      maxLength: 2,
    })
    .map((branches) => branches.map((pieces) => pieces.join('')).join('|')),
}));
const text = fc
  .array(fc.constantFrom('a', 'b', 'a', 'b', 'A', 'c', 'ς', 'Σ', '1', '_', '\n', ' ', '😀', '\ud83d'), {
    maxLength: 10,
  })
  .map((parts) => parts.join(''));
const flags = fc.record({ i: fc.boolean(), m: fc.boolean(), s: fc.boolean() });

/**
 * With `v`, the opposite of a class is the opposite in every case, as it is in PCRE. Each place is tried by itself: left
 * to search, V8 also tries places in the middle of a character (`(?<!^)(?<!.)` in an emoji).
 */
function peerOf(source: string, { i, m, s }: Flags): (subject: string) => boolean {
  const peer = new RegExp(source, `vy${i ? 'i' : ''}${m ? 'm' : ''}${s ? 's' : ''}`);
  return (subject) => {
    for (let at = 0; at <= subject.length; at += (subject.codePointAt(at) ?? 0) > 0xffff ? 2 : 1) {
      peer.lastIndex = at;
      if (peer.test(subject)) return true;
    }
    return false;
  };
}

function testOf(source: string, wanted: Flags): (subject: string) => boolean {
  const compiled = compileRegex(source, wanted);
  if ('problem' in compiled) throw new Error(`${source}: ${compiled.problem}`);
  return compiled.test;
}

it('finds what the expressions of JavaScript find, look-arounds and characters beyond ASCII included', () => {
  fc.assert(
    fc.property(pattern, fc.array(text, { minLength: 1, maxLength: 4 }), flags, (source, texts, wanted) => {
      // In PCRE `$` also stands before a line break at the very end; regex.test.ts has such texts.
      const subjects = texts.map((subject) => subject.replace(/\n+$/, ''));
      const peer = peerOf(source, wanted);
      const expected = subjects.map(peer);

      const test = testOf(source, wanted);

      expect(subjects.map(test)).toEqual(expected);
      // Once more, from what is remembered by now.
      expect(subjects.map(test)).toEqual(expected);
    }),
    { numRuns: 1_500 },
  );
});

/** `(?=(X))\1` is how JavaScript says `(?>X)`: a look-ahead gives nothing back. */
it('keeps what a possessive repetition or an atomic group took, as a look-ahead of JavaScript does', () => {
  const taken = fc
    .tuple(
      fc.constantFrom('a', '[ab]', '.', '(?:ab)', '(?:ab|ba)', '(?:a(?=b))', '[^b]'),
      fc.constantFrom('*', '+', '?', '{1,2}', '{2,}', '{2}', '{0,3}'),
    )
    .map(([of, count]) => ({ greedy: of + count, possessive: `${of}${count}+` }));
  const around = fc.constantFrom('', '^', 'a', 'b', 'ab', '[ab]', '$', '.', '(?<!a)');
  const options = fc.record({ taken, before: around, behind: around, isAtomic: fc.boolean(), isLazy: fc.boolean() });
  const subject = fc.string({ unit: fc.constantFrom('a', 'b', 'b', 'c'), maxLength: 9 });

  fc.assert(
    fc.property(options, subject, ({ taken: { greedy, possessive }, before, behind, isAtomic, isLazy }, value) => {
      const inner = isAtomic ? `b${greedy}${isLazy ? '?' : ''}` : greedy;
      const ours = isAtomic ? `(?>${inner})` : possessive;
      const peer = new RegExp(`${before}(?=(${inner}))\\1${behind}`, 'v');

      expect(testOf(before + ours + behind, { i: false, m: false, s: false })(value)).toBe(peer.test(value));
    }),
    { numRuns: 1_500 },
  );
});
