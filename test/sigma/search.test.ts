import fc from 'fast-check';
import { expect, it } from 'vitest';
import { fold } from '../../src/sigma/match/fold.ts';
import { compileSearch, compileSearchForAny } from '../../src/sigma/match/search.ts';

// K and ſ beyond ASCII fold into it; the Deseret letters are pairs of units of which only the second changes.
const unit = fc.constantFrom('a', 'A', 'b', 'k', 'K', '\u212a', 's', '\u017f', 'σ', 'ς', 'Σ', '𐐀', '𐐨', '😀', '\ud801');

it('finds a part where the folded text holds the folded part', () => {
  fc.assert(
    fc.property(fc.string({ unit, maxLength: 5 }), fc.array(fc.string({ unit, maxLength: 24 })), (part, texts) => {
      const search = compileSearch(fold(part));

      const found = texts.map((text) => search(text));

      expect(found).toEqual(texts.map((text) => fold(text).includes(fold(part))));
    }),
    { numRuns: 2_000 },
  );
});

it('finds a part that stands anywhere, also one longer than a skip can be', () => {
  const parts = ['x', 'needle', 'Nadel im Heu', `${'ab'.repeat(150)}c`];
  for (const part of parts) {
    const search = compileSearch(fold(part));
    for (let before = 0; before < 40; before++) {
      const text = `${'b'.repeat(before)}${part.toUpperCase()}${'a'.repeat(40 - before)}`;

      expect([search(text), search(text.replace(part.toUpperCase(), part.slice(0, -1)))]).toEqual([true, false]);
    }
  }
});

it('finds any of several parts where one of them alone would be found', () => {
  const part = fc.string({ unit, maxLength: 5 });
  fc.assert(
    fc.property(
      fc.array(part, { minLength: 1, maxLength: 6 }),
      fc.array(fc.string({ unit, maxLength: 24 })),
      (parts, texts) => {
        const search = compileSearchForAny(parts.map(fold));

        const found = texts.map((text) => search(text));

        expect(found).toEqual(texts.map((text) => parts.some((one) => fold(text).includes(fold(one)))));
      },
    ),
    { numRuns: 2_000 },
  );
});
