import { afterEach, describe, expect, it } from 'vitest';
import { printable } from '../../src/lib/text.ts';
import type { Channel, Notice, SendResult } from '../../src/model/message.ts';
import type { Loopback } from './loopback.ts';
import { listen } from './loopback.ts';
import { hostileReport, noticesOf, reportOf } from './reports.ts';

/** What a terminal or an editor that shows a request would act upon. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: finding control characters is the purpose.
const UNPRINTABLE = /[\u0000-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/;

/** Part of every address the contract hands out; no reason may hold it. */
const SECRET = 'T0SECRET/B0SECRET/s3cr3t-t0ken';

const ALERT: Notice = { kind: 'alert', report: reportOf() };
const HOSTILE = noticesOf(hostileReport(), '<!channel> *x* <http://evil|click>');

/** What every channel that speaks HTTP does with every kind of answer. `create` gets the address to post to. */
export function describeHttpChannel(name: string, create: (url: string, requestTimeoutMs: number) => Channel): void {
  describe(`${name} as a channel`, () => {
    const open: Loopback[] = [];
    const never = new AbortController().signal;

    afterEach(async () => {
      for (const server of open.splice(0)) await server.close();
    });

    async function sendTo(
      handler: Parameters<typeof listen>[0],
      notice: Notice = ALERT,
      signal: AbortSignal = never,
    ): Promise<{ result: SendResult; server: Loopback }> {
      const server = await listen(handler);
      open.push(server);
      const result = await create(`${server.url}/services/${SECRET}`, 300).send(notice, signal);
      if (result.outcome !== 'sent') {
        expect(result.reason).not.toContain('s3cr3t');
        expect(result.reason).not.toContain(server.url);
        expect(result.reason).toBe(printable(result.reason));
      }
      return { result, server };
    }

    it.each([200, 201, 204])('counts %i as sent', async (status) => {
      const { result, server } = await sendTo((_, response) => response.writeHead(status).end());

      expect(result).toEqual({ outcome: 'sent' });
      expect(server.bodies).toHaveLength(1);
    });

    it('asks for one try later, after as long as the receiver says, when it answers 429', async () => {
      const { result, server } = await sendTo((_, response) =>
        response.writeHead(429, { 'retry-after': '30' }).end('rate_limited'),
      );

      expect(result).toMatchObject({ outcome: 'retry', retryAfterMs: 30_000 });
      expect(server.bodies).toHaveLength(1);
    });

    it('understands a Retry-After that is a date', async () => {
      const date = new Date(Date.now() + 60_000).toUTCString();

      const { result } = await sendTo((_, response) => response.writeHead(429, { 'retry-after': date }).end());

      expect(result.outcome === 'retry' && result.retryAfterMs).toBeGreaterThan(50_000);
    });

    it('does not obey a Retry-After of years', async () => {
      const { result } = await sendTo((_, response) => response.writeHead(429, { 'retry-after': '999999999' }).end());

      expect(result).toMatchObject({ outcome: 'retry', retryAfterMs: 3_600_000 });
    });

    it('leaves the wait to the caller when 429 comes without Retry-After', async () => {
      const { result } = await sendTo((_, response) => response.writeHead(429).end());

      expect(result).toMatchObject({ outcome: 'retry', retryAfterMs: null });
    });

    it.each([500, 502, 503, 408])(
      'asks for another try when the answer is %i, without trying by itself',
      async (status) => {
        const { result, server } = await sendTo((request, response) =>
          response.writeHead(status, 'x').end(`<html>${request.url}</html>`),
        );

        expect(result).toMatchObject({ outcome: 'retry', retryAfterMs: null });
        expect(server.bodies).toHaveLength(1);
      },
    );

    it('asks for another try when no answer comes in time', async () => {
      const startedAtMs = Date.now();

      const { result } = await sendTo(() => undefined);

      expect(result).toMatchObject({ outcome: 'retry', reason: expect.stringContaining('no answer in time') });
      expect(Date.now() - startedAtMs).toBeLessThan(3000);
    });

    it('asks for another try when the answer begins and then hangs', async () => {
      const { result } = await sendTo((_, response) => {
        response.writeHead(500, { 'content-length': '100' }).write('half');
      });

      expect(result.outcome).toBe('retry');
    });

    it('asks for another try when the connection is reset', async () => {
      const { result } = await sendTo((request) => {
        request.socket.resetAndDestroy();
      });

      expect(result).toMatchObject({ outcome: 'retry', reason: expect.stringContaining('no connection') });
    });

    it('asks for another try when nobody listens', async () => {
      const server = await listen(() => undefined);
      await server.close();

      const result = await create(`${server.url}/services/${SECRET}`, 300).send(ALERT, never);

      expect(result).toMatchObject({ outcome: 'retry', reason: expect.stringContaining('ECONNREFUSED') });
      expect(JSON.stringify(result)).not.toContain('s3cr3t');
    });

    it('never follows a redirect', async () => {
      const { result, server } = await sendTo((_, response) =>
        response.writeHead(302, { location: `/elsewhere/${SECRET}` }).end(),
      );

      expect(result.outcome).toBe('retry');
      expect(server.bodies).toHaveLength(1);
    });

    it.each([400, 401, 403, 404, 410, 422])(
      'gives up for good when the answer is %i, and says what to do',
      async (status) => {
        const { result } = await sendTo((request, response) =>
          response.writeHead(status).end(`no ${request.url} here`),
        );

        expect(result.outcome).toBe('failed');
        expect(result.outcome === 'failed' && result.reason.length).toBeGreaterThan(30);
      },
    );

    it('sends nothing when it was stopped before', async () => {
      const { result, server } = await sendTo((_, response) => response.end('ok'), ALERT, AbortSignal.abort());

      expect(result.outcome).toBe('retry');
      expect(server.bodies).toHaveLength(0);
    });

    it('gives up at once when it is stopped while it waits', async () => {
      const stop = new AbortController();
      const startedAtMs = Date.now();

      const { result } = await sendTo(() => stop.abort(), ALERT, stop.signal);

      expect(result).toMatchObject({ outcome: 'retry', reason: expect.stringContaining('stopped') });
      expect(Date.now() - startedAtMs).toBeLessThan(250);
    });

    it('gives up for good, without quoting it, when its address is none', async () => {
      const result = await create(`not a url ${SECRET}`, 300).send(ALERT, never);

      expect(result.outcome).toBe('failed');
      expect(JSON.stringify(result)).not.toContain('s3cr3t');
    });

    it.each(HOSTILE)('delivers a hostile %s as one well-formed document', async (_, notice) => {
      const { result, server } = await sendTo((__, response) => response.end('ok'), notice);

      expect(result).toEqual({ outcome: 'sent' });
      expect(server.bodies).toHaveLength(1);
      const [body = ''] = server.bodies;
      expect(() => JSON.parse(body)).not.toThrow();
      expect(body.isWellFormed()).toBe(true);
      expect(body).not.toMatch(/<!channel>|<http:\/\/evil/);
      expect(body).not.toMatch(UNPRINTABLE);
    });

    it.each(HOSTILE)('names no secret when a %s is refused', async (_, notice) => {
      const { result } = await sendTo((request, response) => response.writeHead(404).end(request.url), notice);

      expect(result.outcome).toBe('failed');
    });

    it('counts it as sent when the answer is 200 and its rest never comes, so that nothing is told twice', async () => {
      const { result } = await sendTo((_, response) => {
        response.writeHead(200, { 'content-length': '100' }).write('o');
      });

      expect(result).toEqual({ outcome: 'sent' });
    });

    it('counts it as sent when the connection is lost behind a 200', async () => {
      const { result } = await sendTo((request, response) => {
        response.writeHead(200, { 'content-length': '100' }).write('o', () => request.socket.resetAndDestroy());
      });

      expect(result).toEqual({ outcome: 'sent' });
    });

    it('delivers again after the receiver has recovered', async () => {
      let refusals = 2;
      const server = await listen((_, response) => response.writeHead(refusals-- > 0 ? 503 : 200).end());
      open.push(server);
      const channel = create(`${server.url}/services/${SECRET}`, 300);

      const outcomes = [];
      for (let attempt = 0; attempt < 3; attempt++) outcomes.push((await channel.send(ALERT, never)).outcome);

      expect(outcomes).toEqual(['retry', 'retry', 'sent']);
    });

    describeFitting(() => create('http://127.0.0.1:9', 300));
  });
}

/** What every channel says of how many findings fit into one message. */
export function describeFitting(create: () => Channel): void {
  it('takes at least one finding into a message, however large, and no more than there are', () => {
    const channel = create();

    expect(channel.fitting([hostileReport()])).toBe(1);
    expect(channel.fitting([reportOf(), reportOf()])).toBe(2);
  });

  it('takes ten ordinary findings and more into one message', () => {
    const many = Array.from({ length: 500 }, (_, findingId) => reportOf({ findingId }));

    const fitting = create().fitting(many);

    expect(fitting).toBeGreaterThan(10);
    expect(create().fitting(many.slice(0, fitting))).toBe(fitting);
  });
}
