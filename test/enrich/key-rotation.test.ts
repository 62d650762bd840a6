import { describe, expect, test } from 'vitest';
import { createKeyCompany, replacedKeys, rotationsOf, tookOver, type UsedKey } from '../../src/enrich/index.ts';
import type { ApiKey } from '../../src/model/inventory.ts';
import { aKey } from './sample.ts';

const NOW = Date.UTC(2026, 2, 3, 12);
const DAY_MS = 86_400_000;
const daysAgo = (days: number) => new Date(NOW - days * DAY_MS).toISOString();

/** A key named by a letter, made so many days ago. */
function key(
  name: string,
  madeDaysAgo: number | null,
  fields: Partial<ApiKey> = {},
  lastUsedAt: string | null = null,
): UsedKey {
  const createdAt = madeDaysAgo === null ? null : daysAgo(madeDaysAgo);
  return { key: aKey({ id: `apikeys-${name}`, createdAt, ...fields }), lastUsedAt };
}

function rotations(...keys: UsedKey[]) {
  return Object.fromEntries(rotationsOf(keys, NOW));
}

describe('a rotation', () => {
  test('begins with a newer key of the same account and purpose, whatever case and blanks', () => {
    expect(rotations(key('old', 300), key('new', 2, { purpose: ' nightly BUILD ' }))).toEqual({
      'apikeys-old': { state: 'overlapping', successorId: 'apikeys-new', overlapDays: 2 },
    });
  });

  test.each<[string, UsedKey[]]>([
    ['another account', [key('a', 300), key('b', 2, { userId: 'Users-12' })]],
    ['another purpose', [key('a', 300), key('b', 2, { purpose: 'Nightly tests' })]],
    ['no purpose', [key('a', 300, { purpose: ' ' }), key('b', 2, { purpose: ' ' })]],
    ['none', [key('a', 300, { purpose: null }), key('b', 2, { purpose: null })]],
    ['an old key that has expired', [key('a', 300, { expiresAt: daysAgo(1) }), key('b', 2)]],
    ['a new key that has expired', [key('a', 300), key('b', 2, { expiresAt: daysAgo(1) })]],
    ['keys made at the same moment', [key('a', 2), key('b', 2)]],
    ['a key of which nobody knows when it was made', [key('a', null), key('b', 2)]],
  ])('does not begin with %s', (_what, keys) => {
    expect(rotations(...keys)).toEqual({});
  });

  test('leads from each key to the next newer one', () => {
    const found = rotations(key('c', 1), key('a', 300), key('b', 100));

    expect(Object.values(found).map(({ successorId }) => successorId)).toEqual(['apikeys-b', 'apikeys-c']);
    expect(Object.keys(found)).not.toContain('apikeys-c');
    expect(Object.fromEntries(replacedKeys(new Map(Object.entries(found))))).toEqual({
      'apikeys-b': 'apikeys-a',
      'apikeys-c': 'apikeys-b',
    });
  });

  test.each<[number, string | null, string]>([
    [6.99, null, 'overlapping'],
    [7, null, 'stalled'],
    [30, daysAgo(40), 'stalled'],
    // The use of the day on which the new key was made is the old way of the last time.
    [30, daysAgo(29.01), 'stalled'],
    [30, daysAgo(29), 'old_key_used'],
    [3, daysAgo(1), 'old_key_used'],
  ])('with both live for %d days and the old one used at %s is %s', (days, usedAt, state) => {
    expect(rotations(key('old', 300, {}, usedAt), key('new', days))['apikeys-old']?.state).toBe(state);
  });

  test('counts no negative days when the clock of the server is ahead', () => {
    expect(rotations(key('old', 300), key('new', -0.01))['apikeys-old']).toMatchObject({ overlapDays: 0 });
  });
});

describe('the key that took over', () => {
  const live = [key('b', 2), key('c', 1)];

  test('from one that is gone is the next newer', () => {
    expect(tookOver(key('a', 300).key, live, NOW)?.id).toBe('apikeys-b');
  });

  test('from one that expired was made before that', () => {
    expect(tookOver(key('a', 300, { expiresAt: daysAgo(1.5) }).key, live, NOW)?.id).toBe('apikeys-b');
    expect(tookOver(key('a', 300, { expiresAt: daysAgo(2.5) }).key, live, NOW)).toBeNull();
  });

  test('is none where no live key has the purpose', () => {
    expect(tookOver(key('a', 300, { purpose: 'Another' }).key, live, NOW)).toBeNull();
  });
});

describe('the company of a key', () => {
  const keys = [
    key('a', 300).key,
    key('b', 3, { purpose: 'Terraform' }).key,
    key('c', 3, { expiresAt: daysAgo(1) }).key,
    key('d', 3, { userId: 'Users-12', purpose: 'terraform ' }).key,
    key('e', 3, { userId: 'Users-12', purpose: '' }).key,
    key('f', 3, { userId: 'Users-13', purpose: '' }).key,
  ];
  const companyOf = createKeyCompany(keys, NOW);
  const at = (index: number) => companyOf(keys[index] as ApiKey);

  test('counts the live keys of its account', () => {
    expect([at(0), at(3), at(5)].map((one) => one.liveKeysOfAccount)).toEqual([2, 2, 1]);
  });

  test('shares a purpose only with live keys of other accounts', () => {
    expect(keys.map((_, index) => at(index).isPurposeShared)).toEqual([false, true, false, true, false, false]);
  });
});
