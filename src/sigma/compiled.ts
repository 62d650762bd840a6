import type { CorrelationType, SigmaCorrelation, SigmaFilter, SigmaRule, WindowCondition } from './document.ts';
import type { Predicate } from './match/predicates.ts';

/** A detection rule that is ready to be matched. */
export type CompiledRule = {
  /** What it is called everywhere: its name, else its id, else its title. */
  readonly key: string;
  readonly document: SigmaRule;
  /** The fields it looks at, in the order of the file. */
  readonly fields: readonly string[];
  /** False when only correlations use it: its matches are then no result of their own. */
  readonly yieldsOnItsOwn: boolean;
  /** Whether a record matches, whatever log source it comes from. */
  readonly matches: Predicate;
  readonly selectionNames: readonly string[];
  /** The test of one search identifier. Throws when the rule has none of that name: see `selectionNames`. */
  readonly selection: (name: string) => Predicate;
};

/** A correlation with its references resolved. Runs as SQL: see `correlationSql`. */
export type CompiledCorrelation = {
  readonly key: string;
  readonly document: SigmaCorrelation;
  /** What it is about: rules, whose matches it looks at, and correlations, whose hits it does; in the order of the file. */
  readonly rules: readonly CorrelationMember[];
  readonly type: CorrelationType;
  readonly groupBy: readonly string[];
  /** Key of a member to the fields that hold the group's values in its events, in the order of `groupBy`. */
  readonly groupFields: ReadonlyMap<string, readonly string[]>;
  /** Key of a member to the fields whose values are observed in its events; no fields for types that observe none. */
  readonly valueFields: ReadonlyMap<string, readonly string[]>;
  readonly timespanMs: number;
  /** The identifiers of an expression are keys of members. */
  readonly condition: WindowCondition;
  readonly percentile: number;
  /** False when only other correlations use it. */
  readonly yieldsOnItsOwn: boolean;
};
export type CorrelationMember = CompiledRule | CompiledCorrelation;

/** A filter with the rules it is for. A rule then matches where its own condition and `admits` hold. */
export type CompiledFilter = {
  readonly key: string;
  readonly document: SigmaFilter;
  readonly admits: Predicate;
  /** Keys of the rules it applies to. */
  readonly rules: readonly string[];
  /** When it applies, by the time of a record; null: always. */
  readonly inForce: TimeSpan | null;
};

/** From an instant, up to but without another, in milliseconds of the epoch. */
export type TimeSpan = { readonly fromMs: number; readonly untilMs: number };

/** A rule whose own condition holds for a record. */
export type SigmaMatch = {
  readonly rule: CompiledRule;
  /** The `key` of the first filter in force, in the order given, that rejects the match; null when none does and it counts. */
  readonly rejectedBy: string | null;
};
