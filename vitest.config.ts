import { defineConfig } from 'vitest/config';

/** In this order: what shows a simple mistake in seconds comes first. */
const groups = [
  {
    name: 'quick',
    include: ['src/**/*.test.ts', 'test/{architecture,docs}/**/*.test.ts'],
    timeoutMs: 60_000,
  },
  { name: 'simulation', include: ['test/{simulation,original}/**/*.test.ts'], timeoutMs: 120_000 },
  {
    name: 'processes',
    include: ['test/**/*.test.ts'],
    timeoutMs: 120_000,
    globalSetup: ['test/harness/postgres-servers.ts', 'test/harness/network-namespaces.ts'],
  },
];

export default defineConfig({
  test: {
    restoreMocks: true,
    // Most tests wait for other processes, so a small machine can run several files at once.
    maxWorkers: 3,
    projects: groups.map(({ name, include, timeoutMs, globalSetup = [] }, groupOrder) => ({
      extends: true,
      test: {
        name,
        include,
        globalSetup,
        // A test belongs to the first group that includes it.
        exclude: ['**/node_modules/**', ...groups.slice(0, groupOrder).flatMap((earlier) => earlier.include)],
        testTimeout: timeoutMs,
        hookTimeout: timeoutMs,
        sequence: { groupOrder },
      },
    })),
  },
});
