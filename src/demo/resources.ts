import {
  featuresOf,
  type SimulatedDeployment,
  type SimulatedEnvironment,
  type SimulatedKey,
  type SimulatedSpace,
  type SimulatedState,
  type SimulatedUser,
} from './state.ts';
import type { WireVariableSet } from './wire.ts';

/** Renders the server's documents as JSON; `prefix` is the virtual directory, which links carry too. */
export type Rendering = { readonly state: SimulatedState; readonly prefix: string; readonly readerId: string };

export function rootResource({ state, prefix }: Pick<Rendering, 'state' | 'prefix'>): unknown {
  return {
    Application: 'Octopus Deploy',
    Version: state.serverVersion,
    ApiVersion: '3.0.0',
    InstallationId: state.installationId,
    IsEarlyAccessProgram: false,
    HasLongTermSupport: true,
    Links: {
      Self: `${prefix}/api`,
      Authentication: `${prefix}/api/authentication`,
      CurrentUser: `${prefix}/api/users/me`,
      Events: `${prefix}/api/events{/id}{?skip,regarding,regardingAny,user,users,projects,projectGroups,environments,eventGroups,eventCategories,eventAgents,tags,tenants,from,to,internal,fromAutoId,toAutoId,documentTypes,asCsv,take,ids,spaces,includeSystem,excludeDifference}`,
      Spaces: `${prefix}/api/spaces{/id}{?skip,ids,take,partialName}`,
      Users: `${prefix}/api/users{/id}{?skip,take,ids,filter}`,
      Web: `${prefix}/app`,
    },
  };
}

/** How people sign in, and what is allowed of API keys (FACT: documentation, 2026.3). */
export function authenticationResource({ state }: Pick<Rendering, 'state'>): unknown {
  return {
    AuthenticationProviders: [{ Name: 'Octopus', IdentityType: 'UsernamePassword', FormsLoginEnabled: true }],
    AutoLoginEnabled: false,
    ...(featuresOf(state).apiKeyPolicy
      ? { UserApiKeysEnabled: state.userApiKeysEnabled, ApiKeyDefaultExpiryDays: 180, ApiKeyMaxExpiryDays: 366 }
      : {}),
  };
}

/** FACT: both fields (ISS#8121); what the configuration holds is UNKNOWN. */
export function auditStreamResource({ state }: Pick<Rendering, 'state'>): unknown {
  return { Active: state.isAuditStreamActive, StreamConfigurationResource: null };
}

export function userResource({ state, prefix, readerId }: Rendering, user: SimulatedUser): unknown {
  const self = `${prefix}/api/users/${user.id}`;
  return {
    Id: user.id,
    Username: user.username,
    DisplayName: user.displayName,
    IsActive: user.isActive,
    IsService: user.isService,
    ...(featuresOf(state).keyUsage && user.isService ? { ServiceAccountType: user.serviceAccountType } : {}),
    EmailAddress: user.emailAddress,
    CanPasswordBeEdited: !user.isService,
    IsRequestor: user.id === readerId,
    Created: user.createdAt.replace('Z', '+00:00'),
    Identities: [],
    Links: { Self: self, Permissions: `${self}/permissions`, ApiKeys: `${self}/apikeys{/id}{?skip,take}` },
  };
}

/** An API key as a list shows it: never the key, only its first characters (FACT: documentation, 2026.3). */
export function apiKeyResource({ state, prefix }: Rendering, key: SimulatedKey): unknown {
  return {
    Id: key.id,
    Purpose: key.purpose,
    UserId: key.userId,
    ApiKey: { HasValue: true, Hint: key.hint, NewValue: null },
    Created: key.createdAt.replace('Z', '+00:00'),
    Expires: key.expiresAt?.replace('Z', '+00:00') ?? null,
    ...(featuresOf(state).keyUsage
      ? {
          LastUsedTimeStamp: key.lastUsedAt?.replace('Z', '+00:00') ?? null,
          IsLastUsedTimestampKnown: key.isLastUsedKnown,
          AccessLevel: key.accessLevel,
          ActorType: key.actorType,
        }
      : {}),
    Links: { Self: `${prefix}/api/users/${key.userId}/apikeys/${key.id}` },
  };
}

export function spaceResource({ prefix }: Rendering, space: SimulatedSpace): unknown {
  return {
    Id: space.id,
    Name: space.name,
    Slug: space.slug,
    Description: null,
    IsDefault: space.id === 'Spaces-1',
    IsPrivate: false,
    TaskQueueStopped: false,
    SpaceManagersTeams: ['teams-administrators', 'teams-managers', `teams-spacemanagers-${space.id}`],
    SpaceManagersTeamMembers: [],
    Icon: null,
    ExtensionSettings: [],
    Links: {
      Self: `${prefix}/api/spaces/${space.id}`,
      SpaceHome: `${prefix}/api/${space.id}`,
      Web: `${prefix}/app#/spaces/${space.id}`,
    },
  };
}

export function environmentResource({ state, prefix }: Rendering, environment: SimulatedEnvironment): unknown {
  return {
    Id: environment.id,
    SpaceId: environment.spaceId,
    Slug: environment.slug,
    Name: environment.name,
    Description: '',
    SortOrder: state.environments.indexOf(environment),
    UseGuidedFailure: false,
    AllowDynamicInfrastructure: false,
    ...(featuresOf(state).environmentTags ? { EnvironmentTags: environment.tags } : {}),
    ExtensionSettings: [],
    Links: { Self: `${prefix}/api/${environment.spaceId}/environments/${environment.id}` },
  };
}

/** A set as its page shows it: sensitive values read as null (INF). */
export function variableSetResource({ prefix }: Rendering, set: WireVariableSet): unknown {
  return {
    ...set,
    Variables: set.Variables.map((each) => (each.IsSensitive ? { ...each, Value: null } : each)),
    ScopeValues: {},
    Links: { Self: `${prefix}/api/${set.SpaceId}/variables/${set.Id}` },
  };
}

export function deploymentResource({ state, prefix }: Rendering, deployment: SimulatedDeployment): unknown {
  const { spaceId } = deployment;
  const environment = state.environments.find((each) => each.id === deployment.environmentId);
  return {
    Id: deployment.id,
    SpaceId: spaceId,
    ReleaseId: deployment.releaseId,
    ChannelId: deployment.channelId,
    EnvironmentId: deployment.environmentId,
    TenantId: null,
    ProjectId: deployment.projectId,
    TaskId: deployment.taskId,
    Name: `Deploy to ${environment?.name ?? deployment.environmentId}`,
    Comments: null,
    Created: deployment.createdAt.replace('Z', '+00:00'),
    QueueTime: deployment.queueTime?.replace('Z', '+00:00') ?? null,
    QueueTimeExpiry: null,
    DeployedBy: deployment.deployedBy,
    DeployedById: deployment.deployedById,
    Priority: 'LifecycleDefault',
    UseGuidedFailure: false,
    SkipActions: [],
    SpecificMachineIds: [],
    ExcludedMachineIds: [],
    FailureEncountered: false,
    ChangeRequestSettings: null,
    Links: { Self: `${prefix}/api/${spaceId}/deployments/${deployment.id}` },
  };
}
