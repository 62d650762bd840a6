import { maySee } from './access.ts';
import { type EventRow, firstAfter } from './event-log.ts';
import { EVENT_GROUPS } from './event-metadata.ts';
import { envelope, pageOf } from './paging.ts';
import { featuresOf, permissionsOf, type SimulatedState } from './state.ts';

/** A parameter the server cannot read: answered with 400. */
export class BadParameter extends Error {
  override readonly name = 'BadParameter';
}

const TEMPLATE =
  '/api/events{/id}{?skip,regarding,regardingAny,user,users,projects,projectGroups,environments,eventGroups,eventCategories,eventAgents,tags,tenants,from,to,internal,fromAutoId,toAutoId,documentTypes,asCsv,take,ids,spaces,includeSystem,excludeDifference}';
/** Parameters as the links repeat them, before `take` and after it. */
const BEFORE_TAKE =
  'regarding regardingAny user users projects environments eventGroups eventCategories eventAgents tenants from to internal fromAutoId toAutoId documentTypes asCsv'.split(
    ' ',
  );
const AFTER_TAKE = ['ids', 'spaces', 'includeSystem', 'includeInternalEvents', 'excludeDifference'];
const INTERNAL = ['MachineAdded', 'MachineDeleted', 'MachineDeploymentRelatedPropertyWasUpdated'];

/**
 * `GET /api/events`, or of one space when `spaceId` is given: `from` is inclusive, `to` exclusive, newest first, then
 * by descending sequence number (FACT: vendor's query code; ISS#6972).
 */
export function eventsPage(
  state: SimulatedState,
  request: {
    readonly query: URLSearchParams;
    readonly userId: string;
    readonly spaceId: string | null;
    /** Path of the list for the links, with the virtual directory. */
    readonly path: string;
    readonly prefix: string;
  },
): Record<string, unknown> {
  const { query } = request;
  const page = pageOf(query, state, 30);
  const low = firstAfter(state.rows, boundOf(query, 'from', Number.NEGATIVE_INFINITY) - 1);
  const high = firstAfter(state.rows, boundOf(query, 'to', Number.POSITIVE_INFINITY) - 1);
  const isWanted = filterOf(state, request);
  const items: unknown[] = [];
  let total = 0;
  for (let index = high - 1; index >= low; index--) {
    const row = state.rows[index];
    if (!row || !isWanted(row)) continue;
    if (total >= page.skip && items.length < page.take) {
      items.push(renderEvent(state, row, request.prefix, query.get('excludeDifference') === 'true'));
    }
    total += 1;
  }
  return envelope({
    itemType: 'Event',
    items,
    total,
    page,
    path: request.path,
    template: `${request.prefix}${TEMPLATE}`,
    filters: linkParameters(query, BEFORE_TAKE),
    trailing: linkParameters(query, AFTER_TAKE),
  });
}

/** The one event of that id which the user may see, with its change details; null when there is none. */
export function singleEvent(state: SimulatedState, id: string, userId: string, prefix: string): unknown {
  const permissions = permissionsOf(state, userId);
  const row = state.rows.find((each) => each.event?.Id === id && maySee(permissions, each));
  return row ? renderEvent(state, row, prefix, false) : null;
}

function renderEvent(state: SimulatedState, row: EventRow, prefix: string, excludesDifference: boolean): unknown {
  if (row.event === null) return row.element;
  const { ApiKeyId, ApiKeyHint, IpAddress, Links, ...rest } = row.event;
  const features = featuresOf(state);
  return {
    ...rest,
    ...(excludesDifference ? { ChangeDetails: { DocumentContext: null, Differences: null } } : {}),
    ...(features.ipAddress ? { IpAddress } : {}),
    ...(features.eventKeys ? { ApiKeyId, ApiKeyHint } : {}),
    Links: { Self: `${prefix}${Links.Self}` },
  };
}

function filterOf(
  state: SimulatedState,
  request: { readonly query: URLSearchParams; readonly userId: string; readonly spaceId: string | null },
): (row: EventRow) => boolean {
  const { query } = request;
  const permissions = permissionsOf(state, request.userId);
  const isInScope = scopeOf(state, query, request.spaceId);
  const groups = list(query, 'eventGroups').flatMap(
    (id) => EVENT_GROUPS.find((group) => group.Id === id)?.EventCategories ?? [],
  );
  const categories = [...list(query, 'eventCategories'), ...groups];
  const users = [...list(query, 'user'), ...list(query, 'users')];
  const anyOf = ['regardingAny', 'projects', 'environments', 'tenants'].map((name) => list(query, name));
  const all = list(query, 'regarding');
  const ids = list(query, 'ids');
  const agents = list(query, 'eventAgents');
  const types = list(query, 'documentTypes').map((type) => `${type.toLowerCase()}-`);
  const fromAutoId = Number(query.get('fromAutoId') ?? 0);
  const toAutoId = Number(query.get('toAutoId') ?? Number.POSITIVE_INFINITY);
  const hidesInternal = [query.get('internal'), query.get('includeInternalEvents')].includes('false');
  const isOneOf = (wanted: readonly string[], value: string) => wanted.length === 0 || wanted.includes(value);
  return (row) => {
    if (!isInScope(row) || !maySee(permissions, row) || row.autoId < fromAutoId || row.autoId > toAutoId) return false;
    if (row.event === null) return true;
    const { event } = row;
    const related = event.RelatedDocumentIds;
    return (
      isOneOf(categories, event.Category) &&
      isOneOf(users, event.UserId) &&
      isOneOf(ids, event.Id) &&
      isOneOf(agents, event.UserAgent) &&
      anyOf.every((wanted) => wanted.length === 0 || wanted.some((id) => related.includes(id))) &&
      all.every((id) => related.includes(id)) &&
      (types.length === 0 || types.some((type) => related.some((id) => id.toLowerCase().startsWith(type)))) &&
      !(hidesInternal && INTERNAL.includes(event.Category))
    );
  };
}

function scopeOf(state: SimulatedState, query: URLSearchParams, spaceId: string | null): (row: EventRow) => boolean {
  if (spaceId !== null) return (row) => row.spaceId === spaceId;
  const asksScope = state.heedsScopeParameters && (query.has('spaces') || query.has('includeSystem'));
  if (!asksScope) {
    const showsSystem = state.scopeWithoutParameters === 'spaces_and_system';
    return (row) => row.spaceId !== null || showsSystem;
  }
  const spaces = list(query, 'spaces');
  const showsAll = spaces.length === 0 || spaces.includes('all');
  const showsSystem = query.get('includeSystem')?.toLowerCase() === 'true';
  return (row) => (row.spaceId === null ? showsSystem : showsAll || spaces.includes(row.spaceId));
}

function list(query: URLSearchParams, name: string): readonly string[] {
  return query
    .getAll(name)
    .flatMap((value) => value.split(','))
    .filter((each) => each !== '');
}

const INSTANT = /^(.+?)\s*(Z|[+-]\d\d:?\d\d)?$/;

/** Without an offset the server's own zone holds, which here is UTC. Accepts the US rendering of its own links too. */
function boundOf(query: URLSearchParams, name: string, otherwise: number): number {
  const text = query.get(name);
  if (text === null || text === '') return otherwise;
  const { local, offset } = splitOffset(text);
  const isIso = /^\d{4}-\d\d-\d\d/.test(local);
  const time = isIso && !/T|\s/.test(local) ? `${local}T00:00:00` : local;
  const instant = Date.parse(isIso ? `${time}${offset}` : `${time} ${offset === 'Z' ? '+00:00' : offset}`);
  if (Number.isNaN(instant)) throw new BadParameter(`The value '${text}' is not valid for ${name}.`);
  return instant;
}

function splitOffset(text: string): { local: string; offset: string } {
  const isDateOnly = /^\d{4}-\d\d-\d\d$/.test(text);
  const match = isDateOnly ? null : INSTANT.exec(text);
  return { local: match?.[1] ?? text, offset: match?.[2] ?? 'Z' };
}

/** The other parameters for the links, times re-rendered in the US way with whole seconds (FACT: samples, 2023.1). */
function linkParameters(query: URLSearchParams, names: readonly string[]): Record<string, string> {
  const pairs: Record<string, string> = {};
  for (const name of names) {
    const value = query.getAll(name).join(',');
    if (name === 'asCsv') pairs[name] = 'false';
    else if (value !== '') pairs[name] = name === 'from' || name === 'to' ? usRendering(query, name) : value;
  }
  return pairs;
}

function usRendering(query: URLSearchParams, name: string): string {
  const offset = splitOffset(query.get(name) ?? '').offset.replace('Z', '+00:00');
  const sign = offset.startsWith('-') ? -1 : 1;
  const offsetMinutes = sign * (Number(offset.slice(1, 3)) * 60 + Number(offset.slice(-2)));
  const local = new Date(boundOf(query, name, 0) + offsetMinutes * 60_000);
  const two = (value: number) => String(value).padStart(2, '0');
  const hour = local.getUTCHours();
  const date = `${local.getUTCMonth() + 1}/${local.getUTCDate()}/${local.getUTCFullYear()}`;
  const clock = `${hour % 12 || 12}:${two(local.getUTCMinutes())}:${two(local.getUTCSeconds())}`;
  return `${date} ${clock} ${hour < 12 ? 'AM' : 'PM'} ${offset}`;
}
