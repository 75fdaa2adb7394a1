/**
 * How a call on the registry runs. It reads rows, lets a rule say what to write, and writes that if what was read is still
 * so; else it begins again after a pause. On a store that answers at once all of it is one uninterrupted step.
 */
import { RegistryError } from '../ports/registry-error.ts';
import type { Awaitable, Freshness, Query, Store, Write } from '../ports/store.ts';
import { after } from './awaitable.ts';
import type { Problems } from './problems.ts';
import { Committed, type Made, type Rule, type Step } from './rule.ts';

/** How often a call begins again before it gives up: some seconds, with the pauses below. */
const tryLimit = 20;
const longestPauseMs = 400;

/** What a commit tells; null when something has moved. */
type Done = { readonly fence: number; readonly deletedCounts: readonly number[] } | null;

export interface TransactionsOptions {
  readonly store: Store;
  readonly problems: Problems;
  /** Waits for about so long before a call begins again. */
  readonly pause: (ms: number) => Awaitable<void>;
  /** Uniform in [0, 1): parts calls that are in each other's way. */
  readonly random: () => number;
}

/** Runs rules on a store. */
export class Transactions {
  readonly #store: Store;
  readonly #problems: Problems;
  readonly #pause: (ms: number) => Awaitable<void>;
  readonly #random: () => number;

  constructor({ store, problems, pause, random }: TransactionsOptions) {
    this.#store = store;
    this.#problems = problems;
    this.#pause = pause;
    this.#random = random;
  }

  /** The registry's clock, whole milliseconds since 1970. */
  now(): Awaitable<number> {
    return after(this.#store.now(), (now) => {
      if (Number.isFinite(now) && now >= 0) return Math.round(now);
      throw new RegistryError(
        'invalid',
        `Expected the registry's clock in milliseconds since 1970, got ${now}.`,
      );
    });
  }

  /**
   * Begins again until what was read is still so when it is written. An answer for good, and every try after the first one,
   * is made from what is committed.
   */
  run<T>(
    make: (now: number) => Awaitable<Made<T>>,
    freshness: Freshness = 'leader',
    tryCount = 1,
  ): Awaitable<T> {
    return after(this.now(), (now) =>
      after(make(now), (made) =>
        after(this.#stepOf(made, freshness), (step) => {
          if (step.writes.length === 0 && step.isFinal && freshness === 'leader' && !this.#store.isNeverStale)
            return this.run(make, 'committed', tryCount);
          return after(this.#commit(step, now), (done) => {
            if (done !== null)
              return step.outcome instanceof Committed ? step.outcome.of(done) : step.outcome;
            return after(this.pauseAfter(tryCount), () =>
              this.run(make, freshness === 'leader' ? 'committed' : freshness, tryCount + 1),
            );
          });
        }),
      ),
    );
  }

  /** Makes one try; null when something has moved. */
  tryOnce<T>(make: (now: number) => Step<T>): Awaitable<Done> {
    return after(this.now(), (now) => this.#commit(make(now), now));
  }

  /** Waits before the next try. Throws `unavailable` when there were too many: a row that is passed over fails each of them. */
  pauseAfter(tryCount: number): Awaitable<void> {
    if (tryCount < tryLimit)
      return this.#pause(this.#random() * Math.min(longestPauseMs, 10 * 2 ** tryCount));
    const badRow = this.#problems.newest;
    const reason =
      badRow === null
        ? 'Too many nodes write at once: call again later.'
        : `Too many nodes write at once, or a row that cannot be read is in the way. The last one was ${badRow}`;
    throw new RegistryError(
      'unavailable',
      `What was read was no longer so when it was written, ${tryLimit} times; nothing was written. ${reason}`,
    );
  }

  /** Answers a rule's queries until it makes a step. */
  #stepOf<T>(made: Made<T>, freshness: Freshness): Awaitable<Step<T>> {
    if (!isRule(made)) return made;
    return after(this.#read(made.queries, freshness), (facts) => this.#stepOf(made.decide(facts), freshness));
  }

  /** A store without the tables of the original has no rows of theirs. */
  #read(queries: readonly Query[], freshness: Freshness): Awaitable<readonly unknown[]> {
    if (this.#store.hasOriginal) return this.#store.read(queries, freshness);
    const asked = queries.filter((query) => !isShared(query));
    return after(this.#store.read(asked, freshness), (answers) => {
      let next = 0;
      return queries.map((query) => (isShared(query) ? (query.shape.isCount ? 0 : []) : answers[next++]));
    });
  }

  /** A step without writes needs no commit. */
  #commit<T>({ writes, guards, operationIds, problems }: Step<T>, now: number): Awaitable<Done> {
    for (const { table, key, message, isUsed } of problems) {
      if (isUsed === true) this.#problems.tell(table, key, message);
      else this.#problems.report(table, key, message);
    }
    if (writes.length === 0) return nothing;
    const { hasOriginal } = this.#store;
    const commit = {
      operationIds,
      guards: hasOriginal
        ? guards
        : guards.filter((guard) => guard.kind === 'revs' || !isShared(guard.query)),
      writes: hasOriginal ? writes : writes.filter((write) => !isSharedWrite(write)),
      now,
    };
    return after(this.#store.commit(commit), (result) => (result.outcome === 'done' ? result : null));
  }
}

function isRule<T>(made: Made<T>): made is Rule<T> {
  return 'queries' in made;
}

const nothing = { fence: 0, deletedCounts: [] };

const sharedTables: ReadonlySet<string> = new Set(['sharedNodes', 'sharedEvents', 'listed', 'foreignEvents']);

function isShared({ shape }: Query): boolean {
  return sharedTables.has(shape.from);
}

function isSharedWrite(write: Write): boolean {
  return write.kind === 'delete' ? isShared(write.query) : sharedTables.has(write.table);
}
