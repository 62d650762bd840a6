import type { Channel } from '../model/message.ts';

/** Where text for people who watch a terminal goes. */
export type Screen = { write(text: string): void; readonly colour: boolean; readonly width: number };

/** A kind of channel: how one is made of what it was told. */
export type ChannelType = {
  create(options: {
    readonly name: string;
    /** The value of one of the settings, by its variable without the channel's name. */
    readonly setting: (variable: string) => string;
    readonly requestTimeoutMs: number;
    readonly screen: Screen;
  }): Channel;
};
