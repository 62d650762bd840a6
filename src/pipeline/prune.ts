import { toInstant } from '../lib/clock.ts';
import {
  type Cutoffs,
  checkpointBefore,
  countDue,
  FIRST_PLACE,
  type Prunable,
  pruneBeside,
  pruneStep,
  type Store,
} from '../store/index.ts';

/** How long rows are kept, in milliseconds; null: for ever. */
export type KeptFor = {
  readonly eventsMs: number | null;
  readonly findingsMs: number | null;
  readonly journalMs: number | null;
  readonly deliveriesMs: number | null;
};

export type PrunerOptions = {
  readonly store: Store;
  readonly retention: KeptFor;
  /** The longest timespan of any correlation. */
  readonly longestTimespanMs: number;
};

/** What one call removed; `isDone` when nothing else is due until the next day. */
export type Pruned = { readonly removed: number; readonly isDone: boolean };

/** Links are dropped with the rows they were of; a part of a pass like the others. */
type Part = Prunable | 'beside' | 'links';
const PARTS: readonly Part[] = ['events', 'beside', 'deliveries', 'findings', 'coverage', 'journal', 'links'];

const DAY_MS = 24 * 3_600_000;
/** Rows looked at in one transaction at most, and how long one should take: polling waits for no longer. */
const MOST_ROWS = 500;
const LEAST_ROWS = 20;
const SLICE_MS = 50;

export type Pruner = ReturnType<typeof createPruner>;

/**
 * Makes what removes rows whose time has come: each call of `pruneSome` is one small transaction, and between two calls
 * everybody else may write. What an open or acknowledged finding cites stays, and what correlations may still need. A pass
 * that is broken off begins again with the next process; nothing is lost by that.
 */
export function createPruner(options: PrunerOptions) {
  const { store } = options;
  let part = 0;
  let place = FIRST_PLACE;
  let rows = MOST_ROWS;
  let pass: Partial<Record<Part, number>> = {};
  let cutoffs: Cutoffs | null = null;
  let lastLink: number | null = null;

  function step(nowMs: number): number {
    cutoffs ??= cutoffsAt(options, nowMs);
    const kind = PARTS[part] as Part;
    if (kind === 'beside') return finishPart(cutoffs.events === null ? 0 : pruneBeside(store, cutoffs.events));
    if (kind === 'links') {
      // What is linked anew on the way is not old, whatever the clock of the links says.
      lastLink ??= store.db.prepare<[], number | null>('SELECT max(link) FROM _chain').pluck().get() ?? 0;
      const dropped = dropLinks(store, longest(cutoffs), rows, lastLink);
      return dropped > 0 ? dropped : finishPart(0);
    }
    const before = cutoffs[kind];
    if (before === null) return finishPart(0);
    const { removed, next } = pruneStep(store, kind, before, place, rows);
    if (next === null) return finishPart(removed);
    place = next;
    return removed;
  }

  function finishPart(removed: number): number {
    part += 1;
    place = FIRST_PLACE;
    return removed;
  }

  function finishPass(nowMs: number): void {
    if (Object.values(pass).some((count) => count > 0))
      store.transaction(() => store.journal.add(toInstant(nowMs), 'pruned', null, { removed: pass, before: cutoffs }));
    part = 0;
    pass = {};
    cutoffs = null;
    lastLink = null;
  }

  return {
    /** Removes some of what is due. Call again, with room for others between, until it is done. */
    pruneSome(nowMs: number): Pruned {
      const startedMs = performance.now();
      const kind = PARTS[part] as Part;
      const removed = step(nowMs);
      pass = { ...pass, [kind]: (pass[kind] ?? 0) + removed };
      const tookMs = performance.now() - startedMs;
      if (tookMs > SLICE_MS) rows = Math.max(LEAST_ROWS, Math.floor((rows * SLICE_MS) / tookMs));
      else if (tookMs < SLICE_MS / 2) rows = Math.min(MOST_ROWS, rows * 2);
      const isDone = part === PARTS.length;
      if (isDone) finishPass(nowMs);
      return { removed, isDone };
    },
    /** What a pass at `nowMs` would remove, and what is older than which instant. */
    due(nowMs: number): { readonly counts: Readonly<Record<Prunable, number>>; readonly cutoffs: Cutoffs } {
      const at = cutoffsAt(options, nowMs);
      return { counts: countDue(store, at), cutoffs: at };
    },
  };
}

/** The longest timespan of correlations, in milliseconds; 0 when there are none. */
export function longestTimespanMs(correlations: readonly { readonly timespanMs: number }[]): number {
  return Math.max(0, ...correlations.map((one) => one.timespanMs));
}

function cutoffsAt({ retention, longestTimespanMs }: PrunerOptions, nowMs: number): Cutoffs {
  const before = (ms: number | null) => (ms === null ? null : toInstant(nowMs - ms));
  const { eventsMs, findingsMs, journalMs, deliveriesMs } = retention;
  // A late event makes a correlation look a timespan back from its own, and it may be one about others.
  const neededMs = 2 * longestTimespanMs + 2 * DAY_MS;
  return {
    events: eventsMs === null ? null : before(Math.max(eventsMs, neededMs)),
    findings: before(findingsMs),
    journal: before(journalMs),
    deliveries: before(deliveriesMs),
    // What was read is said of as long as anything that was.
    coverage: eventsMs === null || journalMs === null ? null : before(Math.max(eventsMs, neededMs, journalMs)),
  };
}

/** The instant before which nothing is left but what is held; null when something is kept for ever. */
function longest({ events, findings, journal }: Cutoffs): string | null {
  if (events === null || findings === null || journal === null) return null;
  return [events, findings, journal].sort()[0] ?? null;
}

/** Drops about so many of the oldest links; a large transaction's links have one time and go together. */
function dropLinks(store: Store, before: string | null, limit: number, lastLink: number): number {
  if (before === null) return 0;
  const storedAt = store.db.prepare<[number], string>('SELECT stored_at FROM _chain WHERE link = ?').pluck();
  const first = store.db.prepare<[], number | null>('SELECT min(link) FROM _chain').pluck().get() ?? null;
  const firstAt = first === null ? undefined : storedAt.get(first);
  if (first === null || first > lastLink || firstAt === undefined || firstAt >= before) return 0;
  const untilAt = storedAt.get(first + limit) ?? before;
  const bound = untilAt > firstAt ? untilAt : toInstant(Date.parse(firstAt) + 1);
  return checkpointBefore(store, bound < before ? bound : before, limit);
}
