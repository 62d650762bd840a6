/** One measured figure; the goal is that of docs/performance.md, in words. */
export type Figure = { readonly name: string; readonly value: number; readonly goal: string | null };

export function printFigures(figures: readonly Figure[], isJson: boolean): void {
  if (isJson) {
    console.log(JSON.stringify(figures, null, 2));
    return;
  }
  const width = Math.max(...figures.map((one) => one.name.length));
  for (const { name, value, goal } of figures) {
    const shown = value >= 100 ? value.toFixed(0) : value.toPrecision(3);
    console.log(`${name.padEnd(width)}  ${shown.padStart(8)}  ${goal === null ? '' : `goal: ${goal}`}`);
  }
}

/** Runs `work` until half a second has passed, after one warm-up, and returns microseconds per unit of the best run. */
export function bestUs(units: number, work: () => void): number {
  work();
  let best = Number.POSITIVE_INFINITY;
  for (const end = performance.now() + 500; performance.now() < end; ) {
    const startedAtMs = performance.now();
    work();
    best = Math.min(best, ((performance.now() - startedAtMs) * 1000) / units);
  }
  return best;
}
