export type { Screen } from './channel-type.ts';
export { CHANNEL_TYPES } from './channel-types.ts';
export { createConsoleChannel } from './console.ts';
export { createMailer } from './email.ts';
export { requestHeartbeat } from './heartbeat.ts';
export { reachAddress } from './reach.ts';
export { createSlackChannel } from './slack.ts';
