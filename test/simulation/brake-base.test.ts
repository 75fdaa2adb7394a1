/** The brake's base in every embedded registry: a node that is back while its death is unresolved counts once. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { MemoryRegistry } from '../../src/adapters/memory/registry.ts';
import { openSqliteRegistry } from '../../src/adapters/sqlite/index.ts';
import { unknownMarks } from '../../src/core/marks.ts';
import type { Registry } from '../../src/ports/registry.ts';

const nodeIds = ['a', 'b', 'c', 'd', 'e'];

async function joinAs(registry: Registry, nodeId: string, afterEpoch: number): Promise<void> {
  const place = { address: '127.0.0.1', internalAddress: null, port: null, region: null, isNamed: true };
  const instanceId = `${nodeId} ${afterEpoch}`;
  const result = await registry.join({ nodeId, ...place, hasHandler: true, instanceId, afterEpoch });
  expect(result).toEqual({ outcome: 'joined', epoch: afterEpoch + 1 });
}

async function accuse(registry: Registry, targetId: string) {
  for (const observerId of ['b', 'c']) {
    const target = { targetId, targetEpoch: 1, evidence: null };
    const operationId = `${observerId} says ${targetId}`;
    await registry.record([{ kind: 'dead', operationId, observerId, observerEpoch: 1, ...target }]);
  }
  return registry.decide({
    targetId,
    targetEpoch: 1,
    observerId: 'b',
    observerEpoch: 1,
    minQuorum: 2,
    isQuorumStrict: false,
    quorumWindowMs: 60_000,
    watchedSince: null,
    newestBeat: 0,
    refutationCount: null,
    maxDeadFraction: 1 / 4,
    marks: unknownMarks,
    flapWindowMs: 0,
  });
}

async function brakeAfterReturn(registry: Registry): Promise<void> {
  await registry.migrate();
  for (const id of nodeIds) await joinAs(registry, id, 0);
  expect(await accuse(registry, 'a')).toMatchObject({ outcome: 'dead', isNew: true });
  const owner = {
    ownerId: 'b',
    ownerEpoch: 1,
    claimId: 'first',
    leaseMs: 60_000,
    retryBackoffMs: 5_000,
    maxAttempts: null,
  };
  expect(await registry.claim({ nodeId: 'a', epoch: 1, ...owner })).toMatchObject({ outcome: 'claimed' });
  await joinAs(registry, 'a', 1);
  expect(await accuse(registry, 'd')).toEqual({
    outcome: 'pending',
    reason: 'brake',
    unresolvedCount: 1,
    limit: 1,
  });
  const { memberCount } = await registry.readCluster({});
  expect(memberCount).toBe(5);
}

describe('the brake counts a node that is back while its recovery runs once', () => {
  it('in memory', async () => {
    await brakeAfterReturn(new MemoryRegistry({ now: () => 1_000_000 }));
  });

  it('in SQLite', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'ringwatch-'));
    try {
      const registry = await openSqliteRegistry(join(folder, 'cluster.db'));
      try {
        await brakeAfterReturn(registry);
      } finally {
        await registry.close();
      }
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});
