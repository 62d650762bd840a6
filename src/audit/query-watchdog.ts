import { fstatSync, writeSync } from 'node:fs';
import { isMainThread, Worker, workerData } from 'node:worker_threads';

// A thread beside the query: SQLite keeps the main thread busy, and neither can be asked to stop from within, nor does the
// build we use count SQLite's memory (SQLITE_DEFAULT_MEMSTATUS=0 makes its heap limits do nothing).

/** Why the process of a query ended itself. */
export type WatchdogReason = 'memory' | 'disk';

type Limits = {
  readonly isQueryWatchdog: true;
  readonly parentPid: number;
  readonly maxMemoryBytes: number;
  readonly maxTemporaryBytes: number;
};

const INTERVAL_MS = 20;
/** What precedes the reason on stderr. */
const MARK = 'octowatch query ended itself: ';
/** SQLite opens its few temporary files early; descriptors above are not looked at. */
const MAX_DESCRIPTORS = 128;

/**
 * Starts a thread that ends this process with SIGKILL when it needs more memory or more temporary files on disk than
 * allowed, or when its parent is gone (nobody would then end the query, and it would hold the database's log open).
 */
export function startWatchdog(limits: { readonly maxMemoryBytes: number; readonly maxTemporaryBytes: number }): void {
  const data: Limits = { isQueryWatchdog: true, parentPid: process.ppid, ...limits };
  new Worker(new URL(import.meta.url), {
    workerData: data,
    execArgv: ['--disable-warning=ExperimentalWarning'],
  }).unref();
}

/** Reads from a process's stderr why the watchdog ended it; null when it did not. */
export function watchdogReasonIn(stderr: string): WatchdogReason | null {
  if (stderr.includes(`${MARK}memory`)) return 'memory';
  return stderr.includes(`${MARK}disk`) ? 'disk' : null;
}

function watch({ parentPid, maxMemoryBytes, maxTemporaryBytes }: Limits): void {
  setInterval(() => {
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

if (!isMainThread && (workerData as Partial<Limits> | null)?.isQueryWatchdog) watch(workerData as Limits);
