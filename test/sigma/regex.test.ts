import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compileRegex } from '../../src/sigma/regex.ts';

const NO_FLAGS = { i: false, m: false, s: false };

function problemOf(pattern: string): string {
  const compiled = compileRegex(pattern, NO_FLAGS);
  return 'problem' in compiled ? compiled.problem : '';
}

const atom = fc.constantFrom(
  'a',
  'b',
  '.',
  '[ab]',
  '[^a]',
  '[a-c]',
  '\\d',
  '\\W',
  'σ',
  '^',
  '$',
  '\\b',
  '(?:a|b)',
  '(a|)',
  'x{0,2}',
);
const quantifier = fc.constantFrom('', '', '', '*', '+', '?', '{2}', '{1,}', '{0,2}', '*?', '+?');
const piece = fc
  .tuple(atom, quantifier)
  .map(([one, many]) => (/^(?:\^|\$|\\b|x\{0,2\})$/.test(one) ? one : one + many));
const pattern = fc.oneof(
  fc.array(piece, { maxLength: 5 }).map((pieces) => pieces.join('')),
  fc
    .tuple(
      fc.array(piece, { maxLength: 3 }),
      fc.array(piece, { minLength: 1, maxLength: 3 }),
      fc.constantFrom('*', '+', '?', ''),
    )
    .map(([left, inner, many]) => `${left.join('')}(?:${inner.join('')}|b)${many}`),
);
const subject = fc
  .array(fc.constantFrom('a', 'b', 'A', 'c', 'x', 'ς', '1', '\n', ' ', '😀'), { maxLength: 8 })
  .map((parts) => parts.join(''));

describe('regular expressions', () => {
  it('find what the expressions of JavaScript find', () => {
    fc.assert(
      fc.property(
        pattern,
        subject,
        fc.record({ i: fc.boolean(), m: fc.boolean(), s: fc.boolean() }),
        (source, text, flags) => {
          // In PCRE `$` also stands before a line break at the very end; such texts are left to the test below.
          fc.pre(!text.endsWith('\n'));
          const names = `u${flags.i ? 'i' : ''}${flags.m ? 'm' : ''}${flags.s ? 's' : ''}`;
          // Without the s flag JavaScript's dot also stops at three more line ends, none of which occurs here.
          const expected = new RegExp(source, names).test(text);

          const compiled = compileRegex(source, flags);

          expect('test' in compiled && compiled.test(text)).toBe(expected);
        },
      ),
      { numRuns: 4_000 },
    );
  });

  it.each([
    ['(?i)^Admin$', 'aDMIN', true],
    ['a(?i)b', 'Ab', false],
    ['(?i:a)b', 'AB', false],
    ['(?s)a.b', 'a\nb', true],
    ['(?-i)a', 'A', false],
    ['end$', 'end\n', true],
    ['end\\z', 'end\n', false],
    ['\\Astart', 'x\nstart', false],
    ['[]a]+', ']', true],
    ['[^]a]', ']', false],
    ['[\\w.-]+@', 'a.b-c@', true],
    ['\\x41\\u0042', 'AB', true],
    ['a{,2}', 'a{,2}', true],
    ['(?P<name>a)+', 'aa', true],
    ['C:\\\\Users', 'C:\\Users', true],
    ['', '', true],
  ])('reads %s on %j as PCRE does: %s', (source, text, expected) => {
    const compiled = compileRegex(source, NO_FLAGS);

    expect('test' in compiled && compiled.test(text)).toBe(expected);
  });

  it.each([
    ['(a', 'a `(` without its `)`'],
    ['a)', 'a `)` without its `(`'],
    ['[a', 'a `[` without its `]`'],
    ['*a', 'nothing to repeat'],
    ['a**', 'a quantifier on a quantifier'],
    ['a++', 'possessive'],
    ['(a)\\1', 'back-reference'],
    ['a(?=b)', 'look-around'],
    ['a(?<!b)', 'look-around'],
    ['[z-a]', 'wrong way round'],
    ['a{3,2}', 'wrong way round'],
    ['a{1001}', 'more than 1000 times'],
    ['(a{1000}){1000}', 'more than 2000 states'],
    ['(((){999}){999}){999}', 'too deep'],
    ['a\\', 'a backslash at the end'],
    ['\\q', 'not supported'],
    ['[[:alpha:]]', 'POSIX class'],
    ['('.repeat(150), 'nested too deeply'],
    ['a'.repeat(5_000), 'longer than 4000'],
  ])('refuses %s with a reason', (source, reason) => {
    expect(problemOf(source)).toContain(reason);
  });

  it.each(['(a+)+$', '^(a|a)*$', '(.*a){20}$', '^(([a-z])+.)+[A-Z]([a-z])+$', '(x+x+)+y', '.*.*.*.*.*.*=.*'])(
    'stay quick where backtracking would hang: %s',
    (source) => {
      const text = `${'a'.repeat(50_000)}!`;
      const compiled = compileRegex(source, NO_FLAGS);
      const startedAt = performance.now();

      const found = 'test' in compiled && compiled.test(text);

      expect(found).toBe(false);
      expect(performance.now() - startedAt).toBeLessThan(2_000);
    },
  );
});
