import { describe, expect, it } from 'vitest';
import { createSlackChannel } from '../../src/notify/index.ts';
import { describeHttpChannel } from './channel-contract.ts';
import { reportOf } from './reports.ts';

describeHttpChannel('slack', (webhookUrl, requestTimeoutMs) =>
  createSlackChannel({ name: 'slack', webhookUrl, requestTimeoutMs }),
);

describe('createSlackChannel', () => {
  const notice = { kind: 'alert', report: reportOf() } as const;
  const never = new AbortController().signal;

  it('names the error word of Slack and the way out when the webhook was removed', async () => {
    const channel = createSlackChannel({
      name: 'slack',
      webhookUrl: 'https://hooks.slack.test/services/T1/B1/abc',
      requestTimeoutMs: 1000,
      fetch: async () => new Response('no_service', { status: 404 }),
    });

    const result = await channel.send(notice, never);

    expect(result).toEqual({
      outcome: 'failed',
      reason:
        'Slack answered 404 no_service: the webhook or its channel was removed, make a new one in Slack and set its address',
    });
  });

  it('keeps Slack from unfolding links that came from the audit log', async () => {
    const bodies: string[] = [];
    const channel = createSlackChannel({
      name: 'slack-ops',
      webhookUrl: 'https://hooks.slack.test/services/T1/B1/abc',
      requestTimeoutMs: 1000,
      fetch: async (_, init) => {
        bodies.push(String(init?.body));
        return new Response('ok');
      },
    });

    await channel.send(notice, never);

    expect(JSON.parse(bodies[0] ?? '')).toMatchObject({ unfurl_links: false, unfurl_media: false });
    expect(channel).toMatchObject({ name: 'slack-ops', minIntervalMs: 1000 });
  });

  it('survives a fetch that throws something else than an error, and quotes none of it', async () => {
    const channel = createSlackChannel({
      name: 'slack',
      webhookUrl: 'https://hooks.slack.test/services/T1/B1/abc',
      requestTimeoutMs: 1000,
      fetch: () => Promise.reject('https://hooks.slack.test/services/T1/B1/abc'),
    });

    const result = await channel.send(notice, never);

    expect(result).toEqual({ outcome: 'retry', reason: 'Slack: no connection', retryAfterMs: null });
  });
});
