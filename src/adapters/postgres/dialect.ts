/** How PostgreSQL says what a store has to say, where that differs from SQLite. Not for: its tables (schema.ts), or its locks (locks.ts). */
import { type Dialect, sqliteDialect } from '../sql/dialect.ts';
import { locksOf } from './locks.ts';
import { schemaOf } from './schema.ts';

/** The dialect for tables in one schema of a database. */
export function postgresDialect(schema: string): Dialect {
  return {
    isIn: (column) => `${column} = ANY (ARRAY(SELECT json_array_elements_text(?)))`,
    isNotIn: (column) => `${column} <> ALL (ARRAY(SELECT json_array_elements_text(?)))`,
    unchanged:
      'NOT EXISTS (SELECT 1 FROM json_array_elements(?) g LEFT JOIN ringwatch_nodes n ON n.node_id = g.value ->> 0 ' +
      'WHERE COALESCE(n.rev, 0) <> (g.value ->> 1)::bigint)',
    // The word is no number, and the server names it in its error.
    guard: (condition) =>
      `SELECT CAST(CASE WHEN ${condition} THEN '1' ELSE 'ringwatch_moved' END AS integer)`,
    moved: /ringwatch_moved|ringwatch_operations_pkey/,
    // Heartbeats do not wait for each other, so that a place may be seen later than a higher one, or twice. It is seen no
    // later than its heartbeat is done. So a node that beats is silent for no asker: a full watch (R2) has room for a window
    // and for a call's longest duration after that. A row's own places never go back, since each is taken under the lock of
    // that row. A sequence would not do: a promoted standby goes on some numbers above those that it has.
    taken: sqliteDialect.taken,
    // A statement is prepared once for each connection, so that its text is not sent again.
    keepsTexts: false,
    locks: locksOf,
    schema: schemaOf(schema),
  };
}
