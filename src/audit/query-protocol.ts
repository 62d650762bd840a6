/** What may be bound to a parameter of a query. */
export type QueryParameter = string | number | null;

/** A cell as it leaves the query process: integers beyond 2^53 and infinities as text, BLOBs as SQL literals `x'…'`. */
export type Cell = string | number | null;

/** What the parent asks of the child, once. */
export type QueryTask = {
  readonly dbFile: string;
  readonly sql: string;
  readonly params: readonly QueryParameter[] | Readonly<Record<string, QueryParameter>>;
  readonly deadlineMs: number;
  readonly maxRows: number;
  readonly maxCharacters: number;
};

/** What the child answers: `columns`, any number of `rows`, then `done`; or `failed` at any point. */
export type QueryAnswer =
  | { readonly type: 'columns'; readonly columns: readonly string[] }
  | { readonly type: 'rows'; readonly rows: readonly (readonly Cell[])[] }
  | { readonly type: 'done'; readonly wasCut: boolean }
  | {
      readonly type: 'failed';
      readonly message: string;
      readonly hint: string | null;
      /** `usage`: the query is at fault; `database`: the file is. */
      readonly fault: 'usage' | 'database';
    };
