import { writeFileSync } from 'node:fs';
import { OctowatchError, UsageError } from '../lib/errors.ts';
import { openReadOnly } from './database-file.ts';
import { prepareReading } from './prepare-reading.ts';
import { checkParameters } from './query-parameters.ts';
import {
  BATCHES_UNDER_WAY,
  type Cell,
  type CutReason,
  type QueryAnswer,
  type QueryParameter,
  type QueryRequestMessage,
  type QueryTask,
  type SentParameter,
} from './query-protocol.ts';
import { startWatchdog } from './query-watchdog.ts';

// The process in which one query runs (run-query.ts forks it). It holds no secret and may be killed at any moment.

const ROWS_PER_BATCH = 1000;
const CHARACTERS_PER_BATCH = 250_000;
/** An older batch leaves with its next row, full or not, so that a slow query shows what it has. */
const BATCH_AGE_MS = 250;
/** Longer BLOBs are shown by their beginning and size. */
const MAX_BLOB_BYTES = 256;
/** A longer text is refused: it takes several times its length on its way out, in both processes. */
const MAX_CELL_CHARACTERS = 8_000_000;
const READER_PATIENCE_MS = 300_000;

let batchesAllowed = BATCHES_UNDER_WAY;
let onAllowed: (() => void) | null = null;

process.on('message', async (message) => {
  const request = message as QueryRequestMessage;
  if (request.type === 'more') {
    batchesAllowed += 1;
    onAllowed?.();
    return;
  }
  try {
    await answer(request);
  } catch (error) {
    await send(failure(error));
  }
  process.disconnect();
});

async function answer(task: QueryTask): Promise<void> {
  beFirstToGo();
  const watchdog = startWatchdog(task);
  const db = openReadOnly(task.dbFile);
  // The file cannot be written; these two keep a statement from trying, and functions of the schema from side effects.
  db.pragma('query_only = ON');
  db.pragma('trusted_schema = OFF');
  const statement = prepareReading(db, task.sql);
  const { params } = task;
  const bound = isList(params) ? params.map(received) : [named(task.sql, params)];
  await send({ type: 'columns', columns: statement.columns().map((column) => column.name) });
  const rows = statement
    .raw(true)
    .safeIntegers(true)
    .iterate(...bound) as IterableIterator<unknown[]>;
  await send({ type: 'done', cut: await sendRows(rows, task, watchdog.setWaiting) });
}

async function sendRows(
  rows: Iterable<unknown[]>,
  { maxRows, maxCharacters }: QueryTask,
  setWaiting: (isWaiting: boolean) => void,
): Promise<CutReason | null> {
  let batch: Cell[][] = [];
  let batchCharacters = 0;
  let batchSinceMs = performance.now();
  let characters = 0;
  let count = 0;
  const flush = async () => {
    if (batch.length > 0) {
      const isSent = send({ type: 'rows', rows: batch });
      batchesAllowed -= 1;
      setWaiting(true);
      await withPatience(isSent.then(readerHasRoom));
      setWaiting(false);
    }
    characters += batchCharacters;
    batch = [];
    batchCharacters = 0;
    batchSinceMs = performance.now();
  };
  for (const row of rows) {
    const cut = maxRows > 0 && count >= maxRows ? 'rows' : null;
    const reason = cut ?? (maxCharacters > 0 && characters >= maxCharacters ? 'characters' : null);
    if (reason !== null) {
      await flush();
      return reason;
    }
    const cells = row.map(asCell);
    batch.push(cells);
    count += 1;
    for (const cell of cells) batchCharacters += typeof cell === 'string' ? cell.length : 8;
    const isFull = batch.length >= ROWS_PER_BATCH || batchCharacters >= CHARACTERS_PER_BATCH;
    if (isFull || performance.now() - batchSinceMs >= BATCH_AGE_MS) await flush();
  }
  await flush();
  return null;
}

function readerHasRoom(): Promise<void> | void {
  if (batchesAllowed > 0) return;
  return new Promise((resolve) => {
    onAllowed = resolve;
  });
}

/** Rejects when the reader takes nothing for so long that it is not there any more: the query holds the database's log open. */
async function withPatience(reading: Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const lost = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      const hint = 'Write the answer into a file, then look at the file.';
      reject(new OctowatchError('the query was stopped: nobody read its answer for 5 minutes', { hint }));
    }, READER_PATIENCE_MS);
  });
  await Promise.race([reading, lost]).finally(() => clearTimeout(timer));
}

/** Should the machine run out of memory all the same, Linux ends this process before the monitor. */
function beFirstToGo(): void {
  try {
    writeFileSync('/proc/self/oom_score_adj', '1000');
  } catch {
    // Another system, or one that does not allow it.
  }
}

function send(answer: QueryAnswer): Promise<void> {
  return new Promise((resolve, reject) => {
    process.send?.(answer, undefined, {}, (error) => (error ? reject(error) : resolve()));
  });
}

function named(sql: string, params: Readonly<Record<string, SentParameter>>): Record<string, QueryParameter> {
  const bound = Object.fromEntries(Object.entries(params).map(([name, value]) => [name, received(value)]));
  checkParameters(sql, bound);
  return bound;
}

/** A number of JavaScript would be bound as REAL. */
function received(value: SentParameter): QueryParameter {
  if (typeof value === 'object' && value !== null) return BigInt(value.integer);
  return typeof value === 'number' && Number.isSafeInteger(value) ? BigInt(value) : value;
}

function failure(error: unknown): QueryAnswer {
  if (error instanceof OctowatchError) {
    const fault = error instanceof UsageError ? 'usage' : 'database';
    return { type: 'failed', message: error.message, hint: error.hint, fault };
  }
  const message = error instanceof Error ? error.message : String(error);
  return { type: 'failed', message, hint: null, fault: 'usage' };
}

function asCell(value: unknown): Cell {
  if (typeof value === 'string') {
    if (value.length <= MAX_CELL_CHARACTERS) return value;
    throw new UsageError(`a value of ${value.length} characters is too long to be shown`, {
      hint: `At most ${MAX_CELL_CHARACTERS} are: use substr() or length().`,
    });
  }
  if (value === null) return value;
  if (typeof value === 'bigint') {
    const number = Number(value);
    return Number.isSafeInteger(number) ? number : value.toString();
  }
  if (typeof value === 'number') return Number.isFinite(value) ? value : String(value);
  if (Buffer.isBuffer(value)) {
    if (value.length <= MAX_BLOB_BYTES) return `x'${value.toString('hex')}'`;
    return `x'${value.subarray(0, 32).toString('hex')}…' (${value.length} bytes)`;
  }
  return String(value);
}

function isList<T>(params: readonly T[] | Readonly<Record<string, T>>): params is readonly T[] {
  return Array.isArray(params);
}
