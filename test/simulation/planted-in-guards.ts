/**
 * Bugs planted into what a write asks for when it is made, each with the promise that catches it and within how many
 * seeds. A store in memory does each call in one step, so here time passes between what a call reads and what it writes.
 */
import { MemoryStore } from '../../src/adapters/memory/store.ts';
import {
  type Commit,
  type Guard,
  type Query,
  type Results,
  type Store,
  Taken,
} from '../../src/ports/store.ts';
import { StoreRegistry } from '../../src/registry/registry.ts';
import type { Scheduler } from '../../src/sim/scheduler.ts';
import type { PlantedBug } from './planted-bugs.ts';

/** Lets so much time of the world pass. */
type Wait = (ms: number) => Promise<void>;

type Edit = (commit: Commit) => Commit;

/** A store that writes some time after it was told to. */
class SlowStore implements Store {
  readonly hasOriginal = false;
  readonly isNeverStale = true;
  readonly #rows: MemoryStore;
  readonly #wait: Wait;
  readonly #edit: Edit;
  readonly #longMs: number;
  #commitCount = 0;

  constructor(now: () => number, wait: Wait, edit: Edit, longMs: number) {
    this.#rows = new MemoryStore(now);
    this.#wait = wait;
    this.#edit = edit;
    this.#longMs = longMs;
  }

  migrate(): void {}

  now(): number {
    return this.#rows.now();
  }

  read<const Queries extends readonly Query[]>(queries: Queries): Results<Queries> {
    return this.#rows.read(queries);
  }

  async commit(commit: Commit) {
    // Now and then long enough for other calls to come between.
    await this.#wait(++this.#commitCount % 2 === 0 ? this.#longMs : 1);
    return this.#rows.commit(this.#edit(commit));
  }

  close(): void {}
}

/** A world on that store, whose scheduler is known once its first node runs. */
function slowly(edit: Edit, longMs = 300): Pick<PlantedBug, 'createRegistry' | 'rewire'> {
  let scheduler: Scheduler | null = null;
  const wait: Wait = (ms) =>
    new Promise((resolve) => {
      if (scheduler === null) resolve();
      else scheduler.after(ms, resolve);
    });
  return {
    rewire: (wires, parts) => {
      scheduler = parts.scheduler;
      return wires;
    },
    createRegistry: (now) => {
      scheduler = null;
      return new StoreRegistry(new SlowStore(now, wait, edit, longMs), { pause: wait, random: () => 0.5 });
    },
  };
}

function without(commit: Commit, isDropped: (guard: Guard) => boolean): Commit {
  return { ...commit, guards: commit.guards.filter((guard) => !isDropped(guard)) };
}

const isOfBrake = (guard: Guard): boolean =>
  guard.kind === 'count' && guard.query.shape.where.some(([column]) => column === 'deathOrder');

const givesLease = ({ writes }: Commit): boolean =>
  writes.some(
    (write) => write.kind === 'update' && write.table === 'verdicts' && write.changes.fence instanceof Taken,
  );

const makesVerdict = ({ writes }: Commit): boolean =>
  writes.some(
    (write) => write.kind === 'update' && write.table === 'nodes' && write.changes.lifecycle === 'dead',
  );

/** Worlds of one registry: what is replayed on another one would be replayed slowly too. */
const inOneRegistry: PlantedBug['isFor'] = ({ options, faults }) =>
  (options.registry?.staleReadRate ?? 0) === 0 && !faults.some(({ kind }) => kind === 'restore');

/** The same store without a bug: what is caught on it must be the missing guard, and nothing else. */
export const slowWrites: PlantedBug = {
  bug: 'none: each write asks that all is still so',
  promise: 'S1',
  within: 0,
  isFor: inOneRegistry,
  ...slowly((commit) => commit),
};

export const bugsInGuards: readonly PlantedBug[] = [
  {
    bug: 'the brake is looked at before a verdict, and not with it',
    promise: 'S5',
    within: 20,
    from: 18,
    isFor: inOneRegistry,
    ...slowly((commit) => without(commit, isOfBrake)),
  },
  {
    bug: 'a claim does not ask that the verdict is still free',
    promise: 'S1',
    within: 10,
    from: 7,
    isFor: inOneRegistry,
    ...slowly((commit) => (givesLease(commit) ? { ...commit, guards: [] } : commit)),
  },
  {
    bug: 'a verdict does not ask that its votes still stand',
    promise: 'S2',
    within: 40,
    from: 38,
    isFor: inOneRegistry,
    ...slowly(
      (commit) => (makesVerdict(commit) ? without(commit, ({ kind }) => kind === 'revs') : commit),
      1_000,
    ),
  },
];
