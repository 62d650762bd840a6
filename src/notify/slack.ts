import type { IncomingWebhookDefaultArguments } from '@slack/webhook';
import { IncomingWebhook, IncomingWebhookHTTPError } from '@slack/webhook';
import type { Channel } from '../model/message.ts';
import type { ChannelType } from './channel-type.ts';
import { connectionFailure, isUsableAddress, judgeAnswer, retry } from './failure.ts';
import { fittingInto } from './slack-listing.ts';
import { renderSlackMessage } from './slack-message.ts';

type Fetch = NonNullable<IncomingWebhookDefaultArguments['fetch']>;

type SlackChannelOptions = {
  readonly name: string;
  /** The incoming webhook's address. It is a secret: whoever knows it can post. */
  readonly webhookUrl: string;
  readonly requestTimeoutMs: number;
  readonly fetch?: Fetch;
};

/** What Slack's answers mean for whoever has to mend them (Slack's documentation of incoming webhooks). */
const HINTS: Readonly<Record<number, string>> = {
  400: 'Slack did not accept the message',
  401: 'the webhook is not valid, make a new one in Slack and set its address',
  403: 'the webhook may not post there: its app or its channel was restricted, ask a Slack administrator',
  404: 'the webhook or its channel was removed, make a new one in Slack and set its address',
  410: 'the webhook was revoked or its channel archived, make a new one in Slack and set its address',
};

/**
 * A Slack incoming webhook. One attempt per `send`, judged as `judgeAnswer` says; retrying is the outbox's business, so the library's own retries stay off.
 */
export function createSlackChannel(options: SlackChannelOptions): Channel {
  const baseFetch: Fetch = options.fetch ?? ((url, init) => globalThis.fetch(url, init));
  return {
    name: options.name,
    // Slack allows one message a second per webhook.
    minIntervalMs: 1000,
    keysOnceADay: true,
    fitting: fittingInto,
    async send(notice, signal) {
      if (!isUsableAddress(options.webhookUrl)) {
        return {
          outcome: 'failed',
          reason: 'the Slack webhook address is not an http(s) URL, set it as Slack shows it',
        };
      }
      if (signal.aborted) return retry('stopped before Slack was asked');
      let retryAfter: string | null = null;
      const fetch: Fetch = async (url, init = {}) => {
        const response = await baseFetch(url, {
          ...init,
          // A redirect is an answer to judge, not an error whose message quotes the address.
          redirect: 'manual',
          signal: init.signal ? AbortSignal.any([init.signal, signal]) : signal,
        });
        retryAfter = response.headers.get('retry-after');
        if (!response.ok) return response;
        // It was accepted with the status line: a rest that never comes must not make it be sent again.
        void response.text().catch(() => undefined);
        return new Response(null, { status: response.status });
      };
      const webhook = new IncomingWebhook(options.webhookUrl, { timeout: options.requestTimeoutMs, fetch });
      try {
        await webhook.send({ ...renderSlackMessage(notice), unfurl_links: false, unfurl_media: false });
        return { outcome: 'sent' };
      } catch (error) {
        if (error instanceof IncomingWebhookHTTPError)
          return judgeAnswer('Slack', error.statusCode, retryAfter, HINTS, errorWord(error.body));
        if (signal.aborted) return retry('stopped before Slack answered');
        return retry(`Slack: ${connectionFailure(error)}`);
      }
    },
  };
}

/** Slack's errors are single words (`no_service`); anything longer comes from something between and may quote the address. */
function errorWord(body: string): string {
  return /^[a-z_]{2,60}$/.test(body.trim()) ? ` ${body.trim()}` : '';
}

export const slackChannelType: ChannelType = {
  create: ({ name, setting, requestTimeoutMs }) =>
    createSlackChannel({ name, webhookUrl: setting('SLACK_WEBHOOK_URL'), requestTimeoutMs }),
};
