/** A thing of Octopus by its id and the name it had; the name is null where it is not known. */
export type NamedThing = { readonly id: string; readonly name: string | null };

/** Where something happened, as calendars, change windows and freezes ask for it; null: not known, or there is none. */
export type EventPlace = {
  /** Name of the Octopus instance. */
  readonly instance: string;
  readonly space: NamedThing | null;
  readonly project: NamedThing | null;
  readonly environment:
    | (NamedThing & {
        readonly slug: string | null;
        /** Canonical tag names, `TagSet/Tag`. */
        readonly tags: readonly string[];
      })
    | null;
  readonly tenant: NamedThing | null;
  /** Whether it is a deployment or the run of a runbook, which alone change windows and Octopus's freezes are about. */
  readonly isDeployment: boolean;
};
