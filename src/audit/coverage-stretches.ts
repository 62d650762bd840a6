/** A stretch of time between two instants, the second exclusive. Instants are text that compares as it is. */
export type Stretch = { readonly from: string; readonly to: string };

/** Stretches joined where they touch or overlap, in the order of time. */
export function union(stretches: readonly Stretch[]): Stretch[] {
  const joined = createUnion();
  for (const one of stretches.toSorted((a, b) => (a.from < b.from ? -1 : a.from > b.from ? 1 : 0))) joined.add(one);
  return joined.stretches;
}

/** Joins stretches that come in the order of their beginnings, without keeping them all. */
export function createUnion(): { readonly stretches: Stretch[]; add(one: Stretch): void } {
  const stretches: Stretch[] = [];
  return {
    stretches,
    add(one) {
      const last = stretches.at(-1);
      if (last === undefined || one.from > last.to) stretches.push({ from: one.from, to: one.to });
      else if (one.to > last.to) stretches[stretches.length - 1] = { from: last.from, to: one.to };
    },
  };
}

/** What of a span none of the joined stretches covers. */
export function complement(joined: readonly Stretch[], span: Stretch): Stretch[] {
  const rest: Stretch[] = [];
  let at = span.from;
  for (const one of joined) {
    if (one.from >= span.to) break;
    if (one.from > at) rest.push({ from: at, to: one.from });
    if (one.to > at) at = one.to;
  }
  if (at < span.to) rest.push({ from: at, to: span.to });
  return rest;
}

/** The part of a stretch within a span; null when they have nothing in common. */
export function clip(one: Stretch, span: Stretch): Stretch | null {
  const from = one.from > span.from ? one.from : span.from;
  const to = one.to < span.to ? one.to : span.to;
  return from < to ? { from, to } : null;
}

export function overlaps(a: Stretch, b: Stretch): boolean {
  return a.from < b.to && b.from < a.to;
}

/** Whether one of the joined stretches holds all of another. */
export function isWithin(one: Stretch, joined: readonly Stretch[]): boolean {
  return joined.some((each) => each.from <= one.from && each.to >= one.to);
}

export function lengthMs(stretches: readonly Stretch[]): number {
  return stretches.reduce((sum, { from, to }) => sum + Date.parse(to) - Date.parse(from), 0);
}
