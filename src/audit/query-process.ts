import { type ChildProcess, fork } from 'node:child_process';
import { getCompileCacheDir } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { OctowatchError } from '../lib/errors.ts';
import type { QueryAnswer, QueryTask } from './query-protocol.ts';
import { watchdogReasonIn } from './query-watchdog.ts';

const CHILD = new URL(`./query-child${import.meta.url.endsWith('.ts') ? '.ts' : '.js'}`, import.meta.url);
const MEGABYTE = 1024 * 1024;
const MAX_STDERR_CHARACTERS = 16_384;

/** The process of one query: what it answers, in order. */
export type QueryProcess = {
  /** The next answer, awaited; rejects with OctowatchError when the process ended before it said `done` or `failed`. */
  next(): Promise<QueryAnswer>;
  /** Lets the process send one more batch of rows. */
  allowMore(): void;
  /** Ends it at once; further answers do not come. */
  kill(): void;
};

/**
 * Forks the process and gives it its task. Neither our flags nor our environment, which holds the secrets, are its
 * business; only where temporary files go is handed on, and where compiled code lies when this process keeps it.
 */
export function startQueryProcess(task: QueryTask): QueryProcess {
  const child = fork(CHILD, [], {
    env: { ...temporaryFolder(), ...compileCache() },
    execArgv: ['--max-old-space-size=256', '--max-semi-space-size=2', '--disable-warning=ExperimentalWarning'],
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  });
  const answers: QueryAnswer[] = [];
  let ended: OctowatchError | null = null;
  let wake: (() => void) | null = null;
  const end = (error: OctowatchError) => {
    ended ??= error;
    wake?.();
  };
  child.on('message', (message) => {
    answers.push(message as QueryAnswer);
    wake?.();
  });
  child.on('error', (cause) => end(new OctowatchError('the query process could not be started', { cause })));
  onEnd(child, (stderr, how) => end(endingOf(stderr, how, task)));
  child.send(task, (cause) => {
    if (cause) end(new OctowatchError('the query process could not be reached', { cause }));
  });
  return {
    async next() {
      for (;;) {
        const answer = answers.shift();
        if (answer) return answer;
        if (ended) throw ended;
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
    },
    allowMore() {
      if (child.connected) child.send({ type: 'more' }, () => undefined);
    },
    kill() {
      child.kill('SIGKILL');
    },
  };
}

/** Left to itself SQLite prefers /var/tmp, which is a disk where /tmp may be memory. */
function temporaryFolder(): NodeJS.ProcessEnv {
  const folder = tmpdir();
  return folder === '/tmp' ? {} : { TMPDIR: folder };
}

/** Nothing unless somebody started this process with NODE_COMPILE_CACHE; Node adds its version to that folder's name. */
function compileCache(): NodeJS.ProcessEnv {
  const folder = getCompileCacheDir();
  return folder === undefined ? {} : { NODE_COMPILE_CACHE: path.dirname(folder) };
}

/** Ended is a process of which nothing more can come: it is gone, and so is what it still had to say. */
function onEnd(child: ChildProcess, end: (stderr: string, how: string) => void): void {
  let stderr = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    if (stderr.length < MAX_STDERR_CHARACTERS) stderr += text;
  });
  child.on('close', (code, signal) => {
    const report = () => end(stderr, signal ?? `exit code ${code}`);
    if (child.connected) child.once('disconnect', report);
    else report();
  });
}

function endingOf(stderr: string, how: string, task: QueryTask): OctowatchError {
  const isHeap = /heap out of memory|allocation failed/i.test(stderr);
  const reason = watchdogReasonIn(stderr) ?? (isHeap ? 'memory' : null);
  if (reason === 'time') return tooSlow(task.deadlineMs);
  if (reason === 'memory') {
    return new OctowatchError(
      `the query was stopped because it needed more than ${megabytes(task.maxMemoryBytes)} of memory`,
      {
        hint: 'Select fewer or shorter columns, or narrow it by time (occurred_at). The database is unharmed.',
      },
    );
  }
  if (reason === 'disk') {
    return new OctowatchError(
      `the query was stopped because it needed more than ${megabytes(task.maxTemporaryBytes)} of temporary files`,
      {
        hint: 'Sort or join fewer rows: narrow it by time (occurred_at). The database is unharmed.',
      },
    );
  }
  return new OctowatchError(`the query process ended before it answered (${how})`, {
    hint: 'It probably needed too much memory, or nests too deeply: make it simpler. The database is unharmed.',
  });
}

/** The error of a query that is over its deadline. */
export function tooSlow(deadlineMs: number): OctowatchError {
  return new OctowatchError(`the query was stopped after ${deadlineMs / 1000} s`, {
    hint: 'Narrow it by time (occurred_at), give it longer with --deadline, or ask a copy of the database.',
  });
}

function megabytes(bytes: number): string {
  return `${Math.round(bytes / MEGABYTE).toLocaleString('en')} MB`;
}
