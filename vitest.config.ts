import { defineConfig } from 'vitest/config';

/** In this order: what shows a simple mistake in seconds comes first, and nothing runs beside the processes. */
const groups = [
  {
    name: 'quick',
    include: ['src/**/*.test.ts', 'test/{architecture,docs}/**/*.test.ts'],
    timeoutMs: 20_000,
  },
  { name: 'simulation', include: ['test/{simulation,scenarios}/**/*.test.ts'], timeoutMs: 120_000 },
  { name: 'processes', include: ['test/**/*.test.ts'], timeoutMs: 120_000 },
];

export default defineConfig({
  test: {
    restoreMocks: true,
    projects: groups.map(({ name, include, timeoutMs }, groupOrder) => ({
      extends: true,
      test: {
        name,
        include,
        // A test belongs to the first group that includes it.
        exclude: ['**/node_modules/**', ...groups.slice(0, groupOrder).flatMap((earlier) => earlier.include)],
        testTimeout: timeoutMs,
        hookTimeout: timeoutMs,
        sequence: { groupOrder },
      },
    })),
  },
});
