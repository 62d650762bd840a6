import { Worker } from 'node:worker_threads';
import { OctowatchError, UsageError } from '../lib/errors.ts';
import { openReadOnly } from './database-file.ts';
import { prepareReading } from './prepare-reading.ts';
import type { Cell, QueryAnswer, QueryTask } from './query-protocol.ts';

// The process in which one query runs (run-query.ts forks it). It holds no secret and may be killed at any moment.

const ROWS_PER_MESSAGE = 500;
const CHARACTERS_PER_MESSAGE = 1_000_000;
/** Longer BLOBs are shown by their beginning and size. */
const MAX_BLOB_BYTES = 256;

process.once('message', async (message) => {
  try {
    await answer(message as QueryTask);
  } catch (error) {
    await send(failure(error));
  }
  process.disconnect();
});

async function answer(task: QueryTask): Promise<void> {
  killSelfAfter(task.deadlineMs + 1000);
  const db = openReadOnly(task.dbFile);
  const statement = prepareReading(db, task.sql);
  await send({ type: 'columns', columns: statement.columns().map((column) => column.name) });
  let batch: Cell[][] = [];
  let batchCharacters = 0;
  let characters = 0;
  let count = 0;
  let wasCut = false;
  const bound = Array.isArray(task.params) ? task.params : [task.params];
  for (const row of statement
    .raw(true)
    .safeIntegers(true)
    .iterate(...bound)) {
    if (count >= task.maxRows || characters >= task.maxCharacters) {
      wasCut = true;
      break;
    }
    const cells = (row as unknown[]).map(asCell);
    batch.push(cells);
    count += 1;
    for (const cell of cells) batchCharacters += typeof cell === 'string' ? cell.length : 8;
    if (batch.length >= ROWS_PER_MESSAGE || batchCharacters >= CHARACTERS_PER_MESSAGE) {
      characters += batchCharacters;
      await send({ type: 'rows', rows: batch });
      batch = [];
      batchCharacters = 0;
    }
  }
  await send({ type: 'rows', rows: batch });
  await send({ type: 'done', wasCut });
}

/**
 * If the parent was killed, nobody kills this process, and the query that keeps it busy would hold the database's log
 * open for ever. A thread of its own still runs then.
 */
function killSelfAfter(ms: number): void {
  const code = `setTimeout(() => process.kill(${process.pid}, 'SIGKILL'), ${ms})`;
  new Worker(code, { eval: true }).unref();
}

/** Resolves when the parent's pipe took it, so that a large answer does not pile up here. */
function send(answer: QueryAnswer): Promise<void> {
  return new Promise((resolve, reject) => {
    process.send?.(answer, undefined, {}, (error) => (error ? reject(error) : resolve()));
  });
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
  if (value === null || typeof value === 'string') return value;
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
