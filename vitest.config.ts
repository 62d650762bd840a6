import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    testTimeout: 20_000,
    // The tests must not depend on the zone of the machine; every zone they need is an argument.
    env: { TZ: 'Pacific/Kiritimati' },
  },
});
