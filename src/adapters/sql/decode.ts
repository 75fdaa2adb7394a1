/** Rows of SQL as rows of the port. A row that cannot be read is left out and told of, so that it hides no other one. */
import { columnsOf } from '../../ports/columns.ts';
import type { Rows } from '../../ports/rows.ts';
import type { Query } from '../../ports/store.ts';
import type { Problems } from '../../registry/problems.ts';
import type { SqlResult, SqlRow, SqlValue } from './executor.ts';
import { kindsOf } from './query-text.ts';
import { tableNames, tableOf } from './tables.ts';

/** The answer to a query from its result. */
export function decodeAnswer({ shape }: Query, { rows }: SqlResult, problems: Problems): unknown {
  if (shape.isCount) return Number(rows[0]?.['count'] ?? 0);
  return rows.map((row) => decodeRow(shape.from, row, problems)).filter((row) => row !== null);
}

const kinds = new Map(
  (Object.keys(columnsOf) as (keyof Rows)[]).map((source) => [source, kindsOf(source)] as const),
);

function decodeRow(
  source: keyof Rows,
  row: SqlRow,
  problems: Problems,
): Readonly<Record<string, unknown>> | null {
  const decoded: Record<string, unknown> = {};
  for (const [column, [name, kind]] of kinds.get(source) ?? []) {
    const value = decodeValue(row[column] ?? null, kind);
    if (value === undefined) {
      report(source, row, name, kind, problems);
      // What is JSON explains something and decides nothing.
      if (!kind.startsWith('json')) return null;
    }
    decoded[name] = value ?? null;
  }
  return decoded;
}

/** Undefined for a value that is not of the kind. */
function decodeValue(value: SqlValue, kind: string): unknown {
  if (value === null) return kind.endsWith('?') || kind === 'json' ? null : undefined;
  switch (kind.replace('?', '')) {
    case 'text':
      // What no database keeps as it is could not be written again.
      return typeof value === 'string' && !value.includes('\u0000') ? value : undefined;
    case 'integer':
      // A larger one was rounded on its way: its row would be found again and again by a number that is not its own.
      return Number.isSafeInteger(value) ? value : undefined;
    case 'boolean':
      return typeof value === 'number' ? value !== 0 : undefined;
    default:
      return typeof value === 'string' ? parseJson(value) : undefined;
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

function report(source: keyof Rows, row: SqlRow, name: string, kind: string, problems: Problems): void {
  const key = row['node_id'] ?? row['id'] ?? row['target_id'] ?? null;
  problems.report(
    tableNames[tableOf(source)],
    key,
    `expected ${kind.replace('?', ' or null')} as its ${name}`,
  );
}
