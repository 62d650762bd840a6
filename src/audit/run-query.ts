import type { ChildProcess } from 'node:child_process';
import { fork } from 'node:child_process';
import { OctowatchError, UsageError } from '../lib/errors.ts';
import { requireDatabaseFile } from './database-file.ts';
import type { Cell, QueryAnswer, QueryParameter, QueryTask } from './query-protocol.ts';

type QueryRequest = {
  readonly dbFile: string;
  /** Exactly one statement that reads. */
  readonly sql: string;
  readonly params?: readonly QueryParameter[] | Readonly<Record<string, QueryParameter>>;
  readonly deadlineMs?: number;
  readonly maxRows?: number;
  readonly signal?: AbortSignal;
};

type QueryResult = {
  readonly columns: readonly string[];
  readonly rows: readonly (readonly Cell[])[];
  /** True when there were more rows than are given here. */
  readonly wasCut: boolean;
  readonly durationMs: number;
};

/** Some 64 MB of text: `maxRows` alone does not bound memory, one cell may hold a gigabyte. */
const MAX_CHARACTERS = 32_000_000;
const CHILD = new URL(`./query-child${import.meta.url.endsWith('.ts') ? '.ts' : '.js'}`, import.meta.url);

/**
 * Runs ad-hoc SQL, read-only, in a process of its own, which is killed at the deadline: a running SQLite query cannot be
 * interrupted from within. Throws UsageError when the query is at fault, with the place where it can be told, and
 * OctowatchError when the file is missing or unreadable, the time is up, or `signal` aborts.
 */
export async function runQuery(request: QueryRequest): Promise<QueryResult> {
  const { dbFile, sql, params = [], deadlineMs = 10_000, maxRows = 10_000, signal } = request;
  requireDatabaseFile(dbFile);
  if (signal?.aborted) throw new OctowatchError('the query was stopped');
  const startedAtMs = performance.now();
  const child = fork(CHILD, [], {
    // Neither our flags nor our environment, which holds the secrets, are the query's business.
    env: {},
    execArgv: ['--max-old-space-size=512', '--disable-warning=ExperimentalWarning'],
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    signal,
    killSignal: 'SIGKILL',
  });
  const timer = setTimeout(() => child.kill('SIGKILL'), deadlineMs);
  try {
    const task: QueryTask = { dbFile, sql, params, deadlineMs, maxRows, maxCharacters: MAX_CHARACTERS };
    const result = await converse(child, task);
    return { ...result, durationMs: performance.now() - startedAtMs };
  } catch (error) {
    if (signal?.aborted) throw new OctowatchError('the query was stopped');
    if (error instanceof ChildEnded && performance.now() - startedAtMs >= deadlineMs) {
      throw new OctowatchError(`the query was stopped after ${deadlineMs / 1000} s`, {
        hint: 'Narrow it by time (occurred_at), or run it with the sqlite3 program on a copy of the database.',
      });
    }
    throw error;
  } finally {
    clearTimeout(timer);
    child.kill('SIGKILL');
  }
}

class ChildEnded extends OctowatchError {
  override readonly name = 'ChildEnded';
}

function converse(child: ChildProcess, task: QueryTask): Promise<Omit<QueryResult, 'durationMs'>> {
  return new Promise((resolve, reject) => {
    let columns: readonly string[] = [];
    const rows: (readonly Cell[])[] = [];
    child.on('message', (message) => {
      const answer = message as QueryAnswer;
      switch (answer.type) {
        case 'columns':
          columns = answer.columns;
          break;
        case 'rows':
          for (const row of answer.rows) rows.push(row);
          break;
        case 'done':
          resolve({ columns, rows, wasCut: answer.wasCut });
          break;
        case 'failed': {
          const Fault = answer.fault === 'usage' ? UsageError : OctowatchError;
          reject(new Fault(answer.message, answer.hint === null ? {} : { hint: answer.hint }));
        }
      }
    });
    child.on('error', reject);
    child.on('close', (code, signal) => {
      reject(
        new ChildEnded(`the query process ended before it answered (${signal ?? `exit code ${code}`})`, {
          hint: 'It probably needed too much memory: select fewer or shorter columns.',
        }),
      );
    });
    child.send(task, (error) => {
      if (error) reject(new ChildEnded('the query process could not be reached', { cause: error }));
    });
  });
}
