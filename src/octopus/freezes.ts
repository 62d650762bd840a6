import { z } from 'zod';
import type { DeploymentFreeze, FreezePattern, FreezeRecurrence } from '../model/freeze.ts';
import type { OctopusClient } from './client.ts';
import { OctopusError } from './errors.ts';
import { parseInstant } from './instant.ts';
import { isJsonObject } from './json.ts';
import type { ListRead } from './list.ts';

const PATH = '/api/deploymentfreezes';
const TAKE = 100;
/** Guards a list that never ends: 10,000 freezes. */
const MAX_PAGES = 100;

// FACT: the names of all fields and the words of types and ends are those of the vendor's documentation of 2026
// (`DeploymentFreezes`, `Count`, …) and of its clients for C# and Go; OwnerId was seen null or a space.
const envelope = z.object({
  DeploymentFreezes: z.array(z.unknown()).optional(),
  Items: z.array(z.unknown()).optional(),
  Count: z.int().nonnegative().nullish().catch(null),
});

const text = z.string().min(1);
const freeze = z.object({
  Id: text,
  Name: z.string(),
  Start: z.unknown(),
  End: z.unknown(),
  ProjectEnvironmentScope: z.record(z.string(), z.array(z.string())).nullish(),
  TenantProjectEnvironmentScope: z.array(z.object({ TenantId: text, ProjectId: text, EnvironmentId: text })).nullish(),
  RecurringSchedule: z.unknown().optional(),
});

const schedule = z.object({
  Type: z.string(),
  Unit: z.int().min(1),
  EndType: z.string(),
  EndOnDate: z.unknown().optional(),
  EndAfterOccurrences: z.int().nullish(),
  UserUtcOffsetInMinutes: z.int().min(-1440).max(1440).nullish(),
  MonthlyScheduleType: z.string().nullish(),
  DateOfMonth: z.union([z.string(), z.int()]).nullish(),
  DayNumberOfMonth: z.union([z.string(), z.int()]).nullish(),
  DayOfWeek: z.union([z.string(), z.int()]).nullish(),
  DaysOfWeek: z.union([z.string(), z.array(z.string())]).nullish(),
});
type Schedule = z.infer<typeof schedule>;

const WEEKDAYS = ['monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday', 'sunday'];
const ORDINALS: Readonly<Record<string, number | 'last'>> = {
  ...{ '1': 1, '2': 2, '3': 3, '4': 4, l: 'last' },
  ...{ first: 1, second: 2, third: 3, fourth: 4, last: 'last' },
};

/**
 * Reads all deployment freezes, those that are over included, page by page. FACT: `skip` and `take` are required,
 * `includeComplete` leaves out what is over when false; INF: servers that do not know it ignore it.
 *
 * @throws OctopusError; of kind `not_found` where the server has none (before 2024), `forbidden` without the right to
 * see them, whose name is UNKNOWN.
 */
export async function readFreezeList(client: OctopusClient, signal?: AbortSignal): Promise<ListRead> {
  const operation = 'the deployment freezes';
  const elements = new Map<unknown, unknown>();
  let total: number | null = null;
  for (let page = 0; page < MAX_PAGES; page++) {
    const query = { skip: elements.size, take: TAKE, includeComplete: 'true' };
    const { json } = await client.get(PATH, { operation, signal, query });
    const parsed = envelope.safeParse(json);
    const items = Array.isArray(json) ? json : (parsed.data?.DeploymentFreezes ?? parsed.data?.Items);
    if (items === undefined)
      throw new OctopusError('the answer is no list', { kind: 'bad_answer', operation, path: PATH, status: 200 });
    total = parsed.data?.Count ?? total;
    const countBefore = elements.size;
    for (const item of items) elements.set(isJsonObject(item) ? (item['Id'] ?? item) : item, item);
    // Nothing new: the end, or a server that ignores `skip`. A short page is no end.
    if (elements.size === countBefore || (total !== null && elements.size >= total)) break;
  }
  return { elements: [...elements.values()], isWhole: total === null || elements.size >= total };
}

/** Reads one freeze; null when it cannot be understood in full: half a freeze would be a wrong claim. */
export function parseFreeze(element: unknown): DeploymentFreeze | null {
  const parsed = freeze.safeParse(element);
  if (!parsed.success) return null;
  const { Id, Name, Start, End, ProjectEnvironmentScope, TenantProjectEnvironmentScope, RecurringSchedule } =
    parsed.data;
  const startAt = parseInstant(Start);
  const endAt = parseInstant(End);
  const recurrence = RecurringSchedule == null ? null : parseRecurrence(RecurringSchedule);
  if (startAt === null || endAt === null || startAt >= endAt || recurrence === undefined) return null;
  const everyTenant = Object.entries(ProjectEnvironmentScope ?? {}).flatMap(([projectId, environmentIds]) =>
    environmentIds.map((environmentId) => ({ projectId, environmentId, tenantId: null })),
  );
  const oneTenant = (TenantProjectEnvironmentScope ?? []).map(({ TenantId, ProjectId, EnvironmentId }) => ({
    projectId: ProjectId,
    environmentId: EnvironmentId,
    tenantId: TenantId,
  }));
  return { id: Id, name: Name, startAt, endAt, scopes: [...everyTenant, ...oneTenant], recurrence };
}

/** Undefined: it is not understood. */
function parseRecurrence(json: unknown): FreezeRecurrence | undefined {
  const parsed = schedule.safeParse(json);
  if (!parsed.success) return undefined;
  const { EndAfterOccurrences, EndOnDate, EndType, Unit, UserUtcOffsetInMinutes } = parsed.data;
  const pattern = patternOf(parsed.data);
  const untilAt = EndType === 'OnDate' ? parseInstant(EndOnDate) : null;
  const count = EndType === 'AfterOccurrences' ? (EndAfterOccurrences ?? 0) : null;
  const isEndKnown = EndType === 'Never' || untilAt !== null || (count !== null && count > 0);
  if (pattern === undefined || !isEndKnown) return undefined;
  return { offsetMinutes: UserUtcOffsetInMinutes ?? 0, pattern, every: Unit, untilAt, count };
}

function patternOf(read: Schedule): FreezePattern | undefined {
  if (read.Type === 'Daily') return { kind: 'daily' };
  if (read.Type === 'Annually') return { kind: 'annually' };
  if (read.Type === 'Weekly') {
    // INF: a .NET enum of flags may be written as one text, `Monday, Friday`.
    const names = typeof read.DaysOfWeek === 'string' ? read.DaysOfWeek.split(',') : (read.DaysOfWeek ?? []);
    const weekdays = names.map(weekdayOf);
    return weekdays.length === 0 || weekdays.includes(-1) ? undefined : { kind: 'weekly', weekdays };
  }
  if (read.Type !== 'Monthly') return undefined;
  if (read.MonthlyScheduleType === 'DateOfMonth') {
    const date = String(read.DateOfMonth ?? '').trim();
    if (/^(l|last)$/i.test(date)) return { kind: 'day of month', day: 'last' };
    return /^([1-9]|[12]\d|3[01])$/.test(date) ? { kind: 'day of month', day: Number(date) } : undefined;
  }
  const nth =
    ORDINALS[
      String(read.DayNumberOfMonth ?? '')
        .trim()
        .toLowerCase()
    ];
  const weekday = weekdayOf(read.DayOfWeek ?? '');
  return nth === undefined || weekday < 0 ? undefined : { kind: 'weekday of month', weekday, nth };
}

/** 0 is Monday; -1: none. As a number it is that of .NET, where 0 is Sunday (FACT: a test of the vendor's client). */
function weekdayOf(day: string | number): number {
  const number = typeof day === 'number' ? day : /^\d$/.test(day.trim()) ? Number(day) : null;
  if (number !== null) return number >= 0 && number <= 6 ? (number + 6) % 7 : -1;
  return WEEKDAYS.indexOf(String(day).trim().toLowerCase());
}
