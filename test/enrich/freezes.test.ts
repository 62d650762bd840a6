import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createFreezeIndex } from '../../src/enrich/freezes.ts';
import type { FreezePattern, FreezeRecurrence, KnownFreeze } from '../../src/model/freeze.ts';

const MINUTE = 60_000;
const DAY = 86_400_000;
type Place = {
  readonly projectId: string | null;
  readonly environmentId: string | null;
  readonly tenantId: string | null;
};
const place = { projectId: 'Projects-1', environmentId: 'Environments-1', tenantId: null };

function freeze(facts: Partial<KnownFreeze> = {}): KnownFreeze {
  return {
    ...{ id: 'DeploymentFreezes-1', name: 'Quarter end', knownFromAt: null, goneAt: null, recurrence: null },
    ...{ startAt: '2026-03-27T17:00:00.000Z', endAt: '2026-03-28T06:00:00.000Z' },
    scopes: [{ projectId: 'Projects-1', environmentId: 'Environments-1', tenantId: null }],
    ...facts,
  };
}

function recurrence(pattern: FreezePattern, facts: Partial<FreezeRecurrence> = {}): FreezeRecurrence {
  return { pattern, every: 1, offsetMinutes: 0, untilAt: null, count: null, ...facts };
}

const isFrozen = (one: KnownFreeze, at: string | number, where: Place = place) =>
  createFreezeIndex([one]).covering(typeof at === 'number' ? at : Date.parse(at), where) !== null;

describe('a freeze', () => {
  test('holds from its first instant on, up to but without its end', () => {
    expect(isFrozen(freeze(), '2026-03-27T16:59:59.999Z')).toBe(false);
    expect(isFrozen(freeze(), '2026-03-27T17:00:00.000Z')).toBe(true);
    expect(isFrozen(freeze(), '2026-03-28T06:00:00.000Z')).toBe(false);
  });

  test.each([
    ['its project and environment', place, true],
    ['any tenant of them', { ...place, tenantId: 'Tenants-1' }, true],
    ['another environment', { ...place, environmentId: 'Environments-2' }, false],
    ['another project', { ...place, projectId: 'Projects-2' }, false],
    ['an environment that is not known', { ...place, environmentId: null }, false],
  ])('is for %s: %s', (_, where, expected) => {
    expect(isFrozen(freeze(), '2026-03-27T20:00:00.000Z', where)).toBe(expected);
  });

  test('of a tenant is for no other, and one without a scope for nothing', () => {
    const ofTenant = freeze({ scopes: [{ ...place, tenantId: 'Tenants-1' }] });
    const at = '2026-03-27T20:00:00.000Z';

    expect(isFrozen(ofTenant, at, { ...place, tenantId: 'Tenants-1' })).toBe(true);
    expect(isFrozen(ofTenant, at)).toBe(false);
    expect(isFrozen(freeze({ scopes: [] }), at)).toBe(false);
  });

  test('counts only for the time in which it was there', () => {
    const deleted = freeze({ knownFromAt: '2026-03-27T18:00:00.000Z', goneAt: '2026-03-27T20:00:00.000Z' });

    expect(isFrozen(deleted, '2026-03-27T17:59:59.999Z')).toBe(false);
    expect(isFrozen(deleted, '2026-03-27T18:00:00.000Z')).toBe(true);
    expect(isFrozen(deleted, '2026-03-27T20:00:00.000Z')).toBe(false);
  });

  test('that repeats stays at its fixed offset when clocks change', () => {
    // 18:00 to 07:00 by British winter time; from 29 March on clocks in London show an hour more.
    const nightly = freeze({ recurrence: recurrence({ kind: 'daily' }) });

    expect(isFrozen(nightly, '2026-04-01T17:00:00.000Z')).toBe(true);
    expect(isFrozen(nightly, '2026-04-01T16:59:59.999Z')).toBe(false);
    expect(isFrozen(nightly, '2026-04-02T05:59:59.999Z')).toBe(true);
  });

  test('of so many occurrences ends with the last of them', () => {
    const thrice = freeze({ recurrence: recurrence({ kind: 'daily' }, { count: 3, every: 2 }) });

    expect(isFrozen(thrice, '2026-03-31T18:00:00.000Z')).toBe(true);
    expect(isFrozen(thrice, '2026-04-02T18:00:00.000Z')).toBe(false);
  });
});

/** The beginnings of all occurrences within two years, found day by day. */
function naiveStarts(one: KnownFreeze): number[] {
  const { recurrence: rule } = one;
  const startMs = Date.parse(one.startAt);
  if (rule === null) return [startMs];
  const offsetMs = rule.offsetMinutes * MINUTE;
  const first = new Date(startMs + offsetMs);
  const mondayOf = (date: Date) => Math.floor(date.getTime() / DAY) - ((date.getUTCDay() + 6) % 7);
  const starts: number[] = [];
  for (let day = 0; day <= 730; day += 1) {
    const beginMs = startMs + day * DAY;
    const date = new Date(beginMs + offsetMs);
    const months = (date.getUTCFullYear() - first.getUTCFullYear()) * 12 + date.getUTCMonth() - first.getUTCMonth();
    const daysInMonth = new Date(Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 0)).getUTCDate();
    const weekday = (date.getUTCDay() + 6) % 7;
    const { pattern } = rule;
    const isDay = {
      daily: () => day % rule.every === 0,
      weekly: () =>
        pattern.kind === 'weekly' &&
        pattern.weekdays.includes(weekday) &&
        (mondayOf(date) - mondayOf(first)) % (7 * rule.every) === 0,
      'day of month': () =>
        pattern.kind === 'day of month' &&
        months % rule.every === 0 &&
        date.getUTCDate() === (pattern.day === 'last' ? daysInMonth : pattern.day),
      'weekday of month': () =>
        pattern.kind === 'weekday of month' &&
        months % rule.every === 0 &&
        weekday === pattern.weekday &&
        (pattern.nth === 'last'
          ? date.getUTCDate() + 7 > daysInMonth
          : date.getUTCDate() > (pattern.nth - 1) * 7 && date.getUTCDate() <= pattern.nth * 7),
      annually: () =>
        date.getUTCMonth() === first.getUTCMonth() &&
        date.getUTCDate() === first.getUTCDate() &&
        months % (12 * rule.every) === 0,
    }[pattern.kind]();
    if (day !== 0 && !isDay) continue;
    if (rule.untilAt !== null && day > 0 && beginMs > Date.parse(rule.untilAt)) continue;
    if (rule.count === null || starts.length < rule.count) starts.push(beginMs);
  }
  return starts;
}

describe('whatever a freeze repeats by', () => {
  const weekday = fc.integer({ min: 0, max: 6 });
  const pattern: fc.Arbitrary<FreezePattern> = fc.oneof(
    fc.constant<FreezePattern>({ kind: 'daily' }),
    fc.constant<FreezePattern>({ kind: 'annually' }),
    fc.record({ kind: fc.constant('weekly'), weekdays: fc.uniqueArray(weekday, { minLength: 1, maxLength: 3 }) }),
    fc.record({
      kind: fc.constant('day of month'),
      day: fc.oneof(fc.integer({ min: 1, max: 31 }), fc.constant('last' as const)),
    }),
    fc.record({
      kind: fc.constant('weekday of month'),
      weekday,
      nth: fc.oneof(fc.integer({ min: 1, max: 4 }), fc.constant('last' as const)),
    }),
  );
  const repeating = fc
    .record({
      startMs: fc.integer({ min: Date.UTC(2026, 0, 1) / MINUTE, max: Date.UTC(2026, 11, 31) / MINUTE }),
      lengthMinutes: fc.oneof(fc.integer({ min: 1, max: 1440 }), fc.integer({ min: 1440, max: 14 * 1440 })),
      pattern,
      every: fc.integer({ min: 1, max: 3 }),
      offsetMinutes: fc.constantFrom(0, -480, 345, 720),
      end: fc.oneof(
        fc.constant({ untilAt: null, count: null }),
        fc.integer({ min: 1, max: 6 }).map((count) => ({ untilAt: null, count })),
        fc
          .integer({ min: 0, max: 300 })
          .map((days) => ({ untilAt: new Date(Date.UTC(2026, 5, 1) + days * DAY).toISOString(), count: null })),
      ),
    })
    .map(({ startMs, lengthMinutes, end, ...rule }) =>
      freeze({
        startAt: new Date(startMs * MINUTE).toISOString(),
        endAt: new Date((startMs + lengthMinutes) * MINUTE).toISOString(),
        recurrence: { ...rule, ...end },
      }),
    );

  test('it holds exactly within its occurrences, as they are found day by day', () => {
    fc.assert(
      fc.property(
        repeating,
        fc.array(fc.integer({ min: -60, max: 700 * 24 * 60 }), { maxLength: 20 }),
        (one, minutes) => {
          const starts = naiveStarts(one);
          const startMs = Date.parse(one.startAt);
          const lengthMs = Date.parse(one.endAt) - startMs;
          const edges = starts.slice(0, 5).flatMap((at) => [at - 1, at, at + lengthMs - 1, at + lengthMs]);

          for (const at of [...minutes.map((minute) => startMs + minute * MINUTE), ...edges]) {
            const expected = starts.some((begin) => at >= begin && at < begin + lengthMs);
            expect([at, isFrozen(one, at)]).toEqual([at, expected]);
          }
        },
      ),
      { numRuns: 200 },
    );
  });
});
