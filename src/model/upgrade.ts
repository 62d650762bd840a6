/** One rule that a start has in another version than the start before. */
export type ChangedRule = {
  readonly rule: string;
  /** Whether it is switched on now; what is not finds nothing. */
  readonly isOn: boolean;
  /** What it found as it was: findings of the last 30 days, or API keys that met it; null where it was switched off. */
  readonly before: number | null;
};

/** How many of something were added, changed and removed. */
export type Tally = { readonly added: number; readonly changed: number; readonly removed: number };

/** In what a start differs from the one before: rules that yield findings by name, exceptions by number. */
export type RuleChanges = {
  readonly added: readonly string[];
  readonly changed: readonly ChangedRule[];
  readonly removed: readonly string[];
  readonly exceptions: Tally;
};
