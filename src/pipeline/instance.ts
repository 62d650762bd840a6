import type { DetectContext } from '../detect/index.ts';
import { createInventoryIndex, type InventoryIndex, type RegisterIndex } from '../enrich/index.ts';
import type { Clock } from '../lib/clock.ts';
import { OctowatchError } from '../lib/errors.ts';
import type { ServerFacts } from '../model/inventory.ts';
import {
  type EventScope,
  type OctopusClient,
  OctopusError,
  probeEventScope,
  readServerFacts,
} from '../octopus/index.ts';
import type { Store } from '../store/index.ts';
import type { Evaluator, InstanceKnowledge } from './evaluate.ts';

/** Receives what the program has to say; fits a pino logger: static text, data beside it. */
export type Log = {
  debug(data: object, text: string): void;
  info(data: object, text: string): void;
  warn(data: object, text: string): void;
  error(data: object, text: string): void;
};

/** What every stage of one instance's cycle works with. */
export type Instance = {
  readonly id: number;
  readonly name: string;
  readonly url: string;
  readonly client: OctopusClient;
  readonly store: Store;
  readonly evaluator: Evaluator;
  readonly context: DetectContext;
  readonly clock: Clock;
  readonly log: Log;
  /** True for `run --once`, which must not take long over a server that does not answer. */
  readonly isOneShot: boolean;
  /** Throws when the lease was lost; called inside every transaction that stores what was read. */
  readonly assertLease: () => void;
  /** What the company says of its API keys; null without a register. */
  readonly register: RegisterIndex | null;
  scope: EventScope;
  serverVersion: string | null;
  inventory: InventoryIndex;
  /** The server's own words for categories, by id; empty until they were read. */
  categoryNames: ReadonlyMap<string, string>;
  /** Ids of the monitor's own account and keys; empty until they were read. */
  ownIds: ReadonlySet<string>;
};

export function knowledgeOf(instance: Instance): InstanceKnowledge {
  const { id: instanceId, name, inventory, serverVersion, categoryNames, ownIds } = instance;
  return { instanceId, instance: name, inventory, serverVersion, categoryNames, ownIds };
}

/** Now, by the server's clock: windows are asked for in its time. Below a few seconds the difference is measuring noise. */
export function serverNowMs(instance: Instance): number {
  const skewSeconds = instance.client.clockSkewSeconds() ?? 0;
  return instance.clock.now() + (Math.abs(skewSeconds) >= 5 ? Math.round(skewSeconds) * 1000 : 0);
}

/**
 * Makes acquaintance: the server's version and identity, and which form of the events endpoint it takes. Refuses a
 * server other than the one whose events the database holds under this name.
 */
export async function meetServer(instance: Instance, signal: AbortSignal): Promise<void> {
  const facts = await readFacts(instance, signal);
  const row = instance.store.instances.get(instance.name);
  if (row?.installation_id && facts.installationId && row.installation_id !== facts.installationId) {
    throw new OctowatchError(
      `the server of instance ${instance.name} is another installation than the one stored under that name`,
      {
        hint: 'Give the new server another name in octowatch.yaml, or use another database (OCTOWATCH_DB).',
      },
    );
  }
  instance.scope = await probeEventScope(instance.client, signal);
  instance.serverVersion = facts.version;
  instance.store.transaction(() => instance.store.instances.setFacts(instance.id, facts, instance.scope));
  if (instance.scope === 'plain') {
    instance.log.warn(
      { instance: instance.name },
      'the server does not take spaces=all: sign-ins, users and keys may be missing',
    );
  }
}

/** The root document tells which server it is, not what happened on it: without it everything else still works. */
async function readFacts(instance: Instance, signal: AbortSignal): Promise<ServerFacts> {
  try {
    return await readServerFacts(instance.client, signal);
  } catch (error) {
    const isAbsent = error instanceof OctopusError && (error.kind === 'not_found' || error.kind === 'bad_answer');
    if (!isAbsent) throw error;
    instance.log.warn({ instance: instance.name, reason: error.message }, 'the version of the server is not known');
    return { version: null, installationId: null };
  }
}

/** What the database remembers of the server's words and of the monitor's own ids. */
export function rememberedWords(store: Store, instanceId: number): Pick<InstanceKnowledge, 'categoryNames' | 'ownIds'> {
  return {
    categoryNames: store.serverWords.load(instanceId).categories,
    ownIds: new Set(store.instances.ownIds(instanceId)),
  };
}

/** What the database remembers of users, keys and places; names of what has gone are still right for old events. */
export function rememberedInventory(store: Store, instanceId: number): InventoryIndex {
  const stored = {
    ...store.inventory.load(instanceId),
    apiKeys: store.apiKeys.load(instanceId),
    freezes: [],
    access: [],
    readAt: '',
    complete: { users: false, spaces: false, environmentSpaceIds: [], apiKeyUserIds: [], freezes: false },
    problems: [],
  };
  return createInventoryIndex(stored, store.freezes.load(instanceId));
}
