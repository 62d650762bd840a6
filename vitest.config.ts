import { defineConfig } from 'vitest/config';

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
    env: { TZ: 'Pacific/Kiritimati' },
  },
});
