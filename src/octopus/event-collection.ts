import type { AuditEvent, SetAside } from '../model/event.ts';
import type { EventPage } from './event-page.ts';
import { parseEvent } from './parse-event.ts';

/** The distinct events and set-aside elements of the pages added to it. */
export function createCollection() {
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
        const parsed = parseEvent(item, text, { source: 'list', countAbsent, isKnown: (id) => byId.has(id) });
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
