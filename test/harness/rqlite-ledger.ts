/**
 * Writes whose effect can be counted: each operation has an id and adds one to a counter, once however often it
 * arrives. What was acknowledged must be there, and the counter must equal the operations.
 */
import { randomUUID } from 'node:crypto';
import type { SqlExecutor, SqlStatement } from '../../src/adapters/sql/executor.ts';
import { RegistryError } from '../../src/ports/registry.ts';

export interface LedgerRun {
  readonly acknowledged: readonly string[];
  readonly failures: readonly RegistryError[];
}

/** Creates the tables, empty. */
export async function createLedger(executor: SqlExecutor): Promise<void> {
  await executor.transact(
    [
      'CREATE TABLE IF NOT EXISTS ledger_operations (id TEXT PRIMARY KEY, writer INTEGER NOT NULL)',
      'CREATE TABLE IF NOT EXISTS ledger_counter (id INTEGER PRIMARY KEY, value INTEGER NOT NULL)',
      'DELETE FROM ledger_operations',
      'DELETE FROM ledger_counter',
      'INSERT INTO ledger_counter VALUES (1, 0)',
    ].map((sql) => ({ sql, values: [] })),
  );
}

/** One operation as a transaction. */
export function operation(id: string, writer: number): SqlStatement[] {
  return [
    {
      sql: 'UPDATE ledger_counter SET value = value + 1 WHERE NOT EXISTS (SELECT 1 FROM ledger_operations WHERE id = ?)',
      values: [id],
    },
    { sql: 'INSERT INTO ledger_operations VALUES (?, ?) ON CONFLICT DO NOTHING', values: [id, writer] },
  ];
}

/** Several writers write one operation after the other until `signal` aborts; a failed one is not repeated. */
export async function writeUntil(
  signal: AbortSignal,
  executors: readonly SqlExecutor[],
  onAcknowledged: () => void = () => {},
): Promise<LedgerRun> {
  const acknowledged: string[] = [];
  const failures: RegistryError[] = [];
  await Promise.all(
    executors.map(async (executor, writer) => {
      while (!signal.aborted) {
        const id = randomUUID();
        try {
          await executor.transact(operation(id, writer));
          acknowledged.push(id);
          onAcknowledged();
        } catch (error) {
          if (!(error instanceof RegistryError)) throw error;
          failures.push(error);
        }
      }
    }),
  );
  return { acknowledged, failures };
}

/** What the ledger holds, as committed. */
export async function readLedger(
  executor: SqlExecutor,
): Promise<{ ids: ReadonlySet<string>; counter: number }> {
  const [operations, counter] = await executor.read(
    [
      { sql: 'SELECT id FROM ledger_operations', values: [] },
      { sql: 'SELECT value FROM ledger_counter', values: [] },
    ],
    'leader',
  );
  return {
    ids: new Set(operations?.rows.map((row) => String(row['id']))),
    counter: Number(counter?.rows[0]?.['value']),
  };
}
