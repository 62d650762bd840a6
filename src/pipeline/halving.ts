import type { RuleLimit } from '../detect/index.ts';

/** The number that would have halved the findings of a rule, as far as stored history tells. */
export type Halving =
  /** The number nearest to the limit in force with which at most half of `of` findings are left. */
  | { readonly kind: 'found'; readonly threshold: number; readonly left: number; readonly of: number }
  /** Every number that anything met would leave more than half. */
  | { readonly kind: 'none'; readonly of: number; readonly why: string }
  | { readonly kind: 'unknown'; readonly why: string };

/** Where one subject was seen, in milliseconds of the epoch: what lies within a rule's window of it is one finding. */
export type SubjectSighting = { readonly subject: string; readonly fromMs: number; readonly toMs: number };

/** Numbers tried before it is given up: each is a count of all that the period holds. */
const MAX_TRIED = 2000;

/**
 * Looks for the first of `numbers` (from the limit in force on to stricter ones) with which at most half of the findings
 * are left. One after another, because a stricter number can leave more: what two findings had in common may be gone.
 */
export function halve(numbers: readonly number[], limit: RuleLimit, findingsWith: (limit: number) => number): Halving {
  const of = findingsWith(limit.value);
  if (of === 0) return unknown('nothing that is stored of the period meets the rule as it is now');
  for (const threshold of numbers.slice(0, MAX_TRIED)) {
    const left = findingsWith(threshold);
    if (left * 2 <= of) return { kind: 'found', threshold, left, of };
  }
  if (numbers.length > MAX_TRIED) return unknown(`the first ${MAX_TRIED} numbers that change anything do not halve it`);
  const why =
    limit.stricter === null
      ? 'its limit is neither a least nor a greatest number: none is stricter'
      : 'every number that something still meets leaves more than half';
  return { kind: 'none', of, why };
}

export function unknown(why: string): Halving {
  return { kind: 'unknown', why };
}

/**
 * How many findings live detection makes of sightings, of those that begin at `openedFromMs` or later: of one subject,
 * what is no more than the window apart is one. Acknowledgements, which end a finding's growth, are not counted with.
 */
export function countFindings(sightings: readonly SubjectSighting[], windowMs: number, openedFromMs: number): number {
  let findings = 0;
  for (const own of Map.groupBy(sightings, (one) => one.subject).values()) {
    let reachMs = Number.NEGATIVE_INFINITY;
    for (const { fromMs, toMs } of own.sort((a, b) => a.fromMs - b.fromMs)) {
      const isNew = fromMs > reachMs + windowMs;
      if (isNew && fromMs >= openedFromMs) findings += 1;
      reachMs = isNew ? toMs : Math.max(reachMs, toMs);
    }
  }
  return findings;
}
