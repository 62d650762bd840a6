import type { AuditEvent } from '../model/event.ts';
import { parseEvent } from './parse-event.ts';

/** Reads an event back from the JSON that was stored of it. Throws when that JSON is not one this program stored. */
export function parseStoredEvent(raw: string): AuditEvent {
  const parsed = parseEvent(JSON.parse(raw), raw, { isWithDiff: false, countAbsent: () => undefined });
  if (!('event' in parsed)) throw new Error('a stored event cannot be read back');
  return parsed.event;
}
