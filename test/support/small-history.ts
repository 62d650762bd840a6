import {
  apiKeyActor,
  auditEvent,
  createSimulatedState,
  deploymentQueued,
  deploymentStarted,
  loginFailed,
  machineHealthy,
  monitorAccess,
  type SimulatedState,
  sessionActor,
  variable,
  variableSetModified,
} from '../../src/demo/index.ts';

/** A Monday noon, UTC: within business hours, with a week-end behind it. */
export const NOON = Date.parse('2026-03-02T12:00:00Z');
export const MONITOR_KEY = 'API-MONITOR00000000000000000000';

const MINUTE = 60_000;
const DAY = 86_400_000;

export const alice = { id: 'Users-2', username: 'alice', isService: false };
export const deployer = { id: 'Users-3', username: 'svc-deploy', isService: true };
export const deployKey = {
  id: 'apikeys-DEPLOY',
  purpose: 'nightly release',
  hint: 'API-DEPL',
  createdAt: '2026-01-05T09:00:00.000Z',
};

export function deployment(number: number, environment = { id: 'Environments-1', name: 'Production' }) {
  return {
    id: `Deployments-${number}`,
    spaceId: 'Spaces-1',
    project: { id: 'Projects-1', name: 'Web Shop' },
    release: { id: `Releases-${number}`, name: `4.2.${number}` },
    environment,
    taskId: `ServerTasks-${number}`,
    channelId: 'Channels-1',
  };
}

/** A server with a person, a service account, an environment for production and one for tests, and no event. */
export function emptyServer(nowMs: () => number): SimulatedState {
  const user = (of: { id: string; username: string; isService: boolean }) => ({
    ...of,
    displayName: of.username,
    emailAddress: `${of.username}@example.com`,
    isActive: true,
    serviceAccountType: 'Standard' as const,
    createdAt: '2026-01-05T09:00:00.000Z',
  });
  const state = createSimulatedState({
    users: [user({ id: 'Users-1', username: 'octowatch', isService: true }), user(alice), user(deployer)],
    environments: [
      { id: 'Environments-1', spaceId: 'Spaces-1', name: 'Production', slug: 'production', tags: [] },
      { id: 'Environments-2', spaceId: 'Spaces-1', name: 'Staging', slug: 'staging', tags: [] },
    ],
    now: nowMs,
  });
  state.permissions.set('Users-1', monitorAccess(['Spaces-1']));
  return state;
}

/** A password scoped to production gets a new value; the change itself has to be read singly. */
export function passwordEdit(id: string, at: number) {
  const set = {
    Id: 'variableset-Projects-1',
    OwnerId: 'Projects-1',
    SpaceId: 'Spaces-1',
    Version: 3,
    Variables: [
      variable(
        { id: 'var-1', name: 'Db.Password', value: 'fictional-secret' },
        { isSensitive: true, scope: { Environment: ['Environments-1'] } },
      ),
    ],
  };
  return variableSetModified({
    id,
    at,
    actor: sessionActor(alice, '192.0.2.10'),
    before: set,
    owner: { id: 'Projects-1', name: 'Web Shop' },
    edits: [{ kind: 'value', name: 'Db.Password', value: 'another-fictional-secret' }],
  });
}

export function failedSignIn(id: string, at: number, username = 'carol') {
  return loginFailed({ id, at, username, userId: null, ipAddress: '198.51.100.7' });
}

export function healthCheck(id: string, at: number) {
  const machine = { id: 'Machines-1', name: 'web-1.example.com' };
  return machineHealthy({ id, at, machine, environmentId: 'Environments-1', spaceId: 'Spaces-1' });
}

export function queuedByKey(id: string, at: number, number: number) {
  const actor = apiKeyActor(deployer, deployKey, '203.0.113.5');
  return deploymentQueued({ id, at, actor, deployment: deployment(number) });
}

export function queuedByAlice(id: string, at: number, number: number) {
  return deploymentQueued({ id, at, actor: sessionActor(alice, '192.0.2.10'), deployment: deployment(number) });
}

export function started(id: string, at: number, number: number) {
  return deploymentStarted({ id, at, deployment: deployment(number) });
}

type Where = { readonly who: string; readonly project: string; readonly environment: string };

const ENVIRONMENT_IDS: Readonly<Record<string, string>> = { Production: 'Environments-1', Staging: 'Environments-2' };

function deploymentTo(number: number, { project, environment }: Where) {
  return {
    ...deployment(number, { id: ENVIRONMENT_IDS[environment] ?? 'Environments-3', name: environment }),
    project: { id: project === 'Web Shop' ? 'Projects-1' : 'Projects-2', name: project },
  };
}

/** A deployment that alice asks for at the portal, or the service account with its key. */
export function queuedAt(id: string, at: number, number: number, where: Where) {
  const actor =
    where.who === 'alice' ? sessionActor(alice, '192.0.2.10') : apiKeyActor(deployer, deployKey, '203.0.113.5');
  return deploymentQueued({ id, at, actor, deployment: deploymentTo(number, where) });
}

export function startedAt(id: string, at: number, number: number, where: Where) {
  return deploymentStarted({ id, at, deployment: deploymentTo(number, where) });
}

/**
 * Five days before `NOON` with something for each stage: two deployments outside business hours (one old enough for the
 * back-fill), a burst of failed sign-ins, a sensitive variable whose change is read singly, an element that is no event,
 * an API key nobody uses, and a key of the monitor that is about to expire.
 */
export function smallHistory(nowMs: () => number = () => NOON): SimulatedState {
  const state = emptyServer(nowMs);
  // Long over.
  state.deploymentFreezes.push({
    ...{ Id: 'DeploymentFreezes-1', Name: 'Stocktaking', RecurringSchedule: null },
    ...{ Start: '2025-12-24T00:00:00.000Z', End: '2026-01-02T00:00:00.000Z' },
    ProjectEnvironmentScope: { 'Projects-1': ['Environments-1'] },
  });
  state.apiKeys.push(
    key({ ...deployKey, userId: deployer.id, lastUsedAt: '2026-03-01T23:10:00.000Z' }),
    key({
      id: 'apikeys-OLD',
      userId: deployer.id,
      purpose: 'old pipeline',
      hint: 'API-OLDP',
      createdAt: '2025-03-01T09:00:00.000Z',
      lastUsedAt: '2025-09-01T09:00:00.000Z',
    }),
    key({
      id: 'apikeys-MON',
      userId: 'Users-1',
      purpose: 'octowatch',
      hint: 'API-MONI',
      createdAt: '2025-09-10T09:00:00.000Z',
      lastUsedAt: '2026-03-02T11:00:00.000Z',
      expiresAt: '2026-03-12T09:00:00.000Z',
    }),
  );
  state.addEvent(queuedByAlice('Events-1', NOON - 4 * DAY + 9 * 60 * MINUTE, 1));
  state.addEvent(healthCheck('Events-3', NOON - 2 * DAY));
  state.addEvent(queuedByKey('Events-4', NOON - 13 * 60 * MINUTE, 2));
  state.addEvent(started('Events-5', NOON - 13 * 60 * MINUTE + 5000, 2));
  state.addElement({ Id: 'Events-6', Category: 'Modified' }, NOON - 5 * 60 * MINUTE, 'Spaces-1');
  for (let index = 0; index < 6; index++) {
    state.addEvent(failedSignIn(`Events-${10 + index}`, NOON - 3 * 60 * MINUTE + index * MINUTE));
  }
  state.addEvent(passwordEdit('Events-20', NOON - 2 * 60 * MINUTE));
  state.addEvent(
    auditEvent(
      { id: 'Events-21', at: NOON - MINUTE, actor: sessionActor(alice, '192.0.2.10') },
      {
        category: 'Created',
        related: ['Releases-9', 'Projects-1'],
        message: ['Release 9 was created'],
        spaceId: 'Spaces-1',
      },
    ),
  );
  return state;
}

function key(facts: {
  id: string;
  userId: string;
  purpose: string;
  hint: string;
  createdAt: string;
  lastUsedAt: string;
  expiresAt?: string;
}): SimulatedState['apiKeys'][number] {
  return { expiresAt: null, isLastUsedKnown: true, accessLevel: 'FullAccess', actorType: 'User', ...facts };
}
