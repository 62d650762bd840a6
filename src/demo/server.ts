import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { type Answer, failure, html, invalidKey, json, notFound, notLoggedIn } from './answers.ts';
import { createFaultQueue, type FaultKind, type FaultQueue } from './faults.ts';
import { rootResource } from './resources.ts';
import { answer } from './routes.ts';
import { featuresOf, type SeenRequest, type SimulatedState } from './state.ts';

export type SimulatedOctopus = {
  /** Base address with the virtual directory and without a trailing slash. */
  readonly url: string;
  readonly state: SimulatedState;
  /** Every request received so far, refused ones too; may be emptied. */
  readonly requests: SeenRequest[];
  readonly faults: Pick<FaultQueue, 'next' | 'clear'>;
  /** Stops at once and drops open connections, hanging ones too. */
  close(): Promise<void>;
};

/**
 * Starts an HTTP server that answers like Octopus Deploy from `state`, on the loopback unless `host` says otherwise and on
 * a free port unless `port` does. `apiKey` adds accepted keys to `state.credentials`: one key of the first user, or keys
 * to user ids. Rejects if it cannot listen.
 */
export async function startSimulatedOctopus(options: {
  readonly state: SimulatedState;
  readonly port?: number;
  readonly host?: string;
  /** Such as `/octopus`: everything is served below it, and links carry it. */
  readonly virtualDirectory?: string;
  readonly apiKey?: string | Readonly<Record<string, string>>;
}): Promise<SimulatedOctopus> {
  const { state, host = '127.0.0.1' } = options;
  const prefix = (options.virtualDirectory ?? '').replace(/\/+$/, '').replace(/^(?=[^/])/, '/');
  const firstUserId = state.users[0]?.id ?? 'Users-1';
  const accepted = typeof options.apiKey === 'string' ? { [options.apiKey]: firstUserId } : (options.apiKey ?? {});
  for (const [secret, userId] of Object.entries(accepted)) state.credentials.set(secret, { userId, keyId: null });
  const requests: SeenRequest[] = [];
  const faults = createFaultQueue();

  async function respond(request: IncomingMessage, response: ServerResponse): Promise<void> {
    request.resume();
    const url = new URL(request.url ?? '/', 'http://localhost');
    const seen: SeenRequest = {
      method: request.method ?? 'GET',
      path: url.pathname,
      query: Object.fromEntries(url.searchParams),
      at: Date.now(),
      userAgent: request.headers['user-agent'] ?? null,
    };
    requests.push(seen);
    await state.onRequest?.(seen);
    const fault = faults.take(request.url ?? '/');
    if (fault?.kind === 'hang') return;
    if (fault?.kind === 'reset') {
      request.socket.resetAndDestroy();
      return;
    }
    if (fault?.kind === 'delay') await sleep(fault.ms);
    const result = fault?.kind === 'status' ? faultyAnswer(fault) : route(state, prefix, request, url);
    send(state, request, response, result, fault);
  }

  const server = createServer((request, response) => {
    respond(request, response).catch((error: unknown) => {
      const result = failure(500, error instanceof Error ? error.message : String(error));
      if (!response.headersSent) send(state, request, response, result, null);
    });
  });
  const port = await listen(server, options.port ?? 0, host);
  return {
    url: `http://${host.includes(':') ? `[${host}]` : host}:${port}${prefix}`,
    state,
    requests,
    faults,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function listen(server: Server, port: number, host: string): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.removeListener('error', reject);
      const address = server.address() satisfies AddressInfo | string | null;
      resolve(typeof address === 'object' && address !== null ? address.port : port);
    });
  });
}

function route(state: SimulatedState, prefix: string, request: IncomingMessage, url: URL): Answer {
  if (!url.pathname.startsWith(`${prefix}/`)) return html('<h1>Not Found</h1>', 404);
  const path = url.pathname.slice(prefix.length).replace(/(?<=.)\/$/, '');
  if (request.method !== 'GET') return failure(405, `The resource does not support ${request.method}.`);
  // The root document is readable by anybody (INF: clients read it before they authenticate).
  if (path === '/api') return json(rootResource({ state, prefix }));
  const secret = request.headers['x-octopus-apikey'];
  if (typeof secret !== 'string' || secret === '') return notLoggedIn;
  const readerId = readerOf(state, secret);
  if (readerId === null) return invalidKey;
  return path.startsWith('/api/') ? answer({ state, prefix, readerId, path, query: url.searchParams }) : notFound;
}

/** Whose key it is; null for a key that is unknown, expired, or of a disabled user. */
function readerOf(state: SimulatedState, secret: string): string | null {
  const credential = state.credentials.get(secret);
  if (!credential) return null;
  const { keyId, userId } = credential;
  const expiresAt = state.apiKeys.find((key) => key.id === keyId)?.expiresAt;
  if (expiresAt && Date.parse(expiresAt) <= state.now()) return null;
  return state.users.find((user) => user.id === userId)?.isActive ? userId : null;
}

function faultyAnswer(fault: Extract<FaultKind, { kind: 'status' }>): Answer {
  const { status, headers, body } = fault;
  if (typeof body === 'string') return html(body, status, headers);
  return json(body ?? { ErrorMessage: 'Object reference not set to an instance of an object.' }, status, headers);
}

function send(
  state: SimulatedState,
  request: IncomingMessage,
  response: ServerResponse,
  result: Answer,
  fault: FaultKind | null,
): void {
  const isZipped = state.gzip && /\bgzip\b/.test(String(request.headers['accept-encoding'] ?? ''));
  const body = isZipped ? gzipSync(result.body) : Buffer.from(result.body);
  response.writeHead(result.status, {
    Date: new Date(state.now() + state.clockSkewMs).toUTCString(),
    'Octopus-Node': `name=simulated; version=${state.serverVersion}`,
    ...(featuresOf(state).rateLimitHeaders
      ? { 'Octopus-RateLimit-Policy': 'l=200;rpm=600', 'Octopus-RateLimit': 'r=199;t=1' }
      : {}),
    ...(isZipped ? { 'Content-Encoding': 'gzip' } : {}),
    'Content-Length': body.length,
    ...result.headers,
  });
  if (fault?.kind !== 'truncate' && fault?.kind !== 'stall') {
    response.end(body);
    return;
  }
  response.write(body.subarray(0, Math.floor(body.length / 2)), () => {
    if (fault.kind === 'truncate') request.socket.destroy();
  });
}
