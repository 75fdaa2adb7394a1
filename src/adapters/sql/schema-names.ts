/**
 * The step of the schema that every SQL database shares: the name of the cluster, a digest of each node's settings, and the
 * attempts that were aborted.
 */

import type { ColumnTypes } from './schema-deaths.ts';
import type { SqlStatement } from './statement.ts';

/** Adds the columns. Rows of before have no name and no digest, and all of their attempts count. */
export function nameColumns({ integer, text }: ColumnTypes): readonly SqlStatement[] {
  return [
    { sql: `ALTER TABLE ringwatch_cluster ADD COLUMN name ${text}`, values: [] },
    { sql: `ALTER TABLE ringwatch_nodes ADD COLUMN settings ${text}`, values: [] },
    {
      sql: `ALTER TABLE ringwatch_verdicts ADD COLUMN aborted_count ${integer} NOT NULL DEFAULT 0`,
      values: [],
    },
  ];
}
