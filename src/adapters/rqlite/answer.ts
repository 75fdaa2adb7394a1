/**
 * The JSON of rqlite's answers turned into results. Everything is checked: an error may stand in a body with
 * status 200, at the top or in a statement. A count of 0 is left out.
 */
import type { SqlResult, SqlRow, SqlStatement, SqlValue } from '../sql/executor.ts';
import { clusterFailure, type Failure, nonsense, statementFailure, statusFailure } from './failure.ts';
import type { HttpAnswer } from './transport.ts';

/** One result for each statement, or why there are none. */
export type Decoded = { readonly results: readonly SqlResult[] } | { readonly failure: Failure };

/**
 * Reads the answer to `statements`. The shape is that of rqlite without `associative`. A statement with the
 * error `expectedError` has an empty result.
 */
export function decodeAnswer(
  answer: HttpAnswer,
  statements: readonly SqlStatement[],
  expectedError?: string,
): Decoded {
  if (answer.status !== 200) return { failure: statusFailure(answer) };
  let body: unknown;
  try {
    body = JSON.parse(answer.body);
  } catch {
    return { failure: nonsense('it is not JSON, or was cut off') };
  }
  if (!isRecord(body)) return { failure: nonsense('it is not an object') };
  const error = body['error'];
  if (error !== undefined && error !== '') {
    return { failure: clusterFailure(typeof error === 'string' ? error : JSON.stringify(error)) };
  }
  const given = body['results'];
  if (!Array.isArray(given)) return { failure: nonsense('it has no results') };
  return decodeResults(given, statements, expectedError);
}

function decodeResults(
  given: readonly unknown[],
  statements: readonly SqlStatement[],
  expectedError: string | undefined,
): Decoded {
  const results: SqlResult[] = [];
  for (const [index, statement] of statements.entries()) {
    const one = given[index];
    if (!isRecord(one))
      return { failure: nonsense(`result ${index + 1} of ${statements.length} is missing`) };
    const { error } = one;
    if (typeof error === 'string' && error === expectedError) {
      results.push({ rows: [], changes: 0 });
      continue;
    }
    if (error !== undefined) return { failure: statementFailure(String(error), statement.sql) };
    const result = decodeResult(one);
    if (typeof result === 'string') return { failure: nonsense(result) };
    if ('failure' in result) return result;
    results.push(result);
  }
  return { results };
}

/** A result; the text says what makes it none. */
function decodeResult(one: Readonly<Record<string, unknown>>): SqlResult | string | { failure: Failure } {
  const { columns, values = [], rows_affected: changes = 0 } = one;
  if (typeof changes !== 'number' || !Number.isSafeInteger(changes)) return 'rows_affected is no count';
  if (columns === undefined) return { rows: [], changes };
  if (!Array.isArray(columns) || !Array.isArray(values)) return 'columns or values are no lists';
  const rows: SqlRow[] = [];
  for (const value of values as readonly unknown[]) {
    if (!Array.isArray(value) || value.length !== columns.length) return 'a row has not one value per column';
    const row: Record<string, SqlValue> = {};
    for (const [index, column] of columns.entries()) {
      const cell = toSqlValue(value[index]);
      if (cell === undefined) return `a value of column ${String(column)} is no SQL value`;
      if (typeof cell === 'number' && isRounded(cell, one['types'], index)) {
        const reason = `column ${String(column)} holds the integer ${cell}, which is past 2^53 and would be rounded`;
        return { failure: { code: 'schema', reason } };
      }
      row[String(column)] = cell;
    }
    rows.push(row);
  }
  return { rows, changes: 0 };
}

/** rqlite shows columns that are declared as BOOLEAN as true and false; SQLite knows 1 and 0 only. */
function toSqlValue(value: unknown): SqlValue | undefined {
  if (typeof value === 'boolean') return value ? 1 : 0;
  return value === null || typeof value === 'string' || typeof value === 'number' ? value : undefined;
}

function isRounded(value: number, types: unknown, index: number): boolean {
  if (!Number.isInteger(value) || Number.isSafeInteger(value)) return false;
  return !Array.isArray(types) || types[index] !== 'real';
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
