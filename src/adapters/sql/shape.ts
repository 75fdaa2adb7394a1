/** Which columns the tables have: an existing installation's may lack those that Ringwatch can do without. */

import { columnsOf } from '../../ports/columns.ts';
import { RegistryError } from '../../ports/registry.ts';
import { sqliteDialect } from './dialect.ts';
import type { SqlExecutor } from './executor.ts';
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

/** The optional columns that `dns_nodes` lacks. Throws `schema` with what is missing when the tables cannot be used. */
export async function missingColumns(executor: SqlExecutor): Promise<ReadonlySet<string>> {
  const columns = await readColumns(executor, {
    ...needed,
    ...(executor.dialect ?? sqliteDialect).schema.needed,
  });
  const found = columns.get('dns_nodes') ?? new Set();
  return new Set([...optionalColumns].filter((name) => !found.has(columnName(name))));
}

/** Throws `schema` when tables with the names of the shared ones are of another program. */
export async function checkSharedTables(executor: SqlExecutor): Promise<void> {
  await readColumns(executor, shared);
}

/** What to do first: the list of columns may be long. */
function missingIn(table: string, columns: readonly string[]): string {
  const found = `Expected the columns ${columns.join(', ')} in the table ${table}, found none of them`;
  return table.startsWith('ringwatch_')
    ? `Start an agent of this version, which brings the tables of an older one up to date. ${found}. If this is a table of another program, give Ringwatch a database of its own.`
    : `Give Ringwatch a database of its own, or add what the table of another program lacks. ${found}.`;
}

/** The columns of these tables. Throws when some of the needed ones are missing. */
async function readColumns(
  executor: SqlExecutor,
  wanted: Needed,
): Promise<ReadonlyMap<string, ReadonlySet<string>>> {
  const [result] = await executor.read(
    [(executor.dialect ?? sqliteDialect).schema.columnsOf(Object.keys(wanted))],
    'committed',
  );
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
      throw new RegistryError('schema', missingIn(table, missing));
    }
  }
  return columns;
}
