import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    testTimeout: 60_000,
    hookTimeout: 60_000,
    // Much of the suite waits for child processes and sockets: one worker per core less one, the default, leaves both idle.
    maxWorkers: 3,
    // The tests must not depend on the zone of the machine; every zone they need is an argument.
    env: { TZ: 'Pacific/Kiritimati' },
  },
});
