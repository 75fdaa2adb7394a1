/**
 * What every rule of the registry is made of: queries, and a pure function from their answers to a step. A step says
 * what to answer, and what to write if what was read is still so. Not for: what the rules say.
 */
import type { Rows } from '../ports/rows.ts';
import type { Comparison, Guard, Query, QueryShape, Results, Write } from '../ports/store.ts';
import type { Select } from './template.ts';

/** What a rule makes of the rows that it has read. Without writes nothing is committed. */
export interface Step<T> {
  /** The answer to the caller; a function of the commit's result where that gives a number. */
  readonly outcome: T | Committed<T>;
  readonly writes: readonly Write[];
  readonly guards: readonly Guard[];
  readonly operationIds: readonly string[];
  /**
   * Whether the caller acts on an answer without writes for good: then it is made from what is committed. What is written
   * is guarded, and what is asked again soon may be answered from a leader that has been replaced.
   */
  readonly isFinal: boolean;
  /** Rows that could not be used, for people. */
  readonly problems: readonly Problem[];
}

/** An answer that the commit completes. */
export class Committed<T> {
  readonly of: (result: { readonly fence: number; readonly deletedCounts: readonly number[] }) => T;
  constructor(of: Committed<T>['of']) {
    this.of = of;
  }
}

/** A row that is passed over or looks wrong. */
export interface Problem {
  readonly table: string;
  readonly key: string;
  /** What was expected and what was found; of a row that is used all the same, a whole sentence. */
  readonly message: string;
  readonly isUsed?: true;
}

/** A rule before its queries are answered. Its function may ask for more. */
export interface Rule<T> {
  readonly queries: readonly Query[];
  readonly decide: (facts: readonly unknown[]) => Made<T>;
}

/** A step, or a further rule that needs rows which only the first ones name. */
export type Made<T> = Step<T> | Rule<T>;

/** A rule from its queries and what it makes of their answers. */
export function ask<const Queries extends readonly Query[], T>(
  queries: Queries,
  decide: (facts: Results<Queries>) => Made<T>,
): Rule<T> {
  return { queries, decide: decide as (facts: readonly unknown[]) => Made<T> };
}

/** Answers for good, and writes nothing. */
export function answer<T>(outcome: T): Step<T> {
  return { outcome, writes: [], guards: [], operationIds: [], isFinal: true, problems: [] };
}

/** Answers for now: the caller asks again, or a reading tells it. */
export function answerForNow<T>(outcome: T): Step<T> {
  return { ...answer(outcome), isFinal: false };
}

/** Answers and writes. */
export function change<T>(
  outcome: T | Committed<T>,
  writes: readonly Write[],
  guards: readonly Guard[],
  operationIds: readonly string[] = [],
): Step<T> {
  return { outcome, writes, guards, operationIds, isFinal: true, problems: [] };
}

type Where<From extends keyof Rows> = readonly (readonly [keyof Rows[From] & string, Comparison])[];

interface Order<From extends keyof Rows> {
  readonly orderBy?: readonly (readonly [keyof Rows[From] & string, 'asc' | 'desc'])[];
  readonly isLimited?: boolean;
}

/** A query for rows; call it with the values, the limit last. Make each once, when the module loads. */
export function select<const From extends keyof Rows>(
  from: From,
  where: Where<From>,
  { orderBy = [], isLimited = false }: Order<From> = {},
): Select<readonly Rows[From][]> {
  const shape: QueryShape = { from, where, orderBy, isLimited, isCount: false };
  return ((...values) => ({ shape, values })) as Select<readonly Rows[From][]>;
}

/** A query for the number of rows; with a limit it counts no further. */
export function count<const From extends keyof Rows>(
  from: From,
  where: Where<From>,
  isLimited = false,
): Select<number> {
  const shape: QueryShape = { from, where, orderBy: [], isLimited, isCount: true };
  return ((...values) => ({ shape, values })) as Select<number>;
}

/** The guard that a counting query finds at least so many. */
export function atLeast(query: Query<number>, least: number): Guard {
  return { kind: 'count', query, atLeast: least, atMost: Number.MAX_SAFE_INTEGER };
}

/** The guard that a counting query finds at most so many. */
export function atMost(query: Query<number>, most: number): Guard {
  return { kind: 'count', query, atLeast: 0, atMost: most };
}
