import type { AuditEvent, SetAside } from '../model/event.ts';
import type { OctopusClient } from './client.ts';
import { OctopusError } from './errors.ts';
import { createCollection } from './event-collection.ts';
import { type EventPage, type EventScope, type PageQuery, readEventPage } from './event-page.ts';
import { createReadAhead } from './read-ahead.ts';

export type WindowQuery = {
  /** Inclusive, milliseconds since the epoch; rounded down to the second. */
  readonly fromMs: number;
  /** Exclusive, milliseconds since the epoch; rounded up to the second. */
  readonly toMs: number;
  readonly maxEvents: number;
  readonly scope: EventScope;
  /** Rows to ask for per page, 1000 unless given; servers may give fewer. */
  readonly take?: number;
  readonly pagesInFlight?: number;
  readonly signal?: AbortSignal | undefined;
  readonly onPage?: (progress: { readonly pages: number; readonly events: number }) => void;
};

export type WindowRead =
  | {
      readonly outcome: 'read';
      /** Distinct by id, oldest first. */
      readonly events: readonly AuditEvent[];
      readonly setAside: readonly SetAside[];
      /** What the server counted, from the last page read; null when it does not count. */
      readonly serverTotal: number | null;
      readonly pages: number;
      /** How often a field was missing where every known server sends it, or came with a wrong type, by name. */
      readonly absentFields: Readonly<Record<string, number>>;
      /** True when an event outside all spaces was among them: the key sees the system level. */
      readonly hasSystemEvents: boolean;
    }
  | { readonly outcome: 'too_many'; readonly serverTotal: number | null };

/** After so many pages in a row without anything new the server is taken to ignore `skip`. */
const MAX_STALE_PAGES = 3;
/** How often a window is read from its start when rows were added while it was read. */
const MAX_PASSES = 3;
/** How often reading goes back because rows vanished; guards against a total that goes up and down. */
const MAX_REWINDS = 10;
const SMALLEST_TAKE = 30;

/**
 * Reads all events of a window of time. The whole window or nothing: it throws when any page cannot be read. Stops only
 * at an empty page or a missing `Page.Next`, never at a short page (INF octopus-api 1.3: the cap on `take` is unknown).
 *
 * @throws OctopusError; the signal's reason when it aborts.
 */
export async function readWindow(client: OctopusClient, query: WindowQuery): Promise<WindowRead> {
  const collected = createCollection();
  const pageQuery: PageQuery = {
    from: wholeSecond(Math.floor(query.fromMs / 1000)),
    to: wholeSecond(Math.ceil(query.toMs / 1000)),
    scope: query.scope,
  };
  let take = Math.max(1, query.take ?? 1000);
  let skip = 0;
  let pages = 0;
  let stalePages = 0;
  let rewinds = 0;
  let passes = 1;
  let pagesOfFirstPass: number | null = null;
  let firstTotal: number | null = null;
  let serverTotal: number | null = null;
  /** Rows a full page has, once the first page has told; null: one page at a time. */
  let rowsPerPage: number | null = null;
  let mayReadAhead = (query.pagesInFlight ?? 3) > 1;
  const ahead = createReadAhead((at, signal) => readEventPage(client, pageQuery, at, signal), query.signal);

  function readOneByOne() {
    mayReadAhead = false;
    rowsPerPage = null;
    ahead.drop();
  }

  try {
    for (;;) {
      if (rowsPerPage !== null) ahead.fill(skip, rowsPerPage, take, serverTotal, query.pagesInFlight ?? 3);
      let page: EventPage;
      try {
        page = await ahead.next(skip, take);
      } catch (error) {
        const smaller = smallerTake(error, take, pages);
        if (smaller === null) throw error;
        take = smaller;
        rowsPerPage = null;
        ahead.drop();
        continue;
      }
      pages += 1;
      // Rows that vanish make those behind them move up, past what was read: go back by as many.
      const vanished = Math.max(0, (serverTotal ?? 0) - (page.serverTotal ?? Number.POSITIVE_INFINITY));
      serverTotal = page.serverTotal ?? serverTotal;
      if (pages === 1) firstTotal = serverTotal;
      if (pages === 1 && serverTotal !== null && serverTotal > query.maxEvents) {
        return { outcome: 'too_many', serverTotal };
      }
      const countBefore = collected.size();
      collected.add(page);
      if (collected.eventCount() > query.maxEvents) return { outcome: 'too_many', serverTotal };
      query.onPage?.({ pages, events: collected.eventCount() });

      if (vanished > 0 && rewinds < MAX_REWINDS) {
        rewinds += 1;
        skip = Math.max(0, skip - vanished);
        readOneByOne();
        continue;
      }
      const received = page.items.length;
      const isComplete = serverTotal !== null && collected.size() >= serverTotal;
      if (received === 0 || page.hasNext === false || (passes > 1 && isComplete)) {
        // Rows that came in front of what was read, or fell between two pages that were asked for together and answered
        // in another order, are found from the start, one page after the other. A total that was too high from the
        // first page on (rows the key may not see) is left to the caller.
        const hasGrown = serverTotal !== null && firstTotal !== null && serverTotal > firstTotal;
        if (isComplete || !hasGrown || passes >= MAX_PASSES) break;
        passes += 1;
        pagesOfFirstPass ??= pages;
        skip = 0;
        stalePages = 0;
        readOneByOne();
        continue;
      }
      stalePages = collected.size() === countBefore ? stalePages + 1 : 0;
      if (stalePages >= MAX_STALE_PAGES + (pagesOfFirstPass ?? 0)) break;
      skip += received;
      if (rowsPerPage !== null && received !== rowsPerPage) {
        // The server's pages are not of one size: what was asked for ahead starts at the wrong rows.
        readOneByOne();
      } else if (mayReadAhead) {
        rowsPerPage = received;
      }
    }
    return { outcome: 'read', ...collected.result(), serverTotal, pages };
  } finally {
    ahead.drop();
  }
}

/** A smaller number of rows to ask for after this error, or null when that would not help. */
function smallerTake(error: unknown, take: number, pages: number): number | null {
  if (!(error instanceof OctopusError) || take <= SMALLEST_TAKE) return null;
  if (error.isTooLarge) return Math.max(SMALLEST_TAKE, Math.floor(take / 4));
  // UNKNOWN whether any server caps `take` by refusing: one that answers 400 to the first page is asked for a usual page.
  return error.status === 400 && pages === 0 && take > 100 ? 100 : null;
}

/** UTC with whole seconds: the server loses smaller parts (INF octopus-api 1.4). */
function wholeSecond(epochSeconds: number): string {
  return `${new Date(epochSeconds * 1000).toISOString().slice(0, 19)}Z`;
}
