import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createZone, parseInstant } from '../../src/enrich/index.ts';
import { UsageError } from '../../src/lib/errors.ts';

const ZONES = [
  'UTC',
  'Europe/London',
  'America/New_York',
  'Australia/Lord_Howe',
  'Africa/Casablanca',
  'Asia/Kathmandu',
  'America/Sao_Paulo',
  'Asia/Pyongyang',
  'Pacific/Apia',
  'Antarctica/Troll',
  'Asia/Gaza',
];

function intlText(zone: string): (epochMs: number) => string {
  const format = new Intl.DateTimeFormat('en-GB', {
    timeZone: zone,
    hourCycle: 'h23',
    weekday: 'long',
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
  });
  return (epochMs) => {
    const part: Record<string, string> = {};
    for (const { type, value } of format.formatToParts(epochMs)) part[type] = value;
    return `${part['weekday']} ${part['year']}-${part['month']}-${part['day']} ${part['hour']}:${part['minute']}:${part['second']}`;
  };
}

const DAYS = ['Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday', 'Sunday'];
const two = (value: number) => String(value).padStart(2, '0');

function ownText(zone: string): (epochMs: number) => string {
  const { localTime } = createZone(zone);
  return (epochMs) => {
    const t = localTime(epochMs);
    return `${DAYS[t.weekday]} ${t.year}-${two(t.month)}-${two(t.day)} ${two(t.hour)}:${two(t.minute)}:${two(t.second)}`;
  };
}

describe('createZone', () => {
  test.each(ZONES)('agrees with Intl on random instants in %s, inside and outside of its table', (zone) => {
    const [own, intl] = [ownText(zone), intlText(zone)];

    fc.assert(
      fc.property(fc.integer({ min: Date.UTC(1972, 0, 1), max: Date.UTC(2090, 0, 1) }), (epochMs) => {
        expect(own(epochMs)).toBe(intl(epochMs));
      }),
      { numRuns: 300 },
    );
  });

  test.each(ZONES)('agrees with Intl on both sides of every change of offset from 2015 to 2037 in %s', (zone) => {
    const [own, intl] = [ownText(zone), intlText(zone)];
    const { localTime } = createZone(zone);
    let changes = 0;

    // Every half day is compared, and around each change the very milliseconds before and after it.
    for (let t = Date.UTC(2015, 0, 1); t < Date.UTC(2038, 0, 1); t += 43_200_000) {
      if (localTime(t).offsetMinutes === localTime(t + 43_200_000).offsetMinutes) continue;
      let [low, high] = [t, t + 43_200_000];
      while (high - low > 1) {
        const middle = Math.floor((low + high) / 2);
        if (localTime(middle).offsetMinutes === localTime(low).offsetMinutes) low = middle;
        else high = middle;
      }
      changes += 1;
      for (const at of [low - 1, low, high, high + 1]) expect(own(at)).toBe(intl(at));
    }

    if (['Europe/London', 'America/New_York', 'Australia/Lord_Howe'].includes(zone)) expect(changes).toBe(46);
  });

  test('finds no change that Intl does not have, and misses none, by daily comparison over the whole table', () => {
    for (const zone of ['Africa/Casablanca', 'Asia/Gaza', 'Australia/Lord_Howe']) {
      const [own, intl] = [ownText(zone), intlText(zone)];
      for (let t = Date.UTC(2015, 0, 1); t < Date.UTC(2038, 0, 1); t += 86_400_000) {
        if (own(t) !== intl(t)) expect(own(t)).toBe(intl(t));
      }
    }
  });

  test('shows the half hour by which Lord Howe Island changes its clocks', () => {
    const { localTime } = createZone('Australia/Lord_Howe');

    const before = localTime(Date.UTC(2026, 3, 4, 14, 59, 59));
    const after = localTime(Date.UTC(2026, 3, 4, 15, 0, 0));

    expect([before.hour, before.minute, before.offsetMinutes]).toEqual([1, 59, 660]);
    expect([after.hour, after.minute, after.offsetMinutes]).toEqual([1, 30, 630]);
  });

  test('gives the same answer whatever was asked before', () => {
    const zone = createZone('Europe/London');
    const july = Date.UTC(2026, 6, 1, 12);

    zone.localTime(Date.UTC(2037, 0, 1));
    const afterLater = zone.localTime(july);
    zone.localTime(Date.UTC(2011, 0, 1));
    const afterEarlier = zone.localTime(july);

    expect(afterLater).toEqual(afterEarlier);
    expect(afterLater.hour).toBe(13);
  });

  test('refuses a name that is no zone, without repeating control characters', () => {
    expect(() => createZone('Europe/Lundun')).toThrow(UsageError);
    expect(() => createZone('')).toThrow(UsageError);
    expect(() => createZone('\u001b[31mred')).toThrow(/u\{1b\}\[31mred/);
  });

  test('finds the instant of a local time, the earlier of two and past a gap', () => {
    const zone = createZone('Europe/London');
    const at = (month: number, day: number, hour: number, minute: number) =>
      new Date(zone.epochMsOf({ year: 2026, month, day, hour, minute })).toISOString();

    expect(at(1, 15, 8, 0)).toBe('2026-01-15T08:00:00.000Z');
    expect(at(7, 15, 8, 0)).toBe('2026-07-15T07:00:00.000Z');
    expect(at(10, 25, 1, 30)).toBe('2026-10-25T00:30:00.000Z');
    expect(at(3, 29, 1, 30)).toBe('2026-03-29T01:30:00.000Z');
  });

  test.each(ZONES)('finds an instant that shows the asked local time, unless a gap swallows it, in %s', (name) => {
    const zone = createZone(name);

    fc.assert(
      fc.property(fc.integer({ min: Date.UTC(2015, 0, 1) / 60_000, max: Date.UTC(2037, 0, 1) / 60_000 }), (minutes) => {
        const local = zone.localTime(minutes * 60_000);
        const found = zone.epochMsOf(local);
        const again = zone.localTime(found);

        expect(found).toBeLessThanOrEqual(minutes * 60_000);
        expect([again.epochDay, again.hour, again.minute]).toEqual([local.epochDay, local.hour, local.minute]);
      }),
      { numRuns: 200 },
    );
  });
});

describe('parseInstant', () => {
  test('reads every instant as Date.parse does', () => {
    fc.assert(
      fc.property(fc.integer({ min: Date.UTC(1000, 0, 1), max: Date.UTC(9999, 11, 31) }), (epochMs) => {
        expect(parseInstant(new Date(epochMs).toISOString())).toBe(epochMs);
      }),
      { numRuns: 2000 },
    );
  });

  test('reads other forms too and refuses what is no instant', () => {
    expect(parseInstant('2026-03-02T21:28:50.7841234+00:00')).toBe(Date.UTC(2026, 2, 2, 21, 28, 50, 784));
    expect(() => parseInstant('2026-13-02T21:28:50.784Z')).toThrow(/not an instant/);
    expect(() => parseInstant('yesterday')).toThrow(/not an instant/);
    expect(() => parseInstant('2026-03-02T2a:28:50.784Z')).toThrow(/not an instant/);
  });
});
