import type Database from 'better-sqlite3';
import { toInstant } from '../lib/clock.ts';
import { complement, createUnion, overlaps, type Stretch, union } from './coverage-stretches.ts';

export type WindowRow = {
  window_from: string;
  window_to: string;
  server_total: number | null;
  events_seen: number;
  set_aside: number;
  clock_skew_seconds: number | null;
  outcome: string;
  purpose: string;
  finished_at: string;
};

/** What the polled windows of a period say, folded while they are read: a year has half a million of them. */
export type WindowFacts = {
  readonly windows: number;
  readonly failedWindows: number;
  /** Time in windows that came whole. */
  readonly read: readonly Stretch[];
  /** Time in such windows of which the server said how many events it had. */
  readonly counted: readonly Stretch[];
  readonly failed: readonly (Stretch & { readonly outcome: string })[];
  /** Time in windows of which the server counted more than came, and that was not read whole after that. */
  readonly short: readonly (Stretch & { readonly missing: number })[];
  /** Time that was read a second time because permissions had been missing, with when that was. */
  readonly secondLooks: readonly (Stretch & { readonly at: string })[];
  readonly largestClockSkewSeconds: number | null;
  /** As few windows as cover the counted time, of those that lie within the period whole: to be counted again. */
  readonly checkable: readonly (Stretch & { readonly total: number; readonly setAside: number })[];
};

const DAY_MS = 86_400_000;
/** A window that reaches up to now is asked for beyond the end it is entered with: the settle lag and a whole second. */
const TAIL_MARGIN_MS = 6_000;

/** Reads the windows of an instance that reach into a span. */
export function readWindows(db: Database.Database, instanceId: number, span: Stretch): WindowFacts {
  // A window is at most a day long, so what reaches into the span begins at most a day before it.
  const dayBefore = toInstant(Date.parse(span.from) - DAY_MS);
  const rows = db
    .prepare<[number, string, string, string], WindowRow>(
      `SELECT window_from, window_to, server_total, events_seen, set_aside, clock_skew_seconds, outcome, purpose, finished_at
       FROM _coverage INDEXED BY _coverage_window
       WHERE instance_id = ? AND window_from >= ? AND window_from < ? AND window_to > ? ORDER BY window_from`,
    )
    .iterate(instanceId, dayBefore, span.to, span.from);
  const read = createUnion();
  const counted = createUnion();
  const cover = createCover<WindowFacts['checkable'][number]>();
  const failed: { from: string; to: string; outcome: string }[] = [];
  const short = shortWindows(db, instanceId, dayBefore, span);
  let firstShort = 0;
  const secondLooks: WindowFacts['secondLooks'][number][] = [];
  let windows = 0;
  let failedWindows = 0;
  let skew: number | null = null;
  for (const row of rows) {
    const stretch = { from: row.window_from, to: row.window_to };
    const seconds = row.clock_skew_seconds;
    if (seconds !== null && (skew === null || Math.abs(seconds) > Math.abs(skew))) skew = seconds;
    if (row.outcome.startsWith('failed')) {
      failedWindows += 1;
      const last = failed.at(-1);
      // An outage repeats the same words every minute.
      if (last?.outcome === row.outcome && stretch.from <= last.to)
        last.to = stretch.to > last.to ? stretch.to : last.to;
      else failed.push({ ...stretch, outcome: row.outcome });
      continue;
    }
    windows += 1;
    if (row.outcome !== 'read') continue;
    read.add(stretch);
    while ((short[firstShort]?.from ?? '9999') <= toInstant(Date.parse(stretch.from) - DAY_MS)) firstShort += 1;
    for (let index = firstShort; (short[index]?.from ?? '9999') < stretch.to; index += 1) {
      const one = short[index];
      if (one && row.finished_at > one.finishedAt && overlaps(one, stretch)) one.mended.push(stretch);
    }
    if (row.purpose === 'visibility') secondLooks.push({ ...stretch, at: row.finished_at });
    if (row.server_total === null) continue;
    counted.add(stretch);
    const to = row.purpose === 'tail' ? toInstant(Date.parse(stretch.to) + TAIL_MARGIN_MS) : stretch.to;
    if (stretch.from >= span.from && to <= span.to)
      cover.add({ from: stretch.from, to, total: row.server_total, setAside: row.set_aside });
  }
  return {
    windows,
    failedWindows,
    read: read.stretches,
    counted: counted.stretches,
    failed,
    short: unresolved(short),
    secondLooks,
    largestClockSkewSeconds: skew,
    checkable: cover.finish(),
  };
}

function shortWindows(db: Database.Database, instanceId: number, dayBefore: string, span: Stretch): ShortWindow[] {
  return db
    .prepare<[number, string, string, string], Omit<ShortWindow, 'mended'>>(
      `SELECT window_from AS "from", window_to AS "to", finished_at AS finishedAt,
         max(0, coalesce(server_total, 0) - events_seen - set_aside) AS missing
       FROM _coverage INDEXED BY _coverage_window
       WHERE instance_id = ? AND window_from >= ? AND window_from < ? AND window_to > ? AND outcome = 'short'
       ORDER BY window_from`,
    )
    .all(instanceId, dayBefore, span.to, span.from)
    .map((one) => ({ ...one, mended: [] }));
}

type ShortWindow = Stretch & { readonly missing: number; readonly finishedAt: string; readonly mended: Stretch[] };

/** What of short windows was not read whole after them; the tail reads the youngest minutes often: pieces that overlap are one. */
function unresolved(short: readonly ShortWindow[]): WindowFacts['short'] {
  const pieces = short
    .flatMap(({ from, to, missing, mended }) =>
      complement(union(mended), { from, to }).map((piece) => ({ ...piece, missing })),
    )
    .sort((a, b) => (a.from < b.from ? -1 : a.from > b.from ? 1 : 0));
  const clusters: { from: string; to: string; missing: number }[] = [];
  for (const one of pieces) {
    const last = clusters.at(-1);
    if (last === undefined || one.from > last.to) clusters.push({ ...one });
    else {
      last.to = one.to > last.to ? one.to : last.to;
      last.missing = Math.max(last.missing, one.missing);
    }
  }
  return clusters;
}

/** Chooses, of stretches in the order of their beginnings, as few as cover the same time. */
function createCover<T extends Stretch>(): { add(one: T): void; finish(): T[] } {
  const chosen: T[] = [];
  let reach = '';
  let best: T | null = null;
  const take = () => {
    if (best === null) return;
    chosen.push(best);
    reach = best.to;
    best = null;
  };
  return {
    add(one) {
      if (one.from > reach) take();
      if (one.to > reach && (best === null || one.to > best.to)) best = one;
    },
    finish() {
      take();
      return chosen;
    },
  };
}
