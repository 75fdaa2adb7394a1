/** Queries and writes as SQL. The text of a query depends on its shape alone, so that a database may prepare it once. */
import { columnsOf, keyOf } from '../../ports/columns.ts';
import type { Rows, TableName } from '../../ports/rows.ts';
import {
  type Guard,
  Plus,
  type Query,
  type QueryShape,
  Taken,
  type Value,
  type Write,
} from '../../ports/store.ts';
import { type Dialect, sqliteDialect } from './dialect.ts';
import type { SqlStatement, SqlValue } from './executor.ts';
import { bindable } from './sql.ts';
import { columnName, optionalColumns, sourceOf, tableNames } from './tables.ts';

/** Makes statements for one database, which may lack some columns of `dns_nodes`. */
export class QueryTexts {
  readonly #missing: ReadonlySet<string>;
  readonly #dialect: Dialect;
  readonly #texts = new WeakMap<QueryShape, string>();

  constructor(missing: ReadonlySet<string>, dialect: Dialect = sqliteDialect) {
    this.#missing = missing;
    this.#dialect = dialect;
  }

  /** The rows of a query, or their number as `count`. */
  select({ shape, values }: Query): SqlStatement {
    return { sql: this.#textOf(shape), values: values.map(bound) };
  }

  #textOf(shape: QueryShape): string {
    const known = this.#texts.get(shape);
    if (known !== undefined) return known;
    const text = this.#makeText(shape);
    this.#texts.set(shape, text);
    return text;
  }

  #makeText(shape: QueryShape): string {
    if (shape.isCount) return countText(shape, this.#missing, 'COUNT(*) AS count', this.#dialect);
    const all = (columns: ReadonlyMap<string, string>): string =>
      [...columns].map(([name, expression]) => `${expression} AS ${columnName(name)}`).join(', ');
    return rowsText(shape, this.#missing, all, this.#dialect);
  }

  /** The conditions that all guards hold; revisions are one, however many nodes they are of. */
  guards(guards: readonly Guard[]): SqlStatement[] {
    const revisions = guards.flatMap((guard) => (guard.kind === 'revs' ? guard.revs : []));
    const counts = guards.flatMap((guard) => {
      if (guard.kind === 'revs') return [];
      const { sql, values } = this.select(guard.query);
      return [{ sql: `(${sql}) BETWEEN ? AND ?`, values: [...values, guard.atLeast, guard.atMost] }];
    });
    return revisions.length === 0
      ? counts
      : [{ sql: this.#dialect.unchanged, values: [bound(revisions)] }, ...counts];
  }

  /** One change of a table. */
  write(write: Write): SqlStatement {
    switch (write.kind) {
      case 'append':
        return this.#insert(tableNames[write.table], this.#present(write.table, write.row), '');
      case 'put':
        return this.#put(write.table, this.#present(write.table, write.row));
      case 'update':
        return this.#update(write.table, write.key, this.#present(write.table, write.changes));
      case 'delete':
        return this.#delete(write.query);
      default:
        return write satisfies never;
    }
  }

  /** The columns that this database has. */
  #present(table: TableName, row: Readonly<Record<string, unknown>>): (readonly [string, unknown])[] {
    const entries = Object.entries(row);
    if (table !== 'sharedNodes') return entries;
    return entries.filter(([name]) => !optionalColumns.has(name) || !this.#missing.has(name));
  }

  #put(table: TableName, entries: readonly (readonly [string, unknown])[]): SqlStatement {
    const key: readonly string[] = keyOf[table];
    const others = entries.map(([name]) => name).filter((name) => !key.includes(name));
    const sets = others.map((name) => `${columnName(name)} = excluded.${columnName(name)}`).join(', ');
    return this.#insert(
      tableNames[table],
      entries,
      ` ON CONFLICT (${key.map(columnName).join(', ')}) DO UPDATE SET ${sets}`,
    );
  }

  #update(
    table: TableName,
    key: readonly Value[],
    entries: readonly (readonly [string, unknown])[],
  ): SqlStatement {
    return this.#updateWhere(tableNames[table], entries, keyIs(table, key));
  }

  /** The same while every query finds a row. `own` finds the changed row itself, by its key and more. */
  updateWhile(
    { table, key, changes }: Extract<Write, { kind: 'update' }>,
    own: Query | null,
    others: readonly Query[],
  ): SqlStatement {
    const parts = [
      own === null ? keyIs(table, key) : this.#conditions(own),
      ...others.map((query) => this.exists(query)),
    ];
    return this.#updateWhere(`${tableNames[table]} AS t`, this.#present(table, changes), {
      sql: parts.map(({ sql }) => sql).join(' AND '),
      values: parts.flatMap(({ values }) => values),
    });
  }

  #conditions({ shape, values }: Query): SqlStatement {
    const { columns } = sourceOf(shape.from, this.#missing);
    return { sql: conditionsOf(shape, columns, this.#dialect).join(' AND '), values: values.map(bound) };
  }

  /** That a query finds a row. */
  exists({ shape, values }: Query): SqlStatement {
    return {
      sql: `EXISTS(${rowsText(shape, this.#missing, () => '1', this.#dialect)})`,
      values: values.map(bound),
    };
  }

  #delete({ shape, values }: Query): SqlStatement {
    const table = shape.from as TableName;
    const { from, columns } = sourceOf(table, this.#missing);
    const key = keyOf[table].map((name) => columnName(name));
    const where = whereOf(shape, columns, this.#dialect);
    const found = `SELECT ${key.map((name) => `t.${name}`).join(', ')} FROM ${from}${where}`;
    const sql = shape.isLimited
      ? `DELETE FROM ${tableNames[table]} WHERE (${key.join(', ')}) IN (${found}${orderOf(shape, columns)} LIMIT ?)`
      : `DELETE FROM ${tableNames[table]} AS t${where}`;
    return { sql, values: values.map(bound) };
  }

  #insert(table: string, entries: readonly (readonly [string, unknown])[], tail: string): SqlStatement {
    const parts = entries.map(([name, value]) => this.#expressionOf(value, columnName(name)));
    const names = entries.map(([name]) => columnName(name)).join(', ');
    return {
      sql: `INSERT INTO ${table} (${names}) VALUES (${parts.map(({ sql }) => sql).join(', ')})${tail}`,
      values: parts.flatMap(({ values }) => values),
    };
  }

  #updateWhere(
    table: string,
    entries: readonly (readonly [string, unknown])[],
    where: SqlStatement,
  ): SqlStatement {
    const set = entries.map(([name, value]) => {
      const { sql, values } = this.#expressionOf(value, columnName(name));
      return { sql: `${columnName(name)}=${sql}`, values };
    });
    return {
      sql: `UPDATE ${table} SET ${set.map(({ sql }) => sql).join(',')} WHERE ${where.sql}`,
      values: [...set.flatMap(({ values }) => values), ...where.values],
    };
  }

  /** A column's new value: bound, or an expression of the tables. */
  #expressionOf(value: unknown, column: string): SqlStatement {
    if (value instanceof Plus) return { sql: `${column} + ?`, values: [value.by] };
    if (value instanceof Taken) return { sql: this.#dialect.taken[value.counter], values: [] };
    return { sql: '?', values: [bound(value)] };
  }
}

/** The statement for rows, with `?` for each value. What is said of each row is made of its columns' expressions. */
export function rowsText(
  shape: QueryShape,
  missing: ReadonlySet<string>,
  selected: (columns: ReadonlyMap<string, string>) => string,
  dialect: Dialect = sqliteDialect,
): string {
  const { from, columns } = sourceOf(shape.from, missing);
  const where = whereOf(shape, columns, dialect);
  const limit = shape.isLimited ? ' LIMIT ?' : '';
  return `SELECT ${selected(columns)} FROM ${from}${where}${orderOf(shape, columns)}${limit}`;
}

/** The same for the number of rows; what is said of it is made of `COUNT(*)`. */
export function countText(
  shape: QueryShape,
  missing: ReadonlySet<string>,
  selected: string,
  dialect: Dialect = sqliteDialect,
): string {
  const { from, columns } = sourceOf(shape.from, missing);
  const rest = ` FROM ${from}${whereOf(shape, columns, dialect)}`;
  return shape.isLimited
    ? `SELECT ${selected} FROM (SELECT 1${rest} LIMIT ?) AS found`
    : `SELECT ${selected}${rest}`;
}

function whereOf(shape: QueryShape, columns: ReadonlyMap<string, string>, dialect: Dialect): string {
  return shape.where.length === 0 ? '' : ` WHERE ${conditionsOf(shape, columns, dialect).join(' AND ')}`;
}

function conditionsOf(
  { where, from }: QueryShape,
  columns: ReadonlyMap<string, string>,
  dialect: Dialect,
): string[] {
  return where.map(([column, is]) => {
    const name = columns.get(column);
    if (name === undefined) throw new Error(`${from} has no column ${column}`);
    switch (is) {
      case 'null':
        return `${name} IS NULL`;
      case 'not-null':
        return `${name} IS NOT NULL`;
      case 'in':
        return dialect.isIn(name);
      case 'not-in':
        return dialect.isNotIn(name);
      default:
        return `${name}${is}?`;
    }
  });
}

function orderOf({ orderBy }: QueryShape, columns: ReadonlyMap<string, string>): string {
  if (orderBy.length === 0) return '';
  const parts = orderBy.map(
    ([column, direction]) => `${columns.get(column) ?? ''}${direction === 'desc' ? ' DESC' : ''}`,
  );
  return ` ORDER BY ${parts.join(', ')}`;
}

function keyIs(table: TableName, key: readonly Value[]): SqlStatement {
  return { sql: keyOf[table].map((name) => `${columnName(name)}=?`).join(' AND '), values: key.map(bound) };
}

/** A value as SQL has it: lists and objects as JSON text. */
function bound(value: unknown): SqlValue {
  const isPlain = value === null || ['string', 'number', 'boolean'].includes(typeof value);
  return bindable(isPlain ? (value as SqlValue | boolean) : JSON.stringify(value));
}

/** Whether the writes take the cluster's next fence. */
export function takesFence(writes: readonly Write[]): boolean {
  return writes.some((write) => {
    if (write.kind === 'delete') return false;
    const values = Object.values(write.kind === 'update' ? write.changes : write.row);
    return values.some((value) => value instanceof Taken && value.counter === 'fence');
  });
}

/** The kinds of a source's columns by their SQL names. */
export function kindsOf(name: keyof Rows): ReadonlyMap<string, readonly [name: string, kind: string]> {
  return new Map(
    Object.entries(columnsOf[name]).map(([column, kind]) => [columnName(column), [column, kind]]),
  );
}
