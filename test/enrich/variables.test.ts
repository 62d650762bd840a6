import { describe, expect, test } from 'vitest';
import type { Lookups } from '../../src/enrich/index.ts';
import type { AuditEvent, VariableChange, VariableEdit } from '../../src/model/event.ts';
import { aJudge, anEnvironment, anEvent, lookups } from './sample.ts';

const judge = aJudge();
const environments = [
  anEnvironment({ id: 'Environments-1', name: 'Dev' }),
  anEnvironment({ id: 'Environments-3', name: 'Prod' }),
];

function anEdit(fields: Partial<VariableEdit> = {}): VariableEdit {
  return { name: 'Db.Password', change: 'value', isSensitive: true, scope: {}, ...fields };
}

function judged(variables: readonly VariableEdit[], fields: Partial<AuditEvent> = {}, known: Partial<Lookups> = {}) {
  const variableChange: VariableChange = { evidence: 'diff', variables };
  return judge(
    anEvent({ relatedDocumentIds: ['variableset-Projects-5'], variableChange, ...fields }),
    lookups(known, { environments }),
  );
}

const reach = (...variables: VariableEdit[]) => judged(variables).record['Variables.Reach'];
const scoped = (...ids: string[]) => ({ scope: { Environment: ids } });

describe('an edit of variables', () => {
  test('names what was touched, what of it is sensitive, and whose it is', () => {
    const { record, derived, variableEdits, isDetailOwed } = judged(
      [anEdit(), anEdit({ name: 'Url', change: 'scope', isSensitive: false }), anEdit({ change: 'renamed' })],
      {
        message: 'Variables of Teapot were modified',
        relatedDocumentIds: ['variableset-Projects-5', 'Projects-5'],
        messageReferences: [{ documentId: 'Projects-5', start: 13, length: 6 }],
      },
    );

    expect(record).toMatchObject({
      'Project.Id': 'Projects-5',
      'VariableSet.Id': 'variableset-Projects-5',
      'VariableSet.Owner': 'Teapot',
      'Variables.Evidence': 'diff',
      'Variables.Sensitive': ['Db.Password'],
      'Variables.Changes': ['Db.Password: value', 'Url: scope', 'Db.Password: renamed'],
    });
    expect(derived.variableSetId).toBe('variableset-Projects-5');
    expect(variableEdits[1]).toEqual({
      name: 'Url',
      change: 'scope',
      isSensitive: false,
      scope: {},
      variableSetId: 'variableset-Projects-5',
      ownerName: 'Teapot',
    });
    expect(isDetailOwed).toBe(false);
  });

  test('names those made plain, and counts the sensitive ones', () => {
    const { record } = judged([
      anEdit({ change: 'made_plain' }),
      anEdit({ name: 'Token' }),
      anEdit({ name: 'Url', isSensitive: false }),
    ]);

    expect(record).toMatchObject({ 'Variables.MadePlain': ['Db.Password'], 'Variables.SensitiveCount': 2 });
    expect(judged([anEdit()]).record).not.toHaveProperty('Variables.MadePlain');
  });

  test('counts none where it is not known what was touched', () => {
    const { record } = judged([], { variableChange: { evidence: 'none', variables: [] } });

    expect(record).not.toHaveProperty('Variables.SensitiveCount');
  });

  test("falls back to the owner's id, and takes the project from it", () => {
    const { record } = judged([anEdit()]);

    expect(record).toMatchObject({ 'VariableSet.Owner': 'Projects-5', 'Project.Id': 'Projects-5' });
  });

  test('claims nothing sensitive where nothing is known to be', () => {
    const { record } = judged([anEdit({ isSensitive: null })]);

    expect('Variables.Sensitive' in record).toBe(false);
  });
});

describe('reach', () => {
  test('is production when a scope holds a production environment', () => {
    expect(reach(anEdit(scoped('Environments-1', 'Environments-3')))).toEqual(['production']);
  });

  test('is unscoped when neither environment nor machine limits the variable', () => {
    expect(reach(anEdit())).toEqual(['unscoped']);
    expect(reach(anEdit({ scope: { Role: ['web'], Environment: [] } }))).toEqual(['unscoped']);
    expect(reach(anEdit({ scope: { Machine: ['Machines-1'] } }))).toEqual(['limited']);
  });

  test('is limited for other environments', () => {
    expect(reach(anEdit(scoped('Environments-1')))).toEqual(['limited']);
  });

  test('is not claimed for an environment that nobody knows, nor without a scope', () => {
    expect(reach(anEdit(scoped('Environments-1', 'Environments-99')))).toBeUndefined();
    expect(reach(anEdit({ scope: null }))).toBeUndefined();
  });

  test('is that of the sensitive variables where there are any', () => {
    const plain = anEdit({ name: 'Url', isSensitive: false, ...scoped('Environments-3') });

    expect(reach(plain, anEdit(scoped('Environments-1')))).toEqual(['limited']);
    expect(reach(plain)).toEqual(['production']);
  });

  test('holds library for a library set, beside the reach of its variables', () => {
    const { record } = judged([anEdit()], { relatedDocumentIds: ['variableset-LibraryVariableSets-4'] });

    expect(record['Variables.Reach']).toEqual(['unscoped', 'library']);
    expect(record['VariableSet.Owner']).toBe('LibraryVariableSets-4');
    expect('Project.Id' in record).toBe(false);
  });
});

describe('details that must be read singly', () => {
  const without = (known: Partial<Lookups>, evidence: 'none' | 'unreadable' = 'none', id = 'variableset-Projects-5') =>
    judged([], { relatedDocumentIds: [id], variableChange: { evidence, variables: [] } }, known);

  test('are owed while the difference is missing and was not refused', () => {
    expect(without({}).isDetailOwed).toBe(true);
    expect(without({}, 'unreadable').isDetailOwed).toBe(false);
    expect(without({ detailsRefused: 'HTTP 403' }).isDetailOwed).toBe(false);
  });

  test('are owed by no snapshot and no other document', () => {
    expect(without({}, 'none', 'variableset-Projects-5-s-3-ABCDE')).toMatchObject({
      isDetailOwed: false,
      variableEdits: [],
      derived: { variableSetId: null },
    });
    expect(without({}, 'none', 'Machines-1').isDetailOwed).toBe(false);
  });

  test('leave the set itself as evidence when they are refused for good', () => {
    const { record } = without({ detailsRefused: 'HTTP 403', variableSetHasSensitive: true });

    expect(record).toMatchObject({
      'Variables.Evidence': 'set',
      'Variables.SetHasSensitive': true,
      'Variables.DetailsRefused': 'HTTP 403',
    });
    expect(without({ detailsRefused: 'HTTP 403' }).record['Variables.Evidence']).toBe('none');
  });

  test('hold no variable of a snapshot', () => {
    const { variableEdits, record } = judged([anEdit()], { relatedDocumentIds: ['variableset-Projects-5-s-3-ABCDE'] });

    expect([variableEdits, 'Variables.Changes' in record]).toEqual([[], false]);
  });
});

describe('reliability of a difference', () => {
  test.each([
    ['2024.2.7475', false],
    ['2024.2.7476', true],
    ['2024.1.12847', false],
    ['2023.4.9999', false],
    ['2024.3.1', true],
    ['2026.3.15581-hotfix.1', true],
    [null, undefined],
    ['', undefined],
    ['0.0.0-local', false],
    ['next', undefined],
  ])('of server %s is %s', (serverVersion, expected) => {
    expect(judged([anEdit()], {}, { serverVersion }).record['Variables.DiffReliable']).toBe(expected);
  });
});
