import { holdsInSpace, holdsSystem, seesSomeEvents } from './access.ts';
import { type Answer, failure, json, missingPermission, notFound } from './answers.ts';
import { DOCUMENT_TYPES, EVENT_CATEGORIES, EVENT_GROUPS, eventAgents } from './event-metadata.ts';
import { BadParameter, eventsPage, singleEvent } from './event-query.ts';
import { pagedList, pageOf } from './paging.ts';
import {
  apiKeyResource,
  auditStreamResource,
  authenticationResource,
  deploymentResource,
  environmentResource,
  type Rendering,
  spaceResource,
  userResource,
  variableSetResource,
} from './resources.ts';
import { featuresOf, permissionsOf, type SimulatedSpace } from './state.ts';

type Call = Rendering & { readonly path: string; readonly query: URLSearchParams };
type Route = (call: Call, parts: readonly string[]) => Answer;

/**
 * Answers a request of a known user. `call.path` begins with `/api` and has no virtual directory.
 */
export function answer(call: Call): Answer {
  try {
    for (const [pattern, route] of ROUTES) {
      const match = pattern.exec(call.path);
      if (match)
        return route(
          call,
          match.slice(1).map((part) => decodeURIComponent(part ?? '')),
        );
    }
    return notFound;
  } catch (error) {
    if (error instanceof BadParameter || error instanceof URIError) return failure(400, error.message);
    throw error;
  }
}

const ROUTES: readonly (readonly [RegExp, Route])[] = [
  [/^\/api\/users\/me$/, (call) => oneUser(call, call.readerId)],
  [
    /^\/api\/users\/all$/,
    (call) => whoeverSeesUsers(call, () => json(users(call).map((user) => userResource(call, user)))),
  ],
  [
    /^\/api\/users$/,
    (call) =>
      whoeverSeesUsers(call, () =>
        json(pagedList(users(call), (user) => userResource(call, user), listOf(call, 'User', 30))),
      ),
  ],
  [/^\/api\/users\/([^/]+)$/, (call, [id = '']) => oneUser(call, id)],
  [/^\/api\/users\/([^/]+)\/permissions$/, userPermissions],
  [/^\/api\/users\/([^/]+)\/apikeys$/, userApiKeys],
  [/^\/api\/authentication$/, authentication],
  [/^\/api\/audit-stream$/, auditStream],
  [/^\/api\/deploymentfreezes$/, deploymentFreezes],
  [/^\/api\/spaces\/all$/, (call) => json(visibleSpaces(call).map((space) => spaceResource(call, space)))],
  [
    /^\/api\/spaces$/,
    (call) => json(pagedList(visibleSpaces(call), (space) => spaceResource(call, space), listOf(call, 'Space', 30))),
  ],
  [/^\/api\/events\/categories$/, () => json(EVENT_CATEGORIES)],
  [/^\/api\/events\/groups$/, () => json(EVENT_GROUPS)],
  [/^\/api\/events\/documenttypes$/, () => json(DOCUMENT_TYPES)],
  [/^\/api\/events\/agents$/, (call) => json(eventAgents(call.state.rows))],
  [/^\/api\/events$/, (call) => events(call, null)],
  [/^\/api\/events\/([^/]+)$/, oneEvent],
  [/^\/api\/(?:spaces\/)?([^/]+)\/events$/, (call, [id = '']) => inSpace(call, id, (space) => events(call, space.id))],
  [
    /^\/api\/(?:spaces\/)?([^/]+)\/events\/([^/]+)$/,
    (call, [id = '', eventId = '']) => inSpace(call, id, () => oneEvent(call, [eventId])),
  ],
  [/^\/api\/(?:spaces\/)?([^/]+)\/environments(\/all)?$/, environments],
  [/^\/api\/(?:spaces\/)?([^/]+)\/variables\/([^/]+)$/, variableSet],
  [/^\/api\/(?:spaces\/)?([^/]+)\/deployments\/([^/]+)$/, deployment],
];

function authentication(call: Call): Answer {
  return json(authenticationResource(call));
}

function auditStream(call: Call): Answer {
  return featuresOf(call.state).auditStream ? json(auditStreamResource(call)) : notFound;
}

/** `skip` and `take` are required (FACT: the vendor's documentation, 2026). Which right it takes is UNKNOWN: here none. */
function deploymentFreezes({ query, state }: Call): Answer {
  if (!featuresOf(state).deploymentFreezes) return notFound;
  if (!query.has('skip') || !query.has('take')) return failure(400, 'skip and take are required');
  const { skip, take } = pageOf(query, state, 30);
  const all = state.deploymentFreezes;
  return json({ DeploymentFreezes: all.slice(skip, skip + take), Count: all.length });
}

function events(call: Call, spaceId: string | null): Answer {
  const { prefix, query, readerId, state } = call;
  if (!seesSomeEvents(permissionsOf(state, readerId))) return missingPermission('EventView');
  const path = `${prefix}${call.path}`;
  return json(eventsPage(state, { query, userId: readerId, spaceId, path, prefix }));
}

function oneEvent(call: Call, [id = '']: readonly string[]): Answer {
  const event = singleEvent(call.state, id, call.readerId, call.prefix);
  return event === null ? notFound : json(event);
}

/** "If you can see users, you can see their API keys already" (ISS#9435); everybody sees themselves. */
function whoeverSeesUsers(call: Call, then: () => Answer, ownerId?: string): Answer {
  const maySee = ownerId === call.readerId || holdsSystem(permissionsOf(call.state, call.readerId), 'UserView');
  return maySee ? then() : missingPermission('UserView');
}

function users({ query, state }: Call) {
  const wanted = { isActive: query.get('isActive'), isService: query.get('isServiceAccount') };
  const agrees = (asked: string | null, is: boolean) => asked === null || asked.toLowerCase() === String(is);
  return state.users.filter(
    (user) => agrees(wanted.isActive, user.isActive) && agrees(wanted.isService, user.isService),
  );
}

function oneUser(call: Call, id: string): Answer {
  const user = call.state.users.find((each) => each.id === id);
  return whoeverSeesUsers(call, () => (user ? json(userResource(call, user)) : notFound), id);
}

function userPermissions(call: Call, [id = '']: readonly string[]): Answer {
  if (!call.state.users.some((user) => user.id === id)) return notFound;
  return whoeverSeesUsers(call, () => json(permissionsOf(call.state, id)), id);
}

/** Newest key first, 30 to a page (FACT: documentation, 2026.3). */
function userApiKeys(call: Call, [id = '']: readonly string[]): Answer {
  if (!call.state.users.some((user) => user.id === id)) return notFound;
  const keys = call.state.apiKeys
    .filter((key) => key.userId === id)
    .sort((a, b) => (a.createdAt < b.createdAt ? 1 : a.createdAt > b.createdAt ? -1 : 0));
  return whoeverSeesUsers(
    call,
    () => json(pagedList(keys, (key) => apiKeyResource(call, key), listOf(call, 'ApiKey', 30))),
    id,
  );
}

function visibleSpaces({ readerId, state }: Call): readonly SimulatedSpace[] {
  const permissions = permissionsOf(state, readerId);
  if (holdsSystem(permissions, 'SpaceView')) return state.spaces;
  return state.spaces.filter((space) =>
    Object.values(permissions.SpacePermissions).some((grants) => grants.some((grant) => grant.SpaceId === space.id)),
  );
}

/** Runs `then` with the space of that id or slug. */
function inSpace(call: Call, idOrSlug: string, then: (space: SimulatedSpace) => Answer): Answer {
  const space = call.state.spaces.find((each) => each.id === idOrSlug || each.slug === idOrSlug);
  return space ? then(space) : notFound;
}

function environments(call: Call, [spaceId = '', all = '']: readonly string[]): Answer {
  return inSpace(call, spaceId, (space) => {
    if (!holdsInSpace(permissionsOf(call.state, call.readerId), 'EnvironmentView', space.id)) {
      return missingPermission('EnvironmentView');
    }
    const found = call.state.environments.filter((each) => each.spaceId === space.id);
    if (all !== '') return json(found.map((each) => environmentResource(call, each)));
    return json(pagedList(found, (each) => environmentResource(call, each), listOf(call, 'Environment', 10)));
  });
}

function variableSet(call: Call, [spaceId = '', id = '']: readonly string[]): Answer {
  return inSpace(call, spaceId, (space) => {
    const set = call.state.variableSets.get(id);
    if (!holdsInSpace(permissionsOf(call.state, call.readerId), 'VariableView', space.id)) {
      return missingPermission('VariableView');
    }
    return set?.SpaceId === space.id ? json(variableSetResource(call, set)) : notFound;
  });
}

function deployment(call: Call, [spaceId = '', id = '']: readonly string[]): Answer {
  return inSpace(call, spaceId, (space) => {
    const found = call.state.deployments.get(id);
    if (!holdsInSpace(permissionsOf(call.state, call.readerId), 'DeploymentView', space.id)) {
      return missingPermission('DeploymentView');
    }
    return found?.spaceId === space.id ? json(deploymentResource(call, found)) : notFound;
  });
}

function listOf({ path, prefix, query, state }: Call, itemType: string, defaultTake: number) {
  const page = pageOf(query, state, defaultTake);
  return { itemType, page, path: `${prefix}${path}`, template: `${prefix}${path}{?skip,take}` };
}
