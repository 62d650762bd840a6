/** JSON as an Octopus server sends it: the fields of recorded payloads (2023.1), plus those documented for 2026.3. */
export type WireEvent = {
  readonly Id: string;
  readonly RelatedDocumentIds: readonly string[];
  readonly Category: string;
  readonly UserId: string;
  readonly Username: string;
  readonly IsService: boolean;
  readonly IdentityEstablishedWith: string;
  readonly UserAgent: string;
  /** ISO 8601 with milliseconds and an offset, such as `2026-11-23T07:40:00.000+00:00`. */
  readonly Occurred: string;
  readonly Message: string;
  readonly MessageHtml: string;
  readonly MessageReferences: readonly WireReference[];
  readonly Comments: string | null;
  readonly Details: string | null;
  readonly ChangeDetails: { readonly DocumentContext: unknown; readonly Differences: unknown };
  readonly IpAddress: string | null;
  /** Null for what happens at the level of the system: users, keys, sign-ins. */
  readonly SpaceId: string | null;
  /** The two key fields exist on 2026 servers only; the simulated server leaves them out when it plays an older one. */
  readonly ApiKeyId: string | null;
  readonly ApiKeyHint: string | null;
  readonly Links: { readonly Self: string };
};

export type WireReference = {
  readonly ReferencedDocumentId: string;
  readonly StartIndex: number;
  readonly Length: number;
};

export type WireVariable = {
  readonly Id: string;
  readonly Name: string;
  readonly Value: string | null;
  readonly Description: string;
  readonly Type: string;
  readonly IsSensitive: boolean;
  readonly IsEditable: boolean;
  readonly Prompt: null;
  readonly Scope: Readonly<Record<string, readonly string[]>>;
};

export type WireVariableSet = {
  readonly Id: string;
  readonly OwnerId: string;
  readonly SpaceId: string;
  readonly Version: number;
  readonly Variables: readonly WireVariable[];
};

/** One grant of a space permission; empty lists restrict nothing. */
export type WireGrant = {
  readonly SpaceId: string;
  readonly RestrictedToEnvironmentIds: readonly string[];
  readonly RestrictedToProjectIds: readonly string[];
  readonly RestrictedToProjectGroupIds: readonly string[];
  readonly RestrictedToTenantIds: readonly string[];
};

export type WirePermissions = {
  readonly SpacePermissions: Readonly<Record<string, readonly WireGrant[]>>;
  readonly SystemPermissions: readonly string[];
  readonly Teams: readonly {
    readonly Id: string;
    readonly Name: string;
    readonly SpaceId: string | null;
    readonly IsDirectlyAssigned: boolean;
    readonly ExternalSecurityGroups: readonly string[];
  }[];
  readonly IsPermissionsComplete: boolean;
  readonly IsTeamsComplete: boolean;
};

/** A deployment freeze (FACT: fields of the vendor's documentation, 2026, and of its clients). */
export type WireFreeze = {
  readonly Id: string;
  readonly Name: string;
  readonly Description?: string | null;
  readonly Start: string;
  readonly End: string;
  readonly ProjectEnvironmentScope: Readonly<Record<string, readonly string[]>>;
  readonly TenantProjectEnvironmentScope?: readonly {
    readonly TenantId: string;
    readonly ProjectId: string;
    readonly EnvironmentId: string;
  }[];
  readonly RecurringSchedule?: Readonly<Record<string, unknown>> | null;
};
