import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, it } from 'vitest';
import type { Registry } from '../../ports/registry.ts';
import { timestamp } from '../../registry/original/time.ts';
import { type RegistryHarness, registryContract } from '../../testing/index.ts';
import { originalRows } from '../sql/original-rows.ts';
import { SqlRegistry } from '../sql/registry.ts';
import { SqliteExecutor } from './executor.ts';

let directory = '';
let fileCount = 0;
let now = 0;
const opened: { readonly registry: Registry; readonly executor: SqliteExecutor; readonly path: string }[] =
  [];

async function openAt(path: string): Promise<Registry> {
  const executor = await SqliteExecutor.open(path, { now: () => now });
  const registry = new SqlRegistry(executor);
  opened.push({ registry, executor, path });
  return registry;
}

function newPath(): string {
  fileCount++;
  return join(directory, `registry ${fileCount}.db`);
}

function openedOf(registry: Registry) {
  const found = opened.find((candidate) => candidate.registry === registry);
  if (found === undefined) throw new Error('a registry of another harness');
  return found;
}

const harness: RegistryHarness = {
  open: async () => {
    now = 1_700_000_000_000;
    const registry = await openAt(newPath());
    await registry.migrate();
    return registry;
  },
  another: (registry) => openAt(openedOf(registry).path),
  openUnmigrated: async () => {
    const path = newPath();
    return [await openAt(path), await openAt(path)];
  },
  advance: (durationMs) => {
    now += durationMs;
  },
  asOriginal: (registry) => ({
    ...originalRows(openedOf(registry).executor),
    timeAgo: (agoMs) => timestamp(now - agoMs),
  }),
};

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'ringwatch-sqlite-'));
});

afterEach(async () => {
  for (const { registry } of opened.splice(0)) await registry.close();
});

afterAll(() => rm(directory, { recursive: true, force: true }));

describe('the SQLite registry keeps the contract:', () => {
  it.each(registryContract)('$title', async ({ run }) => {
    await run(harness);
  });
});
