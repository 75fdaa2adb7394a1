/** Several processes on one SQLite file that find the same deaths at the same moment: each has one verdict and one claim. */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { openSqliteRegistry } from '../../src/adapters/sqlite/index.ts';
import type { Registry } from '../../src/ports/registry.ts';
import { Scene } from '../../src/testing/registry-scene.ts';

/** The verdicts that a process made, and the claims that it got. */
interface Found {
  readonly verdicts: readonly string[];
  readonly claims: readonly { readonly nodeId: string; readonly fence: number }[];
}

const finder = fileURLToPath(new URL('death-finder.mjs', import.meta.url));
const observers = ['observer 1', 'observer 2', 'observer 3', 'observer 4'];
const victims = Array.from({ length: 12 }, (_, index) => `victim ${index}`);
let directory = '';
let path = '';
let registry: Registry;
let stage: Scene;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'ringwatch-processes-'));
  path = join(directory, 'cluster.db');
  registry = await openSqliteRegistry(path);
  await registry.migrate();
  const noPlace = (): never => {
    throw new Error('the scene has one place only');
  };
  stage = new Scene(registry, { open: noPlace, another: noPlace, openUnmigrated: noPlace });
  await stage.joinAll(...observers, ...victims);
});

afterEach(async () => {
  await registry.close();
  await rm(directory, { recursive: true, force: true });
});

/** Every observer in a process of its own; they begin together. */
async function findDeaths(maxDeadFraction: number): Promise<Found[]> {
  const children = observers.map((observerId) =>
    fork(finder, [path, observerId, String(maxDeadFraction), ...victims], { stdio: 'inherit' }),
  );
  try {
    await Promise.all(children.map((child) => once(child, 'message')));
    const answers = children.map((child) => once(child, 'message'));
    for (const child of children) child.send('begin');
    return (await Promise.all(answers)).map(([found]) => found as Found);
  } finally {
    await Promise.all(
      children.map(async (child) => {
        if (child.exitCode !== null || child.signalCode !== null) return;
        const ended = once(child, 'exit');
        child.kill('SIGKILL');
        await ended;
      }),
    );
  }
}

async function kinds(kind: string): Promise<string[]> {
  const { events } = await registry.readEvents({ after: null, limit: 1_000 });
  return events.filter((event) => event.kind === kind).map(({ targetId }) => targetId ?? '');
}

it('every death has one verdict and one claim, each under a fence of its own', async () => {
  const found = await findDeaths(1);
  expect(found.flatMap(({ verdicts }) => verdicts).toSorted()).toEqual(victims.toSorted());
  const claims = found.flatMap((one) => one.claims);
  expect(claims.map(({ nodeId }) => nodeId).toSorted()).toEqual(victims.toSorted());
  expect(claims.map(({ fence }) => fence).toSorted((a, b) => a - b)).toEqual(
    victims.map((_, index) => index + 1),
  );
  expect((await kinds('verdict')).toSorted()).toEqual(victims.toSorted());
  expect((await kinds('recovery-started')).toSorted()).toEqual(victims.toSorted());
});

it('the brake lets as many deaths be found as its limit says, and not one more', async () => {
  // 16 nodes.
  const found = await findDeaths(5 / 16);
  expect(found.flatMap(({ verdicts }) => verdicts)).toHaveLength(5);
  expect(await kinds('verdict')).toHaveLength(5);
  const { memberCount, unresolvedCount } = await registry.readCluster({});
  expect([memberCount, unresolvedCount]).toEqual([16, 5]);
});
