/** Bounds on the work of one suggestion: a file may hold ten thousand strange words beside as many known ones. */
const MAX_CHARACTERS = 100;
const MAX_CANDIDATES = 2_000;

/**
 * `, did you mean \`contains\`?` when one of `known` is near enough to `word` to be what was meant; otherwise empty.
 */
export function suggestion(word: string, known: Iterable<string>): string {
  if (word.length > MAX_CHARACTERS) return '';
  const limit = word.length <= 1 ? 0 : word.length <= 3 ? 1 : word.length <= 7 ? 2 : 3;
  let best: string | null = null;
  let bestDistance = limit + 1;
  let tried = 0;
  for (const candidate of known) {
    tried += 1;
    if (tried > MAX_CANDIDATES) break;
    if (candidate === word || Math.abs(candidate.length - word.length) > limit) continue;
    const distance = editDistance(word.toLowerCase(), candidate.toLowerCase(), limit);
    if (distance < bestDistance) {
      best = candidate;
      bestDistance = distance;
    }
  }
  return best === null ? '' : `, did you mean \`${best}\`?`;
}

/**
 * The optimal string alignment distance: a swap of neighbours (`levle`) counts as one slip, as typing makes them. Words
 * that are further apart than `limit` are given up early.
 */
function editDistance(a: string, b: string, limit: number): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const isSame = a[i - 1] === b[j - 1];
      let cost = Math.min((last[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1, (last[j - 1] ?? 0) + (isSame ? 0 : 1));
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1])
        cost = Math.min(cost, (beforeLast[j - 2] ?? 0) + 1);
      row.push(cost);
    }
    if (Math.min(...row) > limit && Math.min(...last) > limit) return limit + 1;
    beforeLast = last;
    last = row;
  }
  return last[b.length] ?? 0;
}
