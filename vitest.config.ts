import { defineConfig } from 'vitest/config';

/** Tests that start no processes: run first, so that a simple mistake shows in seconds. */
const quick = ['src/**/*.test.ts', 'test/{architecture,docs,scenarios}/**/*.test.ts'];

export default defineConfig({
  test: {
    restoreMocks: true,
    projects: [
      {
        extends: true,
        test: {
          name: 'quick',
          include: quick,
          testTimeout: 20_000,
          hookTimeout: 30_000,
          sequence: { groupOrder: 0 },
        },
      },
      {
        extends: true,
        test: {
          name: 'processes',
          include: ['test/**/*.test.ts'],
          exclude: quick,
          testTimeout: 120_000,
          hookTimeout: 120_000,
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
});
