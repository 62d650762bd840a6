import { fstatSync, writeSync } from 'node:fs';
import { isMainThread, Worker, workerData } from 'node:worker_threads';

// A thread beside the query: SQLite keeps the main thread busy, and neither can be asked to stop from within, nor does the
// build we use count SQLite's memory (SQLITE_DEFAULT_MEMSTATUS=0 makes its heap limits do nothing).

/** Why the process of a query ended itself. */
export type WatchdogReason = 'time' | 'memory' | 'disk';

type Limits = {
  /** How long the query may work, from about when it begins; while it waits for its reader the clock stands still. */
  readonly deadlineMs: number;
  readonly maxMemoryBytes: number;
  readonly maxTemporaryBytes: number;
};

type WatchdogTask = Limits & {
  readonly isQueryWatchdog: true;
  readonly parentPid: number;
  /** One number: 1 while the query waits for its reader. */
  readonly waiting: Int32Array<SharedArrayBuffer>;
};

const INTERVAL_MS = 20;
/** What precedes the reason on stderr. */
const MARK = 'octowatch query ended itself: ';
/** SQLite opens its few temporary files early; descriptors above are not looked at. */
const MAX_DESCRIPTORS = 128;

/**
 * Starts a thread that ends this process with SIGKILL when it works longer, needs more memory or more temporary files on
 * disk than allowed, or when its parent is gone (nobody would then end the query, and it would hold the database's log open).
 */
export function startWatchdog(limits: Limits): { setWaiting(isWaiting: boolean): void } {
  const waiting = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));
  const { deadlineMs, maxMemoryBytes, maxTemporaryBytes } = limits;
  const own = { isQueryWatchdog: true, parentPid: process.ppid, waiting } as const;
  const workerData: WatchdogTask = { ...own, deadlineMs, maxMemoryBytes, maxTemporaryBytes };
  new Worker(new URL(import.meta.url), { workerData, execArgv: ['--disable-warning=ExperimentalWarning'] }).unref();
  return { setWaiting: (isWaiting) => void Atomics.store(waiting, 0, isWaiting ? 1 : 0) };
}

/** Reads from a process's stderr why the watchdog ended it; null when it did not. */
export function watchdogReasonIn(stderr: string): WatchdogReason | null {
  const reasons: readonly WatchdogReason[] = ['time', 'memory', 'disk'];
  return reasons.find((reason) => stderr.includes(`${MARK}${reason}`)) ?? null;
}

function watch({ deadlineMs, maxMemoryBytes, maxTemporaryBytes, parentPid, waiting }: WatchdogTask): void {
  let workedMs = 0;
  let lastAtMs = performance.now();
  setInterval(() => {
    const nowMs = performance.now();
    if (Atomics.load(waiting, 0) === 0) workedMs += nowMs - lastAtMs;
    lastAtMs = nowMs;
    if (workedMs > deadlineMs) end('time');
    if (process.memoryUsage.rss() > maxMemoryBytes) end('memory');
    if (temporaryBytes() > maxTemporaryBytes) end('disk');
    if (process.ppid !== parentPid) process.kill(process.pid, 'SIGKILL');
  }, INTERVAL_MS);
}

/** SQLite unlinks its temporary files as soon as they are open; that is how they are told from all others. */
function temporaryBytes(): number {
  let bytes = 0;
  for (let descriptor = 3; descriptor < MAX_DESCRIPTORS; descriptor += 1) {
    try {
      const stats = fstatSync(descriptor);
      if (stats.isFile() && stats.nlink === 0) bytes += stats.size;
    } catch {
      // Not open.
    }
  }
  return bytes;
}

function end(reason: WatchdogReason): void {
  writeSync(2, `${MARK}${reason}\n`);
  process.kill(process.pid, 'SIGKILL');
}

if (!isMainThread && (workerData as Partial<WatchdogTask> | null)?.isQueryWatchdog) watch(workerData as WatchdogTask);
