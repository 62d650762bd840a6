export type ActorKind = 'human' | 'service' | 'agent' | 'system';
export type OffHoursReason = 'weekend' | 'night' | 'holiday' | 'freeze';

/** The flat record rules are written against: Octopus's own field names plus derived, dotted ones (docs/taxonomy.md). */
export type FlatRecord = Readonly<Record<string, unknown>>;

/** The derived facts of one event that are stored in columns beside it. Null means "not known" or "does not apply". */
export type Derived = {
  readonly actorKind: ActorKind | null;
  readonly actorName: string | null;
  readonly apiKeyId: string | null;
  readonly apiKeyPurpose: string | null;
  readonly projectId: string | null;
  readonly projectName: string | null;
  readonly environmentId: string | null;
  readonly environmentName: string | null;
  readonly isProduction: boolean | null;
  readonly isOffHours: boolean;
  readonly offHoursReason: OffHoursReason | null;
  /** Name of the calendar that judged it; null for the one of whatever no other is responsible for. */
  readonly calendar: string | null;
  /** The change window that allows it, and its ticket. */
  readonly changeWindow: string | null;
  readonly ticket: string | null;
  /** The freeze it lies in, by name. */
  readonly freeze: string | null;
  readonly releaseVersion: string | null;
  readonly tenantName: string | null;
  readonly deploymentId: string | null;
  readonly subjectAccount: string | null;
  readonly variableSetId: string | null;
};
