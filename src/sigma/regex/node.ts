import type { Ranges } from './ranges.ts';

/** The part of PCRE that can be matched in linear time, as a tree. Characters are code points. */
export type RegexNode =
  | { readonly kind: 'empty' }
  | { readonly kind: 'set'; readonly ranges: Ranges }
  | { readonly kind: 'assert'; readonly what: Assertion }
  | { readonly kind: 'look'; readonly isBehind: boolean; readonly isNegated: boolean; readonly of: RegexNode }
  | { readonly kind: 'sequence'; readonly of: readonly RegexNode[] }
  | { readonly kind: 'choice'; readonly of: readonly RegexNode[] }
  | RegexRepeat;
/** Lazy or not makes no difference to whether there is a match, except at the end of an atomic group. */
export type RegexRepeat = {
  readonly kind: 'repeat';
  readonly of: RegexNode;
  readonly min: number;
  readonly max: number;
  readonly isLazy: boolean;
};

/** `end` also stands before a line break that ends the text, as `$` does in PCRE. */
export type Assertion = 'textStart' | 'lineStart' | 'textEnd' | 'end' | 'lineEnd' | 'boundary' | 'notBoundary';

export type RegexFlags = { readonly i: boolean; readonly m: boolean; readonly s: boolean };

/** What a pattern asks for that is not supported, or where it is malformed, as a sentence with the position. */
export class RegexMistake extends Error {}

/** How many characters everything the node matches has; null when that varies. */
export function fixedLength(node: RegexNode): number | null {
  switch (node.kind) {
    case 'empty':
    case 'assert':
    case 'look':
      return 0;
    case 'set':
      return 1;
    case 'sequence':
      return node.of.reduce<number | null>((sum, part) => {
        const length = sum === null ? null : fixedLength(part);
        return sum === null || length === null ? null : sum + length;
      }, 0);
    case 'choice': {
      const [first = null, ...others] = node.of.map(fixedLength);
      return others.every((length) => length === first) ? first : null;
    }
    case 'repeat': {
      const length = fixedLength(node.of);
      if (length === 0) return 0;
      return length === null || node.min !== node.max ? null : length * node.min;
    }
  }
}
