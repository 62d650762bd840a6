export { checkOctopusUrl } from './base-url.ts';
// The client itself is not among these: it loads an HTTP library that only a process that polls has use for.
export type { OctopusClient } from './client.ts';
export { OctopusError } from './errors.ts';
export type { EventScope, WindowQuery, WindowRead } from './events.ts';
export { probeEventScope, readEvent, readVariableSetHasSensitive, readWindow } from './events.ts';
export { parseFreeze, readFreezeList } from './freezes.ts';
export { readInventory } from './inventory.ts';
export { matchOwnKey, readOwnAccess, readOwnKeys, readServerFacts } from './own-access.ts';
export {
  type EventSample,
  listEnvironments,
  listSpaces,
  listUsers,
  readAuditStream,
  readKeyPolicy,
  readNewestArchiveDay,
  sampleEvents,
  sampleKeys,
} from './probes.ts';
export { readServerWords, readWordList } from './server-words.ts';
export { parseStoredEvent } from './stored-event.ts';
