/** The text form of times in the shared tables: `YYYY-MM-DD HH:MM:SS`, UTC. */
import type { SqlStatement } from './executor.ts';
import { raw } from './sql.ts';

/** A registry time as the shared tables hold it. */
export function timestamp(at: number): string {
  return new Date(at).toISOString().slice(0, 19).replace('T', ' ');
}

/** Whole seconds since 1970, the precision of the shared tables. */
export function wholeSeconds(at: number): number {
  return Math.floor(at / 1000);
}

/**
 * Reads a column's time in whole seconds since 1970: `YYYY-MM-DD HH:MM:SS` and the ISO forms in UTC; NULL when it is
 * neither. For reading statements only: rows of the original differ by a second between the replicas of rqlite,
 * so that nothing that is written may depend on them.
 */
export function secondsOf(column: string): SqlStatement {
  const text = `CAST(${column} AS TEXT)`;
  return raw(
    `CASE WHEN ${text} GLOB '[0-9][0-9][0-9][0-9]-[0-1][0-9]-[0-3][0-9][ T][0-2][0-9]:[0-5][0-9]:[0-5][0-9]*'` +
      ` AND ltrim(substr(${text}, 20), '.0123456789') IN ('', 'Z', 'z', '+00:00', '-00:00', ' +0000 UTC')` +
      ` THEN unixepoch(substr(${text}, 1, 19)) END`,
  );
}
