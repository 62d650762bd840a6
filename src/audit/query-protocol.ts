/** What may be bound to a parameter of a query. Whole numbers are bound as INTEGER. */
export type QueryParameter = string | number | bigint | null;

/** A cell as it leaves the query process: integers beyond 2^53 and infinities as text, BLOBs as SQL literals `x'…'`. */
export type Cell = string | number | null;

/** A parameter on its way into the query process: JSON knows no large integers. */
export type SentParameter = string | number | null | { readonly integer: string };

/** What the parent asks of the child, once. */
export type QueryTask = {
  readonly type: 'task';
  readonly dbFile: string;
  readonly sql: string;
  readonly params: readonly SentParameter[] | Readonly<Record<string, SentParameter>>;
  readonly deadlineMs: number;
  /** 0 for no limit. */
  readonly maxRows: number;
  /** 0 for no limit. */
  readonly maxCharacters: number;
  readonly maxMemoryBytes: number;
  readonly maxTemporaryBytes: number;
};

/** The parent took a batch of rows: the child may send one more. */
export type QueryRequestMessage = QueryTask | { readonly type: 'more' };

/** How many batches may be under way; then the child waits, so that nothing piles up where the reader is slow. */
export const BATCHES_UNDER_WAY = 4;

/** Which limit ended an answer before its last row. */
export type CutReason = 'rows' | 'characters';

/** What the child answers: `columns`, any number of `rows`, then `done`; or `failed` at any point. */
export type QueryAnswer =
  | { readonly type: 'columns'; readonly columns: readonly string[] }
  | { readonly type: 'rows'; readonly rows: readonly (readonly Cell[])[] }
  | { readonly type: 'done'; readonly cut: CutReason | null }
  | {
      readonly type: 'failed';
      readonly message: string;
      readonly hint: string | null;
      /** `usage`: the query is at fault; `database`: the file is. */
      readonly fault: 'usage' | 'database';
    };
