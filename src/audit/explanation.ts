/** A statement anybody can run, with `octowatch query` or `sqlite3 -readonly`, and what it shows. */
export type Derivation = { readonly shows: string; readonly sql: string };

export type ExplainedFinding = {
  readonly finding_id: number;
  readonly instance: string;
  readonly rule: string;
  readonly level: string;
  readonly title: string;
  readonly subject: string;
  readonly first_seen_at: string;
  readonly last_seen_at: string;
  readonly event_count: number;
  readonly status: string;
  readonly resolution: string | null;
  readonly superseded_by: number | null;
  readonly rule_sha256: string;
  readonly config_sha256: string;
  readonly monitor_version: string;
  readonly created_at: string;
  readonly resolved_at: string | null;
};

/** A version of a rule; `isTextOfHash` is false when the stored text is not the one its hash is of. */
export type ExplainedRule = {
  readonly kind: string;
  readonly sha256: string;
  readonly source: string;
  readonly level: string | null;
  readonly correlation_sql: string | null;
  readonly loaded_from: string;
  readonly loaded_until: string | null;
  readonly isTextOfHash: boolean;
};

/** What a finding rests on. What is not known is null, and `notes` say so. */
export type Explanation = {
  readonly finding: ExplainedFinding;
  readonly why: string | null;
  readonly facts: readonly { readonly label: string; readonly value: string }[];
  readonly rule: ExplainedRule | null;
  readonly configuration: { readonly sha256: string; readonly description: unknown } | null;
  readonly events: readonly { readonly event_id: string; readonly occurred_at: string; readonly isStored: boolean }[];
  readonly derivation: readonly Derivation[];
  readonly notes: readonly string[];
};
