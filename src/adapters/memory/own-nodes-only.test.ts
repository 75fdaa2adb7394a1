/** A store that no node of the original shares, as a store of another database may be: the rules ask it for no shared table. */
import { describe, expect, it } from 'vitest';
import type { Commit, CommitResult, Query, Results, Store } from '../../ports/store.ts';
import { StoreRegistry } from '../../registry/registry.ts';
import { type RegistryHarness, registryCasesFor } from '../../testing/index.ts';
import { joinRequest } from '../../testing/registry-requests.ts';
import { MemoryStore } from './store.ts';

const shared: readonly string[] = ['sharedNodes', 'sharedEvents', 'listed', 'foreignEvents'];

function refuseShared(names: readonly string[]): void {
  const name = names.find((table) => shared.includes(table));
  if (name !== undefined) throw new Error(`asked for the shared table ${name}`);
}

class OwnNodesOnly implements Store {
  readonly hasOriginal = false;
  readonly isNeverStale = true;
  readonly #store: MemoryStore;

  constructor(now: () => number) {
    this.#store = new MemoryStore(now);
  }

  migrate(): void {
    this.#store.migrate();
  }

  now(): number {
    return this.#store.now();
  }

  read<const Queries extends readonly Query[]>(queries: Queries): Results<Queries> {
    refuseShared(queries.map(({ shape }) => shape.from));
    return this.#store.read(queries);
  }

  commit(commit: Commit): CommitResult {
    refuseShared(commit.guards.map((guard) => (guard.kind === 'revs' ? 'nodes' : guard.query.shape.from)));
    refuseShared(
      commit.writes.map((write) => (write.kind === 'delete' ? write.query.shape.from : write.table)),
    );
    return this.#store.commit(commit);
  }

  close(): void {
    this.#store.close();
  }
}

function harness(): RegistryHarness {
  let now = 1_700_000_000_000;
  const open = async (): Promise<StoreRegistry> =>
    new StoreRegistry(new OwnNodesOnly(() => now), { random: Math.random });
  return {
    open,
    another: async (registry) => registry,
    openUnmigrated: async () => {
      const registry = await open();
      return [registry, registry];
    },
    advance: (durationMs) => {
      now += durationMs;
    },
  };
}

describe('a store without the tables of the original keeps the contract:', () => {
  it.each(registryCasesFor(harness()))('$title', async ({ run }) => {
    await run(harness());
  });
});

it('two objects on one store take no call of each other for their own', async () => {
  const store = new OwnNodesOnly(() => 1_000);
  const one = new StoreRegistry(store, { random: Math.random });
  const other = new StoreRegistry(store, { random: Math.random });
  await one.join(joinRequest('a', 'first'));
  await one.setMaintenance({ nodeId: 'a', durationMs: 60_000 });
  await other.setMaintenance({ nodeId: 'a', durationMs: 0 });
  expect(await one.readNode('a')).toMatchObject({ lifecycle: 'alive' });
});
