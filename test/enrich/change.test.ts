import { describe, expect, test } from 'vitest';
import type { AuditEvent } from '../../src/model/event.ts';
import { aJudge, anEvent, lookups } from './sample.ts';

const judge = aJudge();

function judged(documentChange: AuditEvent['documentChange'], detailsRefused: string | null = null) {
  return judge(anEvent({ documentChange }), lookups({ detailsRefused }));
}

describe('the edit of a watched document', () => {
  test('says where, what is now, and what became less', () => {
    const { record, isDetailOwed } = judged({
      evidence: 'diff',
      operations: [
        { op: 'replace', path: '/Days', value: 30, before: 365 },
        { op: 'replace', path: '/Limit', value: 9, before: 5 },
        { op: 'replace', path: '/IsActive', value: false, before: true },
        { op: 'add', path: '/MemberUserIds/3', value: null, before: null },
      ],
    });

    expect(record).toMatchObject({
      'Change.Evidence': 'diff',
      'Change.Paths': ['replace /Days', 'replace /Limit', 'replace /IsActive', 'add /MemberUserIds/3'],
      'Change.Values': ['/Days=30', '/Limit=9', '/IsActive=false'],
      'Change.Lowered': ['/Days'],
    });
    expect(isDetailOwed).toBe(false);
  });

  test('says nothing was lowered where the number before is not known', () => {
    const { record } = judged({
      evidence: 'diff',
      operations: [{ op: 'replace', path: '/Days', value: 0, before: null }],
    });

    expect(record).not.toHaveProperty('Change.Lowered');
  });

  test('is owed until its details were read, and judged without when they are refused', () => {
    const none = { evidence: 'none', operations: [] } as const;

    expect(judged(none).isDetailOwed).toBe(true);
    expect(judged(none, 'HTTP 403')).toMatchObject({ isDetailOwed: false, record: { 'Change.Evidence': 'none' } });
  });

  test('that cannot be read owes nothing and counts as not known', () => {
    const { record, isDetailOwed } = judged({ evidence: 'unreadable', operations: [] });

    expect(record['Change.Evidence']).toBe('none');
    expect(isDetailOwed).toBe(false);
  });

  test('no other event holds any of these fields', () => {
    expect(Object.keys(judged(null).record).filter((field) => field.startsWith('Change.'))).toEqual([]);
  });
});
