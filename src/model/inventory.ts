/** What Octopus says of itself at one moment: who there is, which keys they hold, which places can be deployed to. */
export type Inventory = {
  readonly readAt: string;
  readonly users: readonly User[];
  readonly apiKeys: readonly ApiKey[];
  readonly spaces: readonly Space[];
  readonly environments: readonly Environment[];
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
