export { CHANNEL_TYPE_NAMES, CHANNEL_TYPES, type ChannelTypeName } from './channel-types.ts';
export { createConsoleChannel } from './console.ts';
export { renderDigest } from './digest.ts';
export { createMailer } from './email.ts';
export { requestHeartbeat } from './heartbeat.ts';
export { reachAddress } from './reach.ts';
export { createSlackChannel } from './slack.ts';
