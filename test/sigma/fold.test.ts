import { describe, expect, it } from 'vitest';
import { fold, foldedUnitAt } from '../../src/sigma/match/fold.ts';

const LAST_CODE_POINT = 0x1ffff;

describe('case folding', () => {
  it('keeps the length of every character and folds it unit by unit to the same', () => {
    for (let code = 0; code <= LAST_CODE_POINT; code++) {
      const character = String.fromCodePoint(code);
      const folded = fold(character);

      const byUnits = Array.from({ length: character.length }, (_, index) => foldedUnitAt(character, index));

      expect(
        String.fromCharCode(...byUnits) === folded && folded.length === character.length,
        `U+${code.toString(16)}`,
      ).toBe(true);
    }
  });

  it('joins exactly the characters that expressions with the flags iu join', () => {
    for (let code = 0; code <= LAST_CODE_POINT; code++) {
      const character = String.fromCodePoint(code);
      const others = new Set([fold(character), character.toLowerCase(), character.toUpperCase()]);
      for (const other of others) {
        if (other === character || [...other].length !== 1) continue;

        const isSame = new RegExp(`^\\u{${code.toString(16)}}$`, 'iu').test(other);

        expect(fold(other) === fold(character), `U+${code.toString(16)} and ${other}`).toBe(isSame);
      }
    }
  });
});
