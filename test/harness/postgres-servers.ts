/** The PostgreSQL servers that this machine can run, for the tests; and one line at their end when it can run none. */
import { findPostgres, type PostgresBinaries } from '../../src/cli/postgres-binaries.ts';

/** One of each source that there is. */
export function postgresServers(): PostgresBinaries[] {
  return (['system', 'package'] as const).flatMap((source) => {
    const found = tryToFind(source);
    return typeof found === 'string' ? [] : [found];
  });
}

/** Vitest calls it before the tests: in CI every test must run. */
export function setup(): void {
  const found = tryToFind();
  if (typeof found === 'string' && process.env['CI'] === 'true') throw new Error(found);
}

/** Vitest calls it after the tests. */
export function teardown(): void {
  const found = tryToFind();
  if (typeof found === 'string')
    process.stdout.write(`\nLeft out: the tests of the PostgreSQL registry. ${found}\n`);
}

function tryToFind(source?: PostgresBinaries['source']): PostgresBinaries | string {
  try {
    return findPostgres(source);
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
