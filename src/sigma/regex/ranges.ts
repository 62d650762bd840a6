import { foldCodePoint } from '../match/fold.ts';

/** A set of code points: inclusive ranges, in order, that neither overlap nor touch. */
export type Ranges = readonly (readonly [number, number])[];

export const LAST_CODE_POINT = 0x10ffff;
/** Every letter that has another case lies below this. */
const CASED_BELOW = 0x1f000;
/** Ranges up to this are walked letter by letter; for longer ones it is cheaper to walk the letters that have cases. */
const SHORT_RANGE = 512;

/** Unicode's properties have hundreds of ranges, and a pattern may name one hundreds of times. */
const closures = new WeakMap<Ranges, Ranges>();
let orbits: ReadonlyMap<number, readonly number[]> | null = null;

/** Brings ranges in any order into the form of a set. */
export function union(...parts: readonly Ranges[]): Ranges {
  const sorted = parts.flat().sort((a, b) => a[0] - b[0]);
  const result: [number, number][] = [];
  for (const [from, to] of sorted) {
    const last = result.at(-1);
    if (last && from <= last[1] + 1) last[1] = Math.max(last[1], to);
    else result.push([from, to]);
  }
  return result;
}

/** All code points that are not in the set. */
export function complement(ranges: Ranges): Ranges {
  const result: [number, number][] = [];
  let next = 0;
  for (const [from, to] of ranges) {
    if (from > next) result.push([next, from - 1]);
    next = to + 1;
  }
  if (next <= LAST_CODE_POINT) result.push([next, LAST_CODE_POINT]);
  return result;
}

/** The set with every letter in all its cases, by Unicode's simple folding. */
export function inAnyCase(ranges: Ranges): Ranges {
  const known = closures.get(ranges);
  if (known) return known;
  const closed = closeOverCase(ranges);
  closures.set(ranges, closed);
  return closed;
}

function closeOverCase(ranges: Ranges): Ranges {
  orbits ??= caseOrbits();
  const added: [number, number][] = [];
  const add = (code: number): void => {
    for (const other of orbits?.get(code) ?? []) added.push([other, other]);
  };
  for (const [from, to] of ranges) {
    if (to - from < SHORT_RANGE) for (let code = from; code <= to; code++) add(code);
    else for (const code of orbits.keys()) if (code >= from && code <= to) add(code);
  }
  return added.length === 0 ? ranges : union(ranges, added);
}

/** The only member of a set; null when it has none or several. */
export function onlyMember(ranges: Ranges): number | null {
  const [only] = ranges;
  return only && ranges.length === 1 && only[0] === only[1] ? only[0] : null;
}

/** Each letter that has other cases, with all of them. */
function caseOrbits(): ReadonlyMap<number, readonly number[]> {
  const byFolded = new Map<number, number[]>();
  for (let code = 0; code < CASED_BELOW; code++) {
    const folded = foldCodePoint(code);
    if (folded === code) continue;
    const orbit = byFolded.get(folded);
    if (orbit) orbit.push(code);
    else byFolded.set(folded, [folded, code]);
  }
  return new Map([...byFolded.values()].flatMap((orbit) => orbit.map((code) => [code, orbit] as const)));
}
