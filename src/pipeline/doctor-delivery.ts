import type { Channel } from '../model/message.ts';
import { CHANNEL_SETTINGS, type ChannelTypeName } from '../notify/channel-settings.ts';
import { CHANNEL_TYPES, createMailer, reachAddress } from '../notify/index.ts';
import { CHECK_TIMEOUT_MS, type Check, failed, ok, type Seen, skipped } from './doctor-check.ts';

/** A channel of the configuration; the values of its settings are secrets. */
export type ChannelToCheck = {
  readonly name: string;
  readonly type: ChannelTypeName;
  readonly settings: ReadonlyMap<string, string>;
};

export type DeliveryContext = {
  readonly channels: readonly ChannelToCheck[];
  readonly mail: { readonly smtpUrl: string | null; readonly from: string; readonly recipients: number };
  readonly hasHeartbeat: boolean;
  /** Whether every channel may be sent a message that says it is a test. */
  readonly sendTest: boolean;
};

/** Less than a check may take, so that the reason is the connection's. */
const CONNECT_TIMEOUT_MS = CHECK_TIMEOUT_MS - 1000;
const TEST_MESSAGE = 'Octowatch: this is a test message of `octowatch doctor --send-test`. Nothing has been found.';

/** One check per channel, then the mail server and the heartbeat. */
export function deliveryChecks({ channels }: DeliveryContext): Check<DeliveryContext>[] {
  return [
    ...channels.map((channel) => ({
      name: `channel ${channel.name}`,
      run: ({ sendTest }: DeliveryContext, signal: AbortSignal) => checkChannel(channel, sendTest, signal),
    })),
    { name: 'mail', run: checkMail },
    { name: 'heartbeat', run: tellHeartbeat },
  ];
}

async function checkChannel(channel: ChannelToCheck, sendTest: boolean, signal: AbortSignal): Promise<Seen> {
  const address = CHANNEL_SETTINGS[channel.type]
    .filter((setting) => setting.isAddress)
    .map((setting) => channel.settings.get(setting.variable))
    .find((value) => value !== undefined);
  if (address === undefined) return ok('findings are printed on the terminal');
  if (sendTest) return sendTestMessage(channel, signal);
  const host = URL.parse(address)?.host ?? 'its host';
  const reason = await reachAddress(address, CONNECT_TIMEOUT_MS);
  if (reason === null) return ok(`${host} can be reached; --send-test sends a message`);
  return failed(
    `${host}: ${reason}`,
    'Check the address, the name service, and that this machine may reach the host without a proxy.',
  );
}

async function sendTestMessage({ name, type, settings }: ChannelToCheck, signal: AbortSignal): Promise<Seen> {
  const channel: Channel = CHANNEL_TYPES[type].create({
    name,
    setting: (variable) => settings.get(variable) ?? '',
    requestTimeoutMs: CONNECT_TIMEOUT_MS,
    screen: { write: () => undefined, colour: false, width: 80 },
  });
  const result = await channel.send({ kind: 'alive', text: TEST_MESSAGE }, signal);
  if (result.outcome === 'sent') return ok('a test message was accepted');
  return failed(`the test message was not accepted: ${result.reason}`, 'Mend what the reason names, then try again.');
}

async function checkMail({ mail }: DeliveryContext): Promise<Seen> {
  const { from, recipients, smtpUrl } = mail;
  if (smtpUrl === null || recipients === 0) return skipped('SMTP_URL is not set: nobody gets the digest by mail');
  const result = await createMailer({ smtpUrl, from, timeoutMs: CONNECT_TIMEOUT_MS }).verify();
  if (result.outcome !== 'sent') return failed(result.reason, 'Correct SMTP_URL, or mend the mail server.');
  return ok(
    `the mail server accepts the sign-in; the digest goes to ${recipients} address${recipients === 1 ? '' : 'es'}`,
  );
}

/** A request would tell the dead man's switch that the monitor is well, which is not known here. */
function tellHeartbeat({ hasHeartbeat }: DeliveryContext): Seen {
  return hasHeartbeat
    ? skipped('set; not requested, for that would say that the monitor runs')
    : skipped('OCTOWATCH_HEARTBEAT_URL is not set: nobody is told when the monitor stops');
}
