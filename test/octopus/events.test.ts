import { afterEach, describe, expect, test } from 'vitest';
import {
  OctopusError,
  probeEventScope,
  readEvent,
  readVariableSetHasSensitive,
  readWindow,
  type WindowQuery,
  type WindowRead,
} from '../../src/octopus/index.ts';
import {
  type Call,
  closeAll,
  eventJson,
  NOW_MS,
  numberOf,
  pageOf,
  sendJson,
  serve,
  startClient,
  startServer,
} from './support.ts';

afterEach(closeAll);

type Row = Record<string, unknown>;

const window: WindowQuery = { fromMs: NOW_MS - 3_600_500, toMs: NOW_MS + 1, maxEvents: 5000, scope: 'all' };

/** `count` invented events, newest first. */
function rowsOf(count: number): Row[] {
  return Array.from({ length: count }, (_, n) => eventJson(count - n));
}

async function readFrom(
  answer: (call: Call, n: number) => unknown,
  query: Partial<WindowQuery> = {},
): Promise<{ read: WindowRead; calls: Call[] }> {
  const server = await startServer((call, response) => sendJson(response, answer(call, server.calls.length)));
  const read = await readWindow(startClient(server.url), { ...window, ...query });
  return { read, calls: server.calls };
}

function paged(rows: readonly unknown[], call: Call, cap = Number.POSITIVE_INFINITY): Row {
  return pageOf(rows, numberOf(call, 'skip'), Math.min(cap, numberOf(call, 'take')));
}

function idsOf(read: WindowRead): string[] {
  if (read.outcome !== 'read') throw new Error(`expected a whole window, got ${read.outcome}`);
  return read.events.map(({ id }) => id);
}

function oldestFirst(count: number): string[] {
  return Array.from({ length: count }, (_, n) => `Events-${n + 1}`);
}

describe('what is asked for', () => {
  test('is the window in whole seconds of UTC, all spaces and the system level, without differences', async () => {
    const { calls } = await readFrom((call) => paged(rowsOf(1), call));

    expect(Object.fromEntries(calls[0]?.query ?? [])).toEqual({
      spaces: 'all',
      includeSystem: 'true',
      from: '2031-05-06T10:59:59Z',
      to: '2031-05-06T12:00:01Z',
      excludeDifference: 'true',
      skip: '0',
      take: '1000',
    });
  });

  test('is the plain list where the server has no more', async () => {
    const { calls } = await readFrom((call) => paged(rowsOf(1), call), { scope: 'plain' });

    expect(calls[0]?.query.has('spaces')).toBe(false);
    expect(calls[0]?.query.has('includeSystem')).toBe(false);
  });
});

describe('a window', () => {
  test('is whole, distinct and oldest first', async () => {
    const { read } = await readFrom((call) => paged(rowsOf(250), call), { take: 40 });

    expect(idsOf(read)).toEqual(oldestFirst(250));
    expect(read).toMatchObject({ serverTotal: 250, pages: 7, setAside: [], absentFields: {}, hasSystemEvents: false });
  });

  test('is ordered by the number in the id where the time is the same', async () => {
    const rows = [9, 100, 20].map((n) => eventJson(n, { Occurred: '2031-05-06T11:00:00.000+00:00' }));

    const { read } = await readFrom((call) => paged(rows, call));

    expect(idsOf(read)).toEqual(['Events-9', 'Events-20', 'Events-100']);
  });

  test('asks for up to three pages at a time once the first has told how many rows a page has', async () => {
    const rows = rowsOf(90);
    let open = 0;
    let most = 0;
    const server = await startServer((call, response) => {
      open += 1;
      most = Math.max(most, open);
      setTimeout(() => {
        open -= 1;
        sendJson(response, paged(rows, call, 10));
      }, 15);
    });

    const read = await readWindow(startClient(server.url), window);

    expect(idsOf(read)).toEqual(oldestFirst(90));
    expect(most).toBe(3);
    expect(server.calls).toHaveLength(9);
  });

  test('does not end at a short page', async () => {
    const rows = rowsOf(60);

    const { read } = await readFrom((call, n) => paged(rows, call, n % 2 === 0 ? 3 : 10));

    expect(idsOf(read)).toEqual(oldestFirst(60));
  });

  test('is whole when pages grow shorter while others are under way', async () => {
    const rows = rowsOf(100);
    const server = await startServer((call, response) => {
      const skip = numberOf(call, 'skip');
      sendJson(response, paged(rows, call, skip < 30 ? 10 : 7));
    });

    const read = await readWindow(startClient(server.url), window);

    expect(idsOf(read)).toEqual(oldestFirst(100));
  });

  test('is whole and distinct when new rows push the pages down between requests', async () => {
    const { read } = await readFrom((call, n) => {
      const late = Array.from({ length: n - 1 }, (_, k) => eventJson(200 + n - k));
      return paged([...late, ...rowsOf(40)], call, 10);
    });

    const ids = idsOf(read);
    expect(ids).toEqual(expect.arrayContaining(oldestFirst(40)));
    expect(new Set(ids).size).toBe(ids.length);
  });

  test('is whole when pages asked for together are answered in another order while a row is added', async () => {
    const late = eventJson(500, { Occurred: '2031-05-06T11:59:59.000+00:00' });
    const server = await startServer((call, response) => {
      const skip = numberOf(call, 'skip');
      // Of the first pages ahead, the one at 10 is cut last, when a row was added; the ones at 20 and 30 before that.
      const isLate = skip === 10 || server.calls.length > 4;
      const rows = isLate ? [late, ...rowsOf(60)] : rowsOf(60);
      setTimeout(() => sendJson(response, paged(rows, call, 10)), skip === 10 ? 60 : 5);
    });

    const read = await readWindow(startClient(server.url), window);

    expect(idsOf(read)).toEqual([...oldestFirst(60), 'Events-500']);
  });

  test('is whole when rows in front vanish while it is read', async () => {
    const { read } = await readFrom((call, n) => paged(n < 3 ? rowsOf(60) : rowsOf(56), call, 10), {
      pagesInFlight: 1,
    });

    expect(idsOf(read)).toEqual(expect.arrayContaining(oldestFirst(56)));
  });

  test('ends although the server counts anew with every page and never ends its pages', async () => {
    const { read } = await readFrom((_call, n) => ({ ...pageOf(rowsOf(50), 0, 10), TotalResults: 50 + (n % 3) }));

    expect(idsOf(read)).toHaveLength(10);
  });

  test('ends where Page.Next is missing, whatever the total says', async () => {
    const { read, calls } = await readFrom(() => ({ ...pageOf(rowsOf(5), 0, 5), TotalResults: 99 }));

    expect(idsOf(read)).toHaveLength(5);
    expect(read).toMatchObject({ serverTotal: 99 });
    expect(calls).toHaveLength(1);
  });

  test('ends at an empty page where there are no links at all', async () => {
    const { read } = await readFrom((call) => {
      const { Items } = paged(rowsOf(25), call, 10);
      return { Items };
    });

    expect(idsOf(read)).toEqual(oldestFirst(25));
    expect(read).toMatchObject({ serverTotal: null });
  });

  test('ends after three pages without anything new, where the server ignores skip', async () => {
    const { read, calls } = await readFrom(() => ({ ...pageOf(rowsOf(50), 0, 10), TotalResults: 50 }), {
      pagesInFlight: 1,
    });

    expect(read).toMatchObject({ outcome: 'read', serverTotal: 50, pages: 4 });
    expect(idsOf(read)).toHaveLength(10);
    expect(calls).toHaveLength(4);
  });

  test('never follows the page links of the server', async () => {
    const { calls } = await readFrom((call) => paged(rowsOf(30), call, 10));

    expect(calls.every(({ query }) => query.get('from') === '2031-05-06T10:59:59Z')).toBe(true);
  });

  test('says that the key sees the system level', async () => {
    const { read } = await readFrom((call) => paged([eventJson(1, { SpaceId: null })], call));

    expect(read).toMatchObject({ hasSystemEvents: true });
  });

  test('tells after each page how far it is', async () => {
    const seen: unknown[] = [];

    await readFrom((call) => paged(rowsOf(25), call, 10), { onPage: (progress) => seen.push(progress) });

    expect(seen).toEqual([
      { pages: 1, events: 10 },
      { pages: 2, events: 20 },
      { pages: 3, events: 25 },
    ]);
  });

  test('is not read when the server counts more than allowed', async () => {
    const { read, calls } = await readFrom((call) => paged(rowsOf(60), call, 10), { maxEvents: 50 });

    expect(read).toEqual({ outcome: 'too_many', serverTotal: 60 });
    expect(calls).toHaveLength(1);
  });

  test('is not read when more came than allowed from a server that does not count', async () => {
    const { read } = await readFrom((call) => ({ ...paged(rowsOf(60), call, 10), TotalResults: null }), {
      maxEvents: 50,
    });

    expect(read).toEqual({ outcome: 'too_many', serverTotal: null });
  });

  test('fails as a whole when one of its pages fails', async () => {
    const server = await startServer((call, response) => {
      if (numberOf(call, 'skip') === 20) return sendJson(response, { ErrorMessage: 'gone' }, 403);
      sendJson(response, paged(rowsOf(60), call, 10));
    });

    await expect(readWindow(startClient(server.url), window)).rejects.toMatchObject({ kind: 'forbidden' });
  });

  test('is read with usual pages when the server refuses large ones', async () => {
    const server = await startServer((call, response) => {
      if (numberOf(call, 'take') > 100) return sendJson(response, { ErrorMessage: 'take is too large' }, 400);
      sendJson(response, paged(rowsOf(250), call));
    });

    const read = await readWindow(startClient(server.url), window);

    expect(idsOf(read)).toEqual(oldestFirst(250));
  });

  test('stops with the reason of the signal', async () => {
    const controller = new AbortController();
    const reason = new Error('stopping');
    const server = await startServer((call, response) => {
      if (server.calls.length > 1) return controller.abort(reason);
      sendJson(response, paged(rowsOf(60), call, 10));
    });

    const outcome = readWindow(startClient(server.url), { ...window, signal: controller.signal });

    await expect(outcome).rejects.toBe(reason);
  });

  test('of an answer that is no page is a bad answer', async () => {
    await expect(readFrom(() => ({ Items: 'none' }))).rejects.toMatchObject({ kind: 'bad_answer' });
  });
});

describe('an event', () => {
  test('keeps its JSON exactly as received', async () => {
    const text =
      '{ "Id" : "Events-1",\n"Occurred":"2031-05-06T11:00:00Z", "Category":"Cr\\u0065ated","Big":12345678901234567890 }';
    const server = await startServer((_call, response) => response.end(`{"Items":[${text}]}`));

    const read = await readWindow(startClient(server.url), window);

    expect(read).toMatchObject({ events: [{ category: 'Created', raw: text }] });
  });

  test.each([
    ['2031-05-06T11:00:00Z', '2031-05-06T11:00:00.000Z'],
    ['2031-05-06T11:00:00.7+00:00', '2031-05-06T11:00:00.700Z'],
    ['2031-05-06T11:00:00.9999999+00:00', '2031-05-06T11:00:00.999Z'],
    ['2031-05-06T23:30:00.123+10:00', '2031-05-06T13:30:00.123Z'],
    ['2031-05-06T23:30:00-03:30', '2031-05-07T03:00:00.000Z'],
    ['2032-02-29T00:00:00Z', '2032-02-29T00:00:00.000Z'],
  ])('that occurred at %s is at %s', async (occurred, expected) => {
    const { read } = await readFrom((call) => paged([eventJson(1, { Occurred: occurred })], call));

    expect(read).toMatchObject({ events: [{ occurredAt: expected }] });
  });

  test('loses a field of a wrong type, which is counted, and nothing else', async () => {
    const rows = [
      eventJson(2, { UserId: 7, IpAddress: {}, RelatedDocumentIds: ['Projects-3', 4], IsService: 'yes' }),
      eventJson(1, { UserId: undefined, MessageReferences: [{}], Comments: [] }),
    ];

    const { read } = await readFrom((call) => paged(rows, call));

    expect(read).toMatchObject({
      absentFields: { UserId: 2, IpAddress: 1, RelatedDocumentIds: 1, IsService: 1, MessageReferences: 1, Comments: 1 },
      events: [
        { id: 'Events-1', userId: null, username: 'ada.example', messageReferences: [], comments: null },
        { id: 'Events-2', userId: null, ipAddress: null, isService: null, relatedDocumentIds: ['Projects-3'] },
      ],
    });
  });

  test('of an older server, or with nulls, misses nothing', async () => {
    const old = eventJson(1, {
      IpAddress: undefined,
      SpaceId: undefined,
      Comments: undefined,
      ChangeDetails: undefined,
    });
    const failedSignIn = eventJson(2, { UserId: null, Username: null, SpaceId: null });

    const { read } = await readFrom((call) => paged([failedSignIn, old], call));

    expect(read).toMatchObject({ absentFields: {}, setAside: [] });
  });

  test('keeps only references that lie within its message', async () => {
    const references = [
      { ReferencedDocumentId: 'Projects-3', StartIndex: 7, Length: 6 },
      { ReferencedDocumentId: 'Projects-4', StartIndexInMessage: 0, LengthInMessage: 6 },
      { ReferencedDocumentId: 'Projects-5', StartIndex: 30, Length: 3000 },
      { ReferencedDocumentId: 'Projects-6', StartIndex: -1, Length: 2 },
    ];

    const { read } = await readFrom((call) => paged([eventJson(1, { MessageReferences: references })], call));

    expect(read).toMatchObject({
      events: [
        {
          messageReferences: [
            { documentId: 'Projects-3', start: 7, length: 6 },
            { documentId: 'Projects-4', start: 0, length: 6 },
          ],
        },
      ],
    });
  });
});

describe('an element that is no event', () => {
  test.each([
    ['is not an object', 'pa55word', 'not an object'],
    ['is null', null, 'not an object'],
    ['is a list', ['pa55word'], 'not an object'],
    ['has no id', eventJson(1, { Id: undefined, Comments: 'pa55word' }), 'Id'],
    ['has a time without offset', eventJson(1, { Occurred: '2031-05-06T11:00:00' }), 'Occurred'],
    ['has a day no month has', eventJson(1, { Occurred: '2031-02-29T11:00:00Z' }), 'Occurred'],
    ['has no time', eventJson(1, { Occurred: 12 }), 'Occurred'],
    ['has no category', eventJson(1, { Category: '' }), 'Category'],
  ])('because it %s is set aside, masked, and the others go on', async (_what, element, reason) => {
    const { read } = await readFrom((call) => paged([eventJson(2), element, eventJson(3)], call));

    expect(idsOf(read)).toEqual(['Events-2', 'Events-3']);
    const setAside = read.outcome === 'read' ? read.setAside : [];
    expect(setAside).toHaveLength(1);
    expect(setAside[0]?.reason).toContain(reason);
    expect(setAside[0]?.maskedRaw).not.toMatch(/pa55word|ada\.example|Teapot|2031/);
    expect(() => JSON.parse(setAside[0]?.maskedRaw ?? '')).not.toThrow();
  });

  test('keeps its shape and its id', async () => {
    const element = { Id: 'Events-5', Occurred: 'never', Nested: { Flag: true, List: [1, 'two'] }, 'a secret key': 1 };

    const { read } = await readFrom((call) => paged([element], call));

    const masked: unknown = JSON.parse((read.outcome === 'read' && read.setAside[0]?.maskedRaw) || 'null');
    expect(masked).toEqual({
      Id: 'Events-5',
      Occurred: '<string 5>',
      Nested: { Flag: '<boolean>', List: ['<number>', '<string 3>'] },
      '<key 3: 12>': '<number>',
    });
  });

  test('is set aside once when pages repeat it', async () => {
    const rows = [...rowsOf(12), { Id: 'Events-x' }];
    const { read } = await readFrom((call) => ({
      ...pageOf([...rows.slice(0, 3), { Id: 'Events-x' }, ...rows.slice(3)], numberOf(call, 'skip'), 5),
    }));

    expect(read).toMatchObject({ setAside: [{ maskedRaw: '{"Id":"<string 8>"}' }] });
    expect(idsOf(read)).toHaveLength(12);
  });

  test('nested too deeply for anybody to read does not stop the others', async () => {
    const deep = `${'['.repeat(50_000)}${']'.repeat(50_000)}`;
    const element = JSON.stringify(
      eventJson(1, { RelatedDocumentIds: ['variableset-Projects-3'], ChangeDetails: { Differences: 'DEEP' } }),
    ).replace('"DEEP"', deep);
    const server = await startServer((_call, response) => {
      response.end(`{"Items":[${element},${JSON.stringify(eventJson(2))}]}`);
    });

    const read = await readWindow(startClient(server.url), window);

    expect(idsOf(read)).toContain('Events-2');
    expect(JSON.stringify(read)).not.toContain('[[[');
  });
});

describe('probeEventScope', () => {
  test('finds all spaces and the system level', async () => {
    const { url } = await startServer(serve({ '/api/events': pageOf([], 0, 1) }));

    expect(await probeEventScope(startClient(url))).toBe('all');
  });

  test.each([400, 404, 403])('falls back to the plain list when all of it is refused with %i', async (status) => {
    const { url } = await startServer(({ query }, response) => {
      if (query.has('spaces')) return sendJson(response, { ErrorMessage: 'no' }, status);
      sendJson(response, pageOf([], 0, 1));
    });

    expect(await probeEventScope(startClient(url))).toBe('plain');
  });

  test('does not ask again with a key that is refused', async () => {
    const { url, calls } = await startServer(serve({ '/api/events': 401 }));

    await expect(probeEventScope(startClient(url))).rejects.toMatchObject({ kind: 'unauthorized' });
    expect(calls).toHaveLength(1);
  });
});

describe('readEvent', () => {
  test('reads one event through the path without a space', async () => {
    const { url } = await startServer(serve({ '/api/events/Events-9': eventJson(9) }));

    expect(await readEvent(startClient(url), 'Events-9')).toMatchObject({ id: 'Events-9', variableChange: null });
  });

  test('refuses an answer that is no event without repeating it', async () => {
    const { url } = await startServer(serve({ '/api/events/Events-9': eventJson(9, { Occurred: 'pa55word' }) }));

    const outcome = readEvent(startClient(url), 'Events-9');

    await expect(outcome).rejects.toBeInstanceOf(OctopusError);
    await expect(outcome).rejects.not.toThrow(/pa55word/);
  });

  test('cannot be led to another path by a hostile id', async () => {
    const { url, calls } = await startServer(serve({}));

    await expect(readEvent(startClient(url), '../users/me?x=1')).rejects.toMatchObject({ kind: 'not_found' });
    expect(calls[0]?.path).toBe('/api/events/..%2Fusers%2Fme%3Fx%3D1');
  });
});

describe('readVariableSetHasSensitive', () => {
  const set = { spaceId: 'Spaces-1', variableSetId: 'variableset-Projects-3' };
  const path = '/api/Spaces-1/variables/variableset-Projects-3';

  test.each([
    [
      [
        { Name: 'A', Type: 'String', Value: 'x' },
        { Name: 'B', Type: 'Sensitive' },
      ],
      true,
    ],
    [[{ Name: 'A', Type: 'String', IsSensitive: true }], true],
    [[{ Name: 'A', Type: 'String', IsSensitive: false }], false],
    [[], false],
  ])('of %j is %j', async (variables, expected) => {
    const { url } = await startServer(serve({ [path]: { Variables: variables } }));

    expect(await readVariableSetHasSensitive(startClient(url), set)).toBe(expected);
  });

  test('refuses an answer of another shape instead of calling it harmless', async () => {
    const { url } = await startServer(serve({ [path]: { Variables: null } }));

    await expect(readVariableSetHasSensitive(startClient(url), set)).rejects.toMatchObject({ kind: 'bad_answer' });
  });
});
