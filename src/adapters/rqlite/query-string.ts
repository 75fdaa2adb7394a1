/**
 * A short query as a part of a request's path, which saves a body and the headers that tell of it. The server takes no
 * parameters there, so values stand in the text as SQLite writes them.
 */
import type { SqlStatement, SqlValue } from '../sql/executor.ts';

/** A longer one is posted: servers and what stands before them limit the length of a path. */
const maxLength = 1_000;

/** The value of the parameter `q`; null for what cannot be sent so, or is too long. */
export function queryText(statements: readonly SqlStatement[]): string | null {
  const [statement] = statements;
  if (statement === undefined || statements.length > 1) return null;
  const { sql, values } = statement;
  const parts = sql.split('?');
  if (parts.length !== values.length + 1 || !values.every(isLiteral)) return null;
  const text = parts
    .map((part, index) => (index === 0 ? part : literal(values[index - 1] ?? null) + part))
    .join('');
  const encoded = text.replace(/[^\w\-.~!$'()*,:@/=[\]]/gu, (character) =>
    character === ' ' ? '+' : encodeURIComponent(character),
  );
  return encoded.length > maxLength ? null : encoded;
}

/** A length of time as the server reads it, in as few characters as there are. */
export function duration(ms: number): string {
  return ms % 1_000 === 0 ? `${ms / 1_000}s` : `${ms}ms`;
}

/** Text without the character that ends it for SQLite and without half a character, and numbers in digits alone. */
function isLiteral(value: SqlValue): boolean {
  if (typeof value === 'number') return Number.isSafeInteger(value) && value >= 0;
  return value === null || !/[\0\p{Surrogate}]/u.test(value);
}

function literal(value: SqlValue): string {
  if (typeof value === 'string') return `'${value.replaceAll("'", "''")}'`;
  return value === null ? 'NULL' : String(value);
}
