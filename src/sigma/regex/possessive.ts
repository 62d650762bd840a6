import { fixedLength, type RegexNode, type RegexRepeat } from './node.ts';

/**
 * A possessive repetition (`X++`) as one that gives nothing back: where everything X matches has one length, it took as
 * many as there are exactly when no further one follows, unless it reached its bound. Null for other X.
 */
export function possessive(greedy: RegexRepeat): RegexNode | null {
  const { of, min, max } = greedy;
  if ((fixedLength(of) ?? 0) === 0) return null;
  if (min === max) return greedy;
  const noFurther: RegexNode = { kind: 'look', isBehind: false, isNegated: true, of };
  if (max === Number.POSITIVE_INFINITY) return sequence(greedy, noFurther);
  return { kind: 'choice', of: [{ ...greedy, min: max }, sequence({ ...greedy, max: max - 1 }, noFurther)] };
}

/**
 * An atomic group (`(?>…)`) without its commitment, where that changes nothing: all it matches has one length, or its
 * end alone varies and is a repetition. Null where the commitment matters.
 */
export function atomic(node: RegexNode): RegexNode | null {
  if (fixedLength(node) !== null) return node;
  if (node.kind === 'repeat') {
    // What a lazy repetition is content with, an atomic group keeps.
    return possessive(node.isLazy ? { ...node, max: node.min } : node);
  }
  if (node.kind !== 'sequence') return null;
  const last = node.of.at(-1);
  const before = node.of.slice(0, -1);
  if (!last || before.some((part) => fixedLength(part) === null)) return null;
  const end = atomic(last);
  return end && sequence(...before, end);
}

function sequence(...of: readonly RegexNode[]): RegexNode {
  return { kind: 'sequence', of };
}
