import { createHmac, randomUUID } from 'node:crypto';
import { request } from 'undici';
import type { FindingReport } from '../model/finding.ts';
import type { Channel } from '../model/message.ts';
import type { ChannelType } from './channel-type.ts';
import { bySeverity } from './decision.ts';
import { connectionFailure, isUsableAddress, judgeAnswer, retry } from './failure.ts';
import { webhookDocument } from './webhook-document.ts';

type WebhookChannelOptions = {
  readonly name: string;
  readonly url: string;
  /** What documents are signed with; only who knows it can make one. */
  readonly secret: string;
  readonly requestTimeoutMs: number;
  readonly nowMs?: () => number;
};

/** A document stays below what receivers commonly take at once (a megabyte), whatever becomes of it as JSON. */
const LIST = { findings: 100, characters: 400_000 } as const;

const HINTS: Readonly<Record<number, string>> = {
  400: 'the receiver did not understand the document, compare it with docs/webhook.schema.json',
  401: 'the receiver did not accept the signature, check that both sides have the same secret',
  403: 'the receiver did not accept the signature, check that both sides have the same secret',
  404: 'nobody is there under this address, check it',
  410: 'the receiver is gone for good, set a new address or remove the channel',
  413: 'the receiver does not take a document of this size, let it take a megabyte',
};

/**
 * Posts one JSON document per notice (docs/webhook.schema.json), signed with HMAC-SHA256 over `<timestamp>.<body>`. One
 * attempt per `send`, judged as `judgeAnswer` says; redirects are not followed.
 */
export function createWebhookChannel(options: WebhookChannelOptions): Channel {
  return {
    name: options.name,
    minIntervalMs: 1000,
    keysOnceADay: false,
    fitting: fittingInto,
    async send(notice, signal) {
      if (!isUsableAddress(options.url))
        return {
          outcome: 'failed',
          reason: 'the webhook address is not an http(s) URL without user and password, set it',
        };
      if (signal.aborted) return retry('stopped before the webhook was asked');
      const id = notice.messageId ?? randomUUID();
      const ordered = 'reports' in notice ? { ...notice, reports: bySeverity(notice.reports) } : notice;
      const body = asciiJson(webhookDocument(ordered, id));
      const timestamp = String(Math.floor((options.nowMs ?? Date.now)() / 1000));
      const limit = AbortSignal.timeout(options.requestTimeoutMs);
      const either = AbortSignal.any([signal, limit]);
      try {
        const {
          statusCode,
          headers,
          body: answer,
        } = await request(options.url, {
          method: 'POST',
          headers: {
            'content-type': 'application/json',
            'user-agent': 'Octowatch',
            'x-octowatch-delivery': id,
            'x-octowatch-timestamp': timestamp,
            'x-octowatch-signature': `sha256=${signatureOf(options.secret, timestamp, body)}`,
          },
          body,
          signal: either,
        });
        // The answer has been given with the status line; what becomes of the rest changes nothing.
        await answer.dump({ limit: 65_536, signal: either }).catch(() => undefined);
        if (statusCode >= 200 && statusCode < 300) return { outcome: 'sent' };
        const retryAfter = headers['retry-after'];
        return judgeAnswer('the webhook', statusCode, typeof retryAfter === 'string' ? retryAfter : null, HINTS);
      } catch (error) {
        if (signal.aborted) return retry('stopped before the webhook answered');
        return retry(`the webhook: ${connectionFailure(error)}`);
      }
    },
  };
}

function signatureOf(secret: string, timestamp: string, body: string): string {
  return createHmac('sha256', secret).update(`${timestamp}.${body}`).digest('hex');
}

/**
 * JSON in ASCII: nothing in it can be taken for markup, turn text around or depend on a character set, and every parser
 * gives back the same texts.
 */
function asciiJson(value: unknown): string {
  return JSON.stringify(value).replace(
    /[<>&\u007f-\uffff]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

function fittingInto(reports: readonly FindingReport[]): number {
  let characters = 0;
  const tooMany = reports.findIndex((report, index) => {
    characters += asciiJson(webhookDocument({ kind: 'alert', report }, '')).length;
    return index >= LIST.findings || characters > LIST.characters;
  });
  return Math.max(1, tooMany === -1 ? reports.length : tooMany);
}

export const webhookChannelType: ChannelType = {
  create: ({ name, setting, requestTimeoutMs }) =>
    createWebhookChannel({ name, url: setting('WEBHOOK_URL'), secret: setting('WEBHOOK_SECRET'), requestTimeoutMs }),
};
