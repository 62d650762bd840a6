import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { AuditEvent } from '../../src/model/event.ts';
import { parseStoredEvent } from '../../src/octopus/index.ts';
import { parseEvent } from '../../src/octopus/parse-event.ts';
import { eventJson } from './support.ts';

type Row = Readonly<Record<string, unknown>>;
type Source = 'list' | 'single';

/** Stands for any text of a document: must never come out again. */
const TEXT = 'kettle-SECRET-4711';
const settings = { Id: 'serversettings-retention', Days: 365, IsEnabled: true, Password: TEXT, Nested: { Limit: 5 } };

/** An edit of a setting of the whole server, as it comes from the server. */
function read(changeDetails: unknown, overrides: Row = {}, source: Source = 'single'): AuditEvent {
  const item = eventJson(1, {
    Category: 'Modified',
    SpaceId: null,
    RelatedDocumentIds: ['serversettings-retention'],
    MessageReferences: [],
    ChangeDetails: changeDetails,
    ...overrides,
  });
  const text = JSON.stringify(item);
  const parsed = parseEvent(JSON.parse(text), text, { source, countAbsent: () => {} });
  if (!('event' in parsed)) throw new Error(`expected an event, got ${JSON.stringify(parsed)}`);
  return parsed.event;
}

function patch(...differences: readonly Row[]) {
  return { DocumentContext: settings, Differences: differences };
}

const lowered = patch({ op: 'replace', path: '/Days', value: 30 });

describe('the edit of a document of the whole server', () => {
  test('is told by places, with what was and is true, false or a number', () => {
    const { documentChange } = read(
      patch(
        { op: 'replace', path: '/Days', value: 30 },
        { op: 'Replace', path: '/IsEnabled', value: false },
        { op: 'replace', path: '/Password', value: TEXT },
        { op: 'remove', path: '/Nested/Limit' },
      ),
    );

    expect(documentChange).toEqual({
      evidence: 'diff',
      operations: [
        { op: 'replace', path: '/Days', value: 30, before: 365 },
        { op: 'replace', path: '/IsEnabled', value: false, before: true },
        { op: 'replace', path: '/Password', value: null, before: null },
        { op: 'remove', path: '/Nested/Limit', value: null, before: null },
      ],
    });
  });

  test('tells the parts of a new value that is an object, but no text of it', () => {
    const { documentChange, raw } = read(patch({ op: 'replace', path: '/Nested', value: { Limit: 2, Name: TEXT } }));

    expect(documentChange?.operations).toEqual([
      { op: 'replace', path: '/Nested', value: null, before: null },
      { op: 'replace', path: '/Nested/Limit', value: 2, before: 5 },
    ]);
    expect(raw).not.toContain('SECRET');
  });

  test('claims no value before where the document is already the new one, nor within lists', () => {
    const same = read(patch({ op: 'replace', path: '/Days', value: 365 }));
    const list = read({
      DocumentContext: { Rules: [{ Days: 9 }] },
      Differences: [{ op: 'replace', path: '/Rules/0/Days', value: 3 }],
    });

    expect(same.documentChange?.operations[0]?.before).toBeNull();
    expect(list.documentChange?.operations[0]).toMatchObject({ value: 3, before: null });
  });

  test.each<[string, unknown]>([
    ['text of JSON', JSON.stringify(lowered)],
    [
      'parts that are text',
      { DocumentContext: JSON.stringify(settings), Differences: JSON.stringify(lowered.Differences) },
    ],
  ])('is read from %s', (_, details) => {
    expect(read(details).documentChange?.operations).toEqual([
      { op: 'replace', path: '/Days', value: 30, before: 365 },
    ]);
  });

  test('is owed where a list leaves the difference out, and missing for good where it was asked for', () => {
    expect(read(null, {}, 'list').documentChange?.evidence).toBe('none');
    expect(read({ DocumentContext: null, Differences: [] }, {}, 'list').documentChange?.evidence).toBe('none');
    expect(read(null).documentChange?.evidence).toBe('none');
    expect(read({ DocumentContext: settings, Differences: [] }).documentChange).toEqual({
      evidence: 'diff',
      operations: [],
    });
  });

  test.each<[string, unknown]>([
    ['broken JSON', '{'],
    ['a number', 7],
    ['a difference that is an object', { DocumentContext: settings, Differences: { Days: 30 } }],
    ['an operation without a path', patch({ op: 'replace' })],
    ['a path too long', patch({ op: 'replace', path: `/${'x'.repeat(600)}`, value: 1 })],
    ['too many places', patch({ op: 'add', path: '/All', value: Array.from({ length: 3000 }, () => 1) })],
  ])('is unreadable, and not harmless, with %s', (_, details) => {
    expect(read(details).documentChange).toEqual({ evidence: 'unreadable', operations: [] });
  });

  test('is stored without any text of the document, also when a list sends differences regardless', () => {
    for (const source of ['list', 'single'] as const) {
      const event = read(patch({ op: 'replace', path: '/Password', value: TEXT }), { Details: `<del>${TEXT}` }, source);

      expect(JSON.stringify(event)).not.toContain('SECRET');
      expect(JSON.parse(event.raw)).toMatchObject({ Id: 'Events-1', Category: 'Modified', Details: '<reduced>' });
    }
  });

  test('is the same event again when it is read back from what was stored', () => {
    const event = read(lowered);

    expect(parseStoredEvent(event.raw)).toEqual(event);
  });

  test('a server that sends the mark of a reduction itself is not believed', () => {
    const marked = JSON.parse(read(lowered).raw) as Row;

    expect(read(marked['ChangeDetails']).documentChange?.evidence).not.toBe('diff');
  });
});

describe('which edits are looked into', () => {
  test.each(['Users-4', 'teams-administrators', 'Teams-9', 'userroles-x', 'ScopedUserRoles-2', 'Subscriptions-1'])(
    'those of %s in a space are owed',
    (id) => {
      const event = read(null, { SpaceId: 'Spaces-1', RelatedDocumentIds: [id] }, 'list');

      expect(event.documentChange?.evidence).toBe('none');
    },
  );

  test('those of projects in a space are not, and are stored as they came', () => {
    const event = read(lowered, { SpaceId: 'Spaces-1', RelatedDocumentIds: ['Projects-1'] }, 'list');

    expect(event.documentChange).toBeNull();
    expect(event.raw).toContain('Days');
  });

  test('those of accounts and certificates in a space owe nothing, and no secret of them is stored', () => {
    for (const id of ['Accounts-1', 'certificates-2']) {
      const overrides = { SpaceId: 'Spaces-1', RelatedDocumentIds: [id] };

      expect(read(null, overrides, 'list').documentChange).toBeNull();
      const withDetails = read({ DocumentContext: settings, Differences: null }, overrides, 'list');
      expect(withDetails.documentChange?.evidence).toBe('unreadable');
      expect(withDetails.raw).not.toContain('SECRET');
    }
  });

  test.each([
    ['Created', 'subscriptions-1'],
    ['Deleted', 'accounts-1'],
  ])('a document that comes with its %s event is none, and no text of it is stored', (category, id) => {
    const event = read(
      { DocumentContext: settings, Differences: null },
      { Category: category, RelatedDocumentIds: [id] },
    );

    expect(event.documentChange).toBeNull();
    expect(event.raw).not.toContain(TEXT);
    expect(parseStoredEvent(event.raw)).toEqual(event);
  });

  test('sign-ins, and what was created or deleted, are none', () => {
    for (const Category of ['LoginSucceeded', 'LoginFailed', 'Created', 'Deleted'])
      expect(read(null, { Category, RelatedDocumentIds: ['Users-4'] }, 'list').documentChange).toBeNull();
  });

  test('those of variable sets are edits of variables', () => {
    const event = read(null, { RelatedDocumentIds: ['variableset-Projects-1', 'Users-4'] }, 'list');

    expect(event.documentChange).toBeNull();
    expect(event.variableChange?.evidence).toBe('none');
  });

  test('a server from before spaces, which says nothing of a space, does not owe all its edits', () => {
    expect(read(null, { SpaceId: undefined, RelatedDocumentIds: ['Machines-1'] }, 'list').documentChange).toBeNull();
  });
});

test('whatever a server sends as change details, no text of it is stored, and the stored event is read back alike', () => {
  const value = fc.oneof(fc.constant(TEXT), fc.integer(), fc.boolean(), fc.constant(null), fc.constant({ a: [TEXT] }));
  const operation = fc.record(
    {
      op: fc.constantFrom('add', 'replace', 'remove', 'move', 'test', 7),
      path: fc.constantFrom('/Days', '', 'x'),
      value,
    },
    { requiredKeys: [] },
  );
  const details = fc.oneof(
    value,
    fc.record({ DocumentContext: fc.oneof(value, fc.constant(settings)), Differences: fc.array(operation) }),
    fc.record({ documentContext: value, Other: value }),
  );

  fc.assert(
    fc.property(details, fc.constantFrom<Source>('list', 'single'), (changeDetails, source) => {
      const event = read(changeDetails, {}, source);

      expect(JSON.stringify(event)).not.toContain('SECRET');
      expect(parseStoredEvent(event.raw).documentChange).toEqual(event.documentChange);
    }),
  );
});
