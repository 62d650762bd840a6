import { messageOf } from '../lib/errors.ts';
import type { Channel } from '../model/message.ts';
import type { ChannelType, Screen } from './channel-type.ts';
import { renderConsoleMessage } from './console-message.ts';
import { retry } from './failure.ts';

/** `write` takes text with its line breaks and may throw when nobody reads any more; `width` is in columns. */
type ConsoleChannelOptions = Screen & { readonly name: string };

/** A terminal sets no limit; this keeps one message from filling memory. */
const MAX_LISTED = 100;

/** Prints alerts in full for people who watch a terminal: the channel while none else is configured. */
export function createConsoleChannel(options: ConsoleChannelOptions): Channel {
  return {
    name: options.name,
    minIntervalMs: 0,
    keysOnceADay: false,
    fitting: (reports) => Math.max(1, Math.min(reports.length, MAX_LISTED)),
    async send(notice, signal) {
      if (signal.aborted) return retry('stopped before it was printed');
      try {
        options.write(renderConsoleMessage(notice, options));
        return { outcome: 'sent' };
      } catch (error) {
        return retry(`it could not be printed: ${messageOf(error)}`);
      }
    },
  };
}

export const consoleChannelType: ChannelType = {
  create: ({ name, screen }) => createConsoleChannel({ name, ...screen }),
};
