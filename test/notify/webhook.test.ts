import { createHmac, timingSafeEqual } from 'node:crypto';
import { afterEach, describe, expect, it, onTestFinished } from 'vitest';
import type { FindingReport } from '../../src/model/finding.ts';
import type { Notice } from '../../src/model/message.ts';
import { createWebhookChannel } from '../../src/notify/webhook.ts';
import { webhookDocument, webhookSchema } from '../../src/notify/webhook-document.ts';
import { type Schema, violations } from '../docs/json-schema.ts';
import { readText } from '../support/checkout.ts';
import { describeHttpChannel } from './channel-contract.ts';
import { type Loopback, listen } from './loopback.ts';
import { HOSTILE, hostileReport, noticesOf, reportOf } from './reports.ts';

const SECRET = 'shared-between-both-sides';
const schema: Schema = JSON.parse(JSON.stringify(webhookSchema()));

describeHttpChannel('webhook', (url, requestTimeoutMs) =>
  createWebhookChannel({ name: 'siem', url, secret: 's3cr3t-key', requestTimeoutMs }),
);

describe('createWebhookChannel', () => {
  const never = new AbortController().signal;
  const open: Loopback[] = [];

  afterEach(async () => {
    for (const server of open.splice(0)) await server.close();
  });

  async function posted(...notices: Notice[]): Promise<Loopback> {
    const server = await listen((_, response) => response.writeHead(204).end());
    open.push(server);
    const channel = createWebhookChannel({
      name: 'siem',
      url: `${server.url}/hook`,
      secret: SECRET,
      requestTimeoutMs: 1000,
      nowMs: () => Date.parse('2026-11-21T02:20:00.900Z'),
    });
    for (const notice of notices) expect(await channel.send(notice, never)).toEqual({ outcome: 'sent' });
    return server;
  }

  it('signs the time and the body, so that a receiver can tell who made it and when', async () => {
    const server = await posted({ kind: 'alert', report: hostileReport() });

    const headers = server.headers[0] ?? {};
    const timestamp = String(headers['x-octowatch-timestamp']);
    const expected = `sha256=${createHmac('sha256', SECRET).update(`${timestamp}.${server.bodies[0]}`).digest('hex')}`;
    expect(timestamp).toBe(String(Date.parse('2026-11-21T02:20:00Z') / 1000));
    expect(headers['content-type']).toBe('application/json');
    expect(timingSafeEqual(Buffer.from(String(headers['x-octowatch-signature'])), Buffer.from(expected))).toBe(true);
  });

  it('names the message alike at every attempt, in the header and in the document', async () => {
    const notice: Notice = { kind: 'alert', report: reportOf(), messageId: 'message-7' };

    const server = await posted(notice, notice);

    expect(server.headers.map((one) => one['x-octowatch-delivery'])).toEqual(['message-7', 'message-7']);
    expect(JSON.parse(server.bodies[1] ?? '')).toMatchObject({ id: 'message-7' });
  });

  it('gives messages without a name one that is never used again', async () => {
    const server = await posted({ kind: 'alert', report: reportOf() }, { kind: 'alert', report: reportOf() });

    const [first, second] = server.headers.map((one) => one['x-octowatch-delivery']);
    expect(first).toMatch(/^[0-9a-f-]{36}$/);
    expect(first).not.toBe(second);
  });

  it('posts ASCII that is no markup, and gives texts back as they were typed', async () => {
    const server = await posted({ kind: 'alert', report: reportOf({ title: `${HOSTILE} 展開 😀` }) });

    const [body = ''] = server.bodies;
    expect(body).toMatch(/^[\u0020-\u007e]*$/);
    expect(body).not.toMatch(/[<>&]/);
    expect(JSON.parse(body).findings[0].title).toBe(`${HOSTILE} 展開 😀`);
  });

  it('says what a receiver that refuses the signature has to be told', async () => {
    const server = await listen((_, response) => response.writeHead(401).end());
    open.push(server);
    const channel = createWebhookChannel({ name: 'siem', url: server.url, secret: SECRET, requestTimeoutMs: 1000 });

    const result = await channel.send({ kind: 'alert', report: reportOf() }, never);

    expect(result).toEqual({
      outcome: 'failed',
      reason:
        'the webhook answered 401: the receiver did not accept the signature, check that both sides have the same secret',
    });
  });

  it('puts the gravest finding of many first', async () => {
    const reports = [reportOf({ findingId: 1, level: 'low' }), reportOf({ findingId: 2, level: 'critical' })];

    const server = await posted({ kind: 'summary', reports, reason: 'x' });

    const { findings } = JSON.parse(server.bodies[0] ?? '') as { findings: { findingId: number }[] };
    expect(findings.map((one) => one.findingId)).toEqual([2, 1]);
  });

  it('keeps a document of as many findings as fit below half a megabyte, or to one finding', () => {
    const channel = createWebhookChannel({ name: 'siem', url: '', secret: SECRET, requestTimeoutMs: 1000 });
    const reports: FindingReport[] = Array.from({ length: 300 }, () => hostileReport());

    const fitting = channel.fitting(reports);

    const document = webhookDocument({ kind: 'summary', reports: reports.slice(0, fitting), reason: '' }, 'x');
    expect(JSON.stringify(document).length).toBeLessThan(500_000);
  });
});

describe('docs/webhook.schema.json', () => {
  it('is what the code says', async () => {
    await expect(`${JSON.stringify(schema, null, 2)}\n`).toMatchFileSnapshot('../../docs/webhook.schema.json');
  });

  it.each([...noticesOf(reportOf()), ...noticesOf(hostileReport(), HOSTILE.repeat(400))])(
    'admits the document of every %s, hostile ones too',
    (kind, notice) => {
      const document: unknown = JSON.parse(JSON.stringify(webhookDocument(notice, 'message-1')));

      expect(violations(schema, document)).toEqual([]);
      expect(document).toMatchObject({ kind, version: 1, id: 'message-1' });
    },
  );

  it('refuses what no document looks like', () => {
    const { reason, ...document } = webhookDocument({ kind: 'alive', text: 'x' }, 'message-1');

    expect(reason).toBeNull();
    expect(violations(schema, { ...document, version: 2 }).sort()).toEqual(['/ lacks reason', '/version is not 1']);
  });

  it('describes every key of every document, and lets receivers meet new ones', () => {
    const undescribed = noticesOf(hostileReport()).flatMap(([, notice]) =>
      strangers(schema, JSON.parse(JSON.stringify(webhookDocument(notice, 'x')))),
    );

    expect(undescribed).toEqual([]);
    expect(violations(schema, { ...webhookDocument({ kind: 'alive', text: 'x' }, 'x'), later: 1 })).toEqual([]);
  });
});

/** Keys of a value that the schema has no description for, by their path. */
function strangers(part: Schema, value: unknown, at = ''): string[] {
  const shape = part.anyOf?.find((one) => one.properties) ?? part;
  if (Array.isArray(value)) return value.flatMap((one) => strangers(shape.items ?? {}, one, `${at}/*`));
  if (value === null || typeof value !== 'object') return [];
  return Object.entries(value).flatMap(([key, one]) => {
    const known = shape.properties?.[key];
    if (typeof known !== 'object' || known.description === undefined) return [`${at}/${key}`];
    return strangers(known, one, `${at}/${key}`);
  });
}

describe('docs/alerts.md', () => {
  const page = readText('docs/alerts.md');

  it('names every header and every kind of document', () => {
    for (const word of ['X-Octowatch-Signature', 'X-Octowatch-Timestamp', 'X-Octowatch-Delivery'])
      expect(page).toContain(word);
    for (const [kind] of noticesOf(reportOf())) expect(page).toContain(`\`${kind}\``);
  });

  it('shows how to verify a signature, and that works', async () => {
    const server = await listen((_, response) => response.writeHead(204).end());
    onTestFinished(() => server.close());
    const channel = createWebhookChannel({ name: 'siem', url: server.url, secret: SECRET, requestTimeoutMs: 1000 });
    await channel.send({ kind: 'alert', report: hostileReport() }, new AbortController().signal);
    const code = /```js\n(.*?)```/s.exec(page)?.[1] ?? '';
    const { isGenuine } = (await import(`data:text/javascript,${encodeURIComponent(code)}`)) as {
      isGenuine(headers: object, body: string, secret: string, nowMs?: number): boolean;
    };

    const [headers = {}] = server.headers;
    const [body = ''] = server.bodies;
    expect(isGenuine(headers, body, SECRET)).toBe(true);
    expect(isGenuine(headers, `${body} `, SECRET)).toBe(false);
    expect(isGenuine(headers, body, 'another secret')).toBe(false);
    expect(isGenuine(headers, body, SECRET, Date.now() + 600_000)).toBe(false);
    expect(isGenuine({}, body, SECRET)).toBe(false);
  });
});
