import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';

const SEPARATOR = '/';

/** A name for this process that no other has, even one that gets the same pid later: host, pid and a random part. */
export function newHolder(): string {
  return [hostname(), process.pid, randomUUID()].join(SEPARATOR);
}

/**
 * True when `holder` was a process of this host that no longer lives. A pid of our own with another random part is
 * dead too: a container's process always has the same pid.
 */
export function isDeadNeighbour(holder: string): boolean {
  const [host, pidText] = holder.split(SEPARATOR);
  if (host !== hostname()) return false;
  const pid = Number(pidText);
  if (!Number.isInteger(pid) || pid <= 0) return true;
  if (pid === process.pid) return true;
  try {
    process.kill(pid, 0);
    return false;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ESRCH';
  }
}
