import type { EventRow } from './event-log.ts';

/**
 * Categories the simulated server knows. The Ids of the first block are FACT (samples, vendor scripts). Those of the
 * second are INF, because only names are documented, and of runbook runs and rate limits not even these: look them up by name.
 */
const CATEGORY_NAMES: Readonly<Record<string, string>> = {
  Created: 'Document created',
  Modified: 'Document modified',
  Deleted: 'Document deleted',
  DeploymentQueued: 'Deployment queued',
  DeploymentStarted: 'Deployment started',
  DeploymentResumed: 'Deployment resumed',
  DeploymentSucceeded: 'Deployment succeeded',
  DeploymentFailed: 'Deployment failed',
  LoginSucceeded: 'Login succeeded',
  LoginFailed: 'Login failed',
  MachineHealthy: 'Machine found healthy',
  MachineUnhealthy: 'Machine found unhealthy',
  MachineUnavailable: 'Machine found to be unavailable',
  MachineAdded: 'Machine added',
  MachineDeleted: 'Machine deleted',
  MachineDeploymentRelatedPropertyWasUpdated: 'Deployment-related machine property was updated',
  CertificateExpired: 'Certificate expired',

  CertificatePrivateKeyExported: 'Certificate private-key exported',
  CertificateReplaced: 'Certificate replaced',
  LoginBanned: 'Login Banned',
  ApiKeyExpired: 'API key expired',
  ApiKeyExpiry10DayWarning: 'API key expiry 10-day warning',
  ApiKeyExpiry20DayWarning: 'API key expiry 20-day warning',
  RateLimitExceeded: 'Rate limit exceeded',
  RunbookRunQueued: 'Runbook run queued',
  RunbookRunStarted: 'Runbook run started',
  RunbookRunSucceeded: 'Runbook run succeeded',
  RunbookRunFailed: 'Runbook run failed',
};

export const EVENT_CATEGORIES = Object.entries(CATEGORY_NAMES).map(([Id, Name]) => ({ Id, Name, Links: null }));

export const EVENT_GROUPS: readonly { Id: string; Name: string; EventCategories: readonly string[]; Links: null }[] = [
  { Id: 'Document', Name: 'Document events', EventCategories: ['Created', 'Modified', 'Deleted'], Links: null },
  {
    Id: 'Machine',
    Name: 'Machine events',
    EventCategories: Object.keys(CATEGORY_NAMES).filter((id) => id.startsWith('Machine')),
    Links: null,
  },
  {
    Id: 'MachineHealthChanged',
    Name: 'Machine health changed',
    EventCategories: ['MachineHealthy', 'MachineUnhealthy', 'MachineUnavailable'],
    Links: null,
  },
];

/** Ids of Users, UserRoles, ScopedUserRoles, Deployments, ProjectGroups and Machines are FACT; the others are INF. */
export const DOCUMENT_TYPES = Object.entries({
  Accounts: 'Account',
  ApiKeys: 'Api Key',
  Certificates: 'Certificate',
  DeploymentFreezes: 'Deployment Freeze',
  DeploymentProcesses: 'Deployment Process',
  Deployments: 'Deployment',
  Environments: 'Environment',
  Machines: 'Deployment Target',
  ProjectGroups: 'Project Group',
  Projects: 'Project',
  Releases: 'Release',
  RunbookRuns: 'Runbook Run',
  Runbooks: 'Runbook',
  ScopedUserRoles: 'Scoped User Role',
  Subscriptions: 'Subscription',
  Teams: 'Team',
  Tenants: 'Tenant',
  UserRoles: 'User Role',
  Users: 'User',
  VariableSet: 'Variable Set',
}).map(([Id, Name]) => ({ Id, Name, Links: null }));

/** The user agents seen so far, the server's own first (FACT: documentation, 2026.3). */
export function eventAgents(rows: readonly EventRow[]): readonly unknown[] {
  const seen = new Set(rows.flatMap((row) => (row.event === null ? [] : [row.event.UserAgent])));
  seen.delete('Server');
  return [
    { Id: 'Server', Name: 'Octopus Server task', Links: null },
    ...[...seen].sort().map((agent) => ({ Id: agent, Name: agent, Links: null })),
  ];
}
