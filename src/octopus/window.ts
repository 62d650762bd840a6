import type { AuditEvent, SetAside } from '../model/event.ts';
import type { OctopusClient } from './client.ts';
import { OctopusError } from './errors.ts';
import { type EventPage, type EventScope, type PageQuery, readEventPage } from './event-page.ts';
import { parseEvent } from './parse-event.ts';

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
  let serverTotal: number | null = null;
  /** Rows a full page has, once the first page has told; null: one page at a time. */
  let rowsPerPage: number | null = null;
  let mayReadAhead = (query.pagesInFlight ?? 3) > 1;
  const ahead = createReadAhead((at, signal) => readEventPage(client, pageQuery, at, signal), query.signal);

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
      serverTotal = page.serverTotal ?? serverTotal;
      if (pages === 1 && serverTotal !== null && serverTotal > query.maxEvents) {
        return { outcome: 'too_many', serverTotal };
      }
      const countBefore = collected.size();
      collected.add(page);
      if (collected.eventCount() > query.maxEvents) return { outcome: 'too_many', serverTotal };
      query.onPage?.({ pages, events: collected.eventCount() });

      const received = page.items.length;
      if (received === 0 || page.hasNext === false) break;
      stalePages = collected.size() === countBefore ? stalePages + 1 : 0;
      if (stalePages >= MAX_STALE_PAGES) break;
      skip += received;
      if (rowsPerPage !== null && received !== rowsPerPage) {
        // The server's pages are not of one size: what was asked for ahead starts at the wrong rows.
        mayReadAhead = false;
        rowsPerPage = null;
        ahead.drop();
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

type ReadPage = (at: { readonly skip: number; readonly take: number }, signal: AbortSignal) => Promise<EventPage>;

/** Pages asked for before their turn, in the order of their rows. */
function createReadAhead(readPage: ReadPage, outer: AbortSignal | undefined) {
  let queue: { readonly skip: number; readonly page: Promise<EventPage>; readonly stop: () => void }[] = [];

  function start(skip: number, take: number) {
    const controller = new AbortController();
    const onAbort = () => controller.abort(outer?.reason);
    if (outer?.aborted) onAbort();
    outer?.addEventListener('abort', onAbort, { once: true });
    const page = readPage({ skip, take }, controller.signal).finally(() =>
      outer?.removeEventListener('abort', onAbort),
    );
    // A page that is dropped fails with nobody waiting for it.
    page.catch(() => {});
    return { skip, page, stop: () => controller.abort(new Error('no longer needed')) };
  }

  return {
    /** Tops up to `inFlight` pages from `skip` on, as far as the server's total says that there are rows. */
    fill(skip: number, rowsPerPage: number, take: number, total: number | null, inFlight: number) {
      let from = queue.at(-1)?.skip ?? skip - rowsPerPage;
      while (queue.length < inFlight && total !== null && from + rowsPerPage < total) {
        from += rowsPerPage;
        queue.push(start(from, take));
      }
    },
    async next(skip: number, take: number): Promise<EventPage> {
      const first = queue[0]?.skip === skip ? queue.shift() : undefined;
      return (first ?? start(skip, take)).page;
    },
    drop() {
      for (const { stop } of queue) stop();
      queue = [];
    },
  };
}

function createCollection() {
  const byId = new Map<string, AuditEvent>();
  const setAside = new Map<string, SetAside>();
  const absentFields: Record<string, number> = {};
  let hasSystemEvents = false;

  function countAbsent(field: string) {
    absentFields[field] = (absentFields[field] ?? 0) + 1;
  }

  return {
    eventCount: () => byId.size,
    size: () => byId.size + setAside.size,
    add(page: EventPage) {
      for (const [n, item] of page.items.entries()) {
        const text = page.texts[n] ?? '';
        const parsed = parseEvent(item, text, { isWithDiff: false, countAbsent, isKnown: (id) => byId.has(id) });
        if ('event' in parsed) {
          byId.set(parsed.event.id, parsed.event);
          if (parsed.isSystemLevel) hasSystemEvents = true;
        } else if ('setAside' in parsed) {
          // By its text: pages that shift show the same bad element twice.
          setAside.set(text, parsed.setAside);
        }
      }
    },
    result: () => ({
      events: [...byId.values()].sort(compareEvents),
      setAside: [...setAside.values()],
      absentFields,
      hasSystemEvents,
    }),
  };
}

function compareEvents(a: AuditEvent, b: AuditEvent): number {
  if (a.occurredAt !== b.occurredAt) return a.occurredAt < b.occurredAt ? -1 : 1;
  const difference = idNumber(a.id) - idNumber(b.id);
  if (difference !== 0 && !Number.isNaN(difference)) return difference;
  return a.id < b.id ? -1 : 1;
}

function idNumber(id: string): number {
  return Number(id.slice(id.lastIndexOf('-') + 1));
}

/** UTC with whole seconds: the server loses smaller parts (INF octopus-api 1.4). */
function wholeSecond(epochSeconds: number): string {
  return `${new Date(epochSeconds * 1000).toISOString().slice(0, 19)}Z`;
}
