/**
 * What a correlation says at each event, worked out by walking: for every event all those before it are looked at again.
 * Slow and obvious, and nothing of it is shared with the engine's SQL.
 */

/** One row of the relation: an event that matched a rule, with the value that is observed of it. */
export type Entry = {
  readonly ref: string;
  readonly atMs: number;
  readonly rule: string;
  readonly value: string | number | null;
};

export type Walked = {
  readonly at_ms: number;
  readonly ref: string;
  readonly window_count: number;
  readonly observed: number | null;
  readonly holds: 0 | 1;
  readonly starts: 0 | 1;
};

/** What the window of one event comes to. */
export type Judge = (window: readonly Happening[]) => { observed: number | null; holds: boolean };
export type Happening = { readonly atMs: number; readonly ref: string; readonly entries: readonly Entry[] };

export function walk(judge: Judge, entries: readonly Entry[], spanMs: number, fromMs: number): Walked[] {
  const happenings = inTime(entries);
  let held = false;
  const rows = happenings.map((one, index): Walked => {
    const window = happenings.slice(0, index + 1).filter((other) => other.atMs >= one.atMs - spanMs);
    const { observed, holds } = judge(window);
    const starts = holds && !held;
    held = holds;
    return {
      at_ms: one.atMs,
      ref: one.ref,
      window_count: window.length,
      observed,
      holds: holds ? 1 : 0,
      starts: starts ? 1 : 0,
    };
  });
  return rows.filter((row) => row.at_ms >= fromMs);
}

/** Rows of one event and instant are one happening. */
function inTime(entries: readonly Entry[]): Happening[] {
  const byEvent = new Map<string, Entry[]>();
  for (const entry of entries) {
    const id = `${entry.atMs} ${entry.ref}`;
    byEvent.set(id, [...(byEvent.get(id) ?? []), entry]);
  }
  return [...byEvent.values()]
    .map((own) => ({ atMs: own[0]?.atMs ?? 0, ref: own[0]?.ref ?? '', entries: own }))
    .sort((a, b) => a.atMs - b.atMs || (a.ref < b.ref ? -1 : 1));
}

const COMPARE: Readonly<Record<string, (a: number, b: number) => boolean>> = {
  gt: (a, b) => a > b,
  gte: (a, b) => a >= b,
  lt: (a, b) => a < b,
  lte: (a, b) => a <= b,
  eq: (a, b) => a === b,
  neq: (a, b) => a !== b,
};

/** Judges a number that is observed of each window against limits such as `{gte: 3}`; nothing observed meets none. */
export function observing(
  limits: Readonly<Record<string, number>>,
  observe: (window: readonly Happening[]) => number | null,
): Judge {
  return (window) => {
    const observed = observe(window);
    const holds =
      observed !== null &&
      Object.entries(limits).every(([operator, limit]) => COMPARE[operator]?.(observed, limit) ?? false);
    return { observed, holds };
  };
}

export function distinctOf(window: readonly Happening[], what: 'rule' | 'value'): number {
  const things = window.flatMap((one) => one.entries.map((entry) => entry[what])).filter((thing) => thing !== null);
  return new Set(things).size;
}

export function numbersOf(window: readonly Happening[]): number[] {
  return window.flatMap(({ entries }) => {
    const own = entries.flatMap(({ value }) => (typeof value === 'number' ? [value] : []));
    return own.length === 0 ? [] : [Math.max(...own)];
  });
}

export function rulesIn(window: readonly Happening[]): Set<string> {
  return new Set(window.flatMap((one) => one.entries.map((entry) => entry.rule)));
}

/** Linear interpolation between the two numbers next to the rank. */
export function percentileOf(numbers: readonly number[], percent: number): number | null {
  const sorted = numbers.toSorted((a, b) => a - b);
  if (sorted.length === 0) return null;
  const rank = ((sorted.length - 1) * percent) / 100;
  const below = sorted[Math.floor(rank)] ?? 0;
  const above = sorted[Math.ceil(rank)] ?? 0;
  return below + (rank - Math.floor(rank)) * (above - below);
}

/** Whether the window holds events of all the rules, none earlier than the one of the rule before it. */
export function holdsInOrder(
  window: readonly Happening[],
  rules: readonly string[],
  notBeforeMs = Number.NEGATIVE_INFINITY,
): boolean {
  const [first, ...rest] = rules;
  if (first === undefined) return true;
  return window.some(
    (one) =>
      one.atMs >= notBeforeMs &&
      one.entries.some((entry) => entry.rule === first) &&
      holdsInOrder(window, rest, one.atMs),
  );
}
