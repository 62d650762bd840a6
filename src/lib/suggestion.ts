/** Bounds on the work of one suggestion: a file may hold ten thousand strange words beside as many known ones. */
const MAX_CHARACTERS = 100;
const MAX_COMPARED = 5_000;

/**
 * `, did you mean \`contains\`?` when one of `known` is near enough to `word` to be what was meant; otherwise empty.
 */
export function suggestion(word: string, known: Iterable<string>): string {
  if (word.length > MAX_CHARACTERS) return '';
  const limit = word.length <= 1 ? 0 : word.length <= 3 ? 1 : word.length <= 7 ? 2 : 3;
  let best: string | null = null;
  let bestDistance = limit + 1;
  let compared = 0;
  for (const candidate of known) {
    if (candidate === word || Math.abs(candidate.length - word.length) > limit) continue;
    compared += 1;
    if (compared > MAX_COMPARED) break;
    const distance = editDistance(word.toLowerCase(), candidate.toLowerCase(), limit);
    if (distance < bestDistance) {
      best = candidate;
      bestDistance = distance;
    }
  }
  return best === null ? '' : `, did you mean \`${best}\`?`;
}

/**
 * The optimal string alignment distance: a swap of neighbours (`levle`) counts as one slip, as typing makes them. Only the
 * cells within `limit` of the diagonal matter; a greater distance comes out as some number above it.
 */
function editDistance(a: string, b: string, limit: number): number {
  const beyond = limit + 1;
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, index) => index);
  let row: number[] = new Array(b.length + 1).fill(beyond);
  for (let i = 1; i <= a.length; i++) {
    const from = Math.max(1, i - limit);
    const to = Math.min(b.length, i + limit);
    row.fill(beyond);
    if (i <= limit) row[0] = i;
    let least = row[0] ?? beyond;
    for (let j = from; j <= to; j++) {
      const isSame = a[i - 1] === b[j - 1];
      let cost = Math.min(
        (last[j] ?? beyond) + 1,
        (row[j - 1] ?? beyond) + 1,
        (last[j - 1] ?? beyond) + (isSame ? 0 : 1),
      );
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1])
        cost = Math.min(cost, (beforeLast[j - 2] ?? beyond) + 1);
      row[j] = cost;
      least = Math.min(least, cost);
    }
    if (least > limit && i > 1 && Math.min(...last) > limit) return beyond;
    [beforeLast, last, row] = [last, row, beforeLast.length > 0 ? beforeLast : new Array(b.length + 1).fill(beyond)];
  }
  return last[b.length] ?? beyond;
}
