import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createBusinessTime } from '../../src/enrich/business-time.ts';
import { type ChangeWindowTerms, createChangeWindow } from '../../src/enrich/change-window.ts';
import { createCalendar, createZone, parseWeeklyHours } from '../../src/enrich/index.ts';
import type { EventPlace } from '../../src/model/place.ts';

const london = createZone('Europe/London');
const singapore = createZone('Asia/Singapore');
const losAngeles = createZone('America/Los_Angeles');

function hours(text: Readonly<Record<string, string>>) {
  const parsed = parseWeeklyHours(text);
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.mistakes));
  return parsed.value;
}

function window(terms: Partial<ChangeWindowTerms>) {
  return createChangeWindow({
    ...{ name: 'release night', owner: 'mira', ticket: 'CHG-1', match: null, weekly: null, zone: null },
    ...{ fromMs: () => null, toMs: () => null, duringFreeze: false },
    ...terms,
  });
}

const production: EventPlace = {
  instance: 'default',
  space: { id: 'Spaces-1', name: 'Default' },
  project: { id: 'Projects-5', name: 'Web Shop' },
  environment: { id: 'Environments-2', name: 'Production', slug: 'production', tags: ['Region/Asia'] },
  tenant: { id: 'Tenants-3', name: 'Acme West' },
  isDeployment: true,
};
const signIn: EventPlace = {
  ...{ instance: 'default', space: null, project: null, environment: null, tenant: null, isDeployment: false },
};
const at = (instant: string) => Date.parse(instant);

describe('of several calendars', () => {
  const calendars = [
    {
      calendar: createCalendar({ name: 'asia', zone: singapore }),
      match: { project: ['web *', 'Projects-9'], tag: ['region/asia'] },
    },
    { calendar: createCalendar({ name: 'west', zone: losAngeles }), match: { space: ['Spaces-1'] } },
  ];
  const judge = createBusinessTime({ calendar: createCalendar({ zone: london }), calendars });

  test('the first that matches a place judges what happens there, on its own clocks', () => {
    const ruling = judge(at('2026-03-03T01:30:00Z'), production, null);

    expect(ruling).toMatchObject({ calendar: 'asia', localTime: '09:30', localDay: 'Tuesday', isOffHours: false });
  });

  test('one is not responsible unless every field it asks for fits', () => {
    const elsewhere = { ...production, environment: { ...production.environment, tags: [] } as never };

    expect(judge(at('2026-03-03T02:30:00Z'), elsewhere, null)).toMatchObject({ calendar: 'west', isOffHours: true });
  });

  test('none that asks for a place judges what happened in none', () => {
    expect(judge(at('2026-03-03T09:30:00Z'), signIn, null)).toMatchObject({ calendar: 'default', isOffHours: false });
  });

  test('one without a match is responsible for everything behind it', () => {
    const all = [{ calendar: createCalendar({ name: 'all', zone: singapore }), match: null }, ...calendars];
    const judgeAll = createBusinessTime({ calendar: createCalendar({ zone: london }), calendars: all });

    expect(judgeAll(at('2026-03-03T01:30:00Z'), signIn, null).calendar).toBe('all');
  });
});

describe('a change window', () => {
  const calendar = createCalendar({
    zone: london,
    freezes: [{ fromMs: at('2026-12-20T00:00Z'), toMs: at('2027-01-03T00:00Z') }],
  });
  const judgeWith = (...changeWindows: ReturnType<typeof window>[]) => createBusinessTime({ calendar, changeWindows });
  const weekly = hours({ tue: '22:00-01:00' });

  test('allows a deployment inside its hours, on the next day too where they go past midnight', () => {
    const judge = judgeWith(window({ weekly }));

    expect(judge(at('2026-03-03T22:00:00Z'), production, null)).toMatchObject({ isOffHours: false, ticket: 'CHG-1' });
    expect(judge(at('2026-03-04T00:59:59Z'), production, null)).toMatchObject({ isOffHours: false, reason: null });
    expect(judge(at('2026-03-04T01:00:00Z'), production, null)).toMatchObject({ isOffHours: true, ticket: null });
    expect(judge(at('2026-03-04T22:30:00Z'), production, null)).toMatchObject({ isOffHours: true, reason: 'night' });
  });

  test('allows nothing but deployments and runbook runs', () => {
    const judge = judgeWith(window({ weekly }));

    expect(judge(at('2026-03-03T22:30:00Z'), { ...production, isDeployment: false }, null)).toMatchObject({
      isOffHours: true,
      changeWindow: null,
    });
  });

  test.each([
    ['project', { project: ['Web *'] }, true],
    ['environment by slug', { environment: ['production'] }, true],
    ['tenant', { tenant: ['acme *'] }, true],
    ['another tenant', { tenant: ['Umbrella'] }, false],
    ['all of them', { project: ['Web Shop'], environment: ['Production'], tenant: ['Tenants-3'] }, true],
    ['another project', { project: ['Web'], environment: ['Production'] }, false],
  ])('is for the places of its scope: %s', (_, match, isAllowed) => {
    const judge = judgeWith(window({ weekly, match }));

    expect(judge(at('2026-03-03T22:30:00Z'), production, null).isOffHours).toBe(!isAllowed);
  });

  test('keeps to the clocks of the calendar of the place, unless it has a zone of its own', () => {
    const calendars = [
      { calendar: createCalendar({ name: 'asia', zone: singapore }), match: { tag: ['Region/Asia'] } },
    ];
    const nights = hours({ tue: '22:00-23:00' });
    const here = createBusinessTime({ calendar, calendars, changeWindows: [window({ weekly: nights })] });
    const there = createBusinessTime({
      calendar,
      calendars,
      changeWindows: [window({ weekly: nights, zone: london })],
    });

    expect(here(at('2026-03-03T14:30:00Z'), production, null)).toMatchObject({ isOffHours: false, calendar: 'asia' });
    expect(there(at('2026-03-03T14:30:00Z'), production, null).isOffHours).toBe(true);
    expect(there(at('2026-03-03T22:30:00Z'), production, null).isOffHours).toBe(false);
  });

  test('allows nothing before it begins and from its end on', () => {
    const judge = judgeWith(
      window({ fromMs: () => at('2026-03-07T20:00:00Z'), toMs: () => at('2026-03-08T02:00:00Z') }),
    );

    expect(judge(at('2026-03-07T19:59:59Z'), production, null).isOffHours).toBe(true);
    expect(judge(at('2026-03-07T20:00:00Z'), production, null).isOffHours).toBe(false);
    expect(judge(at('2026-03-08T02:00:00Z'), production, null).isOffHours).toBe(true);
  });

  test('ends where a freeze begins, unless it was agreed on for the freeze as well', () => {
    const inFreeze = at('2026-12-22T22:30:00Z');
    const spare = window({ name: 'urgent', ticket: 'CHG-9', duringFreeze: true, weekly });

    expect(judgeWith(window({ weekly }))(inFreeze, production, null)).toMatchObject({ reason: 'freeze', ticket: null });
    expect(judgeWith(window({ weekly }), spare)(inFreeze, production, null)).toMatchObject({
      isOffHours: false,
      ticket: 'CHG-9',
    });
  });

  test('ends where a freeze of the server begins', () => {
    const ruling = judgeWith(window({ weekly }))(at('2026-03-03T22:30:00Z'), production, 'Quarter end');

    expect(ruling).toMatchObject({ isOffHours: true, reason: 'freeze', freeze: 'Quarter end', changeWindow: null });
  });
});

test('whatever the calendars and windows, time of day and day are those of the zone of the calendar that judged', () => {
  const zones = { default: london, asia: singapore, west: losAngeles };
  fc.assert(
    fc.property(
      fc.integer({ min: at('2025-01-01T00:00:00Z'), max: at('2027-01-01T00:00:00Z') }),
      fc.subarray(['asia', 'west'] as const),
      fc.constantFrom(production, signIn),
      (epochMs, names, place) => {
        const calendars = names.map((name) => ({
          calendar: createCalendar({ name, zone: zones[name] }),
          match: { environment: [name === 'asia' ? 'Production' : 'Staging'] },
        }));
        const judge = createBusinessTime({ calendar: createCalendar({ zone: london }), calendars });

        const ruling = judge(epochMs, place, null);

        const zone = zones[ruling.calendar as keyof typeof zones];
        const { hour, minute } = zone.localTime(epochMs);
        expect(ruling.localTime).toBe(`${String(hour).padStart(2, '0')}:${String(minute).padStart(2, '0')}`);
      },
    ),
  );
});
