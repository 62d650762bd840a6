import type { Level } from './finding.ts';

/** Octowatch's own attributes of a Sigma rule, found under its `octowatch` key (docs/writing-rules.md). */
export type OctowatchAttributes = {
  /** Fields whose values together name what a finding is about; for a correlation the default is its group. */
  readonly subject: readonly string[];
  /** How long after its last event a finding still takes in another one, in milliseconds. */
  readonly windowMs: number;
  readonly levels: readonly LevelAdjustment[];
  /** Title of a finding, with `{Field}` placeholders. */
  readonly summary: string | null;
  /** What was observed against which limit, with placeholders; shown as the reason of an alert. */
  readonly why: string | null;
  readonly respond: readonly string[];
  readonly supersedes: readonly string[];
  /** The field whose one numeric comparison `rules.NAME.threshold` in the configuration replaces; null if none. */
  readonly threshold: string | null;
  readonly examples: RuleExamples;
};

/** The first adjustment whose named selection matches sets the level (and, if given, the summary) of a signal. */
export type LevelAdjustment = {
  readonly when: string;
  readonly level: Level;
  readonly summary: string | null;
  /** Why the level differs, in words, for the alert. */
  readonly because: string | null;
  /** Response steps in place of the rule's own; null to keep those. */
  readonly respond: readonly string[] | null;
};

export type RuleExamples = {
  readonly fires: readonly RuleExample[];
  readonly quiet: readonly RuleExample[];
};

/** Partial records in taxonomy fields, each with a time relative to the example's start. */
export type RuleExample = {
  readonly name: string;
  readonly records: readonly { readonly atMs: number; readonly fields: Readonly<Record<string, unknown>> }[];
  /** Names of exactly the rules that fire, when the example states them. */
  readonly expect: readonly string[] | null;
  /** The level of the rule's own finding, when the example states it. */
  readonly level: Level | null;
};

export type RuleStatus = 'stable' | 'test' | 'experimental' | 'deprecated' | 'unsupported';
