import {
  apiKeyActor,
  auditEvent,
  type DeploymentFacts,
  deploymentQueued,
  deploymentStarted,
  deploymentSucceeded,
  documentModified,
  loginFailed,
  loginSucceeded,
  machineHealthy,
  releaseCreated,
  sessionActor,
  type WireEvent,
} from '../src/demo/index.ts';
import { createRandom, type Random } from '../src/demo/random.ts';

const DAY_MS = 86_400_000;
/** What the product takes for now: a Sunday night, so that one further deployment is a finding. */
export const NOW_MS = Date.UTC(2026, 10, 22, 23, 0, 0);
/** A busy server: 100,000 events in 36 days, a million in a year. The density decides how full windows are. */
export const EVENTS_PER_DAY = 2778;
export const SPACE_ID = 'Spaces-1';
export const ENVIRONMENTS = ['Development', 'Test', 'Staging', 'Production', 'Production EU'].map((name, index) => ({
  id: `Environments-${index + 1}`,
  name,
}));

export const USERS = Array.from({ length: 40 }, (_, index) => ({
  id: `Users-${index + 10}`,
  username: index < 10 ? `svc-pipeline-${index}` : `person.${index}@example.com`,
  isService: index < 10,
}));
export const KEYS = USERS.slice(0, 10).map((user, index) => ({
  id: `apikeys-BENCHMARKKEY${index}`,
  user,
  purpose: `deployment pipeline ${index}`,
  hint: `API-B${index}…`,
  createdAt: '2026-01-05T09:00:00.000Z',
}));
const PROJECTS = Array.from({ length: 60 }, (_, index) => ({
  id: `Projects-${index + 1}`,
  name: `Service ${String(index + 1).padStart(2, '0')} back office`,
}));
const MACHINES = Array.from({ length: 200 }, (_, index) => ({
  id: `Machines-${index + 1}`,
  name: `web-${index}.example.com`,
}));

export function daysOf(events: number): number {
  return Math.ceil(events / EVENTS_PER_DAY);
}

/**
 * The events of the n-th day before `NOW_MS` (0: the last 24 hours), newest first, as a server would send them. The same
 * day is the same on every machine and in every run. What people do lies in their working hours; the edits of variable
 * sets, each of which costs two further requests, are left out: they are measured by their number, not by the event.
 */
export function eventsOfDay(daysBack: number): WireEvent[] {
  const random = createRandom(1000 + daysBack);
  const ids = createIds(daysBack);
  const events: WireEvent[] = [];
  const add = (event: WireEvent) => events.push(event);
  while (events.length < EVENTS_PER_DAY) addScene(add, random, daysBack, ids);
  return events.slice(0, EVENTS_PER_DAY).sort((a, b) => (a.Occurred < b.Occurred ? 1 : -1));
}

/** A deployment to production on a Sunday night: a finding at medium. */
export function offHoursDeployment(number: number, atMs: number): WireEvent {
  const key = KEYS[0] as (typeof KEYS)[number];
  return deploymentQueued({
    id: `Events-${900_000_000 + number}`,
    at: atMs,
    actor: apiKeyActor(key.user, key, '198.51.100.7'),
    deployment: deployment(createRandom(number), `9${number}`, 3),
  });
}

type Ids = { event(): string; next(): string };

/** Ids never repeat: the days count down, so that an older event has a lower id. */
function createIds(daysBack: number): Ids {
  let event = (4000 - daysBack) * 10_000;
  let other = (4000 - daysBack) * 10_000;
  return { event: () => `Events-${event++}`, next: () => String(other++) };
}

function addScene(add: (event: WireEvent) => void, random: Random, daysBack: number, ids: Ids): void {
  const fromMs = NOW_MS - (daysBack + 1) * DAY_MS;
  // At weekends, which are the first two days of each week back from a Sunday night, machines are all but alone.
  const isWeekend = daysBack % 7 < 2;
  const scene = isWeekend && random.chance(0.95) ? 0.5 : random.next();
  const atMs = random.chance(0.97) ? workTime(random, fromMs) : fromMs + random.int(0, DAY_MS - 600_000);
  const user = random.pick(USERS.slice(10) as [(typeof USERS)[number], ...typeof USERS]);
  const address = `198.51.100.${random.int(1, 200)}`;
  const actor = random.chance(0.6) ? apiKeyActorOf(random, address) : sessionActor(user, address);
  const id = ids.event();
  const project = random.pick(PROJECTS as [(typeof PROJECTS)[number], ...typeof PROJECTS]);
  if (scene < 0.4) {
    const facts = deployment(random, ids.next(), random.chance(0.2) ? random.int(3, 4) : random.int(0, 2));
    add(deploymentQueued({ id, at: atMs, actor, deployment: facts }));
    add(deploymentStarted({ id: ids.event(), at: atMs + random.int(500, 20_000), deployment: facts }));
    add(deploymentSucceeded({ id: ids.event(), at: atMs + random.int(30_000, 500_000), deployment: facts }));
  } else if (scene < 0.65) {
    const at = fromMs + random.int(0, DAY_MS - 1000);
    const machine = random.pick(MACHINES as [(typeof MACHINES)[number], ...typeof MACHINES]);
    add(machineHealthy({ id, at, machine, environmentId: 'Environments-1', spaceId: SPACE_ID }));
  } else if (scene < 0.75) {
    const release = {
      id: `Releases-${ids.next()}`,
      name: `${random.int(1, 9)}.${random.int(0, 40)}.${random.int(0, 99)}`,
    };
    add(releaseCreated({ id, at: atMs, actor, release, project, channelId: 'Channels-1', spaceId: SPACE_ID }));
  } else if (scene < 0.87) {
    add(loginSucceeded({ id, at: atMs, user, ipAddress: address }));
  } else if (scene < 0.89) {
    add(loginFailed({ id, at: atMs, username: user.username, userId: user.id, ipAddress: address }));
  } else if (scene < 0.97) {
    add(
      documentModified({
        ...{ id, at: atMs, actor, documentType: 'Project', document: project, spaceId: SPACE_ID },
        related: [project.id, 'ProjectGroups-1', `deploymentprocess-${project.id}`],
      }),
    );
  } else {
    const process = { id: `deploymentprocess-${project.id}`, name: project.name };
    const related = [process.id, project.id];
    const message = ['Deployment process for ', process, ' was modified'];
    add(auditEvent({ id, at: atMs, actor }, { category: 'Modified', related, message, spaceId: SPACE_ID }));
  }
}

function apiKeyActorOf(random: Random, address: string) {
  const key = random.pick(KEYS as [(typeof KEYS)[number], ...typeof KEYS]);
  return apiKeyActor(key.user, key, address);
}

function workTime(random: Random, fromMs: number): number {
  // `fromMs` is 23:00 UTC; 9 to 17 o'clock in London.
  return fromMs + 10 * 3_600_000 + random.int(0, 8 * 3_600_000);
}

function deployment(random: Random, number: string, environment: number): DeploymentFacts {
  const project = random.pick(PROJECTS as [(typeof PROJECTS)[number], ...typeof PROJECTS]);
  return {
    id: `Deployments-${number}`,
    spaceId: SPACE_ID,
    project,
    release: { id: `Releases-${number}`, name: `2026.${random.int(1, 12)}.${random.int(0, 999)}` },
    environment: ENVIRONMENTS[environment] as (typeof ENVIRONMENTS)[number],
    taskId: `ServerTasks-${number}`,
    channelId: 'Channels-1',
  };
}
