import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Clock } from '../../src/lib/clock.ts';
import { createOctopusClient, type OctopusClient, type OctopusClientOptions } from '../../src/octopus/client.ts';

export const API_KEY = 'API-FICTIONALKEY0000000000001';
export const NOW_MS = Date.UTC(2031, 4, 6, 12, 0, 0);

export type Call = { readonly path: string; readonly query: URLSearchParams; readonly request: IncomingMessage };
export type Handler = (call: Call, response: ServerResponse) => void;

/** A clock that stands still until somebody sleeps, and then is there at once. */
export function createFakeClock(startMs = NOW_MS): Clock & { readonly sleeps: number[] } {
  let nowMs = startMs;
  const sleeps: number[] = [];
  return {
    sleeps,
    now: () => nowMs,
    async sleep(ms, signal) {
      signal?.throwIfAborted();
      sleeps.push(ms);
      nowMs += ms;
    },
  };
}

const undoings: (() => Promise<void>)[] = [];

/** Closes every server and client of the test; for `afterEach`. */
export async function closeAll(): Promise<void> {
  for (const undo of undoings.splice(0).toReversed()) await undo();
}

/** A real HTTP server on loopback; every call is remembered. */
export async function startServer(handler: Handler): Promise<{ readonly url: string; readonly calls: Call[] }> {
  const calls: Call[] = [];
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? '/', 'http://localhost');
    const call = { path: url.pathname, query: url.searchParams, request };
    calls.push(call);
    handler(call, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  undoings.push(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, calls };
}

export function startClient(url: string, options: Partial<OctopusClientOptions> = {}): OctopusClient {
  const client = createOctopusClient({
    url,
    apiKey: API_KEY,
    clock: createFakeClock(),
    random: () => 0,
    userAgent: 'octowatch-test',
    ...options,
  });
  undoings.push(() => client.close());
  return client;
}

export function sendJson(response: ServerResponse, body: unknown, status = 200): void {
  response.writeHead(status, { 'content-type': 'application/json; charset=utf-8' }).end(JSON.stringify(body));
}

/** Serves fixed answers by path; everything else is 404. */
export function serve(answers: Readonly<Record<string, unknown>>): Handler {
  return ({ path }, response) => {
    const body = answers[path];
    if (body === undefined) sendJson(response, { ErrorMessage: 'The resource was not found.' }, 404);
    else if (typeof body === 'number') sendJson(response, { ErrorMessage: `refused with ${body}` }, body);
    else sendJson(response, body);
  };
}

/** An invented event in the shape servers of 2023 send. Event 1 is the oldest; one per second. */
export function eventJson(n: number, overrides: Readonly<Record<string, unknown>> = {}): Record<string, unknown> {
  return {
    Id: `Events-${n}`,
    RelatedDocumentIds: ['Deployments-7', 'Projects-3'],
    Category: 'DeploymentQueued',
    UserId: 'Users-42',
    Username: 'ada.example',
    IsService: false,
    IdentityEstablishedWith: 'Session cookie',
    UserAgent: 'OctopusClient-js/2031.1.1',
    Occurred: `${new Date(NOW_MS - 3_600_000 + n * 1000).toISOString().slice(0, 23)}+00:00`,
    Message: 'Deploy Teapot release 1.2.3 to Kettle',
    MessageHtml: "Deploy <a href='#/projects/Projects-3'>Teapot</a> release 1.2.3 to Kettle",
    MessageReferences: [{ ReferencedDocumentId: 'Projects-3', StartIndex: 7, Length: 6 }],
    Comments: null,
    Details: null,
    ChangeDetails: { DocumentContext: null, Differences: null },
    IpAddress: '192.0.2.7',
    SpaceId: 'Spaces-1',
    Links: { Self: `/api/events/Events-${n}` },
    ...overrides,
  };
}

/** A page as servers send it: newest first, `Page.Next` on all pages but the last. */
export function pageOf(rows: readonly unknown[], skip: number, take: number): Record<string, unknown> {
  const items = rows.slice(skip, skip + take);
  const hasNext = skip + items.length < rows.length;
  return {
    ItemType: 'Event',
    TotalResults: rows.length,
    ItemsPerPage: take,
    Items: items,
    Links: {
      Self: `/api/events?skip=${skip}&take=${take}`,
      ...(hasNext ? { 'Page.Next': `/api/events?from=2%2F1%2F2031&skip=${skip + take}&take=${take}` } : {}),
    },
  };
}

export function numberOf(call: Call, name: string): number {
  return Number(call.query.get(name));
}
