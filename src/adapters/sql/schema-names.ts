/** The step of the schema that every SQL database shares: the name of the cluster, and a digest of each node's settings. */

import type { SqlStatement } from './statement.ts';

/** Adds the columns; `text` is the database's type of text that is compared by its bytes. Versions before write null there. */
export function nameColumns(text: string): readonly SqlStatement[] {
  return [
    { sql: `ALTER TABLE ringwatch_cluster ADD COLUMN name ${text}`, values: [] },
    { sql: `ALTER TABLE ringwatch_nodes ADD COLUMN settings ${text}`, values: [] },
  ];
}
