/** A registry in a file tells of new verdicts, obituaries and returns at once, and of no heartbeat. */

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, onTestFinished, test } from 'vitest';
import { openSqliteRegistry } from '../../src/adapters/sqlite/index.ts';
import { unknownMarks } from '../../src/core/marks.ts';
import type { Registry } from '../../src/ports/registry.ts';
import { joinRequest } from '../../src/testing/registry-requests.ts';

async function openTwo(): Promise<[Registry, Registry]> {
  const directory = await mkdtemp(join(tmpdir(), 'ringwatch-changes-'));
  const open = () => openSqliteRegistry(join(directory, 'cluster.db'));
  const registries: [Registry, Registry] = [await open(), await open()];
  onTestFinished(async () => {
    for (const registry of registries) await registry.close();
    await rm(directory, { recursive: true, force: true });
  });
  await registries[0].migrate();
  return registries;
}

function bury(registry: Registry, nodeId: string) {
  return registry.obituary({
    ...{ targetId: nodeId, targetEpoch: 1, observerId: nodeId, observerEpoch: 1, instanceId: nodeId },
    ...{
      watchedSince: null,
      newestBeat: 0,
      maxDeadFraction: 1,
      marks: unknownMarks,
      flapWindowMs: 0,
      reason: 'exit code 1',
    },
  });
}

test('a verdict and a return that another process writes are told of, and no heartbeat or first join is', async () => {
  const [ours, theirs] = await openTwo();
  for (const id of ['a', 'b', 'c']) await theirs.join(joinRequest(id, id));
  let toldCount = 0;
  const end = ours.onChange?.(() => void toldCount++);
  // The first look finds out where the log ends.
  await sleep(500);
  for (let count = 0; count < 20; count++) await theirs.heartbeat({ nodeId: 'a', epoch: 1 });
  await sleep(500);
  expect(toldCount).toBe(0);
  await bury(theirs, 'b');
  await expect.poll(() => toldCount, { timeout: 20_000 }).toBe(1);
  await theirs.join(joinRequest('d', 'd'));
  await sleep(2_500);
  expect(toldCount).toBe(1);
  await theirs.join(joinRequest('b', 'b again', { afterEpoch: 1 }));
  await expect.poll(() => toldCount, { timeout: 20_000 }).toBe(2);
  end?.();
  await bury(theirs, 'c');
  await sleep(500);
  expect(toldCount).toBe(2);
});

test('many nodes that begin anew one after the other are told of every two seconds', async () => {
  const [ours, theirs] = await openTwo();
  await theirs.join(joinRequest('a', 'a 0'));
  const toldAt: number[] = [];
  const end = ours.onChange?.(() => void toldAt.push(performance.now()));
  await sleep(500);
  for (let epoch = 1; epoch <= 20; epoch++) {
    await theirs.join(joinRequest('a', `a ${epoch}`, { afterEpoch: epoch }));
    await sleep(150);
  }
  await expect.poll(() => toldAt.length, { timeout: 20_000 }).toBeGreaterThan(0);
  end?.();
  const gaps = toldAt.slice(1).map((at, index) => at - (toldAt[index] ?? 0));
  expect(Math.min(Number.POSITIVE_INFINITY, ...gaps)).toBeGreaterThanOrEqual(2_000);
});
