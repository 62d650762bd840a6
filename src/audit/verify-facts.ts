import type { Chained } from '../store/index.ts';

/** What does not hold, and where. */
export type Break = {
  readonly problem:
    | 'altered row'
    | 'missing row'
    | 'older row'
    | 'row without link'
    | 'altered link'
    | 'missing link'
    | 'key missing'
    | 'wrong key'
    | 'not sealed'
    | 'checkpoint'
    | 'unfinished'
    | 'schema'
    | 'head';
  readonly link: number | null;
  /** `event Events-12 of default`, `finding 7`. */
  readonly object: string | null;
  /** A sentence without its full stop; text of the database in it is hostile. */
  readonly what: string;
};

export type LinkRow = {
  link: number;
  format: number;
  sealed_by: number | null;
  kind: string;
  object: string;
  instance_id: number | null;
  prior_link: number | null;
  content: Buffer;
  stored_at: string;
  hash: Buffer;
  pruned_by: number | null;
};

/** What was counted so far. `parts` are the rows of other tables that belong to rows of one. */
export type Counts = {
  links: number;
  readonly rows: Record<Chained, number>;
  readonly parts: Record<Chained, number>;
  erased: number;
  pruned: number;
  sealedFrom: { number: number; storedAt: string } | null;
};
