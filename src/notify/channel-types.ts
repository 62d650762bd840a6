import type { ChannelTypeName } from './channel-settings.ts';
import type { ChannelType } from './channel-type.ts';
import { consoleChannelType } from './console.ts';
import { slackChannelType } from './slack.ts';
import { webhookChannelType } from './webhook.ts';

/** Every kind of channel. A new one is its two files, its settings (channel-settings.ts) and a line here. */
export const CHANNEL_TYPES: Readonly<Record<ChannelTypeName, ChannelType>> = {
  console: consoleChannelType,
  slack: slackChannelType,
  webhook: webhookChannelType,
};
