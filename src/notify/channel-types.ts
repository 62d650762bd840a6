import type { ChannelType } from './channel-type.ts';
import { consoleChannelType } from './console.ts';
import { slackChannelType } from './slack.ts';
import { webhookChannelType } from './webhook.ts';

/** Every kind of channel, by the word `type` in octowatch.yaml. A new one is its two files and a line here. */
export const CHANNEL_TYPES = {
  console: consoleChannelType,
  slack: slackChannelType,
  webhook: webhookChannelType,
} as const satisfies Readonly<Record<string, ChannelType>>;

export type ChannelTypeName = keyof typeof CHANNEL_TYPES;

export const CHANNEL_TYPE_NAMES = Object.keys(CHANNEL_TYPES) as [ChannelTypeName, ...ChannelTypeName[]];
