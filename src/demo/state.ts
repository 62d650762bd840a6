import { fullAccess } from './access.ts';
import { type EventLog, openEventLog } from './event-log.ts';
import type { WireFreeze, WirePermissions, WireVariableSet } from './wire.ts';

export type SimulatedUser = {
  readonly id: string;
  readonly username: string;
  readonly displayName: string;
  readonly emailAddress: string;
  readonly isActive: boolean;
  readonly isService: boolean;
  readonly serviceAccountType: 'Standard' | 'Agent';
  readonly createdAt: string;
};

export type SimulatedKey = {
  readonly id: string;
  readonly userId: string;
  readonly purpose: string;
  readonly hint: string;
  readonly createdAt: string;
  readonly expiresAt: string | null;
  readonly lastUsedAt: string | null;
  readonly isLastUsedKnown: boolean;
  readonly accessLevel: 'FullAccess' | 'ReadOnly' | 'Custom';
  readonly actorType: 'User' | 'AiAgent';
};

export type SimulatedSpace = { readonly id: string; readonly name: string; readonly slug: string };

export type SimulatedEnvironment = {
  readonly id: string;
  readonly spaceId: string;
  readonly name: string;
  readonly slug: string;
  readonly tags: readonly string[];
};

export type SimulatedDeployment = {
  readonly id: string;
  readonly spaceId: string;
  readonly projectId: string;
  readonly releaseId: string;
  readonly environmentId: string;
  readonly channelId: string;
  readonly taskId: string;
  readonly createdAt: string;
  /** The start asked for; null for an immediate deployment. */
  readonly queueTime: string | null;
  readonly deployedBy: string;
  readonly deployedById: string;
};

/** What a server of some version can do. Which version brought a field is partly INF: override what a test needs. */
export type Features = {
  /** `LastUsedTimeStamp`, `IsLastUsedTimestampKnown`, `AccessLevel`, `ActorType` on keys; the type of service accounts. */
  readonly keyUsage: boolean;
  /** `ApiKeyId` and `ApiKeyHint` on events. */
  readonly eventKeys: boolean;
  /** `IpAddress` on events (FACT: since 2023.1; the key is absent before). */
  readonly ipAddress: boolean;
  readonly environmentTags: boolean;
  readonly rateLimitHeaders: boolean;
  /** The switch against keys of personal accounts (FACT: since 2023.2.2467, read as 2023.2), and their longest life (INF). */
  readonly apiKeyPolicy: boolean;
  /** `/api/audit-stream` (INF: since 2022.4, when the first kinds of stream are documented). */
  readonly auditStream: boolean;
  /** `/api/deploymentfreezes` in the form with recurrence and tenants (FACT: since 2025.1). */
  readonly deploymentFreezes: boolean;
};

/** One request as the server saw it: the path as received, with the virtual directory and without the query. */
export type SeenRequest = {
  readonly method: string;
  readonly path: string;
  readonly query: Readonly<Record<string, string>>;
  /** Milliseconds since the epoch, by the machine's clock. */
  readonly at: number;
  readonly userAgent: string | null;
};

/** Everything the simulated server knows. All of it may be changed while it runs. */
export type SimulatedState = EventLog & {
  serverVersion: string;
  installationId: string;
  /** Wins over what the version implies. */
  features: Partial<Features>;
  users: SimulatedUser[];
  apiKeys: SimulatedKey[];
  spaces: SimulatedSpace[];
  environments: SimulatedEnvironment[];
  readonly variableSets: Map<string, WireVariableSet>;
  readonly deployments: Map<string, SimulatedDeployment>;
  /** As they go over the wire; served from 2025.1 on. */
  deploymentFreezes: WireFreeze[];
  /** What each user may see; a user without an entry may see everything. */
  readonly permissions: Map<string, WirePermissions>;
  /** Accepted secrets: to the user they belong to and, when the key is listed, to its id. */
  readonly credentials: Map<string, { readonly userId: string; readonly keyId: string | null }>;
  /** Whether people may make API keys of their own. */
  userApiKeysEnabled: boolean;
  /** Whether an audit stream is configured and active. */
  isAuditStreamActive: boolean;
  /** The most rows a page ever has, whatever `take` asks; null for no cap. */
  maxTake: number | null;
  /** What `/api/events` shows when neither `spaces` nor `includeSystem` is given (UNKNOWN on a live server). */
  scopeWithoutParameters: 'spaces' | 'spaces_and_system';
  /** False plays a server on which `spaces` and `includeSystem` no longer act. */
  heedsScopeParameters: boolean;
  /** The server's clock in milliseconds since the epoch, before `clockSkewMs`; shown in the `Date` header. */
  now: () => number;
  clockSkewMs: number;
  /** Compress answers for clients that accept it. */
  gzip: boolean;
  /** Runs before each request is answered, also before a fault; may change the state. */
  onRequest: ((request: SeenRequest) => void | Promise<void>) | null;
  /** From now on the key, named by its secret or its id, is refused and no longer listed. */
  revokeKey(secretOrId: string): void;
};

/** A server with one space and one all-seeing user `Users-1`, whose key is whatever the server is started with. */
export function createSimulatedState(
  init: Partial<Omit<SimulatedState, keyof EventLog | 'revokeKey'>> = {},
): SimulatedState {
  const state: SimulatedState = {
    serverVersion: '2026.3.15600',
    installationId: '00000000-0000-4000-8000-00000000d0c5',
    features: {},
    users: [monitorUser],
    apiKeys: [],
    spaces: [{ id: 'Spaces-1', name: 'Default', slug: 'default' }],
    environments: [],
    variableSets: new Map(),
    deployments: new Map(),
    deploymentFreezes: [],
    permissions: new Map(),
    credentials: new Map(),
    userApiKeysEnabled: true,
    isAuditStreamActive: false,
    maxTake: null,
    scopeWithoutParameters: 'spaces',
    heedsScopeParameters: true,
    now: Date.now,
    clockSkewMs: 0,
    gzip: false,
    onRequest: null,
    ...openEventLog(),
    ...init,
    revokeKey(secretOrId) {
      for (const [secret, credential] of state.credentials) {
        if (secret === secretOrId || credential.keyId === secretOrId) {
          state.credentials.delete(secret);
          state.apiKeys = state.apiKeys.filter((key) => key.id !== credential.keyId);
        }
      }
      state.apiKeys = state.apiKeys.filter((key) => key.id !== secretOrId);
    },
  };
  return state;
}

const monitorUser: SimulatedUser = {
  id: 'Users-1',
  username: 'octowatch',
  displayName: 'Octowatch',
  emailAddress: 'octowatch@example.com',
  isActive: true,
  isService: true,
  serviceAccountType: 'Standard',
  createdAt: '2026-01-05T09:00:00.000Z',
};

/** The features in force: those of the version, unless the state says otherwise. */
export function featuresOf(state: SimulatedState): Features {
  const [major = 0, minor = 0] = state.serverVersion.split('.').map((part) => Number.parseInt(part, 10) || 0);
  const since = (year: number, release: number) => major > year || (major === year && minor >= release);
  return {
    keyUsage: since(2026, 3),
    eventKeys: since(2026, 3),
    ipAddress: since(2023, 1),
    environmentTags: since(2025, 4),
    rateLimitHeaders: since(2026, 3),
    apiKeyPolicy: since(2023, 2),
    auditStream: since(2022, 4),
    deploymentFreezes: since(2025, 1),
    ...state.features,
  };
}

/** What `userId` may see. */
export function permissionsOf(state: SimulatedState, userId: string): WirePermissions {
  return state.permissions.get(userId) ?? fullAccess(state.spaces.map((space) => space.id));
}
