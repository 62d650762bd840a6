export { checkOctopusUrl } from './base-url.ts';
export type { OctopusClient, OctopusClientOptions } from './client.ts';
export { createOctopusClient } from './client.ts';
export { OctopusError } from './errors.ts';
export type { EventScope, WindowQuery, WindowRead } from './events.ts';
export { probeEventScope, readEvent, readVariableSetHasSensitive, readWindow } from './events.ts';
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
