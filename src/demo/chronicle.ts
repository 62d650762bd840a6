import { loginFailed, loginSucceeded } from './account-events.ts';
import { type Actor, apiKeyActor, sessionActor, systemActor } from './actors.ts';
import {
  type DeploymentFacts,
  deploymentFailed,
  deploymentQueued,
  deploymentStarted,
  deploymentSucceeded,
} from './deployment-events.ts';
import type { Named } from './message-text.ts';
import type { Random } from './random.ts';
import type { SimulatedKey, SimulatedState, SimulatedUser } from './state.ts';
import { addressOf, type Project, type Stage } from './story-cast.ts';
import { applyEdits, type VariableSetEdit, variableSetModified } from './variable-events.ts';
import type { WireEvent } from './wire.ts';

/** A release that gets its number and id when it first shows up: events are told out of order, numbers follow time. */
type ReleaseDraft = () => Named;

/** What the story writes into the audit log; nothing reaches the server before `publish`. */
export type Chronicle = {
  readonly nowMs: number;
  readonly random: Random;
  /** Notes something that happened; what lies at or after `nowMs` is forgotten. `build` runs in order of time. */
  note(atMs: number, build: (eventId: string) => WireEvent): void;
  /** A deployment, from queued to succeeded or failed; of a release of its own unless one is given. */
  deploy(facts: {
    readonly atMs: number;
    readonly actor: Actor;
    readonly project: Project;
    readonly stage: Stage;
    readonly release?: ReleaseDraft;
    /** The start asked for, when it is not at once. */
    readonly startsAtMs?: number;
  }): void;
  editVariables(atMs: number, actor: Actor, setId: string, edits: readonly VariableSetEdit[]): void;
  failSignIn(
    atMs: number,
    account: Pick<SimulatedUser, 'username'> & { readonly id: string | null },
    ip: string,
    userAgent?: string,
  ): void;
  signIn(atMs: number, user: SimulatedUser, isAtHome: boolean): void;
  draftRelease(project: Project): ReleaseDraft;
  /** Hands the events to the server in order of time and returns them. */
  publish(): readonly WireEvent[];
};

/** A person at the portal, from the office or from home. */
export function atPortal(user: SimulatedUser, isAtHome = false): Actor {
  return sessionActor(user, addressOf(user, isAtHome));
}

/** Somebody who uses an API key. */
export function withKey(user: SimulatedUser, key: SimulatedKey, isAtHome = false): Actor {
  return apiKeyActor(user, key, addressOf(user, isAtHome));
}

export function openChronicle(
  state: SimulatedState,
  nowMs: number,
  random: Random,
  owners: ReadonlyMap<string, Named>,
): Chronicle {
  const notes: { readonly atMs: number; readonly build: (eventId: string) => WireEvent }[] = [];
  const eventIds = idAllocator(random);
  const builds = new Map<string, number>();
  let nextNumber = 7001;

  function note(atMs: number, build: (eventId: string) => WireEvent): void {
    if (atMs < nowMs) notes.push({ atMs, build });
  }

  function draftRelease(project: Project): ReleaseDraft {
    let release: Named | null = null;
    return () => {
      if (release === null) {
        const build = (builds.get(project.id) ?? 100) + 1;
        builds.set(project.id, build);
        release = { id: `Releases-${nextNumber++}`, name: `${project.version}.${build}` };
      }
      return release;
    };
  }

  function newDeployment(project: Project, stage: Stage, release: ReleaseDraft): DeploymentFacts {
    const number = nextNumber++;
    return {
      id: `Deployments-${number}`,
      spaceId: project.spaceId,
      project,
      release: release(),
      environment: stage,
      taskId: `ServerTasks-${number + 40_000}`,
      channelId: project.channelId,
    };
  }

  return {
    nowMs,
    random,
    note,
    draftRelease,
    deploy({ atMs, actor, project, stage, release = draftRelease(project), startsAtMs }) {
      const plannedAt = startsAtMs ?? atMs;
      const startedMs = plannedAt + random.int(900, 5000);
      const endedMs = startedMs + random.int(45_000, 380_000);
      const finish = random.chance(0.04) ? deploymentFailed : deploymentSucceeded;
      let deployment: DeploymentFacts | null = null;
      const drafted = () => {
        deployment ??= newDeployment(project, stage, release);
        return deployment;
      };
      note(atMs, (id) => {
        const { taskId, ...facts } = drafted();
        state.deployments.set(facts.id, {
          id: facts.id,
          spaceId: facts.spaceId,
          projectId: project.id,
          releaseId: facts.release.id,
          environmentId: stage.id,
          channelId: facts.channelId,
          taskId,
          createdAt: new Date(atMs).toISOString(),
          queueTime: startsAtMs === undefined ? null : new Date(startsAtMs).toISOString(),
          deployedBy: actor.username,
          deployedById: actor.userId,
        });
        return deploymentQueued({ id, at: atMs, actor, deployment: drafted(), plannedAt });
      });
      note(startedMs, (id) => deploymentStarted({ id, at: startedMs, deployment: drafted() }));
      note(endedMs, (id) => finish({ id, at: endedMs, deployment: drafted() }));
    },
    editVariables(atMs, actor, setId, edits) {
      note(atMs, (id) => {
        const before = state.variableSets.get(setId);
        if (!before) throw new Error(`no variable set ${setId}`);
        state.variableSets.set(setId, applyEdits(before, edits));
        const owner = owners.get(before.OwnerId) ?? { id: before.OwnerId, name: before.OwnerId };
        return variableSetModified({ id, at: atMs, actor, before, owner, edits });
      });
    },
    failSignIn(atMs, account, ipAddress, userAgent) {
      note(atMs, (id) =>
        loginFailed({
          id,
          at: atMs,
          username: account.username,
          userId: account.id,
          ipAddress,
          ...(userAgent === undefined ? {} : { userAgent }),
        }),
      );
    },
    signIn(atMs, user, isAtHome) {
      note(atMs, (id) => loginSucceeded({ id, at: atMs, user, ipAddress: addressOf(user, isAtHome) }));
    },
    publish() {
      notes.sort((a, b) => a.atMs - b.atMs);
      const events = notes.map(({ build }) => build(eventIds()));
      for (const event of events) state.addEvent(event);
      return events;
    },
  };
}

/** Deployments that nobody in particular asked for. */
export const triggerActor: Actor = systemActor;

/** Two nodes that each take ids from blocks of their own: ids have gaps and do not follow time (FACT: vendor's allocator). */
function idAllocator(random: Random): () => string {
  const blockSize = 20;
  let nextBlock = 310_000;
  const nodes = [0, 0].map(() => ({ next: 0, end: 0 }));
  return () => {
    const node = nodes[random.int(0, 1)];
    if (!node) throw new Error('no node');
    if (node.next === node.end) {
      node.next = nextBlock;
      node.end = nextBlock + blockSize;
      nextBlock += blockSize;
    }
    const id = `Events-${node.next}`;
    node.next += 1;
    return id;
  };
}
