export { createConsoleChannel } from './console.ts';
export { requestHeartbeat } from './heartbeat.ts';
export { createSlackChannel } from './slack.ts';
