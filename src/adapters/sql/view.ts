/**
 * A template of queries as a view, so that a statement of a few words asks for all of them. The values of one use are a
 * list in JSON, the one argument of `json_each`. A view cannot have parameters, but a column of this one is that argument.
 * The answer is one text in JSON, a list of rows for each query.
 */
import { createHash } from 'node:crypto';
import type { Query } from '../../ports/store.ts';
import { Given, givenIn, type OpenQuery, type QueryValue, type Template } from '../../registry/template.ts';
import { templates } from '../../registry/templates.ts';
import type { SqlResult, SqlRow, SqlStatement, SqlValue } from './executor.ts';
import { countText, rowsText } from './query-text.ts';
import { columnName, sourceOf } from './tables.ts';

/** The names of our views begin so. */
export const viewPrefix = 'ringwatch_view_';

/** The views of all templates, for a database that lacks these columns. */
export function viewsOf(missing: ReadonlySet<string>): readonly TemplateView[] {
  return templates.map((template) => new TemplateView(template, missing));
}

/** One template on one database. */
export class TemplateView {
  /** Has a hash of the text: versions that ask for other rows do not read each other's views. */
  readonly name: string;
  /** Creates it. */
  readonly statement: SqlStatement;
  readonly #template: Template;
  /** Places of given values that the text refers to, in the order in which they are sent. */
  readonly #sent: readonly number[];
  /** The SQL names of the columns of each query's rows. */
  readonly #columns: readonly (readonly string[])[];

  constructor(template: Template, missing: ReadonlySet<string>) {
    this.#template = template;
    const places = template.flatMap(({ values, shape: { isLimited } }) =>
      (isLimited ? values.slice(0, -1) : values).flatMap((value) =>
        value instanceof Given ? [value.place] : [],
      ),
    );
    this.#sent = [...new Set(places)].sort((one, other) => one - other);
    this.#columns = template.map(({ shape }) =>
      shape.isCount ? ['count'] : [...sourceOf(shape.from, missing).columns.keys()].map(columnName),
    );
    const lists = template.map((query) => listText(query, missing, this.#sent));
    // A row of each value comes from `json_each`, and the first one is always there.
    const text = `AS SELECT j.json AS q, '[' || ${lists.join(" || ',' || ")} || ']' AS a FROM json_each j WHERE j.key = 0`;
    this.name = viewPrefix + createHash('sha256').update(text).digest('hex').slice(0, 4);
    this.statement = { sql: `CREATE VIEW IF NOT EXISTS ${this.name} ${text}`, values: [] };
  }

  /** The statement that asks these queries; null for others, and for values that are better asked in another way. */
  ask(queries: readonly Query[]): SqlStatement | null {
    const given = givenIn(this.#template, queries);
    if (given === null) return null;
    const sent = this.#sent.map((place) => given[place] ?? null);
    if (!sent.flat().every(isPlain)) return null;
    // What is not there reads as an empty list.
    while (sent.length > 1 && isEmptyList(sent.at(-1))) sent.pop();
    return {
      sql: `SELECT a FROM ${this.name} WHERE q=?`,
      values: [JSON.stringify(sent.length === 0 ? [0] : sent)],
    };
  }

  /** One result for each of the queries; null for an answer that is not the view's, or that JSON does not show as it is. */
  resultsOf({ rows }: SqlResult, queries: readonly Query[]): readonly SqlResult[] | null {
    const lists = listsIn(rows[0]?.['a']);
    if (lists?.length !== queries.length) return null;
    const results = lists.map((list, index) => resultOf(list, this.#columns[index] ?? [], queries[index]));
    return results.every((result) => result !== null) ? results : null;
  }
}

/** A query's rows as the text of a list in JSON. Rows come in the order of what stands in brackets, which is not flattened. */
function listText(
  { shape, values }: OpenQuery,
  missing: ReadonlySet<string>,
  sent: readonly number[],
): string {
  const rows = shape.isCount
    ? countText(shape, missing, 'json_array(COUNT(*)) AS r')
    : rowsText(shape, missing, (columns) => `json_array(${[...columns.values()].join(', ')}) AS r`);
  const parts = rows.split('?');
  const filledIn = parts.map((part, index) => {
    const isLast = index === parts.length - 1;
    return isLast ? part : part + valueText(values[index] ?? null, part, sent);
  });
  return `'[' || COALESCE((SELECT group_concat(r) FROM (${filledIn.join('')})), '') || ']'`;
}

/** What stands for a value: a constant, a part of the argument, or the highest ordinary limit. */
function valueText(value: QueryValue | Given, before: string, sent: readonly number[]): string {
  if (!(value instanceof Given))
    return typeof value === 'string' ? `'${value.replaceAll("'", "''")}'` : String(value);
  if (before.endsWith(' LIMIT ')) return String(value.atMost);
  const isList = before.endsWith('json_each(');
  return `j.json ${isList ? '->' : '->>'} ${sent.indexOf(value.place)}`;
}

/** Whether JSON shows it as it is, so that each database reads the same from it. */
export function isPlain(value: QueryValue): boolean {
  return typeof value === 'string' ? JSON.stringify(value) === `"${value}"` : Number.isSafeInteger(value);
}

function isEmptyList(value: QueryValue | undefined): boolean {
  return Array.isArray(value) && value.length === 0;
}

function limitOf(query: Query | undefined): number {
  return query?.shape.isLimited === true ? Number(query.values.at(-1)) : Number.POSITIVE_INFINITY;
}

function listsIn(text: SqlValue | undefined): readonly unknown[] | null {
  if (typeof text !== 'string') return null;
  try {
    const lists: unknown = JSON.parse(text);
    return Array.isArray(lists) ? lists : null;
  } catch {
    return null;
  }
}

/** The view's limit is the highest ordinary one. */
function resultOf(list: unknown, columns: readonly string[], query: Query | undefined): SqlResult | null {
  if (!Array.isArray(list)) return null;
  const limit = limitOf(query);
  if (query?.shape.isCount === true) {
    const count = (list as readonly unknown[][])[0]?.[0];
    return typeof count === 'number' ? { rows: [{ count: Math.min(count, limit) }], changes: 0 } : null;
  }
  const rows: SqlRow[] = [];
  for (const cells of list.slice(0, limit) as readonly unknown[]) {
    if (!Array.isArray(cells) || cells.length !== columns.length || !cells.every(isCell)) return null;
    rows.push(Object.fromEntries(columns.map((name, index) => [name, cells[index] as SqlValue])));
  }
  return { rows, changes: 0 };
}

/** A number past 2^53 would have been rounded. */
function isCell(value: unknown): boolean {
  if (typeof value === 'number') return !Number.isInteger(value) || Number.isSafeInteger(value);
  return value === null || typeof value === 'string';
}
