import { expect, test } from 'vitest';
import { MemoryRegistry } from '../../adapters/memory/registry.ts';
import { unknownMarks } from '../../core/marks.ts';
import { joinRequest } from '../../testing/registry-requests.ts';
import { plain } from '../terminal.ts';
import { renderBrake, viewBrake } from './brake-view.ts';

const start = 1_700_000_000_000;

/** Five nodes, and votes of the first two on each of these; the brake lets one of four be dead. */
async function clusterWith(...deadIds: readonly string[]) {
  let now = start;
  const registry = new MemoryRegistry({ now: () => now });
  for (const id of ['a', 'b', 'c', 'd', 'e']) await registry.join(joinRequest(id, id));
  for (const targetId of deadIds) {
    const target = { targetId, targetEpoch: 1, observerEpoch: 1 };
    for (const observerId of ['a', 'b']) {
      const operationId = `${observerId} on ${targetId}`;
      await registry.record([{ kind: 'dead', ...target, observerId, operationId, evidence: null }]);
    }
    await registry.decide({
      ...{ ...target, observerId: 'a', minQuorum: 2, isQuorumStrict: false, quorumWindowMs: 300_000 },
      ...{ watchedSince: null, newestBeat: 0, refutationCount: null },
      ...{ maxDeadFraction: 1 / 4, marks: unknownMarks, flapWindowMs: 0 },
    });
  }
  const lines = async (): Promise<string[]> => {
    const cluster = await registry.readCluster({ brakeWindowMs: 300_000, brakeReturnMs: 30_000 });
    return renderBrake(viewBrake(cluster, 1 / 4), { paint: plain, width: 80 });
  };
  const advance = (ms: number): void => {
    now += ms;
  };
  return { registry, lines, advance };
}

async function recover(registry: MemoryRegistry, nodeId: string): Promise<void> {
  const lease = { nodeId, epoch: 1, claimId: 'claim' };
  const tries = { retryBackoffMs: 0, maxAttempts: null };
  await registry.claim({ ...lease, ownerId: 'a', ownerEpoch: 1, leaseMs: 30_000, ...tries });
  await registry.finish({ ...lease, fence: 1, outcome: 'completed', error: null, retryAfterMs: 0, ...tries });
}

test('a brake that holds nothing back is one line', async () => {
  const { lines } = await clusterWith();
  expect(await lines()).toEqual(['brake: 0 of at most 1 death weighs']);
});

test('it says what weighs, why and until when, and what is held back', async () => {
  const { registry, lines, advance } = await clusterWith('c', 'd');
  expect(await lines()).toEqual([
    'brake: 1 of at most 1 death weighs; no further verdict while so many weigh',
    '  c is dead, and weighs at least until its recovery ends',
    '  held back: d, whose votes stand',
    '  to allow more now: ringwatch brake release',
  ]);
  await recover(registry, 'c');
  advance(100_000);
  expect((await lines())[1]).toBe('  c is dead, and weighs for 3 min 20 s more');
  await registry.join(joinRequest('c', 'next', { afterEpoch: 1 }));
  advance(10_000);
  expect((await lines())[1]).toBe('  c is back, and weighs for 20 s more');
  advance(20_000);
  expect(await lines()).toEqual(['brake: 0 of at most 1 death weighs']);
});

test('a release is shown with what is left of it, and holds nothing back', async () => {
  const { registry, lines, advance } = await clusterWith('c', 'd');
  const word = { operatorId: 'operator', operationId: 'word' };
  await registry.releaseBrake({ ...word, durationMs: 600_000, count: 2 });
  advance(60_000);
  expect(await lines()).toEqual([
    'brake: 1 of at most 1 death weighs',
    '  c is dead, and weighs at least until its recovery ends',
    '  released by an operator for 9 min more, for 2 more verdicts',
  ]);
});
