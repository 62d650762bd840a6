/** How a deployment freeze repeats. All of it is on clocks of a fixed offset from UTC, as Octopus stores it. */
export type FreezeRecurrence = {
  /** Local time less UTC, in minutes; it does not follow changes of clocks. */
  readonly offsetMinutes: number;
  readonly pattern: FreezePattern;
  /** Every so many days, weeks, months or years; at least 1. */
  readonly every: number;
  /** No occurrence begins after it; null: without. */
  readonly untilAt: string | null;
  /** So many occurrences, the first one included; null: without end. */
  readonly count: number | null;
};

/** `weekday`: 0 is Monday. `nth`: 1 to 4, or `last`. */
export type FreezePattern =
  | { readonly kind: 'daily' }
  | { readonly kind: 'weekly'; readonly weekdays: readonly number[] }
  | { readonly kind: 'day of month'; readonly day: number | 'last' }
  | { readonly kind: 'weekday of month'; readonly weekday: number; readonly nth: number | 'last' }
  | { readonly kind: 'annually' };

/** A deployment freeze of Octopus. Times are UTC text; `endAt` is exclusive. */
export type DeploymentFreeze = {
  readonly id: string;
  readonly name: string;
  /** The first occurrence. */
  readonly startAt: string;
  readonly endAt: string;
  /** What may not be deployed: to an environment, of a project, for a tenant (null: for any). */
  readonly scopes: readonly {
    readonly projectId: string;
    readonly environmentId: string;
    readonly tenantId: string | null;
  }[];
  readonly recurrence: FreezeRecurrence | null;
};

/** One version of a freeze, and the time for which it is known to have held: `[knownFromAt, goneAt)`; null: without bound. */
export type KnownFreeze = DeploymentFreeze & { readonly knownFromAt: string | null; readonly goneAt: string | null };
