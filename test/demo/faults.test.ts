import { request } from 'node:http';
import { afterEach, describe, expect, test } from 'vitest';
import type { SimulatedOctopus } from '../../src/demo/index.ts';
import { get, KEY, serverWithEvents } from './fixtures.ts';

let server: SimulatedOctopus;
afterEach(() => server.close());

type Outcome = { status: number; received: number; announced: number; end: 'complete' | 'cut' | 'silent' };

/** Reads an answer byte by byte and says how it ended; `silent` when nothing more came for 150 ms. */
function read(path: string): Promise<Outcome> {
  return new Promise((resolve) => {
    const seen = { status: 0, received: 0, announced: 0 };
    const call = request(server.url + path, { headers: { 'X-Octopus-ApiKey': KEY }, agent: false }, (response) => {
      seen.status = response.statusCode ?? 0;
      seen.announced = Number(response.headers['content-length']);
      response.on('data', (chunk: Buffer) => {
        seen.received += chunk.length;
      });
      response.on('end', () => finish('complete'));
      response.on('error', () => finish('cut'));
    });
    const timer = setTimeout(() => finish('silent'), 150);
    call.on('error', () => finish('cut'));
    call.end();
    function finish(end: Outcome['end']) {
      clearTimeout(timer);
      resolve({ ...seen, end });
      call.destroy();
    }
  });
}

describe('faults', () => {
  test('a status is answered so many times to the requests it is meant for, then all is well', async () => {
    server = await serverWithEvents(1);
    const headers = { 'Retry-After': '7' };
    server.faults.next({ path: /\/api\/events/g, times: 2, kind: 'status', status: 429, headers });

    const other = await get(server, '/api/users/me');
    const first = await get(server, '/api/events');
    const second = await get(server, '/api/events');
    const third = await get(server, '/api/events');

    expect([other, first, second, third].map(({ status }) => status)).toEqual([200, 429, 429, 200]);
    expect(first.headers.get('Retry-After')).toBe('7');
  });

  test('a text body is sent as a proxy’s page would be', async () => {
    server = await serverWithEvents(0);
    server.faults.next({ kind: 'status', status: 200, body: '<html>sign in</html>' });

    const response = await fetch(`${server.url}/api`);

    expect(response.headers.get('Content-Type')).toContain('text/html');
    expect(await response.text()).toBe('<html>sign in</html>');
  });

  test('a reset cuts the line before any answer', async () => {
    server = await serverWithEvents(1);
    server.faults.next({ kind: 'reset' });

    expect(await read('/api/events')).toMatchObject({ end: 'cut', status: 0 });
    expect(await read('/api/events')).toMatchObject({ end: 'complete', status: 200 });
  });

  test('a hang answers nothing, and does not keep the server from closing', async () => {
    server = await serverWithEvents(1);
    server.faults.next({ kind: 'hang' });

    expect(await read('/api/events')).toMatchObject({ end: 'silent', status: 0 });
  });

  test('a truncated answer ends in the middle of its body, a stalled one goes silent there', async () => {
    server = await serverWithEvents(30);
    server.faults.next({ kind: 'truncate' });
    server.faults.next({ kind: 'stall' });

    const truncated = await read('/api/events');
    const stalled = await read('/api/events');

    expect(truncated).toMatchObject({ end: 'cut', status: 200, received: Math.floor(truncated.announced / 2) });
    expect(stalled).toMatchObject({ end: 'silent', status: 200, received: Math.floor(stalled.announced / 2) });
  });

  test('a delayed answer is late and whole', async () => {
    server = await serverWithEvents(1);
    server.faults.next({ kind: 'delay', ms: 60 });
    const before = performance.now();

    const { body } = await get(server, '/api/events');

    expect(performance.now() - before).toBeGreaterThanOrEqual(55);
    expect(body.TotalResults).toBe(1);
  });

  test('cleared faults strike nobody', async () => {
    server = await serverWithEvents(1);
    server.faults.next({ kind: 'status', status: 500, times: 9 });
    server.faults.clear();

    expect((await get(server, '/api/events')).status).toBe(200);
  });
});
