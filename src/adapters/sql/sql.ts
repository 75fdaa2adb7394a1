/**
 * Writing SQL: a template tag that binds every value, so that an id is never part of the text.
 * Statements compose: one that stands inside another is put in its place with its values.
 */
import { RegistryError } from '../../ports/registry.ts';
import type { SqlStatement, SqlValue } from './statement.ts';

export type SqlPart = SqlValue | boolean | SqlStatement;

const textOf = new WeakMap<TemplateStringsArray, readonly string[]>();

/** A statement, or a part of one. Booleans are bound as 1 and 0. Throws `invalid` for a value that no database keeps as it is. */
export function sql(template: TemplateStringsArray, ...parts: readonly SqlPart[]): SqlStatement {
  let strings = textOf.get(template);
  if (strings === undefined) {
    strings = template.map((text) => text.replace(/\s+/g, ' '));
    textOf.set(template, strings);
  }
  let text = strings[0] ?? '';
  const values: SqlValue[] = [];
  parts.forEach((part, index) => {
    if (typeof part === 'object' && part !== null) {
      text += part.sql;
      values.push(...part.values);
    } else {
      text += '?';
      values.push(bindable(part));
    }
    text += strings[index + 1] ?? '';
  });
  return { sql: text.trim(), values };
}

/** A part of a statement that is text of this program, such as a column's name. Never give it a value. */
export function raw(text: string): SqlStatement {
  return { sql: text, values: [] };
}

/** A value as SQL has it: booleans as 1 and 0. Throws `invalid` for one that no database keeps as it is. */
export function bindable(value: SqlValue | boolean): SqlValue {
  if (typeof value === 'boolean') return value ? 1 : 0;
  if (typeof value === 'number') {
    if (!Number.isFinite(value)) throw refused('a finite number', String(value));
    return Object.is(value, -0) ? 0 : value;
  }
  if (typeof value === 'string') {
    if (value.includes('\u0000'))
      throw refused('text without NUL characters', JSON.stringify(value.slice(0, 60)));
    return value;
  }
  if (value === null) return null;
  throw refused('text, a number or null', typeof value);
}

function refused(expected: string, given: string): RegistryError {
  return new RegistryError(
    'invalid',
    `The registry expected ${expected}, got ${given}; nothing was written.`,
  );
}
