import type { WireEvent } from './wire.ts';

/** One row of the server's event table. `element` is what a page shows; for a malformed row it can be anything. */
export type EventRow = {
  readonly element: unknown;
  readonly event: WireEvent | null;
  readonly spaceId: string | null;
  readonly occurredMs: number;
  readonly autoId: number;
};

export type EventLog = {
  /** Oldest first: by time, then by the order of arrival. */
  readonly rows: readonly EventRow[];
  /** Commits an event; one with an older `Occurred` than those present is a late commit. */
  addEvent(event: WireEvent): void;
  /** Commits a row whose JSON is not an event: pages show `element` as it is, at `occurredAt`. */
  addElement(element: unknown, occurredAt: number | string, spaceId?: string | null): void;
  /** Deletes events, as retention does. */
  removeEvents(isDoomed: (event: WireEvent) => boolean): void;
};

/** An empty event table. */
export function openEventLog(): EventLog {
  const rows: EventRow[] = [];
  let nextAutoId = 5001;

  function insert(row: Omit<EventRow, 'autoId'>): void {
    const index = firstAfter(rows, row.occurredMs);
    rows.splice(index, 0, { ...row, autoId: nextAutoId++ });
  }

  return {
    rows,
    addEvent(event) {
      insert({ element: event, event, spaceId: event.SpaceId, occurredMs: Date.parse(event.Occurred) });
    },
    addElement(element, occurredAt, spaceId = null) {
      insert({ element, event: null, spaceId, occurredMs: new Date(occurredAt).getTime() });
    },
    removeEvents(isDoomed) {
      const kept = rows.filter((row) => row.event === null || !isDoomed(row.event));
      rows.length = 0;
      for (const row of kept) rows.push(row);
    },
  };
}

/** Index of the first row later than `occurredMs`; with `occurredMs - 1`, of the first row at or after it. */
export function firstAfter(rows: readonly EventRow[], occurredMs: number): number {
  let low = 0;
  let high = rows.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const row = rows[middle];
    if (row && row.occurredMs <= occurredMs) low = middle + 1;
    else high = middle;
  }
  return low;
}
