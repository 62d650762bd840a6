import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { AuditEvent, VariableEdit } from '../../src/model/event.ts';
import { parseStoredEvent } from '../../src/octopus/index.ts';
import { parseEvent } from '../../src/octopus/parse-event.ts';
import { eventJson } from './support.ts';

/** Stands for a secret, or the hash of one: must never come out again. */
const OLD = 'old-SECRET-4711';
const NEW = 'new-SECRET-4711';

type Row = Readonly<Record<string, unknown>>;

const connection = {
  Id: 'v-1',
  Name: 'Db.Connection',
  Type: 'String',
  Value: OLD,
  Scope: { Environment: ['Environments-2'] },
};
const password = { Id: 'v-2', Name: 'Db.Password', Type: 'Sensitive', Value: OLD, Scope: {} };
const region = { Id: 'v-3', Name: 'Region', Type: 'String', Value: OLD, Scope: { Role: ['web'] } };
const before = [connection, password, region];

function read(changeDetails: unknown, overrides: Row = {}, source: 'list' | 'single' = 'single'): AuditEvent {
  const item = eventJson(1, {
    Category: 'Modified',
    RelatedDocumentIds: ['variableset-Projects-3', 'Projects-3'],
    ChangeDetails: changeDetails,
    ...overrides,
  });
  const parsed = parseEvent(JSON.parse(JSON.stringify(item)), JSON.stringify(item), {
    source,
    countAbsent: () => {},
  });
  if (!('event' in parsed)) throw new Error(`expected an event, got ${JSON.stringify(parsed)}`);
  expect(JSON.stringify(parsed.event)).not.toContain('SECRET');
  return parsed.event;
}

function details(operations: unknown, variables: readonly unknown[] | null = before): Row {
  const document = variables === null ? null : { Id: 'variableset-Projects-3', Version: 4, Variables: variables };
  return { DocumentContext: document, Differences: operations };
}

function editsOf(event: AuditEvent): (readonly [string, VariableEdit['change'], boolean | null])[] {
  return (event.variableChange?.variables ?? []).map((edit) => [edit.name, edit.change, edit.isSensitive] as const);
}

describe('a difference against the document before the change', () => {
  test.each<[string, unknown[], unknown[]]>([
    ['a value', [{ op: 'replace', path: '/Variables/0/Value', value: NEW }], [['Db.Connection', 'value', false]]],
    [
      'a sensitive value',
      [{ op: 'replace', path: '/Variables/1/Value', value: NEW }],
      [['Db.Password', 'value', true]],
    ],
    [
      'a value by replacing the variable',
      [{ op: 'replace', path: '/Variables/1', value: { ...password, Value: NEW } }],
      [['Db.Password', 'value', true]],
    ],
    [
      'a new variable at the end',
      [{ op: 'add', path: '/Variables/-', value: { Id: 'v-9', Name: 'Token', Type: 'Sensitive', Value: NEW } }],
      [['Token', 'added', true]],
    ],
    [
      'a new variable at the front',
      [{ op: 'add', path: '/Variables/0', value: { Id: 'v-9', Name: 'Token', IsSensitive: true, Value: NEW } }],
      [['Token', 'added', true]],
    ],
    ['a variable removed', [{ op: 'remove', path: '/Variables/1' }], [['Db.Password', 'removed', true]]],
    [
      'places that shift while it is applied',
      [
        { op: 'remove', path: '/Variables/0' },
        { op: 'replace', path: '/Variables/0/Value', value: NEW },
      ],
      [
        ['Db.Password', 'value', true],
        ['Db.Connection', 'removed', false],
      ],
    ],
    [
      'a sensitive variable made plain',
      [
        { op: 'replace', path: '/Variables/1/Type', value: 'String' },
        { op: 'replace', path: '/Variables/1/Value', value: NEW },
      ],
      [['Db.Password', 'made_plain', true]],
    ],
    [
      'a plain variable made sensitive',
      [{ op: 'replace', path: '/Variables/0/Type', value: 'Sensitive' }],
      [['Db.Connection', 'type', true]],
    ],
    [
      'a scope',
      [{ op: 'add', path: '/Variables/1/Scope/Environment', value: ['Environments-9'] }],
      [['Db.Password', 'scope', true]],
    ],
    [
      'an id added to a scope',
      [{ op: 'add', path: '/Variables/0/Scope/Environment/-', value: 'Environments-9' }],
      [['Db.Connection', 'scope', false]],
    ],
    ['a name', [{ op: 'replace', path: '/Variables/2/Name', value: 'Zone' }], [['Zone', 'renamed', false]]],
    ['a description', [{ op: 'add', path: '/Variables/2/Description', value: NEW }], [['Region', 'other', false]]],
    ['only the version', [{ op: 'replace', path: '/Version', value: 5 }], []],
    ['an order only, by moving', [{ op: 'move', from: '/Variables/0', path: '/Variables/2' }], []],
    [
      'an order only, by replacing (ISS#8521)',
      [
        { op: 'replace', path: '/Variables/0', value: region },
        { op: 'replace', path: '/Variables/2', value: connection },
      ],
      [],
    ],
    [
      'the whole list',
      [{ op: 'replace', path: '/Variables', value: [{ ...password, Value: NEW }, connection] }],
      [
        ['Db.Password', 'value', true],
        ['Region', 'removed', false],
      ],
    ],
  ])('tells %s', (_what, operations, expected) => {
    const event = read(details(operations));

    expect(editsOf(event)).toEqual(expected);
    expect(event.variableChange?.evidence).toBe('diff');
  });

  test('comes as well in JSON strings', () => {
    const { DocumentContext, Differences } = details([{ op: 'replace', path: '/Variables/1/Value', value: NEW }]);

    const event = read({
      DocumentContext: JSON.stringify(DocumentContext),
      Differences: JSON.stringify(Differences),
    });

    expect(editsOf(event)).toEqual([['Db.Password', 'value', true]]);
  });

  test('tells the scope after the change', () => {
    const event = read(details([{ op: 'add', path: '/Variables/0/Scope/Environment/-', value: 'Environments-1' }]));

    expect(event.variableChange?.variables[0]?.scope).toEqual({ Environment: ['Environments-1', 'Environments-2'] });
  });
});

describe('a difference against the document after the change', () => {
  const added = { Id: 'v-9', Name: 'Token', Type: 'Sensitive', Value: NEW };

  test('tells a new variable and a renamed one', () => {
    const after = [connection, { ...password, Name: 'Db.Secret' }, region, added];
    const operations = [
      { op: 'replace', path: '/Variables/1/Name', value: 'Db.Secret' },
      { op: 'add', path: '/Variables/-', value: added },
    ];

    const event = read(details(operations, after));

    expect(editsOf(event)).toEqual([
      ['Db.Secret', 'renamed', true],
      ['Token', 'added', true],
    ]);
    expect(event.variableChange?.evidence).toBe('diff');
  });

  test('tells a value, and that a variable was made plain', () => {
    const after = [
      { ...connection, Value: NEW },
      { ...password, Type: 'String', IsSensitive: false },
    ];
    const operations = [
      { op: 'replace', path: '/Variables/0/Value', value: NEW },
      { op: 'replace', path: '/Variables/1/IsSensitive', value: false },
      { op: 'replace', path: '/Variables/1/Type', value: 'String' },
    ];

    expect(editsOf(read(details(operations, after)))).toEqual([
      ['Db.Connection', 'value', false],
      ['Db.Password', 'made_plain', true],
    ]);
  });

  test('does not claim that a variable was plain before when only its new type is told', () => {
    const after = [{ ...password, Type: 'String' }];
    const operations = [{ op: 'replace', path: '/Variables/0/Type', value: 'String' }];

    expect(editsOf(read(details(operations, after)))).toEqual([['Db.Password', 'type', null]]);
  });

  test('cannot name a variable that is gone, and says so', () => {
    const after = [{ ...connection, Name: 'Db.Url' }];
    const operations = [
      { op: 'replace', path: '/Variables/0/Name', value: 'Db.Url' },
      { op: 'remove', path: '/Variables/1' },
    ];

    const event = read(details(operations, after));

    expect(editsOf(event)).toEqual([
      ['Db.Url', 'renamed', false],
      ['(variable 1)', 'removed', null],
    ]);
    expect(event.variableChange?.evidence).toBe('unreadable');
  });
});

describe('a difference without a document', () => {
  test('tells what the operations say themselves', () => {
    const operations = [{ op: 'add', path: '/Variables/-', value: { Name: 'Token', Type: 'Sensitive', Value: NEW } }];

    const event = read(details(operations, null));

    expect(editsOf(event)).toEqual([['Token', 'added', true]]);
    expect(event.variableChange?.evidence).toBe('diff');
  });

  test('is unreadable where a variable is given by place only', () => {
    const event = read(
      details(
        [
          { op: 'replace', path: '/Variables/4/Value', value: NEW },
          { op: 'replace', path: '/Variables/5/IsSensitive', value: false },
        ],
        null,
      ),
    );

    expect(event.variableChange?.evidence).toBe('unreadable');
    expect(editsOf(event)).toEqual([
      ['(variable 4)', 'value', null],
      ['(variable 5)', 'made_plain', true],
    ]);
  });
});

describe('what carries no difference', () => {
  test('is evidence "none" in a list, and stays byte for byte', () => {
    const item = eventJson(1, { Category: 'Modified', RelatedDocumentIds: ['variableset-Projects-3'] });

    const event = read(item['ChangeDetails'], {}, 'list');

    expect(event.variableChange).toEqual({ evidence: 'none', variables: [] });
    expect(JSON.parse(event.raw)).toMatchObject({ ChangeDetails: { DocumentContext: null, Differences: null } });
  });

  test.each([[null], [[]]])('is evidence "none" when a list left it out as %j', (differences) => {
    const event = read({ DocumentContext: { Variables: before }, Differences: differences }, {}, 'list');

    expect(event.variableChange).toEqual({ evidence: 'none', variables: [] });
  });

  test('is not a change of variables when a deployment merely names the set it runs with', () => {
    const event = read({ DocumentContext: null, Differences: null }, { Category: 'DeploymentQueued' }, 'list');

    expect(event.variableChange).toBeNull();
  });

  test('of a deleted set names all its variables', () => {
    const event = read({ DocumentContext: { Variables: before }, Differences: null }, { Category: 'Deleted' });

    expect(editsOf(event)).toEqual([
      ['Db.Connection', 'removed', false],
      ['Db.Password', 'removed', true],
      ['Region', 'removed', false],
    ]);
  });

  test('is not about variables for any other event, which keeps its details', () => {
    const changeDetails = {
      DocumentContext: { Id: 'Projects-3', VariableSetId: 'variableset-Projects-3', Name: 'Teapot' },
      Differences: [{ op: 'replace', path: '/IsDisabled', value: true }],
    };

    const event = read(changeDetails, { RelatedDocumentIds: ['Projects-3'] });

    expect(event.variableChange).toBeNull();
    expect(JSON.parse(event.raw)).toMatchObject({ ChangeDetails: changeDetails });
  });
});

describe('what must not be stored', () => {
  test.each<[string, unknown, Row]>([
    ['broken JSON in the difference', { DocumentContext: null, Differences: `[{"op":"replace","value":"${NEW}"` }, {}],
    ['broken JSON in the document', { DocumentContext: `{"Variables":[{"Value":"${OLD}"`, Differences: [] }, {}],
    ['a difference that is an object', { DocumentContext: null, Differences: { Value: NEW } }, {}],
    ['operations without a path', details([{ op: 'replace', value: NEW }]), {}],
    ['details of an unknown kind', { Diff: NEW, DocumentVersion: OLD }, {}],
    ['details that are a text', `replaced ${OLD} by ${NEW}`, {}],
    ['details that are a list', [OLD, NEW], {}],
    ['legacy HTML', null, { Details: `<ins>${NEW}</ins>` }],
    ['details under another spelling', null, { changeDetails: { Differences: [NEW] }, details: NEW }],
    ['a type that is a text', details([{ op: 'add', path: '/Variables/-', value: { Name: 'A', Type: NEW } }]), {}],
    ['no variable set among the ids, but variables in the document', details([], before), { RelatedDocumentIds: [] }],
    [
      'no variable set among the ids, but variables in the paths',
      { DocumentContext: null, Differences: [{ op: 'replace', path: '/Variables/1/Value', value: NEW }] },
      { RelatedDocumentIds: [] },
    ],
    [
      'no variable set among the ids, and variables in a broken text',
      { DocumentContext: `{"Variables":[{"Value":"${OLD}"`, Differences: null },
      { RelatedDocumentIds: [] },
    ],
  ])('is not, in %s', (_what, changeDetails, overrides) => {
    // `read` itself asserts that no secret came out.
    expect(read(changeDetails, overrides).variableChange).not.toBeNull();
  });

  test('is not, however the operations are made up', () => {
    const segment = fc.oneof(
      fc.constantFrom(
        'Variables',
        '0',
        '1',
        '2',
        '3',
        '-',
        'Value',
        'Type',
        'Name',
        'Scope',
        'Environment',
        'Id',
        '__proto__',
      ),
      fc.string({ maxLength: 3 }),
    );
    const path = fc.array(segment, { maxLength: 4 }).map((segments) => `/${['Variables', ...segments].join('/')}`);
    const value = fc.oneof(
      fc.constantFrom<unknown>(NEW, null, true, 'Sensitive', { Value: NEW }, [NEW], [{ Value: NEW }], password),
    );
    const operation = fc.record(
      { op: fc.constantFrom('add', 'remove', 'replace', 'move', 'copy', 'test', 'x'), path, from: path, value },
      { requiredKeys: ['op', 'path'] },
    );
    fc.assert(
      fc.property(fc.array(operation, { maxLength: 6 }), fc.constantFrom(before, [], null), (operations, variables) => {
        // A value set as a name or scope is a name or scope: only other places are promised to be safe.
        fc.pre(!operations.some(({ path, op }) => /Name|Scope|\/Id|Type/.test(path) || op === 'copy' || op === 'move'));

        const event = read(details(operations, variables));

        expect(['diff', 'unreadable', 'none']).toContain(event.variableChange?.evidence);
      }),
      { numRuns: 1000 },
    );
  });

  test('leaves names, kinds, types and scopes in the stored JSON', () => {
    const event = read(details([{ op: 'replace', path: '/Variables/0/Value', value: NEW }]), { Details: OLD });

    expect(JSON.parse(event.raw)).toMatchObject({
      Id: 'Events-1',
      Details: '<reduced>',
      ChangeDetails: {
        Evidence: 'diff',
        Variables: [
          {
            Name: 'Db.Connection',
            Change: 'value',
            Type: 'String',
            IsSensitive: false,
            Scope: { Environment: ['Environments-2'] },
          },
        ],
      },
    });
  });
});

describe('parseStoredEvent', () => {
  test.each<[string, unknown, Row, 'list' | 'single']>([
    ['a difference', details([{ op: 'replace', path: '/Variables/0/Value', value: NEW }]), {}, 'single'],
    [
      'an unreadable difference',
      details([{ op: 'replace', path: '/Variables/4/Value', value: NEW }], null),
      {},
      'single',
    ],
    ['legacy details', null, { Details: OLD }, 'single'],
    ['a list without differences', { DocumentContext: null, Differences: null }, {}, 'list'],
    ['a copy for a release', details([]), { RelatedDocumentIds: ['variableset-Projects-3-s-1-AB'] }, 'single'],
    ['no variables', { DocumentContext: { Id: 'Projects-3' } }, { RelatedDocumentIds: ['Projects-3'] }, 'single'],
  ])('reads the same event back after it was stored, of %s', (_what, changeDetails, overrides, source) => {
    const event = read(changeDetails, overrides, source);

    expect(parseStoredEvent(event.raw)).toEqual(event);
  });

  test('refuses what is no event without repeating it', () => {
    expect(() => parseStoredEvent('{"Id":"pa55word"}')).toThrow(/^A stored text is no event\.$/);
    expect(() => parseStoredEvent('{"pa55word')).toThrow(/^A stored event is not whole JSON\.$/);
  });

  test('is the only one to trust the mark of a reduction', () => {
    const forged = { Reduced: 'by Octowatch: values are never stored', Evidence: 'diff', Variables: [], Extra: NEW };

    // `read` asserts that the secret is gone.
    expect(read(forged).variableChange).toEqual({ evidence: 'none', variables: [] });
  });
});

describe('a set copied for a release', () => {
  test('is noted and names no variables', () => {
    const event = read(details([{ op: 'replace', path: '/Variables/1/Value', value: NEW }], null), {
      RelatedDocumentIds: ['variableset-Projects-3-s-12-ABCDE'],
    });

    expect(event.variableChange).toEqual({ evidence: 'diff', variables: [] });
    expect(JSON.parse(event.raw)).toMatchObject({ ChangeDetails: { Snapshot: true } });
  });
});

describe('tenant variables', () => {
  const document = {
    TenantId: 'Tenants-1',
    ProjectVariables: {
      'Projects-3': {
        Templates: [{ Id: 't-1', Name: 'Tenant.Password', DisplaySettings: { 'Octopus.ControlType': 'Sensitive' } }],
        Variables: { 'Environments-2': {} },
      },
    },
  };

  test('are named by their template and scoped to their environment', () => {
    const path = '/ProjectVariables/Projects-3/Variables/Environments-2/t-1';
    const changeDetails = { DocumentContext: document, Differences: [{ op: 'replace', path, value: NEW }] };

    const event = read(changeDetails, { RelatedDocumentIds: ['Tenants-1'] });

    expect(event.variableChange).toEqual({
      evidence: 'diff',
      variables: [
        { name: 'Tenant.Password', change: 'value', isSensitive: true, scope: { Environment: ['Environments-2'] } },
      ],
    });
  });

  test('are unreadable when their template is not in the event', () => {
    const path = '/LibraryVariables/LibraryVariableSets-1/Variables/t-7';
    const changeDetails = {
      DocumentContext: null,
      Differences: [{ op: 'add', path, value: { HasValue: true, NewValue: NEW } }],
    };

    const event = read(changeDetails, { RelatedDocumentIds: ['Tenants-1'] });

    expect(event.variableChange?.evidence).toBe('unreadable');
    expect(editsOf(event)).toEqual([['(template t-7)', 'added', true]]);
  });
});
