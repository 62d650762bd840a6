import { OctowatchError, UsageError } from '../lib/errors.ts';
import { requireDatabaseFile } from './database-file.ts';
import { startQueryProcess, tooSlow } from './query-process.ts';
import type { Cell, CutReason, QueryAnswer, QueryParameter, SentParameter } from './query-protocol.ts';

type Row = readonly Cell[];

export type QueryRequest = {
  readonly dbFile: string;
  /** Exactly one statement that reads. */
  readonly sql: string;
  readonly params?: readonly QueryParameter[] | Readonly<Record<string, QueryParameter>>;
  /** How long the query may work; time in which it waits for its reader does not count. */
  readonly deadlineMs?: number;
  /** 0 for no limit. */
  readonly maxRows?: number;
  /** What its process may need of memory, and put on disk for sorting and materialising. */
  readonly maxMemoryBytes?: number;
  readonly maxTemporaryBytes?: number;
  readonly signal?: AbortSignal;
};

export type QuerySummary = {
  readonly rowCount: number;
  /** Which limit ended the answer; null when all rows were given. */
  readonly cut: CutReason | null;
  readonly durationMs: number;
};

/** A query whose columns are known. The batches must be read, to the end or until the loop is left: that ends its process. */
export type RunningQuery = {
  readonly columns: readonly string[];
  readonly batches: AsyncGenerator<readonly Row[], void>;
  /** What was given so far; final when the batches have ended. */
  summary(): QuerySummary;
};

type QueryResult = {
  readonly columns: readonly string[];
  readonly rows: readonly Row[];
  /** True when there were more rows than are given here. */
  readonly wasCut: boolean;
  readonly durationMs: number;
};

export const DEFAULT_DEADLINE_MS = 10_000;
export const DEFAULT_MAX_ROWS = 10_000;
/** Some 64 MB of text: `maxRows` alone does not bound memory, one cell may hold megabytes. */
const MAX_CHARACTERS = 32_000_000;
const DEFAULT_MAX_MEMORY_BYTES = 512 * 1024 * 1024;
/** The monitor needs that disk too. */
const DEFAULT_MAX_TEMPORARY_BYTES = 2 * 1024 * 1024 * 1024;
/** The process ends itself at its deadline; should it not, it is ended when it lets us wait for so much longer, start included. */
const GRACE_MS = 5000;

/**
 * Runs ad-hoc SQL as `streamQuery` does and collects the answer, which is bounded by `maxRows` and some 64 MB. Throws what
 * `streamQuery` throws.
 */
export async function runQuery(request: QueryRequest): Promise<QueryResult> {
  const query = await stream(request, MAX_CHARACTERS);
  const rows: Row[] = [];
  for await (const batch of query.batches) for (const row of batch) rows.push(row);
  const { cut, durationMs } = query.summary();
  return { columns: query.columns, rows, wasCut: cut !== null, durationMs };
}

/**
 * Runs ad-hoc SQL, read-only, in a process of its own, which is killed at the deadline: a running SQLite query cannot be
 * interrupted from within. Rows come in batches, no faster than they are taken, so that an answer of any size needs little
 * memory. Throws (here, or from the batches) UsageError when the query is at fault, with the place where it can be told,
 * and OctowatchError when the file is missing or unreadable, the time or the memory is up, or `signal` aborts.
 */
export function streamQuery(request: QueryRequest): Promise<RunningQuery> {
  return stream(request, 0);
}

async function stream(request: QueryRequest, maxCharacters: number): Promise<RunningQuery> {
  const { dbFile, sql, params = {}, deadlineMs = DEFAULT_DEADLINE_MS, signal } = request;
  requireDatabaseFile(dbFile);
  if (signal?.aborted) throw stopped();
  const startedAtMs = performance.now();
  const child = startQueryProcess({
    type: 'task',
    dbFile,
    sql,
    params: sent(params),
    deadlineMs,
    maxRows: request.maxRows ?? DEFAULT_MAX_ROWS,
    maxCharacters,
    maxMemoryBytes: request.maxMemoryBytes ?? DEFAULT_MAX_MEMORY_BYTES,
    maxTemporaryBytes: request.maxTemporaryBytes ?? DEFAULT_MAX_TEMPORARY_BYTES,
  });
  const limits = createLimits(child.kill, deadlineMs, signal);
  const progress: { rowCount: number; cut: CutReason | null; endedAtMs: number | null } = {
    rowCount: 0,
    cut: null,
    endedAtMs: null,
  };
  const end = () => {
    progress.endedAtMs ??= performance.now();
    limits.end();
    child.kill();
  };
  const next = async () => {
    try {
      return accepted(await limits.waitFor(child.next()));
    } catch (error) {
      end();
      throw limits.reason() ?? error;
    }
  };
  async function* batches(): AsyncGenerator<readonly Row[], void> {
    try {
      for (;;) {
        const answer = await next();
        if (answer.type === 'done') {
          progress.cut = answer.cut;
          return;
        }
        if (answer.type !== 'rows') continue;
        progress.rowCount += answer.rows.length;
        yield answer.rows;
        child.allowMore();
      }
    } finally {
      end();
    }
  }
  const first = await next();
  return {
    columns: first.type === 'columns' ? first.columns : [],
    batches: batches(),
    summary: () => ({
      rowCount: progress.rowCount,
      cut: progress.cut,
      durationMs: Math.round((progress.endedAtMs ?? performance.now()) - startedAtMs),
    }),
  };
}

function accepted(answer: QueryAnswer): QueryAnswer {
  if (answer.type !== 'failed') return answer;
  const Fault = answer.fault === 'usage' ? UsageError : OctowatchError;
  throw new Fault(answer.message, answer.hint === null ? {} : { hint: answer.hint });
}

/** Kills the process when it is aborted, or when it lets us wait for too long; tells which it was. */
function createLimits(kill: () => void, deadlineMs: number, signal: AbortSignal | undefined) {
  let ended: OctowatchError | null = null;
  let leftMs = deadlineMs + GRACE_MS;
  const stop = (reason: OctowatchError) => {
    ended ??= reason;
    kill();
  };
  const onAbort = () => stop(stopped());
  signal?.addEventListener('abort', onAbort, { once: true });
  return {
    reason: () => ended,
    /** Only waiting counts: a reader of ours that is slow takes nothing from the query's time. */
    async waitFor<T>(answer: Promise<T>): Promise<T> {
      const sinceMs = performance.now();
      const timer = setTimeout(() => stop(tooSlow(deadlineMs)), Math.max(1, leftMs));
      try {
        return await answer;
      } finally {
        clearTimeout(timer);
        leftMs -= performance.now() - sinceMs;
      }
    },
    end: () => signal?.removeEventListener('abort', onAbort),
  };
}

function stopped(): OctowatchError {
  return new OctowatchError('the query was stopped');
}

function sent(
  params: readonly QueryParameter[] | Readonly<Record<string, QueryParameter>>,
): readonly SentParameter[] | Record<string, SentParameter> {
  const one = (value: QueryParameter): SentParameter =>
    typeof value === 'bigint' ? { integer: value.toString() } : value;
  if (isList(params)) return params.map(one);
  return Object.fromEntries(Object.entries(params).map(([name, value]) => [name, one(value)]));
}

function isList<T>(params: readonly T[] | Readonly<Record<string, T>>): params is readonly T[] {
  return Array.isArray(params);
}
