import { statfsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { defineConfig } from 'vitest/config';

/** Where Linux keeps files in memory, and the least that must be free there; a container may have only 64 MB. */
const MEMORY = '/dev/shm';
const LEAST_FREE_BYTES = 2 ** 30;

/**
 * The folder for the databases of the tests. They are committed thousands of times, each upon the word of a disk, which takes
 * its time. Processes are killed in the tests, machines are not: nothing they prove depends on what a disk has kept.
 */
function folderForDatabases(): string {
  try {
    const { bavail, bsize } = statfsSync(MEMORY);
    return bavail * bsize > LEAST_FREE_BYTES ? MEMORY : tmpdir();
  } catch {
    return tmpdir();
  }
}

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    setupFiles: ['test/support/compile-cache.ts'],
    testTimeout: 60_000,
    hookTimeout: 60_000,
    // Much of the suite waits for child processes and sockets: one worker per core less one, the default, leaves both idle.
    maxWorkers: 3,
    // No test changes modules or the environment for others; loading them anew for each file costs a fifth of the time.
    isolate: false,
    // The tests must not depend on the zone of the machine; every zone they need is an argument.
    env: { TZ: 'Pacific/Kiritimati', TMPDIR: folderForDatabases() },
  },
});
