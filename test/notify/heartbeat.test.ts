import { afterEach, describe, expect, it } from 'vitest';
import { requestHeartbeat } from '../../src/notify/index.ts';
import type { Loopback } from './loopback.ts';
import { listen } from './loopback.ts';

describe('requestHeartbeat', () => {
  const open: Loopback[] = [];

  afterEach(async () => {
    for (const server of open.splice(0)) await server.close();
  });

  async function beat(handler: Parameters<typeof listen>[0], signal?: AbortSignal) {
    const server = await listen(handler);
    open.push(server);
    const url = `${server.url}/ping/s3cr3t`;
    const result = await requestHeartbeat({ url, timeoutMs: 250, ...(signal ? { signal } : {}) });
    expect(JSON.stringify(result)).not.toContain('s3cr3t');
    return result;
  }

  it('asks with GET and counts any 2xx', async () => {
    let asked = '';

    const result = await beat((request, response) => {
      asked = `${request.method} ${request.url}`;
      response.writeHead(202).end('OK');
    });

    expect(result).toEqual({ outcome: 'sent' });
    expect(asked).toBe('GET /ping/s3cr3t');
  });

  it('is content with the status even if the rest of the answer never ends', async () => {
    const result = await beat((_, response) => {
      response.writeHead(200).write('still');
    });

    expect(result).toEqual({ outcome: 'sent' });
  });

  it.each([
    [
      '404',
      'answered 404',
      (response: { writeHead(status: number): { end(): unknown } }) => response.writeHead(404).end(),
    ],
    [
      'a redirect',
      'not followed',
      (response: { writeHead(status: number): { end(): unknown } }) => response.writeHead(301).end(),
    ],
    ['nothing', 'no answer in time', () => undefined],
  ] as const)('reports a failure when the answer is %s', async (_, reason, answer) => {
    const result = await beat((__, response) => {
      answer(response);
    });

    expect(result).toEqual({ outcome: 'failed', reason: expect.stringContaining(reason) });
  });

  it('reports a failure when the connection is reset', async () => {
    const result = await beat((request) => {
      request.socket.resetAndDestroy();
    });

    expect(result).toEqual({ outcome: 'failed', reason: expect.stringContaining('no connection') });
  });

  it('reports a failure, without quoting it, when the address is none', async () => {
    const result = await requestHeartbeat({ url: 'nonsense s3cr3t', timeoutMs: 250 });

    expect(result).toEqual({ outcome: 'failed', reason: expect.not.stringContaining('s3cr3t') });
  });

  it('ends at once when it is stopped', async () => {
    const stop = new AbortController();
    const startedAtMs = Date.now();

    const result = await beat(() => stop.abort(), stop.signal);

    expect(result).toEqual({ outcome: 'failed', reason: expect.stringContaining('stopped') });
    expect(Date.now() - startedAtMs).toBeLessThan(200);
  });
});
