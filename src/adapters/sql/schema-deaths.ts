/** The step of the schema that every SQL database shares: what weighs on the brake, and obituaries. */

import type { SqlStatement } from './statement.ts';

/** How a database names its columns of whole numbers up to 2^53, and of text that is compared by its bytes. */
export interface ColumnTypes {
  readonly integer: string;
  readonly text: string;
}

/** Adds the columns. Rows of before keep what is open; no death of before weighs longer than its recovery. */
export function deathColumns({ integer, text }: ColumnTypes): readonly SqlStatement[] {
  const number = `${integer} NOT NULL DEFAULT 0`;
  const added = {
    nodes: {
      alive_since: number,
      death_order: number,
      open_recoveries: number,
      flap_count: number,
      obituary: text,
    },
    verdicts: { reason: text, is_given_up: 'INTEGER NOT NULL DEFAULT 0' },
    cluster: { released_until: number, released_count: number },
  };
  return [
    ...Object.entries(added).flatMap(([table, columns]) =>
      Object.entries(columns).map(([name, type]) => ({
        sql: `ALTER TABLE ringwatch_${table} ADD COLUMN ${name} ${type}`,
        values: [],
      })),
    ),
    {
      sql: `UPDATE ringwatch_nodes SET alive_since = beat_order, open_recoveries = (SELECT COUNT(*)
        FROM ringwatch_verdicts v WHERE v.node_id = ringwatch_nodes.node_id AND v.resolution IS NULL)`,
      values: [],
    },
  ];
}
