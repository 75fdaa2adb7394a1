/** What the brake and the limit of attempts keep from real agents on one SQLite file: cascades, and handlers that kill. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { openRegistry } from '../../src/library/open-registry.ts';
import type { EventKind, Registry, RegistryEvent } from '../../src/ports/registry.ts';
import { runCommand } from '../e2e/cli-process.ts';
import { AgentRing, type RingOptions } from './ring.ts';

let folder: string;
let url: string;
let registry: Registry;
let ring: AgentRing;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ringwatch-brake-'));
  url = `sqlite:${join(folder, 'cluster.db')}`;
  registry = await openRegistry(url);
  await registry.migrate();
});

afterEach(async () => {
  await ring.dispose();
  await registry.close();
  await rm(folder, { recursive: true, force: true });
});

async function startRing(options: Pick<RingOptions, 'size' | 'onDead' | 'flags'>): Promise<void> {
  ring = new AgentRing({ registryOf: () => url, ...options });
  await ring.startAll();
  await ring.until(
    async () => (await registry.readCluster({})).nodes.every(({ lifecycle }) => lifecycle === 'alive'),
    'every node is on the ring',
  );
}

/** Whom events of that kind are about, each node once. */
async function targetsOf(kind: EventKind, outcome?: string): Promise<string[]> {
  const { events } = await registry.readEvents({ after: null, limit: 10_000 });
  const isMeant = (event: RegistryEvent): boolean =>
    event.kind === kind && event.detail['outcome'] === outcome;
  const ids = events.flatMap((event) => (isMeant(event) ? [event.targetId ?? ''] : []));
  return [...new Set(ids)].toSorted();
}

/** Lets this node send so many heartbeats more. */
async function passHeartbeats(nodeId: string, count: number): Promise<void> {
  let [seenCount, newest] = [0, 0];
  await ring.until(async () => {
    const beatOrder = (await registry.readNode(nodeId))?.beatOrder ?? 0;
    if (beatOrder > newest) seenCount++;
    newest = beatOrder;
    return seenCount > count;
  }, `${nodeId} has beaten ${count} times`);
}

it('of nine nodes of which six freeze at once, a quick handler takes over for three', async () => {
  await startRing({ size: 9, onDead: () => 'exit 0' });
  const frozen = ring.nodeIds.slice(1, 7);
  for (const nodeId of frozen) await ring.freeze(nodeId, registry);
  await ring.until(
    async () => (await targetsOf('recovery-ended', 'completed')).length >= 3,
    'three are recovered',
  );
  await ring.until(async () => (await targetsOf('brake')).length > 0, 'the brake holds');
  // All six had their votes long before: the others wait for nothing but the brake.
  await passHeartbeats('n01', 12);
  expect(await targetsOf('verdict')).toHaveLength(3);
  const told = await runCommand(['brake', 'status', '--registry', url]);
  expect(told.stdout).toContain('brake: 3 of at most 3 deaths weigh; no further verdict while');
  expect(told.stdout).toContain('held back: ');

  const words = ['brake', 'release', '--for', '1m', '--count', '1', '--as', 'operator:ada'];
  expect(await runCommand([...words, '--registry', url])).toMatchObject({ code: 0 });
  await ring.until(
    async () => (await targetsOf('recovery-ended', 'completed')).length === 4,
    'one more is recovered',
  );
  await passHeartbeats('n01', 6);
  expect(await targetsOf('verdict')).toHaveLength(4);
  expect((await runCommand(['events', '--registry', url])).stdout).toContain(
    'operator:ada releases the brake',
  );
}, 180_000);

it('a handler that kills its own agent ends as many agents as it has attempts, and waits then', async () => {
  const flags = ['--max-attempts', '2', '--retry-backoff', '200ms'];
  await startRing({ size: 4, onDead: () => 'kill -9 $PPID', flags });
  await ring.kill('n04');
  await ring.until(
    async () => (await targetsOf('recovery-given-up')).includes('n04'),
    'the recovery is given up',
    120_000,
  );
  const survivors = ring.nodeIds.filter((nodeId) => ring.isRunning(nodeId));
  expect(survivors).toHaveLength(1);
  await passHeartbeats(survivors[0] ?? '', 5);
  expect(ring.nodeIds.filter((nodeId) => ring.isRunning(nodeId))).toEqual(survivors);
  const { stdout } = await runCommand(['status', '--registry', url]);
  expect(stdout).toContain('given up after 2 attempts; try again with: ringwatch retry n04');
}, 180_000);
