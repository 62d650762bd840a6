import fc from 'fast-check';
import { expect, it } from 'vitest';
import { compileRegex } from '../../src/sigma/regex/regex.ts';

const NO_FLAGS = { i: false, m: false, s: false };

function testOf(pattern: string, flags = NO_FLAGS): (text: string) => boolean {
  const compiled = compileRegex(pattern, flags);
  if ('problem' in compiled) throw new Error(compiled.problem);
  return compiled.test;
}

const PATTERNS = [
  '^a+b',
  'a(?:b|ba)*c$',
  '\\bab\\b',
  '\\Ba\\B',
  '(?:^|c)a.b',
  '[^a]{2}$',
  'a?b{2,3}c?',
  '^$',
  '\\A(?:ab)+\\z',
  'σ|ab',
];
const texts = fc.array(fc.string({ unit: fc.constantFrom('a', 'b', 'c', ' ', '_', '\n', 'σ'), maxLength: 12 }), {
  minLength: 20,
  maxLength: 60,
});

it('says of every text the same however many texts a pattern has seen before', () => {
  fc.assert(
    fc.property(fc.constantFrom(...PATTERNS), texts, fc.boolean(), fc.boolean(), (pattern, all, i, m) => {
      const flags = { i, m, s: false };
      const experienced = testOf(pattern, flags);
      for (const text of all) experienced(text);

      const again = all.map((text) => experienced(text));

      // A fresh expression has learned nothing yet.
      expect(again).toEqual(all.map((text) => testOf(pattern, flags)(text)));
      const plain = pattern.replaceAll('\\A', '^').replaceAll('\\z', '$');
      if (pattern === plain || !m) {
        const peer = new RegExp(plain, `${i ? 'i' : ''}${m ? 'm' : ''}u`);
        const told = all.map((text, index) => [text, again[index]] as const).filter(([text]) => !text.endsWith('\n'));
        expect(told.map(([, found]) => found)).toEqual(told.map(([text]) => peer.test(text)));
      }
    }),
    { numRuns: 300 },
  );
});

it.each([
  ['a$', 'a\n', true],
  ['a$', 'a\n\n', false],
  ['a$', 'a', true],
  ['a\\Z', 'a\n', true],
  ['a\\z', 'a\n', false],
  ['^$', '\n', true],
  ['a\\b$', 'a\n', true],
  ['\\n$', '\n', true],
])('tells the end of a text from a line break before it: %s in %j', (pattern, text, found) => {
  const test = testOf(pattern);

  expect([test(text), test(text)]).toEqual([found, found]);
});

// Which of the last fifteen characters was an `a` takes 32,768 sets to remember, many times what fits.
it.each([
  ['a[ab]{14}c', false],
  ['\\ba[ab _]{14}\\b[^ab]', false],
  ['(?:a|σ)[aσb]{14}(?:σ|$)\n', true],
])('finds the same when %j has more sets of states than are remembered', (pattern, isMultiline) => {
  const test = testOf(pattern, { i: false, m: isMultiline, s: false });
  const peer = new RegExp(pattern, isMultiline ? 'mu' : 'u');
  const subjects = fc.sample(
    fc.string({
      unit: fc.constantFrom(...'abababababababababababababababaaaabbbb', ' ', '_', 'c', 'σ', '\n'),
      minLength: 0,
      maxLength: 60,
      size: 'max',
    }),
    { numRuns: 4_000, seed: 7 },
  );
  // Long ones, so that the tables fill and are begun again within a text as well.
  subjects.push(subjects.slice(0, 800).join('').replaceAll('c', 'b'), subjects.slice(800, 1_600).join('aabb'));

  const found = subjects.map((text) => test(text));

  expect(found).toEqual(subjects.map((text) => peer.test(text)));
  expect(new Set(found).size).toBe(2);
});
