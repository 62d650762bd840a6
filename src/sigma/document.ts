import type { Detection } from './detection.ts';
import type { Place } from './mistakes.ts';
import type { Condition } from './read/condition.ts';

export const RULE_STATUSES = ['stable', 'test', 'experimental', 'deprecated', 'unsupported'] as const;
export const RULE_LEVELS = ['informational', 'low', 'medium', 'high', 'critical'] as const;
export const RELATIONS = ['derived', 'obsolete', 'merged', 'renamed', 'similar'] as const;
export type RelatedRule = { readonly id: string; readonly type: (typeof RELATIONS)[number] };
type RuleStatus = (typeof RULE_STATUSES)[number];
type RuleLevel = (typeof RULE_LEVELS)[number];

/** One document of a rule file that has no mistakes in it. */
export type SigmaDocument = SigmaRule | SigmaCorrelation | SigmaFilter;
export type SigmaRule = DocumentHead & {
  readonly kind: 'rule';
  readonly logsource: LogSource;
  readonly detection: Detection;
};
export type SigmaCorrelation = DocumentHead & {
  readonly kind: 'correlation';
  readonly correlation: CorrelationSection;
};
export type SigmaFilter = DocumentHead & {
  readonly kind: 'filter';
  readonly logsource: LogSource;
  readonly filter: FilterSection;
};

/** What every kind of document has. What the file leaves out is null or empty. */
export type DocumentHead = {
  readonly file: string;
  readonly place: Place;
  readonly title: string;
  readonly id: string | null;
  readonly name: string | null;
  readonly status: RuleStatus | null;
  readonly level: RuleLevel | null;
  readonly description: string | null;
  readonly author: string | null;
  readonly date: string | null;
  readonly modified: string | null;
  readonly references: readonly string[];
  readonly tags: readonly string[];
  readonly falsepositives: readonly string[];
  readonly related: readonly RelatedRule[];
  readonly taxonomy: string | null;
  readonly license: string | null;
  readonly scope: readonly string[];
  /** Fields of interest to an analyst; nothing is matched by them. */
  readonly fields: readonly string[];
  /** Every top-level key that is not Sigma's own, as plain values. */
  readonly custom: Readonly<Record<string, unknown>>;
  /** Where something stands, by its path from the top of the document (`['octowatch', 'levels', 0, 'when']`). */
  readonly placeOf: (path: readonly (string | number)[]) => Place;
  /** The document's own text, and the SHA-256 of it in lower-case hexadecimal. */
  readonly source: string;
  readonly sha256: string;
};

/** What a rule is meant for, or what a record comes from. What is unset fits everything. */
export type LogSource = {
  readonly product?: string | undefined;
  readonly service?: string | undefined;
  readonly category?: string | undefined;
};

/** The id or name of a rule as written, and where. */
export type RuleReference = { readonly reference: string; readonly place: Place };

/** The `filter` section as written; references are resolved by `compileRules`. */
export type FilterSection = {
  /** `any`: all rules of the filter's log source. */
  readonly rules: 'any' | readonly RuleReference[];
  readonly detection: Detection;
};

export const CORRELATION_TYPES = [
  ...(['event_count', 'value_count', 'temporal', 'temporal_ordered', 'value_sum', 'value_avg'] as const),
  ...(['value_percentile', 'value_median', 'value_min', 'value_max'] as const),
] as const;
export type CorrelationType = (typeof CORRELATION_TYPES)[number];
export const CONDITION_OPERATORS = ['gt', 'gte', 'lt', 'lte', 'eq', 'neq'] as const;
/** One limit for what a correlation observes: a number of events, of distinct values or rules, or a sum and the like. */
export type Comparison = { readonly operator: (typeof CONDITION_OPERATORS)[number]; readonly value: number };
/** What must hold of a window: all of the comparisons, or an expression over the rules (by reference) that have events in it. */
export type WindowCondition =
  | { readonly kind: 'observed'; readonly comparisons: readonly Comparison[] }
  | { readonly kind: 'present'; readonly expression: Condition };

/** The `correlation` section as written; references are resolved by `compileRules`. */
export type CorrelationSection = {
  readonly type: CorrelationType;
  readonly rules: readonly RuleReference[];
  readonly groupBy: readonly string[];
  /** Alias, to the reference of a rule, to the field that stands for the alias in events of that rule. */
  readonly aliases: ReadonlyMap<string, ReadonlyMap<string, { readonly field: string; readonly place: Place }>>;
  readonly timespanMs: number;
  readonly condition: WindowCondition;
  /** The fields whose values are observed; none for types that observe events and rules. */
  readonly valueFields: readonly string[];
  /** From 0 to 100, for value_percentile. */
  readonly percentile: number;
  /** Whether the rules referred to also yield on their own. */
  readonly generate: boolean;
};
