import { OctowatchError } from '../lib/errors.ts';
import type { AuditEvent } from '../model/event.ts';
import { parseEvent } from './parse-event.ts';

/**
 * Reads an event back from its `raw`, as it was stored: the same event again, also the change of a variable set that
 * was reduced then.
 *
 * @throws OctowatchError when the text is no event; it is not repeated in the message.
 */
export function parseStoredEvent(raw: string): AuditEvent {
  let item: unknown;
  try {
    item = JSON.parse(raw);
  } catch {
    throw new OctowatchError('A stored event is not whole JSON.', { hint: 'Check the database: octowatch verify.' });
  }
  const parsed = parseEvent(item, raw, { source: 'stored', countAbsent: () => {} });
  if ('event' in parsed) return parsed.event;
  throw new OctowatchError('A stored text is no event.', { hint: 'Check the database: octowatch verify.' });
}
