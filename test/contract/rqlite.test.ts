/** The contract of registries on a real rqlite cluster of three; see `test/e2e/rqlite-replicas.test.ts` for what its servers hold. */
import { afterAll, afterEach, beforeAll, describe, it } from 'vitest';
import { openRqliteExecutor } from '../../src/adapters/rqlite/executor.ts';
import { parseRqliteUrl } from '../../src/adapters/rqlite/url.ts';
import type { SqlExecutor } from '../../src/adapters/sql/executor.ts';
import { originalRows } from '../../src/adapters/sql/original-rows.ts';
import { SqlRegistry } from '../../src/adapters/sql/registry.ts';
import type { Registry } from '../../src/ports/registry.ts';
import { timestamp } from '../../src/registry/original/time.ts';
import { type RegistryHarness, registryCasesFor } from '../../src/testing/index.ts';
import { startTestCluster, type TestCluster } from '../harness/rqlite-cluster.ts';

let cluster: TestCluster;
let url = '';
/** How far the cases have moved the registry's clock. */
let movedMs = 0;
let now = 0;
const executorOf = new Map<Registry, SqlExecutor>();

beforeAll(async () => {
  cluster = await startTestCluster();
  // Cheap reads ask the first host; the leader's are never behind.
  const leader = await cluster.leader();
  const hosts = [leader, ...[0, 1, 2].filter((index) => index !== leader)];
  url = `rqlite://${hosts.map((index) => cluster.address(index)).join(',')}?timeout=10s&deadline=30s`;
});
afterEach(async () => {
  await Promise.all([...executorOf.keys()].map((registry) => registry.close()));
  executorOf.clear();
  movedMs = 0;
});
afterAll(() => cluster?.dispose());

function open(): Registry {
  const inner = openRqliteExecutor(parseRqliteUrl(url));
  const executor: SqlExecutor = {
    isNeverStale: inner.isNeverStale,
    now: async () => {
      now = (await inner.now()) + movedMs;
      return now;
    },
    read: (statements, consistency) => inner.read(statements, consistency),
    transact: (statements) => inner.transact(statements),
    close: () => inner.close(),
  };
  const registry = new SqlRegistry(executor);
  executorOf.set(registry, executor);
  return registry;
}

const harness: RegistryHarness = {
  async open() {
    await cluster.wipe();
    const registry = open();
    await registry.migrate();
    return registry;
  },
  async another() {
    return open();
  },
  async openUnmigrated() {
    await cluster.wipe();
    return [open(), open()];
  },
  advance(durationMs) {
    movedMs += durationMs;
  },
  asOriginal(registry) {
    const executor = executorOf.get(registry);
    if (executor === undefined) throw new Error('a registry of another harness');
    return { ...originalRows(executor), timeAgo: (agoMs) => timestamp(now - agoMs) };
  },
};

describe('the rqlite registry', () => {
  for (const { title, run } of registryCasesFor(harness)) it(title, () => run(harness));
});
