import type { Config } from './config.ts';
import type { Channel } from './model/message.ts';
import { CHANNEL_TYPES, createMailer, type Screen } from './notify/index.ts';

export type { Screen } from './notify/index.ts';

/** How long a receiver may take to answer one message. */
const SEND_TIMEOUT_MS = { oneShot: 10_000, daemon: 30_000 } as const;

/** The channels that routes lead to, in the order of the configuration. `screen` is where the console's messages go. */
export function createChannels({ routing }: Config, isOneShot: boolean, screen: Screen): Channel[] {
  const requestTimeoutMs = isOneShot ? SEND_TIMEOUT_MS.oneShot : SEND_TIMEOUT_MS.daemon;
  return routing.channels.map(({ name, type, settings }) =>
    CHANNEL_TYPES[type].create({ name, setting: (variable) => settings.get(variable) ?? '', requestTimeoutMs, screen }),
  );
}

/** Who gets the digest by mail, and what sends it; null when nobody does. Throws UsageError for a sender that is none. */
export function createMail({ digest }: Config) {
  if (digest.smtpUrl === null || digest.to.length === 0) return null;
  return { mailer: createMailer({ smtpUrl: digest.smtpUrl, from: digest.from }), recipients: digest.to };
}
