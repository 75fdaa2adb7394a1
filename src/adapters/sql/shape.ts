/** Which columns the tables have: an existing installation's may lack those that Ringwatch can do without. */

import { columnsOf } from '../../ports/columns.ts';
import { RegistryError } from '../../ports/registry.ts';
import { type Dialect, sqliteDialect } from './dialect.ts';
import type { SqlExecutor, SqlResult, SqlStatement } from './executor.ts';
import { missingTable } from './sql-error.ts';
import { columnName, optionalColumns, tableNames } from './tables.ts';

type Needed = Readonly<Record<string, readonly string[]>>;

/** Columns of the shared tables that every statement relies on. */
const shared: Needed = {
  dns_nodes: ['id', 'ip_address', 'internal_ip', 'status', 'last_seen'],
  node_health_events: ['id', 'observer_id', 'target_id', 'status', 'created_at'],
};

const needed: Needed = {
  ...shared,
  ...Object.fromEntries(
    (['nodes', 'votes', 'verdicts', 'events', 'operations', 'cluster'] as const).map((name) => [
      tableNames[name],
      Object.keys(columnsOf[name]).map(columnName),
    ]),
  ),
};

/** Reads the columns of all tables, for `missingIn`. */
export function columnsStatement({ schema }: Dialect): SqlStatement {
  return schema.columnsOf(Object.keys({ ...needed, ...schema.needed }));
}

/** The optional columns that `dns_nodes` lacks. Throws `schema` with what is missing when the tables cannot be used. */
export function missingIn({ schema }: Dialect, result: SqlResult | undefined): ReadonlySet<string> {
  const found = checkColumns({ ...needed, ...schema.needed }, result).get('dns_nodes') ?? new Set();
  return new Set([...optionalColumns].filter((name) => !found.has(columnName(name))));
}

/** Throws `schema` when tables with the names of the shared ones are of another program. */
export async function checkSharedTables(executor: SqlExecutor): Promise<void> {
  const { schema } = executor.dialect ?? sqliteDialect;
  const [result] = await executor.read([schema.columnsOf(Object.keys(shared))], 'committed');
  checkColumns(shared, result);
}

/** What to do first: the list of columns may be long. */
function whatIsMissing(table: string, columns: readonly string[]): string {
  const found = `Expected the columns ${columns.join(', ')} in the table ${table}, found none of them`;
  return table.startsWith('ringwatch_')
    ? `Start an agent of this version, which brings the tables of an older one up to date. ${found}. If this is a table of another program, give Ringwatch a database of its own.`
    : `Give Ringwatch a database of its own, or add what the table of another program lacks. ${found}.`;
}

/** The columns of these tables. Throws when some of the needed ones are missing. */
function checkColumns(
  wanted: Needed,
  result: SqlResult | undefined,
): ReadonlyMap<string, ReadonlySet<string>> {
  const columns = new Map<string, Set<string>>();
  for (const { table_name: table, column_name: column } of result?.rows ?? []) {
    const known = columns.get(String(table)) ?? new Set();
    columns.set(String(table), known.add(String(column)));
  }
  for (const [table, names] of Object.entries(wanted)) {
    const found = columns.get(table);
    if (found === undefined) {
      throw new RegistryError('schema', missingTable(table));
    }
    const missing = names.filter((name) => !found.has(name));
    if (missing.length > 0) {
      throw new RegistryError('schema', whatIsMissing(table, missing));
    }
  }
  return columns;
}
