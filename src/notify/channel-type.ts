import type { Channel } from '../model/message.ts';

/** What a channel is told from outside under one variable, `PREFIX` or `PREFIX_NAME`. All of it is secret. */
export type ChannelSetting = {
  readonly variable: string;
  /** Refused unless it is an http(s) address. */
  readonly isAddress: boolean;
  /** What it is, for whoever forgot to set it: "the incoming webhook's address, as Slack shows it". */
  readonly meaning: string;
};

/** Where text for people who watch a terminal goes. */
export type Screen = { write(text: string): void; readonly colour: boolean; readonly width: number };

/** A kind of channel: what it has to be told, and how one is made of that. */
export type ChannelType = {
  readonly settings: readonly ChannelSetting[];
  create(options: {
    readonly name: string;
    /** The value of one of the settings, by its variable without the channel's name. */
    readonly setting: (variable: string) => string;
    readonly requestTimeoutMs: number;
    readonly screen: Screen;
  }): Channel;
};
