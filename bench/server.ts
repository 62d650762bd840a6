import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createSimulatedState, startSimulatedOctopus } from '../src/demo/index.ts';
import { daysOf, ENVIRONMENTS, eventsOfDay, KEYS, NOW_MS, offHoursDeployment, SPACE_ID, USERS } from './workload.ts';

/**
 * A server that is never what is waited for: a process of its own that holds its days of events as bytes and answers a
 * page by cutting them. Everything but events it takes from the simulated Octopus. Started with the number of events;
 * prints its address when it is ready.
 *
 * `POST /bench/reveal?at=<ms>` adds one off-hours deployment to production; `GET /bench/answered` tells when the last
 * page of events was handed to the socket, in nanoseconds of the machine's monotonic clock.
 */

const DAY_MS = 86_400_000;
const API_KEY = 'API-BENCHMARK000000000000000';
/** Beyond this many days they are rendered when they are asked for, and the oldest asked for are dropped. */
const DAYS_KEPT = 60;

/** A day's events as bytes, newest first, separated by commas; `starts[n]` is where event n begins. */
type Day = { readonly bytes: Buffer; readonly starts: readonly number[]; readonly timesMs: readonly number[] };

const days = daysOf(Number(process.argv[2]));
const rendered = new Map<number, Day>();
const revealed: { atMs: number; text: string }[] = [];
let answeredAtNs = 0n;

function dayOf(daysBack: number): Day {
  let day = rendered.get(daysBack);
  if (day === undefined) {
    if (rendered.size >= DAYS_KEPT) rendered.delete(rendered.keys().next().value as number);
    day = render(daysBack);
    rendered.set(daysBack, day);
  }
  return day;
}

function render(daysBack: number): Day {
  const events = eventsOfDay(daysBack);
  const starts: number[] = [];
  const parts: Buffer[] = [];
  let length = 0;
  for (const event of events) {
    const part = Buffer.from(`${JSON.stringify(event)},`);
    starts.push(length);
    length += part.length;
    parts.push(part);
  }
  starts.push(length);
  return { bytes: Buffer.concat(parts), starts, timesMs: events.map((event) => Date.parse(event.Occurred)) };
}

/** How many events of a day, newest first, happened at or after an instant. */
function countSince(day: Day, ms: number): number {
  let low = 0;
  let high = day.timesMs.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((day.timesMs[middle] as number) >= ms) low = middle + 1;
    else high = middle;
  }
  return low;
}

function page(fromMs: number, toMs: number, skip: number, take: number): Buffer[] {
  const newest = Math.max(0, Math.floor((NOW_MS - toMs) / DAY_MS));
  const oldest = Math.min(days - 1, Math.floor((NOW_MS - 1 - fromMs) / DAY_MS));
  const extra = revealed.filter(({ atMs }) => atMs >= fromMs && atMs < toMs).map(({ text }) => Buffer.from(`${text},`));
  const parts: Buffer[] = extra.slice(skip, skip + take);
  let total = extra.length;
  for (let daysBack = newest; daysBack <= oldest; daysBack++) {
    const day = dayOf(daysBack);
    const first = countSince(day, toMs);
    const count = countSince(day, fromMs) - first;
    const begin = Math.max(0, skip - total);
    const end = Math.min(count, skip + take - total);
    if (begin < end) parts.push(day.bytes.subarray(day.starts[first + begin], day.starts[first + end]));
    total += count;
  }
  // The last comma has to go.
  const last = parts.pop();
  if (last) parts.push(last.subarray(0, -1));
  const links = skip + take < total ? `{"Page.Next":"/api/events?skip=${skip + take}"}` : '{}';
  const head = `{"ItemType":"Event","TotalResults":${total},"ItemsPerPage":${take},"Items":[`;
  return [Buffer.from(head), ...parts, Buffer.from(`],"Links":${links}}`)];
}

function send(response: ServerResponse, parts: readonly Buffer[]): void {
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  response.writeHead(200, { 'Content-Type': 'application/json; charset=utf-8', 'Content-Length': length });
  for (const part of parts) response.write(part);
  response.end();
}

const state = createSimulatedState({
  environments: ENVIRONMENTS.map((one) => ({ ...one, spaceId: SPACE_ID, slug: one.name.toLowerCase(), tags: [] })),
  now: () => NOW_MS,
});
for (const user of USERS) {
  const { id, username, isService } = user;
  const account = { id, username, displayName: username, emailAddress: '', isActive: true, isService };
  state.users.push({ ...account, serviceAccountType: 'Standard', createdAt: '2026-01-05T09:00:00.000Z' });
}
for (const { user, ...key } of KEYS) {
  const use = { lastUsedAt: '2026-11-20T09:00:00.000Z', isLastUsedKnown: true, expiresAt: null };
  state.apiKeys.push({ ...key, ...use, userId: user.id, accessLevel: 'FullAccess', actorType: 'User' });
}
const simulated = await startSimulatedOctopus({ state, apiKey: API_KEY });

const server = createServer((request, response) => {
  // The product measures the server's clock by this header; its own clock here is not the machine's.
  response.sendDate = false;
  const url = new URL(request.url ?? '/', 'http://localhost');
  const query = url.searchParams;
  if (url.pathname === '/api/events') {
    const skip = Number(query.get('skip') ?? 0);
    const take = Number(query.get('take') ?? 30);
    const fromMs = Date.parse(query.get('from') ?? '2000-01-01T00:00:00Z');
    const toMs = Date.parse(query.get('to') ?? '2100-01-01T00:00:00Z');
    send(response, page(fromMs, toMs, skip, take));
    answeredAtNs = process.hrtime.bigint();
  } else if (url.pathname === '/bench/reveal') {
    const atMs = Number(query.get('at'));
    revealed.unshift({ atMs, text: JSON.stringify(offHoursDeployment(revealed.length, atMs)) });
    response.end();
  } else if (url.pathname === '/bench/answered') {
    response.end(String(answeredAtNs));
  } else {
    fetch(`${simulated.url}${request.url}`, { headers: { 'X-Octopus-ApiKey': API_KEY } })
      .then(async (answer) => {
        response.writeHead(answer.status, { 'Content-Type': 'application/json' });
        response.end(await answer.text());
      })
      .catch(() => response.writeHead(502).end());
  }
});
for (let daysBack = Math.min(days, DAYS_KEPT) - 1; daysBack >= 0; daysBack--) dayOf(daysBack);
server.listen(0, '127.0.0.1', () => console.log(`http://127.0.0.1:${(server.address() as AddressInfo).port}`));
process.once('disconnect', () => process.exit(0));
