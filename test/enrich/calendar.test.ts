import { describe, expect, test } from 'vitest';
import {
  type CalendarOptions,
  createCalendar,
  createZone,
  parseWeeklyHours,
  type WeeklyHours,
} from '../../src/enrich/index.ts';

function calendar(zone: string, options: Omit<CalendarOptions, 'zone'> = {}) {
  const built = createCalendar({ zone: createZone(zone), ...options });
  return {
    ...built,
    at: (utc: string) => built.judge(Date.parse(utc)),
    reason: (utc: string) => built.judge(Date.parse(utc)).reason,
  };
}

function hours(value: Record<string, string>): WeeklyHours {
  const parsed = parseWeeklyHours(value);
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.mistakes));
  return parsed.value;
}

const nightShift = hours({ 'mon-fri': '22:00-06:00' });

describe('createCalendar with the default hours', () => {
  const london = calendar('Europe/London');

  test('counts 08:00 as inside and 18:00 as outside', () => {
    expect(london.reason('2026-03-03T07:59:59.999Z')).toBe('night');
    expect(london.reason('2026-03-03T08:00:00.000Z')).toBeNull();
    expect(london.reason('2026-03-03T17:59:59.999Z')).toBeNull();
    expect(london.reason('2026-03-03T18:00:00.000Z')).toBe('night');
  });

  test('gives time, day and date as local clocks and calendars show them', () => {
    const judged = calendar('Pacific/Auckland').at('2026-03-03T20:05:00.000Z');

    expect(judged).toEqual({
      localTime: '09:05',
      localDay: 'Wednesday',
      localDate: '2026-03-04',
      isOffHours: false,
      reason: null,
      freeze: null,
    });
  });

  test('calls Saturday and Sunday weekend at any time of day', () => {
    expect(london.reason('2026-03-07T12:00:00.000Z')).toBe('weekend');
    expect(london.reason('2026-03-08T03:00:00.000Z')).toBe('weekend');
  });

  test.each([
    ['Europe/London, clocks forward', 'Europe/London', '2026-03-27T08:00:00Z', '2026-03-30T07:00:00Z'],
    ['Europe/London, clocks back', 'Europe/London', '2026-10-23T07:00:00Z', '2026-10-26T08:00:00Z'],
    ['America/New_York, clocks forward', 'America/New_York', '2026-03-06T13:00:00Z', '2026-03-09T12:00:00Z'],
    ['America/New_York, clocks back', 'America/New_York', '2026-10-30T12:00:00Z', '2026-11-02T13:00:00Z'],
    [
      'Australia/Lord_Howe, clocks back half an hour',
      'Australia/Lord_Howe',
      '2026-04-02T21:00:00Z',
      '2026-04-05T21:30:00Z',
    ],
    [
      'Australia/Lord_Howe, clocks forward half an hour',
      'Australia/Lord_Howe',
      '2026-10-01T21:30:00Z',
      '2026-10-04T21:00:00Z',
    ],
  ])('opens at 08:00 local on both sides of a change of clocks: %s', (_, zone, friday, monday) => {
    const office = calendar(zone);

    for (const opening of [friday, monday]) {
      const openingMs = Date.parse(opening);
      expect(office.judge(openingMs)).toMatchObject({ localTime: '08:00', isOffHours: false });
      expect(office.judge(openingMs - 1)).toMatchObject({ localTime: '07:59', reason: 'night' });
      expect(office.judge(openingMs + 10 * 3_600_000 - 1)).toMatchObject({ localTime: '17:59', isOffHours: false });
      expect(office.judge(openingMs + 10 * 3_600_000)).toMatchObject({ localTime: '18:00', reason: 'night' });
    }
  });
});

describe('createCalendar with hours that cross midnight', () => {
  test('keeps the hours with the day on which they begin', () => {
    const utc = calendar('UTC', { weeklyHours: nightShift });

    expect(utc.reason('2026-03-02T03:00:00Z')).toBe('night');
    expect(utc.reason('2026-03-02T22:00:00Z')).toBeNull();
    expect(utc.reason('2026-03-07T05:59:59Z')).toBeNull();
    expect(utc.reason('2026-03-07T06:00:00Z')).toBe('weekend');
    expect(utc.reason('2026-03-08T23:00:00Z')).toBe('weekend');
  });

  test('lets a Sunday shift run into Monday morning', () => {
    const utc = calendar('UTC', { weeklyHours: hours({ sun: '22:00-02:00' }) });

    expect(utc.reason('2026-03-09T01:59:00Z')).toBeNull();
    expect(utc.reason('2026-03-09T02:00:00Z')).toBe('weekend');
  });

  test('removes the hours that begin on a holiday, also those past its midnight, and no others', () => {
    const utc = calendar('UTC', { weeklyHours: nightShift, holidays: ['2026-03-04'] });

    expect(utc.reason('2026-03-04T05:00:00Z')).toBeNull();
    expect(utc.reason('2026-03-04T12:00:00Z')).toBe('holiday');
    expect(utc.reason('2026-03-04T23:00:00Z')).toBe('holiday');
    expect(utc.reason('2026-03-05T05:00:00Z')).toBe('holiday');
    expect(utc.reason('2026-03-05T06:00:00Z')).toBe('night');
    expect(utc.reason('2026-03-05T22:00:00Z')).toBeNull();
  });

  test('ends at 06:00 local when the night has 23 or 25 hours', () => {
    const shift = hours({ 'mon-sun': '22:00-06:00' });
    const london = calendar('Europe/London', { weeklyHours: shift });

    for (const [start, end, length] of [
      ['2026-03-28T22:00:00Z', '2026-03-29T05:00:00Z', 7],
      ['2026-10-24T21:00:00Z', '2026-10-25T06:00:00Z', 9],
    ] as const) {
      expect((Date.parse(end) - Date.parse(start)) / 3_600_000).toBe(length);
      for (let t = Date.parse(start); t < Date.parse(end); t += 600_000) expect(london.judge(t).reason).toBeNull();
      expect(london.judge(Date.parse(start) - 1).reason).toBe('night');
      expect(london.judge(Date.parse(end)).reason).toBe('night');
    }
  });

  test('counts both passes of the hour that comes twice', () => {
    const london = calendar('Europe/London', { weeklyHours: hours({ sun: '01:30-01:45' }) });

    expect(london.at('2026-10-25T00:30:00Z')).toMatchObject({ localTime: '01:30', reason: null });
    expect(london.at('2026-10-25T00:45:00Z')).toMatchObject({ localTime: '01:45', reason: 'night' });
    expect(london.at('2026-10-25T01:30:00Z')).toMatchObject({ localTime: '01:30', reason: null });
  });

  test('accepts a crossing span that was built by hand without the extra day', () => {
    const week: WeeklyHours = [[{ fromMinute: 1320, toMinute: 360 }], [], [], [], [], [], []];
    const utc = calendar('UTC', { weeklyHours: week });

    expect(utc.reason('2026-03-03T05:00:00Z')).toBeNull();
    expect(utc.describe()).toBe('Mon 22:00-06:00 UTC');
  });
});

describe('createCalendar with holidays and freezes', () => {
  const freeze = { fromMs: Date.parse('2026-03-04T12:00:00Z'), toMs: Date.parse('2026-03-07T12:00:00Z') };
  const utc = calendar('UTC', { holidays: ['2026-03-04', '2026-03-08'], freezes: [freeze] });

  test('takes the first reason of freeze, holiday, weekend, night', () => {
    expect(utc.reason('2026-03-04T11:59:59Z')).toBe('holiday');
    expect(utc.reason('2026-03-04T12:00:00Z')).toBe('freeze');
    expect(utc.reason('2026-03-05T10:00:00Z')).toBe('freeze');
    expect(utc.reason('2026-03-07T11:59:59Z')).toBe('freeze');
    expect(utc.reason('2026-03-07T12:00:00Z')).toBe('weekend');
    expect(utc.reason('2026-03-08T12:00:00Z')).toBe('holiday');
    expect(utc.reason('2026-03-09T06:00:00Z')).toBe('night');
  });

  test('refuses a holiday that is no date rather than losing it', () => {
    expect(() => calendar('UTC', { holidays: ['2026-02-30'] })).toThrow(/"2026-02-30" is not a date/);
  });

  test('takes a holiday by the local date, not by the date in UTC', () => {
    const tokyo = calendar('Asia/Tokyo', { holidays: ['2026-03-04'] });

    expect(tokyo.reason('2026-03-03T23:30:00Z')).toBe('holiday');
    expect(tokyo.reason('2026-03-04T23:30:00Z')).toBeNull();
  });
});

describe('describe', () => {
  test.each([
    [undefined, 'Mon-Fri 08:00-18:00 Europe/London'],
    [
      { 'mon-thu': '08:00-18:00', fri: '08:00-12:00, 13:00-16:00' },
      'Mon-Thu 08:00-18:00, Fri 08:00-12:00 and 13:00-16:00 Europe/London',
    ],
    [{ 'mon-sun': '00:00-24:00' }, 'Mon-Sun 00:00-24:00 Europe/London'],
    [{ mon: '09:00-10:00', wed: '09:00-10:00' }, 'Mon 09:00-10:00, Wed 09:00-10:00 Europe/London'],
    [{}, 'no business hours Europe/London'],
  ])('says %j as people say it', (value, text) => {
    const built = calendar('Europe/London', value === undefined ? {} : { weeklyHours: hours(value) });

    expect(built.describe()).toBe(text);
  });
});
