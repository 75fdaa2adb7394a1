/** The PostgreSQL servers that this machine can run, for the tests. */
import { findPostgres, type PostgresBinaries } from '../../src/cli/postgres-binaries.ts';

/** One of each source that there is. */
export function postgresServers(): PostgresBinaries[] {
  return (['system', 'package'] as const).flatMap((source) => {
    try {
      return [findPostgres(source)];
    } catch {
      return [];
    }
  });
}
