/**
 * Queries that are asked together again and again, with a few values among them that each use gives. A store may keep
 * such a list as one statement of its own; what is asked is the same list of queries for every store.
 */
import type { Query, QueryShape, Value } from '../ports/store.ts';

/** What a query is given for one of its places. */
export type QueryValue = Value | readonly string[];

/** A value that each use gives, by its place in the list of them. */
export class Given {
  readonly place: number;
  /** Of a limit: most that an ordinary use asks for. A store may answer larger ones in another way. */
  readonly atMost: number;

  constructor(place: number, atMost = Number.POSITIVE_INFINITY) {
    this.place = place;
    this.atMost = atMost;
  }
}

/** A query for rows, some of whose values are given with each use. */
export interface OpenQuery<Result = unknown> {
  readonly shape: QueryShape;
  readonly values: readonly (QueryValue | Given)[];
  /** Carries the type alone. */
  readonly result?: Result;
}

/** Makes a query of its values; or an open one, where some of them are given with each use. */
export interface Select<Result> {
  (...values: readonly QueryValue[]): Query<Result>;
  (...values: readonly (QueryValue | Given)[]): OpenQuery<Result>;
}

/** A list of such queries, in order. */
export type Template = readonly OpenQuery[];

type Filled<Queries extends Template> = {
  readonly [Index in keyof Queries]: Queries[Index] extends OpenQuery<infer Result> ? Query<Result> : never;
};

/** The queries of one use. */
export function filled<const Queries extends Template>(
  queries: Queries,
  given: readonly QueryValue[],
): Filled<Queries> {
  const whole = (value: QueryValue | Given): QueryValue =>
    value instanceof Given ? (given[value.place] ?? null) : value;
  return queries.map(({ shape, values }) => ({ shape, values: values.map(whole) })) as Filled<Queries>;
}

/**
 * What the queries were filled with; null when they are not this template's, or a limit is larger than an ordinary one.
 */
export function givenIn(template: Template, queries: readonly Query[]): readonly QueryValue[] | null {
  if (template.length !== queries.length) return null;
  const given: QueryValue[] = [];
  for (const [index, { shape, values }] of template.entries()) {
    const query = queries[index];
    if (query?.shape !== shape) return null;
    for (const [place, expected] of values.entries()) {
      const value = query.values[place] ?? null;
      if (!(expected instanceof Given)) {
        if (value !== expected) return null;
      } else {
        const known = given[expected.place] ?? value;
        if (known !== value || Number(value) > expected.atMost) return null;
        given[expected.place] = value;
      }
    }
  }
  return given;
}
