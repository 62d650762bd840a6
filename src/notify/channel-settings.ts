/** What a channel is told from outside under one variable, `PREFIX` or `PREFIX_NAME`. All of it is secret. */
export type ChannelSetting = {
  readonly variable: string;
  /** Refused unless it is an http(s) address. */
  readonly isAddress: boolean;
  /** What it is, for whoever forgot to set it: "the incoming webhook's address, as Slack shows it". */
  readonly meaning: string;
};

/**
 * What each kind of channel has to be told, by the word `type` in octowatch.yaml. Apart from the channels themselves:
 * every command reads the configuration, few send anything, and the libraries that send take long to load.
 */
export const CHANNEL_SETTINGS = {
  console: [],
  slack: [
    {
      variable: 'SLACK_WEBHOOK_URL',
      isAddress: true,
      meaning: 'the address of an incoming webhook, as Slack shows it',
    },
  ],
  webhook: [
    { variable: 'WEBHOOK_URL', isAddress: true, meaning: 'the address documents are posted to' },
    {
      variable: 'WEBHOOK_SECRET',
      isAddress: false,
      meaning: 'what documents are signed with, known to the receiver too',
    },
  ],
} as const satisfies Readonly<Record<string, readonly ChannelSetting[]>>;

export type ChannelTypeName = keyof typeof CHANNEL_SETTINGS;

export const CHANNEL_TYPE_NAMES = Object.keys(CHANNEL_SETTINGS) as [ChannelTypeName, ...ChannelTypeName[]];
