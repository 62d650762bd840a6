import { describe, expect, it } from 'vitest';
import { createZone } from '../../src/lib/zone.ts';
import { createDigestSchedule } from '../../src/pipeline/digest-schedule.ts';

const HOUR = 3_600_000;
const at = (text: string) => {
  const [hour = 0, minute = 0] = text.split(':').map(Number);
  return { hour, minute };
};
const scheduleOf = (zone: string, time: string) => createDigestSchedule(createZone(zone), at(time));

describe('a digest closes', () => {
  it.each([
    ['an ordinary day', 'Europe/London', '08:00', '2026-11-22', '2026-11-22T08:00:00.000Z'],
    ['a day in summer', 'Europe/London', '08:00', '2026-07-22', '2026-07-22T07:00:00.000Z'],
    ['the day the clocks go forward', 'Europe/London', '08:00', '2026-03-29', '2026-03-29T07:00:00.000Z'],
    ['a time that day skips', 'Europe/London', '01:30', '2026-03-29', '2026-03-29T01:30:00.000Z'],
    ['a time that comes twice', 'Europe/London', '01:30', '2026-10-25', '2026-10-25T00:30:00.000Z'],
    ['a skipped time in New York', 'America/New_York', '02:30', '2026-03-08', '2026-03-08T07:30:00.000Z'],
    ['a doubled time in New York', 'America/New_York', '01:30', '2026-11-01', '2026-11-01T05:30:00.000Z'],
    ['midnight where midnight is skipped', 'Asia/Beirut', '00:00', '2026-03-29', '2026-03-28T22:00:00.000Z'],
    ['a time skipped into the next day', 'America/Nuuk', '23:30', '2024-03-30', '2024-03-31T01:30:00.000Z'],
  ])('on %s (%s %s)', (_, zone, time, date, expected) => {
    const closing = scheduleOf(zone, time).of(date);

    expect(new Date(closing?.atMs ?? 0).toISOString()).toBe(expected);
  });

  it.each(['2026-02-30', '2026-13-01', 'yesterday', '2026-1-1', ''])('on no date such as "%s"', (date) => {
    expect(scheduleOf('Europe/London', '08:00').of(date)).toBeNull();
  });

  it('not on a date that a zone left out', () => {
    expect(scheduleOf('Pacific/Apia', '08:00').of('2011-12-30')).toBeNull();
  });

  it.each([
    ['Europe/London', '2026-03-27', 5],
    ['Europe/London', '2026-10-23', 5],
    ['America/New_York', '2026-03-06', 5],
    ['America/New_York', '2026-10-30', 5],
    ['America/Nuuk', '2024-03-29', 4],
    ['Australia/Lord_Howe', '2026-04-03', 5],
  ])('exactly once per local date, whatever the time of day, in %s from %s on', (zone, firstDate, days) => {
    const fromMs = Date.parse(`${firstDate}T12:00:00Z`);
    for (let minute = 0; minute < 24 * 60; minute += 30) {
      const time = `${Math.floor(minute / 60)}:${minute % 60}`;
      const schedule = scheduleOf(zone, time);

      // What a process sees that looks every half hour.
      const seen: string[] = [];
      const wrong: number[] = [];
      for (let nowMs = fromMs; nowMs <= fromMs + days * 24 * HOUR; nowMs += HOUR / 2) {
        const last = schedule.last(nowMs);
        const next = schedule.next(nowMs);
        const before = schedule.before(next);
        const isSound = last.atMs <= nowMs && next.atMs > nowMs && before.atMs === last.atMs;
        if (!isSound || before.localDate !== last.localDate) wrong.push(nowMs);
        if (seen.at(-1) !== last.localDate) seen.push(last.localDate);
      }

      expect(wrong).toEqual([]);
      expect(new Set(seen).size, `${zone} ${time}`).toBe(seen.length);
      expect(seen, `${zone} ${time}`).toEqual(datesFrom(seen[0] ?? '', seen.length));
      expect(seen.length).toBeGreaterThanOrEqual(days);
    }
  });

  it('passes over the date that Samoa left out, and loses no time', () => {
    const schedule = scheduleOf('Pacific/Apia', '08:00');

    const last = schedule.last(Date.parse('2011-12-31T12:00:00Z'));
    const before = schedule.before(last);

    expect([before.localDate, last.localDate]).toEqual(['2011-12-29', '2011-12-31']);
    expect((last.atMs - before.atMs) / HOUR).toBe(24);
    expect(schedule.next(before.atMs)).toEqual(last);
  });
});

function datesFrom(first: string, count: number): string[] {
  const startMs = Date.parse(`${first}T00:00:00Z`);
  return Array.from({ length: count }, (_, index) => new Date(startMs + index * 24 * HOUR).toISOString().slice(0, 10));
}
