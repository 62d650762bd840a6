import type { DeploymentFreeze } from './freeze.ts';

/** What Octopus says of itself at one moment: who there is, which keys they hold, which places can be deployed to. */
export type Inventory = {
  readonly readAt: string;
  readonly users: readonly User[];
  readonly apiKeys: readonly ApiKey[];
  /** What the accounts that hold keys may do; one whose permissions could not be read is absent. */
  readonly access: readonly OwnerAccess[];
  readonly spaces: readonly Space[];
  readonly environments: readonly Environment[];
  /** The server's deployment freezes, those that are over included. */
  readonly freezes: readonly DeploymentFreeze[];
  /**
   * The lists that were read whole. A list that failed, was forbidden or came in part is absent here, and then changes
   * no state (design: only a complete, successful read opens or resolves). API keys are complete per user.
   */
  readonly complete: {
    readonly users: boolean;
    readonly spaces: boolean;
    /** Ids of the spaces whose environments were read whole. */
    readonly environmentSpaceIds: readonly string[];
    /** Ids of the users whose API keys were read whole. */
    readonly apiKeyUserIds: readonly string[];
    /** Also where the server has no such thing, and the list is empty. */
    readonly freezes: boolean;
  };
  /** What could not be read, in words, for `doctor` and the log. */
  readonly problems: readonly string[];
};

export type User = {
  readonly id: string;
  readonly username: string;
  readonly displayName: string | null;
  readonly isActive: boolean;
  readonly isService: boolean;
  /** `Agent` marks an AI agent's service account (2026 servers); null where the server does not say. */
  readonly serviceAccountType: string | null;
};

export type Space = { readonly id: string; readonly name: string };

export type Environment = {
  readonly id: string;
  readonly spaceId: string | null;
  readonly name: string;
  readonly slug: string | null;
  /** Canonical tag names, `TagSet/Tag`; empty on servers that have none. */
  readonly tags: readonly string[];
};

/** One API key as the server lists it. Times are UTC `YYYY-MM-DDTHH:MM:SS.mmmZ`. */
export type ApiKey = {
  readonly id: string;
  readonly userId: string;
  readonly purpose: string | null;
  readonly hint: string | null;
  readonly createdAt: string | null;
  /** Null: never expires, or the server is too old to know expiry. */
  readonly expiresAt: string | null;
  /**
   * Last use as the server records it (2026 servers): `{known: true, at}` with `at` null for never used; `{known: false}`
   * when the server says it does not know; null when the server has no such field.
   */
  readonly lastUsed: { readonly known: true; readonly at: string | null } | { readonly known: false } | null;
  /** `FullAccess`, `ReadOnly`, `Custom`; null where the server does not say. */
  readonly accessLevel: string | null;
  /** `User` or `AiAgent`; null where the server does not say. */
  readonly actorType: string | null;
};

/** What an account may do, as far as it decides what can be done with its API keys. */
export type OwnerAccess = {
  readonly userId: string;
  /** Sorted. */
  readonly systemPermissions: readonly string[];
  /** Where the permissions of `KEPT_SPACE_PERMISSIONS` are held; one that is held nowhere is no key. */
  readonly spacePermissions: Readonly<Record<string, readonly Grant[]>>;
  /** False when the server says that the monitor may not see all of them: there may be more. */
  readonly isComplete: boolean;
};

/** Where a permission is held: in a space (null: wherever the server has one), in all its environments or in some. */
export type Grant = {
  readonly spaceId: string | null;
  /** Empty: in all environments of the space. Restrictions to projects or tenants are not kept. */
  readonly environmentIds: readonly string[];
};

/**
 * The space permissions that powers are judged by (FACT: names of the vendor's client library). The others are not kept:
 * an administrator holds more than a hundred of them in every space.
 */
export const KEPT_SPACE_PERMISSIONS = [
  'DeploymentCreate',
  'RunbookRunCreate',
  'VariableEdit',
  'VariableEditUnscoped',
  'LibraryVariableSetEdit',
  'TeamEdit',
] as const;

/** What can be done with an API key, in the words of records and views. */
export type KeyPower =
  | 'administer'
  | 'manage_users'
  | 'deploy_production'
  | 'deploy'
  | 'deploy_all_spaces'
  | 'edit_variables';

/** A newer key of the same account and purpose takes the place of a live one (docs/keys.md). */
export type KeyRotation = {
  readonly state: 'overlapping' | 'old_key_used' | 'stalled';
  readonly successorId: string;
  /** Whole days since the successor was made. */
  readonly overlapDays: number;
};

export type KeyOwnerKind = 'human' | 'service' | 'agent';

export type ApiKeyState = 'used' | 'unused' | 'never_used' | 'unknown' | 'expired';

/** What the monitor's own account may see, and the key it does it with. */
export type OwnAccess = {
  readonly userId: string;
  readonly username: string;
  readonly systemPermissions: readonly string[];
  /** Permission name to the restrictions under which it is held, each as canonical JSON. */
  readonly spacePermissions: Readonly<Record<string, readonly string[]>>;
  readonly isComplete: boolean;
};

/** Facts about the server itself, read from its root document. */
export type ServerFacts = {
  readonly version: string | null;
  readonly installationId: string | null;
};
