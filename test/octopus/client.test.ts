import { inspect } from 'node:util';
import { gzipSync } from 'node:zlib';
import { afterEach, describe, expect, test } from 'vitest';
import { systemClock } from '../../src/lib/clock.ts';
import { UsageError } from '../../src/lib/errors.ts';
import { checkOctopusUrl, OctopusError } from '../../src/octopus/index.ts';
import { API_KEY, closeAll, createFakeClock, NOW_MS, sendJson, serve, startClient, startServer } from './support.ts';

afterEach(closeAll);

const operation = 'the test';

async function failureOf(promise: Promise<unknown>): Promise<OctopusError> {
  const error: unknown = await promise.then(
    () => null,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(OctopusError);
  return error as OctopusError;
}

describe('a good answer', () => {
  test('is asked for with the key and the user agent, and comes back as text and as JSON', async () => {
    const { url, calls } = await startServer(serve({ '/api/things': { Name: 'Käse' } }));

    const answer = await startClient(url).get('/api/things', { operation, query: { from: 'a+b', take: 3 } });

    expect(answer).toEqual({ text: '{"Name":"Käse"}', json: { Name: 'Käse' } });
    expect(calls[0]?.request.headers['x-octopus-apikey']).toBe(API_KEY);
    expect(calls[0]?.request.headers['user-agent']).toBe('octowatch-test');
    expect(calls[0]?.request.url).toBe('/api/things?from=a%2Bb&take=3');
  });

  test.each(['/octopus', '/octopus/', '/octopus/api', '/octopus/app#/Spaces-1'])(
    'is found below a virtual directory given as %s',
    async (directory) => {
      const { url } = await startServer(serve({ '/octopus/api': { ok: true } }));

      const answer = await startClient(url + directory).get('/api', { operation });

      expect(answer.json).toEqual({ ok: true });
    },
  );

  test('is unpacked when it is packed, and loses its byte-order mark', async () => {
    const { url, calls } = await startServer((_call, response) => {
      response.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync('\ufeff{"a":"é"}'));
    });

    const answer = await startClient(url).get('/api', { operation });

    expect(calls[0]?.request.headers['accept-encoding']).toContain('gzip');
    expect(answer.text).toBe('{"a":"é"}');
  });

  test('keeps the connection for further requests', async () => {
    const { url, calls } = await startServer(serve({ '/api': {} }));
    const client = startClient(url);

    for (let n = 0; n < 8; n++) await client.get('/api', { operation });

    // A pool may open a second one before it sees that the first is free again.
    expect(new Set(calls.map(({ request }) => request.socket.remotePort)).size).toBeLessThanOrEqual(2);
  });
});

describe('what may heal is tried again', () => {
  test.each(['500', 'reset', 'truncated length', 'truncated JSON', 'broken gzip', 'empty', 'hang', 'hang in the body'])(
    '%s, then success',
    async (fault) => {
      const { url, calls } = await startServer((_call, response) => {
        if (calls.length > 1) return sendJson(response, { ok: true });
        if (fault === '500') return sendJson(response, { ErrorMessage: 'oops' }, 500);
        if (fault === 'reset') return response.socket?.resetAndDestroy();
        if (fault === 'truncated length') {
          response.writeHead(200, { 'content-length': '100' });
          response.write('{"ok":');
          setTimeout(() => response.socket?.destroy(), 10);
          return;
        }
        if (fault === 'truncated JSON') return response.end('{"Items":[{"Id":"Even');
        if (fault === 'empty') return response.end();
        if (fault === 'broken gzip') {
          return response.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync('{"ok":true}').subarray(0, 15));
        }
        if (fault === 'hang in the body') {
          response.writeHead(200, { 'content-type': 'application/json' });
          response.write('{"ok":');
        }
      });
      const clock = createFakeClock();

      const answer = await startClient(url, { clock, requestTimeoutMs: 200 }).get('/api', { operation });

      expect(answer.json).toEqual({ ok: true });
      expect(calls).toHaveLength(2);
      expect(clock.sleeps).toEqual([1000]);
    },
  );

  test('a body that trickles is ended by the deadline of the whole request', async () => {
    const { url } = await startServer((_call, response) => {
      response.writeHead(200);
      const timer = setInterval(() => response.write(' '), 20);
      response.on('close', () => clearInterval(timer));
    });

    const client = startClient(url, { requestTimeoutMs: 150, giveUpAfterMs: 500 });
    const error = await failureOf(client.get('/api', { operation }));

    expect(error.kind).toBe('timeout');
  });

  test('until the budget is spent, and then with the last error', async () => {
    const { url, calls } = await startServer((_call, response) => sendJson(response, { ErrorMessage: 'boom' }, 503));

    const error = await failureOf(startClient(url, { giveUpAfterMs: 10_000 }).get('/api/events', { operation }));

    expect(calls).toHaveLength(4);
    expect(error).toMatchObject({ kind: 'server', status: 503, path: '/api/events', isRetryable: true });
    expect(error.message).toContain('boom');
  });

  test('a server that is not there is a network error with a hint', async () => {
    const { url } = await startServer(() => {});
    await closeAll();

    const error = await failureOf(startClient(url, { giveUpAfterMs: 500 }).get('/api', { operation }));

    expect(error.kind).toBe('network');
    expect(error.message).toContain('ECONNREFUSED');
    expect(error.hint).toContain('OCTOPUS_URL');
  });
});

describe('429', () => {
  test('pauses every request of the client until Retry-After is over', async () => {
    const clock = { ...systemClock };
    const arrivals: { path: string; atMs: number }[] = [];
    const { url } = await startServer(({ path }, response) => {
      arrivals.push({ path, atMs: Date.now() });
      if (arrivals.length > 1) return sendJson(response, {});
      response.writeHead(429, { 'retry-after': '1' }).end('{}');
    });
    const client = startClient(url, { clock });

    const first = client.get('/api/first', { operation });
    await expect.poll(() => arrivals.length).toBe(1);
    await new Promise((resolve) => setTimeout(resolve, 100));
    await Promise.all([first, client.get('/api/second', { operation }), client.get('/api/third', { operation })]);

    expect(arrivals).toHaveLength(4);
    for (const later of arrivals.slice(1)) expect(later.atMs - (arrivals[0]?.atMs ?? 0)).toBeGreaterThanOrEqual(950);
  });

  test('fails at once when Retry-After is longer than the budget, for others too, without asking', async () => {
    const { url, calls } = await startServer((_call, response) => {
      response.writeHead(429, { 'retry-after': '120' }).end('{}');
    });
    const client = startClient(url);

    const first = await failureOf(client.get('/api/first', { operation }));
    const second = await failureOf(client.get('/api/second', { operation }));

    expect(first).toMatchObject({ kind: 'rate_limited', status: 429, retryAfterMs: 120_000 });
    expect(second.kind).toBe('rate_limited');
    expect(calls).toHaveLength(1);
  });

  test('without Retry-After backs off', async () => {
    const clock = createFakeClock();
    const { url, calls } = await startServer((_call, response) => sendJson(response, {}, calls.length < 3 ? 429 : 200));

    await startClient(url, { clock }).get('/api', { operation });

    expect(clock.sleeps).toEqual([1000, 2000]);
  });
});

describe('what cannot heal is not tried again', () => {
  test.each([
    [401, 'The API key you provided was not valid. Please double-check your API key.', 'unauthorized'],
    [401, 'You do not have permission to perform this action. Missing permission: EventView', 'forbidden'],
    [403, 'You do not have permission to perform this action.', 'forbidden'],
    [404, 'The resource was not found.', 'not_found'],
    [400, 'take is too large', 'bad_answer'],
    [405, 'no', 'bad_answer'],
  ])('%i "%s" is %s', async (status, message, kind) => {
    const { url, calls } = await startServer((_call, response) =>
      sendJson(response, { ErrorMessage: message }, status),
    );

    const error = await failureOf(startClient(url).get('/api', { operation }));

    expect(error).toMatchObject({ kind, status, isRetryable: false });
    expect(error.message).toContain(message);
    expect(calls).toHaveLength(1);
  });

  test('a page of HTML on 200 is a bad answer that names its title', async () => {
    const { url, calls } = await startServer((_call, response) => {
      response.end('<!doctype html><html><head><title>Corporate sign-in\u001b[31m</title></head></html>');
    });

    const error = await failureOf(startClient(url).get('/api', { operation }));

    expect(error.kind).toBe('bad_answer');
    expect(error.message).toContain('Corporate sign-in\\u{1b}[31m');
    expect(calls).toHaveLength(1);
  });

  test('a redirect is not followed, so that no other host sees the key', async () => {
    const other = await startServer(serve({ '/api': {} }));
    const { url } = await startServer((_call, response) => {
      response.writeHead(302, { location: `${other.url}/api?secret=1` }).end();
    });

    const error = await failureOf(startClient(url).get('/api', { operation }));

    expect(error.kind).toBe('bad_answer');
    expect(error.message).toContain(other.url);
    expect(error.message).not.toContain('secret');
    expect(other.calls).toHaveLength(0);
  });

  test('an aborted signal ends the read with its reason, also while the server hangs', async () => {
    const { url, calls } = await startServer(() => {});
    const controller = new AbortController();
    const reason = new Error('stopping');

    const outcome = startClient(url).get('/api', { operation, signal: controller.signal });
    await expect.poll(() => calls.length).toBe(1);
    controller.abort(reason);

    await expect(outcome).rejects.toBe(reason);
  });
});

describe('the API key', () => {
  test('is in no error, whatever the server echoes', async () => {
    const otherKey = 'API-SOMEBODYELSES00000002';
    const { url } = await startServer((_call, response) => {
      sendJson(response, { ErrorMessage: `bad key ${API_KEY}\n\u001b[2J`, Errors: [`also ${otherKey}`] }, 403);
    });

    const error = await failureOf(startClient(url).get('/api', { operation, query: { token: 'query-secret' } }));

    const everything = `${inspect(error, { depth: 10, showHidden: true })}${error.stack}${JSON.stringify(error)}`;
    expect(everything).not.toContain(API_KEY);
    expect(everything).not.toContain(otherKey);
    expect(everything).not.toContain('query-secret');
    expect(error.message).not.toContain('\n');
    expect(error.message).not.toContain('\u001b');
    expect(error.message.length).toBeLessThan(500);
  });

  test('is not in the error of a failed connection', async () => {
    const { url } = await startServer((_call, response) => response.socket?.destroy());

    const error = await failureOf(startClient(url, { giveUpAfterMs: 100 }).get('/api', { operation }));

    expect(error.kind).toBe('network');
    expect(inspect(error, { depth: 10, showHidden: true })).not.toContain(API_KEY);
  });

  test('does not show when the client is printed or serialised, nor in the log', async () => {
    const { url, calls } = await startServer((_call, response) => sendJson(response, {}, calls.length < 2 ? 500 : 200));
    const lines: unknown[] = [];
    const client = startClient(url, { log: { warn: (...line) => lines.push(line) } });

    await client.get('/api', { operation, query: { token: 'query-secret' } });

    expect(lines).toHaveLength(1);
    const shown = inspect(client, { depth: 10, showHidden: true }) + JSON.stringify(client) + JSON.stringify(lines);
    expect(shown).not.toContain(API_KEY);
    expect(shown).not.toContain('query-secret');
  });

  test.each(['', 'API-with space', 'API-line\nbreak'])('is refused as %j without being repeated', (apiKey) => {
    expect(() => startClient('https://octopus.example.com', { apiKey })).toThrow(UsageError);
    expect(() => startClient('https://octopus.example.com', { apiKey })).not.toThrow(/with space|break/);
  });
});

describe('checkOctopusUrl', () => {
  test.each([
    'http://localhost:8065',
    'http://127.0.0.1/octopus/',
    'http://[::1]:8080',
    'https://octopus.example.com',
    'http://octopus.internal',
    'http://OCTOPUS.internal:8080/x',
  ])('accepts %s', (url) => {
    expect(checkOctopusUrl(url, ['octopus.internal']).origin).toBe(new URL(url).origin);
  });

  test.each([
    'http://octopus.example.com',
    'http://localhost.example.com',
    'http://octopus.internal.example.com',
    'ftp://octopus.example.com',
    'https://user:hunter2@octopus.example.com',
    'https://octopus.example.com/?apikey=hunter2',
    'octopus.example.com',
    '',
  ])('refuses %j without repeating a password', (url) => {
    expect(() => checkOctopusUrl(url, ['octopus.internal'])).toThrow(UsageError);
    expect(() => checkOctopusUrl(url, ['octopus.internal'])).not.toThrow(/hunter2/);
  });

  test('says when the key would travel in clear text', () => {
    expect(checkOctopusUrl('http://octopus.internal', ['octopus.internal']).isPlainHttp).toBe(true);
    expect(checkOctopusUrl('http://localhost').isPlainHttp).toBe(false);
    expect(checkOctopusUrl('https://octopus.internal').isPlainHttp).toBe(false);
  });
});

describe('clockSkewSeconds', () => {
  test.each([
    ['the same second', 0, 0],
    ['90 seconds ahead', 90_000, 91],
    ['a minute behind', -60_000, -60],
  ])('of a server at %s', async (_what, aheadMs, expected) => {
    const { url } = await startServer((_call, response) => {
      response.setHeader('date', new Date(NOW_MS + aheadMs).toUTCString());
      sendJson(response, {});
    });
    const client = startClient(url);

    const before = client.clockSkewSeconds();
    await client.get('/api', { operation });

    expect(before).toBeNull();
    expect(Math.abs((client.clockSkewSeconds() ?? Number.NaN) - expected)).toBeLessThanOrEqual(1);
  });

  test('stays unknown when the answer is the copy of a proxy', async () => {
    const { url } = await startServer((_call, response) => {
      response.setHeader('age', '3600');
      sendJson(response, {});
    });
    const client = startClient(url);

    await client.get('/api', { operation });

    expect(client.clockSkewSeconds()).toBeNull();
  });
});
