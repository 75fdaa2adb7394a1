/** What another program or node writes between what a call reads and what it writes. */
import { describe, expect, it } from 'vitest';
import type { Commit, CommitResult, Query, Results, Write } from '../../ports/store.ts';
import { StoreRegistry } from '../../registry/registry.ts';
import { select } from '../../registry/rule.ts';
import { joinRequest } from '../../testing/registry-requests.ts';
import { MemoryStore } from './store.ts';

const dayMs = 86_400_000;
const sharedNode = select('sharedNodes', [['id', '=']]);
const nodesOf = select('nodes', [['nodeId', '=']]);

/** A store that lets something happen just before a commit that makes such a write. */
class HookedStore extends MemoryStore {
  time = 1_700_000_000_000;
  hook: { readonly before: (write: Write) => boolean; readonly act: () => void } | null = null;

  constructor() {
    super(() => this.time);
  }

  override commit(commit: Commit): CommitResult {
    const { hook } = this;
    if (hook !== null && commit.writes.some(hook.before)) {
      this.hook = null;
      hook.act();
    }
    return super.commit(commit);
  }

  /** Lets something happen just before the next reading of that table by a condition. */
  readHook: { readonly by: string; readonly act: () => void } | null = null;

  override read<const Queries extends readonly Query[]>(queries: Queries): Results<Queries> {
    const { readHook } = this;
    if (queries.some(({ shape }) => shape.where.some(([column]) => column === readHook?.by))) {
      this.readHook = null;
      readHook?.act();
    }
    return super.read(queries);
  }

  write(write: Write): void {
    super.commit({ operationIds: [], guards: [], writes: [write], now: this.time });
  }

  rows<Row>(query: Query<readonly Row[]>): readonly Row[] {
    const [rows] = this.read([query]) as Results<readonly [Query<readonly Row[]>]>;
    return rows;
  }
}

describe('between what a call reads and what it writes', () => {
  it("another program's word in dns_nodes is not replaced by a maintenance", async () => {
    const store = new HookedStore();
    const registry = new StoreRegistry(store, { random: () => 0.5 });
    await registry.join(joinRequest('x', 'i1'));
    store.hook = {
      before: (write) => write.kind === 'update' && write.table === 'sharedNodes',
      act: () =>
        store.write({ kind: 'update', table: 'sharedNodes', key: ['x'], changes: { status: 'draining' } }),
    };
    expect(await registry.setMaintenance({ nodeId: 'x', durationMs: 60_000 })).toBe(true);
    expect(store.rows(sharedNode('x'))).toMatchObject([{ status: 'draining' }]);
    expect(await registry.readNode('x')).toMatchObject({ lifecycle: 'maintenance' });
  });

  it('a node of the same new cluster that joins first is no stranger', async () => {
    const store = new HookedStore();
    const registry = new StoreRegistry(store, { random: () => 0.5 });
    const named = { clusterName: 'prod' };
    store.readHook = { by: 'lifecycle', act: () => void registry.join(joinRequest('b', 'i2', named)) };
    expect(await registry.join(joinRequest('a', 'i1', named))).toEqual({ outcome: 'joined', epoch: 1 });
    expect(await registry.readNode('b')).toMatchObject({ epoch: 1 });
    expect(store.readHook).toBeNull();
  });

  it('a node that begins and ends its next epoch is not pruned as the one before', async () => {
    const store = new HookedStore();
    const registry = new StoreRegistry(store, { random: () => 0.5 });
    for (const id of ['a', 'x']) await registry.join(joinRequest(id, id));
    await registry.leave({ nodeId: 'x', epoch: 1 });
    store.time += 2 * dayMs;
    const request = { maxAgeMs: dayMs, maxEventCount: 1_000, departedAfterMs: dayMs, everyMs: 0 };
    // By age goes what the pruning before has found too old as well.
    await registry.prune({ nodeId: 'a', epoch: 1, ...request });
    const calls: Promise<unknown>[] = [];
    store.hook = {
      before: (write) => write.kind === 'delete' && write.query.shape.from === 'nodes',
      act: () => {
        calls.push(registry.join(joinRequest('x', 'x2', { afterEpoch: 1 })));
        calls.push(registry.leave({ nodeId: 'x', epoch: 2 }));
      },
    };
    await registry.prune({ nodeId: 'a', epoch: 1, ...request });
    await Promise.all(calls);
    expect(calls).toHaveLength(2);
    expect(store.rows(nodesOf('x'))).toMatchObject([{ epoch: 2, lifecycle: 'left' }]);
  });
});
