import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { OctowatchError } from '../../src/lib/errors.ts';
import { backoffMs, parseRetryAfter, withRetries } from '../../src/lib/retry.ts';
import { createFakeClock, NOW_MS } from '../octopus/support.ts';

const passing = () => new OctowatchError('busy', { isRetryable: true });

describe('backoffMs', () => {
  test('begins at one second and doubles', () => {
    const waits = [1, 2, 3, 4].map((attempt) => backoffMs(attempt, () => 0));

    expect(waits).toEqual([1000, 2000, 4000, 8000]);
  });

  test('stays between one second and five minutes whatever the attempt and the jitter', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 5000 }), fc.double({ min: 0, max: 0.999, noNaN: true }), (attempt, r) => {
        const waitMs = backoffMs(attempt, () => r);

        expect(waitMs).toBeGreaterThanOrEqual(1000);
        expect(waitMs).toBeLessThanOrEqual(300_000);
      }),
    );
  });

  test('spreads even the longest wait', () => {
    expect(backoffMs(50, () => 0)).toBeLessThan(backoffMs(50, () => 0.99));
  });
});

describe('parseRetryAfter', () => {
  test.each([
    ['7', 7000],
    ['0', 0],
    ['Tue, 06 May 2031 12:00:30 GMT', 30_000],
    ['Tue, 06 May 2031 11:00:00 GMT', 0],
    ['Tue May  6 12:00:30 2031', 30_000],
    ['Tuesday, 06-May-31 12:00:30 GMT', 30_000],
    ['99999999999999999999', Number.MAX_SAFE_INTEGER],
    ['soon', null],
    ['-5', null],
    ['5 minutes', null],
    ['', null],
  ])('reads %j as %j ms', (header, expected) => {
    expect(parseRetryAfter(header, NOW_MS)).toBe(expected);
  });
});

describe('withRetries', () => {
  test('tries again after the back-off until it succeeds', async () => {
    const clock = createFakeClock();
    let attempts = 0;

    const answer = await withRetries(
      async () => {
        attempts += 1;
        if (attempts < 4) throw passing();
        return 'done';
      },
      { clock, random: () => 0, giveUpAfterMs: 60_000 },
    );

    expect(answer).toBe('done');
    expect(clock.sleeps).toEqual([1000, 2000, 4000]);
  });

  test.each([
    ['an error that cannot heal', new OctowatchError('refused')],
    ['a mistake in the program', new TypeError('x is undefined')],
  ])('does not try again after %s', async (_what, error) => {
    const clock = createFakeClock();

    const outcome = withRetries(() => Promise.reject(error), { clock, random: () => 0, giveUpAfterMs: 60_000 });

    await expect(outcome).rejects.toBe(error);
    expect(clock.sleeps).toEqual([]);
  });

  test('gives up with the last error when the next wait would outlast the budget', async () => {
    const clock = createFakeClock();

    const outcome = withRetries(() => Promise.reject(passing()), { clock, random: () => 0, giveUpAfterMs: 10_000 });

    await expect(outcome).rejects.toThrow('busy');
    expect(clock.sleeps).toEqual([1000, 2000, 4000]);
  });

  test('waits as long as the other side asks, and fails at once when that is longer than the budget', async () => {
    const clock = createFakeClock();
    let asked = 5000;

    const outcome = withRetries(() => Promise.reject(passing()), {
      clock,
      random: () => 0,
      giveUpAfterMs: 60_000,
      retryAfterMs: () => asked,
      onRetry: () => {
        asked = 61_000;
      },
    });

    await expect(outcome).rejects.toThrow('busy');
    expect(clock.sleeps).toEqual([5000]);
  });

  test('tells the work what is left of the budget', async () => {
    const clock = createFakeClock();
    const remaining: number[] = [];

    await withRetries(
      async (remainingMs) => {
        remaining.push(remainingMs);
        if (remaining.length < 3) throw passing();
      },
      { clock, random: () => 0, giveUpAfterMs: 10_000 },
    );

    expect(remaining).toEqual([10_000, 9000, 7000]);
  });

  test('ends with the reason of the signal when it aborts', async () => {
    const controller = new AbortController();
    const reason = new Error('stopping');

    const outcome = withRetries(
      async () => {
        controller.abort(reason);
        throw passing();
      },
      { clock: createFakeClock(), random: () => 0, giveUpAfterMs: 60_000, signal: controller.signal },
    );

    await expect(outcome).rejects.toBe(reason);
  });
});
