import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { loadConfig } from '../../src/config.ts';
import { judgingDifferences } from '../../src/config-description.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'octowatch-calendars-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function load(yaml: string) {
  writeFileSync(path.join(folder, 'octowatch.yaml'), yaml);
  return loadConfig({ env: {}, cwd: folder, needs: 'rules' });
}

function mistakesOf(yaml: string): string {
  try {
    load(yaml);
  } catch (error) {
    return (error as Error).message.replaceAll(`${path.join(folder, 'octowatch.yaml')}: `, '');
  }
  return '';
}

describe('calendars', () => {
  it('have from `calendar` what they leave out', () => {
    const { calendars } = load(`
timezone: Europe/London
calendar: { hours: { mon-fri: "07:00-19:00" }, holidays: ["2026-12-25"] }
calendars:
  - { name: asia, timezone: Asia/Singapore, match: { project: "SG *" } }
  - { name: west, hours: { mon: "09:00-10:00" }, holidays: [], match: { tag: [Region/US, Region/CA] } }`);

    expect(calendars.map(({ calendar }) => [calendar.describe(), calendar.settings.holidays])).toEqual([
      ['Mon-Fri 07:00-19:00 Asia/Singapore (calendar asia)', ['2026-12-25']],
      ['Mon 09:00-10:00 Europe/London (calendar west)', []],
    ]);
    expect(calendars.map(({ match }) => match)).toEqual([{ project: ['SG *'] }, { tag: ['Region/US', 'Region/CA'] }]);
  });

  it('tell all their mistakes at once, each with its place', () => {
    const said = mistakesOf(`
calendars:
  - { name: asia, timezone: Asia/Singapura, hours: { mon: "25:00" } }
  - { name: asia, holidays: nowhere.ics, match: { project: a } }
  - { name: default, freezes: [{ from: soon, to: 2026-01-01 }] }`);

    expect(said).toContain('calendars[0].timezone: Unknown time zone "Asia/Singapura"');
    expect(said).toContain('calendars[1].name: "asia" is there twice');
    expect(said).toContain('calendars[1].holidays: cannot read nowhere.ics');
    expect(said).toContain('calendars[2].name: "default" is the one under `calendar`');
    expect(said).toContain('calendars[2].freezes[0].from: "soon" is not a time');
  });

  it('cannot ask for a tenant, and not for nothing', () => {
    expect(mistakesOf('calendars: [{ name: a, match: { tenant: x } }]')).toContain('tenant');
    expect(mistakesOf('calendars: [{ name: a, match: {} }]')).toContain('must name something');
  });
});

describe('change windows', () => {
  it('need an owner, a ticket and an end', () => {
    const said = mistakesOf('changeWindows: [{ name: a, weekly: { mon: "22:00-23:00" } }]');

    expect(said).toContain('changeWindows.0.owner: is required');
    expect(said).toContain('changeWindows.0.ticket: is required');
    expect(mistakesOf('changeWindows: [{ name: a, owner: o, ticket: 17, from: 2026-01-01 }]')).toContain(
      'changeWindows[0]: needs weekly hours, or from and to',
    );
  });

  it('tell of times that are none, and of an end before the beginning', () => {
    const said = mistakesOf(`
changeWindows:
  - { name: a, owner: o, ticket: t, from: 2026-02-30, to: 2026-03-01 }
  - { name: b, owner: o, ticket: t, from: 2026-03-02, to: 2026-03-01 }
  - { name: b, owner: o, ticket: t, weekly: { someday: "1" } }`);

    expect(said).toContain('changeWindows[0].from: `2026-02-30` is not a time');
    expect(said).toContain('changeWindows[1]: ends before it begins');
    expect(said).toContain('changeWindows[2].name: "b" is there twice');
    expect(said).toContain('changeWindows[2].weekly.someday: is not a day');
  });

  it('take a number for a ticket, and describe themselves', () => {
    const { calendar, changeWindows } = load(`
timezone: Asia/Tokyo
changeWindows:
  - { name: a, owner: mira, ticket: 17, weekly: { tue: "22:00-23:30" }, from: 2026-10-01, to: 2027-03-31, match: { project: Web } }`);

    expect(changeWindows.map((one) => one.describe(calendar.zone))).toEqual([
      'Tue 22:00-23:30 from 2026-10-01 to 2027-03-31 Asia/Tokyo, project `Web` (17, mira)',
    ]);
  });
});

describe('the description of a configuration', () => {
  const descriptionOf = (yaml: string) => load(yaml).description;
  const base = 'timezone: Europe/London\nproduction: [Prod]\n';

  it('judges alike when only rules are adjusted', () => {
    const adjusted = descriptionOf(`${base}rules: { unused_api_key: { threshold: 60 } }`);

    expect(adjusted).not.toBe(descriptionOf(base));
    expect(judgingDifferences(descriptionOf(base), adjusted)).toEqual([]);
  });

  it.each([
    ['timezone: Europe/Berlin\nproduction: [Prod]', ['time zone']],
    ['timezone: Europe/London\nproduction: [Live]', ['production']],
    [`${base}calendar: { hours: { mon: "08:00-09:00" } }`, ['calendar']],
    [`${base}calendars: [{ name: a, match: { space: x } }]`, ['calendars']],
    [`${base}changeWindows: [{ name: a, weekly: { mon: "1:00-2:00" }, owner: o, ticket: t }]`, ['change windows']],
  ])('judges otherwise by %j', (yaml, expected) => {
    expect(judgingDifferences(descriptionOf(base), descriptionOf(yaml))).toEqual(expected);
  });

  it('is another when the file of holidays holds other days', () => {
    const ics = (day: string) =>
      writeFileSync(
        path.join(folder, 'uk.ics'),
        `BEGIN:VCALENDAR\nBEGIN:VEVENT\nDTSTART;VALUE=DATE:${day}\nEND:VEVENT\nEND:VCALENDAR\n`,
      );
    ics('20261225');
    const before = descriptionOf(`${base}calendar: { holidays: uk.ics }`);
    ics('20261228');

    expect(judgingDifferences(before, descriptionOf(`${base}calendar: { holidays: uk.ics }`))).toEqual([
      'files of holidays',
    ]);
  });
});
