import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createZone, parseFreezes, parseHolidays, parseIcsHolidays, parseWeeklyHours } from '../../src/enrich/index.ts';

describe('parseWeeklyHours', () => {
  test('reads days, ranges, several spans and closed days; days not named have no hours', () => {
    const parsed = parseWeeklyHours({
      mon: '08:00-18:00',
      'Tue-Wed': ['9:00 - 12:00', '13:00-17:30'],
      thursday: '22:00-06:00',
      fri: 'closed',
      sat: null,
    });

    expect(parsed).toEqual({
      ok: true,
      value: [
        [{ fromMinute: 480, toMinute: 1080 }],
        [
          { fromMinute: 540, toMinute: 720 },
          { fromMinute: 780, toMinute: 1050 },
        ],
        [
          { fromMinute: 540, toMinute: 720 },
          { fromMinute: 780, toMinute: 1050 },
        ],
        [{ fromMinute: 1320, toMinute: 1800 }],
        [],
        [],
        [],
      ],
    });
  });

  test('lets a range of days run over the end of the week', () => {
    const parsed = parseWeeklyHours({ 'sat-mon': '00:00-24:00' });

    expect(parsed.ok && parsed.value.map((day) => day.length)).toEqual([1, 0, 0, 0, 0, 1, 1]);
  });

  test('lists every mistake with its path', () => {
    const parsed = parseWeeklyHours({
      mon: '8-18',
      tue: '08:00-08:00',
      wed: 5,
      funday: '08:00-18:00',
      mo: '08:00-09:00',
    });

    expect(parsed.ok ? [] : parsed.mistakes.map(({ path }) => path)).toEqual([
      'calendar.hours.mon',
      'calendar.hours.tue',
      'calendar.hours.wed',
      'calendar.hours.funday',
      'calendar.hours.mo',
    ]);
  });

  test.each(['24:00-25:00', '08:60-09:00', '08:00-24:01', '-08:00-09:00', '08:00'])('refuses the span %s', (span) => {
    expect(parseWeeklyHours({ mon: span }).ok).toBe(false);
  });

  test('refuses a day that is set twice', () => {
    const parsed = parseWeeklyHours({ 'mon-fri': '08:00-18:00', fri: '08:00-16:00' });

    expect(parsed).toEqual({
      ok: false,
      mistakes: [{ path: 'calendar.hours.fri', message: 'sets friday a second time' }],
    });
  });

  test.each([null, undefined, 'mon', 5, []])('refuses %j in place of the days', (value) => {
    expect(parseWeeklyHours(value, 'x')).toMatchObject({ ok: false, mistakes: [{ path: 'x' }] });
  });

  test('never throws, whatever it is given', () => {
    fc.assert(
      fc.property(fc.anything(), (value) => {
        expect(typeof parseWeeklyHours(value).ok).toBe('boolean');
        expect(typeof parseHolidays(value).ok).toBe('boolean');
      }),
    );
  });
});

describe('parseHolidays', () => {
  test('sorts the dates and drops doubles', () => {
    expect(parseHolidays(['2026-12-25', '2026-01-01', '2026-12-25'])).toEqual({
      ok: true,
      value: ['2026-01-01', '2026-12-25'],
    });
  });

  test('refuses dates that do not exist, each with its place', () => {
    const parsed = parseHolidays(['2026-02-29', '2028-02-29', '25.12.2026', 20261225]);

    expect(parsed.ok ? [] : parsed.mistakes.map(({ path }) => path)).toEqual([
      'calendar.holidays[0]',
      'calendar.holidays[2]',
      'calendar.holidays[3]',
    ]);
  });
});

describe('parseFreezes', () => {
  const london = createZone('Europe/London');

  test('reads dates, local times and instants; a date at the end is the last day', () => {
    const parsed = parseFreezes(
      [
        { from: '2026-07-01', to: '2026-07-02', name: 'Audit' },
        { from: '2026-07-01T18:00', to: '2026-07-02T06:30' },
        { from: '2026-07-01T18:00:00Z', to: '2026-07-02T00:00:00+02:00' },
      ],
      london,
    );

    expect(parsed).toEqual({
      ok: true,
      value: [
        { fromMs: Date.parse('2026-06-30T23:00:00Z'), toMs: Date.parse('2026-07-02T23:00:00Z'), name: 'Audit' },
        { fromMs: Date.parse('2026-07-01T17:00:00Z'), toMs: Date.parse('2026-07-02T05:30:00Z') },
        { fromMs: Date.parse('2026-07-01T18:00:00Z'), toMs: Date.parse('2026-07-01T22:00:00Z') },
      ],
    });
  });

  test('lists what is wrong with its path', () => {
    const parsed = parseFreezes(
      [
        { from: 'soon', to: '2026-07-02' },
        { from: '2026-07-03', to: '2026-07-01' },
        'x',
        { from: '2026-07-01', to: '2026-07-01', until: 1 },
      ],
      london,
    );

    expect(parsed.ok ? [] : parsed.mistakes.map(({ path }) => path)).toEqual([
      'calendar.freezes[0].from',
      'calendar.freezes[1]',
      'calendar.freezes[2]',
      'calendar.freezes[3].until',
    ]);
  });
});

describe('parseIcsHolidays', () => {
  const ics = (...lines: string[]) => ['BEGIN:VCALENDAR', 'VERSION:2.0', ...lines, 'END:VCALENDAR', ''].join('\r\n');
  const event = (...lines: string[]) => ics('BEGIN:VEVENT', 'UID:x', ...lines, 'END:VEVENT');

  test.each([
    ['one day without an end', ['DTSTART;VALUE=DATE:20261225'], ['2026-12-25']],
    [
      'an exclusive end',
      ['DTSTART;VALUE=DATE:20261224', 'DTEND;VALUE=DATE:20261227'],
      ['2026-12-24', '2026-12-25', '2026-12-26'],
    ],
    ['an end equal to the start', ['DTSTART;VALUE=DATE:20261224', 'DTEND;VALUE=DATE:20261224'], ['2026-12-24']],
    [
      'an end over the year',
      ['DTSTART;VALUE=DATE:20261231', 'DTEND;VALUE=DATE:20270102'],
      ['2026-12-31', '2027-01-01'],
    ],
    ['a duration', ['DTSTART;VALUE=DATE:20261224', 'DURATION:P2D'], ['2026-12-24', '2026-12-25']],
    [
      'local midnights',
      ['DTSTART;TZID="Europe/London":20261224T000000', 'DTEND;TZID="Europe/London":20261225T000000'],
      ['2026-12-24'],
    ],
    ['a cancelled event', ['DTSTART;VALUE=DATE:20261225', 'STATUS:CANCELLED'], []],
    [
      'a yearly rule with a count',
      ['DTSTART;VALUE=DATE:20261225', 'RRULE:FREQ=YEARLY;COUNT=3'],
      ['2026-12-25', '2027-12-25', '2028-12-25'],
    ],
    [
      'a yearly rule with an end',
      ['DTSTART;VALUE=DATE:20261225', 'RRULE:FREQ=YEARLY;UNTIL=20271225'],
      ['2026-12-25', '2027-12-25'],
    ],
    [
      'every second year',
      ['DTSTART;VALUE=DATE:20260501', 'RRULE:FREQ=YEARLY;INTERVAL=2;COUNT=2;BYMONTH=5;BYMONTHDAY=1'],
      ['2026-05-01', '2028-05-01'],
    ],
    [
      'a leap day, only in leap years',
      ['DTSTART;VALUE=DATE:20240229', 'RRULE:FREQ=YEARLY;COUNT=2'],
      ['2024-02-29', '2028-02-29'],
    ],
    [
      'exceptions',
      ['DTSTART;VALUE=DATE:20261225', 'RRULE:FREQ=YEARLY;COUNT=3', 'EXDATE;VALUE=DATE:20271225'],
      ['2026-12-25', '2028-12-25'],
    ],
  ])('reads %s', (_, lines, dates) => {
    expect(parseIcsHolidays(event(...lines))).toEqual({ ok: true, value: dates });
  });

  test('repeats an endless yearly rule up to 2099', () => {
    const parsed = parseIcsHolidays(event('DTSTART;VALUE=DATE:20260101', 'RRULE:FREQ=YEARLY'));

    expect(parsed.ok && [parsed.value.length, parsed.value.at(-1)]).toEqual([74, '2099-01-01']);
  });

  test('joins folded lines and skips what is nested in or beside the event', () => {
    const text = ics(
      'BEGIN:VTIMEZONE',
      'BEGIN:STANDARD',
      'DTSTART:19700101T020000',
      'END:STANDARD',
      'END:VTIMEZONE',
      'BEGIN:VEVENT',
      'SUMMARY:Boxing',
      ' Day',
      'DTSTART;VALUE=DA',
      ' TE:20261226',
      'BEGIN:VALARM',
      'DURATION:PT15M',
      'END:VALARM',
      'END:VEVENT',
    );

    expect(parseIcsHolidays(text)).toEqual({ ok: true, value: ['2026-12-26'] });
  });

  test.each([
    ['an event with a time', ['DTSTART:20261225T090000Z'], 'line 5'],
    ['a rule by weekday', ['DTSTART;VALUE=DATE:20260525', 'RRULE:FREQ=YEARLY;BYDAY=-1MO;BYMONTH=5'], 'line 6'],
    ['a monthly rule', ['DTSTART;VALUE=DATE:20260525', 'RRULE:FREQ=MONTHLY'], 'line 6'],
    ['a list of dates', ['DTSTART;VALUE=DATE:20260525', 'RDATE;VALUE=DATE:20260601'], 'line 6'],
    ['an end before the start', ['DTSTART;VALUE=DATE:20260525', 'DTEND;VALUE=DATE:20260501'], 'line 6'],
    ['an endless event', ['DTSTART;VALUE=DATE:20260525', 'DTEND;VALUE=DATE:99991231'], 'line 6'],
    ['no start', ['SUMMARY:Nothing'], 'line 3'],
    ['a date that does not exist', ['DTSTART;VALUE=DATE:20260230'], 'line 5'],
  ])('refuses %s and says where', (_, lines, where) => {
    const parsed = parseIcsHolidays(event(...lines), 'uk.ics');

    expect(parsed.ok ? [] : parsed.mistakes.map(({ path }) => path)).toEqual([`uk.ics ${where}`]);
  });

  test.each([
    '',
    'hello',
    '<html></html>',
    'BEGIN:VCALENDAR\nEND:VCALENDAR',
    'BEGIN:VCALENDAR\nBEGIN:VEVENT\nDTSTART:20260101',
  ])('refuses a text that is no whole calendar: %j', (text) => {
    expect(parseIcsHolidays(text).ok).toBe(false);
  });

  test('never throws, whatever text it is given', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(typeof parseIcsHolidays(event(text)).ok).toBe('boolean');
      }),
    );
  });
});
