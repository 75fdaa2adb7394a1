/** Where databases differ in their SQL: what a store over SQL asks of each, and the answers of SQLite, which rqlite shares. */
import type { Commit, Taken } from '../../ports/store.ts';
import { type Migration, migrations, migrationsTable, sharedTables } from './schema.ts';
import { sql } from './sql.ts';
import type { SqlStatement } from './statement.ts';

/** How one kind of database says what a store has to say. */
export interface Dialect {
  /** That a column's text is in a list, or is not; the list is bound as JSON text. */
  isIn(column: string): string;
  isNotIn(column: string): string;
  /** That nodes, bound as a list of pairs in JSON text, still have these revisions; a node without a row has 0. */
  readonly unchanged: string;
  /** A statement that fails, and its transaction with it, unless the condition holds. */
  guard(condition: string): string;
  /** What the database says when a guard fails, or when an operation is known. */
  readonly moved: RegExp;
  /** What is taken, as an expression. The fence is the cluster's, which the commit has raised before. */
  readonly taken: Readonly<Record<Taken['counter'], string>>;
  /** Whether the texts of queries and commits may be kept in the database under short names (view.ts, procedure.ts). */
  readonly keepsTexts: boolean;
  /** What a commit does before its guards, so that they see every commit before it. */
  locks(commit: Commit): readonly SqlStatement[];
  readonly schema: DatabaseSchema;
}

/** How the tables are made and found. */
export interface DatabaseSchema {
  /** What each step does first. */
  readonly before: readonly SqlStatement[];
  readonly migrationsTable: SqlStatement;
  readonly sharedTables: Readonly<Record<string, readonly SqlStatement[]>>;
  readonly migrations: readonly Migration[];
  /** Beside those that every database has. */
  readonly needed: Readonly<Record<string, readonly string[]>>;
  /** Reads the names of all tables, views and triggers, as `name`. */
  readonly tables: SqlStatement;
  /** Reads the columns of tables and views, as `table_name` and `column_name`. */
  columnsOf(tables: readonly string[]): SqlStatement;
}

/** SQLite's own. */
export const sqliteDialect: Dialect = {
  // By statistics, which rqlite gathers, the whole table would be read where most rows are of nodes that are gone.
  isIn: (column) => `likelihood(${column} IN (SELECT value FROM json_each(?)), 0.001)`,
  isNotIn: (column) => `${column} NOT IN (SELECT value FROM json_each(?))`,
  unchanged:
    'NOT EXISTS (SELECT 1 FROM json_each(?) g LEFT JOIN ringwatch_nodes n ON n.node_id = g.value ->> 0 ' +
    'WHERE COALESCE(n.rev, 0) <> g.value ->> 1)',
  // An insert, so that it cannot pass for want of the row.
  guard: (condition) =>
    `INSERT INTO ringwatch_guard (id, is_open) VALUES (1, CASE WHEN ${condition} THEN 1 ELSE 0 END)` +
    ' ON CONFLICT (id) DO UPDATE SET is_open = excluded.is_open',
  moved: /constraint failed: (ringwatch_moved|ringwatch_operations\.operation_id)/,
  // The next heartbeat's place is above that of each row, and no counter is kept for it.
  //
  // So a place can come twice, once its row was deleted: by a prune, or by hand. It does no harm. An observer compares
  // places with one of its own heartbeats. While its row stands, the highest place is that one or a later one, so each
  // heartbeat after it gets a higher place. When its row is gone its epoch is over, and it begins another one. If it then
  // finds its own place lower than it was, it takes no node for silent, as after a restored backup.
  taken: {
    fence: '(SELECT fence FROM ringwatch_cluster)',
    beat: '(SELECT COALESCE(MAX(beat_order),0)+1 FROM ringwatch_nodes)',
  },
  keepsTexts: true,
  // Commits are serial.
  locks: () => [],
  schema: {
    before: [],
    migrationsTable,
    sharedTables,
    migrations,
    needed: { ringwatch_guard: ['is_open'] },
    tables: sql`SELECT name FROM sqlite_master WHERE type IN ('table', 'view', 'trigger')`,
    columnsOf: (tables) => sql`SELECT m.name AS table_name, c.name AS column_name
      FROM sqlite_master m JOIN pragma_table_info(m.name) c
      WHERE m.type IN ('table', 'view') AND m.name IN (SELECT value FROM json_each(${JSON.stringify(tables)}))`,
  },
};
