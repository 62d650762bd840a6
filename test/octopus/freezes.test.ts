import { afterEach, describe, expect, test } from 'vitest';
import { parseFreeze, readFreezeList, readInventory } from '../../src/octopus/index.ts';
import { closeAll, sendJson, startClient, startServer } from './support.ts';

afterEach(closeAll);

type Row = Readonly<Record<string, unknown>>;

function wire(number: number, more: Row = {}): Row {
  return {
    Id: `DeploymentFreezes-${number}`,
    Name: `Freeze ${number}`,
    Description: null,
    Start: '2026-12-18T18:00:00.000+01:00',
    End: '2027-01-04T06:00:00.000+01:00',
    ProjectEnvironmentScope: { 'Projects-1': ['Environments-1', 'Environments-2'] },
    TenantProjectEnvironmentScope: [
      { TenantId: 'Tenants-9', ProjectId: 'Projects-2', EnvironmentId: 'Environments-1' },
    ],
    RecurringSchedule: null,
    ...more,
  };
}

const schedule = (more: Row): Row =>
  wire(1, { RecurringSchedule: { Type: 'Daily', Unit: 1, EndType: 'Never', UserUtcOffsetInMinutes: -480, ...more } });

describe('a freeze', () => {
  test('is read with its times in UTC, and with what it is for', () => {
    expect(parseFreeze(wire(1))).toEqual({
      id: 'DeploymentFreezes-1',
      name: 'Freeze 1',
      startAt: '2026-12-18T17:00:00.000Z',
      endAt: '2027-01-04T05:00:00.000Z',
      scopes: [
        { projectId: 'Projects-1', environmentId: 'Environments-1', tenantId: null },
        { projectId: 'Projects-1', environmentId: 'Environments-2', tenantId: null },
        { projectId: 'Projects-2', environmentId: 'Environments-1', tenantId: 'Tenants-9' },
      ],
      recurrence: null,
    });
  });

  test.each([
    [{}, { kind: 'daily' }],
    [
      { Type: 'Weekly', DaysOfWeek: ['Monday', 'Sunday'] },
      { kind: 'weekly', weekdays: [0, 6] },
    ],
    [
      { Type: 'Weekly', DaysOfWeek: 'Monday, Friday' },
      { kind: 'weekly', weekdays: [0, 4] },
    ],
    [
      { Type: 'Monthly', MonthlyScheduleType: 'DateOfMonth', DateOfMonth: '31' },
      { kind: 'day of month', day: 31 },
    ],
    [
      { Type: 'Monthly', MonthlyScheduleType: 'DateOfMonth', DateOfMonth: 'L' },
      { kind: 'day of month', day: 'last' },
    ],
    [
      { Type: 'Monthly', MonthlyScheduleType: 'DayOfMonth', DayNumberOfMonth: 'First', DayOfWeek: 1 },
      { kind: 'weekday of month', weekday: 0, nth: 1 },
    ],
    [
      { Type: 'Monthly', MonthlyScheduleType: 'DayOfMonth', DayNumberOfMonth: 'L', DayOfWeek: 'Friday' },
      { kind: 'weekday of month', weekday: 4, nth: 'last' },
    ],
    [{ Type: 'Annually' }, { kind: 'annually' }],
  ])('that repeats by %j is understood', (more, pattern) => {
    expect(parseFreeze(schedule(more))?.recurrence).toMatchObject({ pattern, every: 1, offsetMinutes: -480 });
  });

  test.each([
    { EndType: 'OnDate', EndOnDate: '2027-01-01T00:00:00Z' },
    { EndType: 'AfterOccurrences', EndAfterOccurrences: 5 },
  ])('that ends by %j is understood', (more) => {
    const recurrence = parseFreeze(schedule(more))?.recurrence;

    expect([recurrence?.untilAt, recurrence?.count]).toEqual(
      more.EndOnDate ? ['2027-01-01T00:00:00.000Z', null] : [null, 5],
    );
  });

  test.each([
    { Type: 'Hourly' },
    { Type: 'Weekly', DaysOfWeek: [] },
    { Type: 'Weekly', DaysOfWeek: ['Someday'] },
    { Type: 'Monthly', MonthlyScheduleType: 'DateOfMonth', DateOfMonth: '32' },
    { Type: 'Monthly', MonthlyScheduleType: 'Other' },
    { Unit: 0 },
    { EndType: 'Sometimes' },
    { EndType: 'OnDate', EndOnDate: null },
  ])('that repeats by %j is not understood, rather than half', (more) => {
    expect(parseFreeze(schedule(more))).toBeNull();
  });

  test.each([{ Start: 'soon' }, { End: '2020-01-01T00:00:00Z' }, { Id: '' }, { ProjectEnvironmentScope: 'all' }])(
    'with %j is not understood',
    (more) => {
      expect(parseFreeze(wire(1, more))).toBeNull();
    },
  );
});

describe('the list of freezes', () => {
  test('is read to its end, in pages of whatever size the server gives', async () => {
    const all = Array.from({ length: 7 }, (_, index) => wire(index));
    const { url, calls } = await startServer(({ query }, response) => {
      const skip = Number(query.get('skip'));
      sendJson(response, { DeploymentFreezes: all.slice(skip, skip + 3), Count: all.length });
    });

    const { elements, isWhole } = await readFreezeList(startClient(url));

    expect([elements, isWhole]).toEqual([all, true]);
    expect(calls.map(({ query }) => [query.get('skip'), query.get('includeComplete')])).toEqual([
      ['0', 'true'],
      ['3', 'true'],
      ['6', 'true'],
    ]);
  });

  test('ends with a server that ignores what is to be skipped', async () => {
    const { url, calls } = await startServer((_, response) => sendJson(response, { DeploymentFreezes: [wire(1)] }));

    expect((await readFreezeList(startClient(url))).elements).toEqual([wire(1)]);
    expect(calls).toHaveLength(2);
  });
});

describe('an inventory', () => {
  async function freezesOf(status: number, body: unknown) {
    const { url } = await startServer(({ path }, response) => {
      if (path.endsWith('/deploymentfreezes')) sendJson(response, body, status);
      else sendJson(response, []);
    });
    const { complete, freezes, problems } = await readInventory(startClient(url, { giveUpAfterMs: 2000 }));
    return { isComplete: complete.freezes, names: freezes.map(({ name }) => name), problems };
  }

  test('of a server without freezes has none, and lacks nothing', async () => {
    expect(await freezesOf(404, { ErrorMessage: 'no such resource' })).toEqual({
      isComplete: true,
      names: [],
      problems: [],
    });
  });

  test('of an account that may not see them says so, and changes nothing', async () => {
    const { isComplete, problems } = await freezesOf(403, { ErrorMessage: 'You do not have permission' });

    expect(isComplete).toBe(false);
    expect(problems.join()).toContain('deployment freezes');
  });

  test('leaves out what it does not understand, and is not complete then', async () => {
    const read = await freezesOf(200, { DeploymentFreezes: [wire(1), schedule({ Type: 'Hourly' })], Count: 1 });

    expect(read).toMatchObject({ isComplete: false, problems: [expect.stringContaining('deployment freezes')] });
  });
});
