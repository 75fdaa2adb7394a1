/**
 * What real agents on one SQLite file do when several nodes die at once, when few are left, and when it is the
 * observer that is sick. `RINGWATCH_DEATHS` makes the large ring thirty nodes with ten deaths.
 */
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { openRegistry } from '../../src/library/open-registry.ts';
import type { ClusterReading, Registry, RegistryEvent } from '../../src/ports/registry.ts';
import { type Callee, startCallee } from './callee.ts';
import { AgentRing, type RingOptions } from './ring.ts';

let folder: string;
let url: string;
let registry: Registry;
let callee: Callee;
let ring: AgentRing;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ringwatch-together-'));
  url = `sqlite:${join(folder, 'cluster.db')}`;
  registry = await openRegistry(url);
  await registry.migrate();
  callee = await startCallee(50);
});

afterEach(async () => {
  await ring.dispose();
  await callee.close();
  await registry.close();
  await rm(folder, { recursive: true, force: true });
});

async function startRing(size: number, more: Partial<RingOptions> = {}): Promise<void> {
  ring = new AgentRing({ size, registryOf: () => url, onDead: (id) => callee.commandFor(id), ...more });
  await ring.startAll();
  await ring.until(
    async () => (await reading()).nodes.every(({ isListed }) => isListed),
    'everybody is listed',
  );
}

const reading = (): Promise<ClusterReading> => registry.readCluster({ membershipWindowMs: 60_000 });

async function events(): Promise<readonly RegistryEvent[]> {
  return (await registry.readEvents({ after: null, limit: 10_000 })).events;
}

/** Lives with a verdict, as `n01@1`. */
async function confirmed(): Promise<string[]> {
  return (await events())
    .flatMap(({ kind, targetId, targetEpoch }) => (kind === 'verdict' ? [`${targetId}@${targetEpoch}`] : []))
    .toSorted();
}

/** Kills nodes at the same moment and waits until each death is recovered; returns milliseconds until all were confirmed. */
async function killTogether(nodeIds: readonly string[]): Promise<number> {
  const startedAt = Date.now();
  await Promise.all(nodeIds.map((nodeId) => ring.kill(nodeId)));
  let confirmedMs = 0;
  await ring.until(
    async () => {
      const { verdicts } = await reading();
      if (confirmedMs === 0 && verdicts.length >= nodeIds.length) confirmedMs = Date.now() - startedAt;
      return nodeIds.every((id) =>
        verdicts.some((each) => each.nodeId === id && each.resolution === 'completed'),
      );
    },
    `${nodeIds.join(', ')} are recovered`,
  );
  return confirmedMs;
}

/** Lets so many rounds of the cluster pass, as seen in its heartbeats. */
async function passHeartbeats(count: number, nodeId: string): Promise<void> {
  let seenCount = 0;
  let newest = '';
  await ring.until(async () => {
    const node = await registry.readNode(nodeId);
    if (node !== null && node.heartbeat !== newest) {
      newest = node.heartbeat;
      seenCount++;
    }
    return seenCount > count;
  }, `${nodeId} has beaten ${count} times`);
}

/** A port of loopback where nobody listens, since it is not let go until the end. */
async function deafPort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return typeof address === 'object' && address !== null ? address.port : 1;
}

describe('several deaths', () => {
  const [size, deadCount] = process.env['RINGWATCH_DEATHS'] === undefined ? [8, 2] : [30, 10];

  it(`of ${deadCount} consecutive nodes of ${size} at the same moment are all confirmed and recovered`, async () => {
    await startRing(size);
    const single = await killTogether(['n01']);
    const together = ring.nodeIds.slice(3, 3 + deadCount);
    const all = await killTogether(together);
    process.stderr.write(`one death: ${single} ms, ${deadCount} consecutive ones: ${all} ms\n`);
    expect(await confirmed()).toEqual(['n01', ...together].map((id) => `${id}@1`));
  });

  it('of two of three nodes at once are both recovered by the last one', async () => {
    await startRing(3);
    await killTogether(['n01', 'n02']);
    expect(await confirmed()).toEqual(['n01@1', 'n02@1']);
    expect(callee.orders.every(({ owner }) => owner === 'n03')).toBe(true);
  });

  it('of one of two nodes is recovered by the other', async () => {
    await startRing(2);
    await killTogether(['n01']);
    expect(await confirmed()).toEqual(['n01@1']);
  });

  it('of a whole cluster, started again, are no false verdict', async () => {
    await startRing(5);
    await Promise.all(ring.nodeIds.map((nodeId) => ring.kill(nodeId)));
    await ring.startAll();
    await passHeartbeats(6, 'n01');
    const { nodes } = await reading();
    expect(nodes.map(({ epoch, isConfirmedDead }) => ({ epoch, isConfirmedDead }))).toEqual(
      nodes.map(() => ({ epoch: 2, isConfirmedDead: false })),
    );
  });
});

/** A port that takes connections and says nothing: what is sent there waits for its time-out. */
async function silentPort(): Promise<number> {
  const server = createServer((socket) => void socket.on('error', () => {}).resume()).listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  return (server.address() as AddressInfo).port;
}

describe('a sick observer', () => {
  const votes = async (): Promise<readonly RegistryEvent[]> =>
    (await events()).filter(({ kind }) => kind === 'dead');

  it.each([
    ['are refused, by a wrong port,', deafPort],
    ['are swallowed, as by a firewall,', silentPort],
  ])('whose probes all %s votes for nobody', async (_, port) => {
    await startRing(5, { misconfigured: { nodeIds: ['n03'], port: await port() } });
    await ring.until(
      async () => (await events()).some(({ kind, observerId }) => kind === 'suspect' && observerId === 'n03'),
      'the sick observer suspects somebody',
    );
    await passHeartbeats(8, 'n01');
    expect(await votes()).toEqual([]);
    expect(await confirmed()).toEqual([]);
  });

  it('is harmless even when every node is misconfigured alike', async () => {
    const nodeIds = ['n01', 'n02', 'n03', 'n04'];
    await startRing(4, { misconfigured: { nodeIds, port: await deafPort() } });
    await ring.until(
      async () =>
        new Set((await events()).filter(({ kind }) => kind === 'suspect').map(({ observerId }) => observerId))
          .size === 4,
      'everybody suspects somebody',
    );
    await passHeartbeats(8, 'n01');
    expect(await votes()).toEqual([]);
    expect(await confirmed()).toEqual([]);
  });

  it('that was stopped for three times the time to death votes for nobody after it continues', async () => {
    await startRing(5);
    ring.signal('n02', 'SIGSTOP');
    await passHeartbeats(7, 'n01');
    ring.signal('n02', 'SIGCONT');
    await ring.until(
      async () => ((await registry.readNode('n02'))?.epoch ?? 0) >= 2,
      'n02 is back as a new epoch',
    );
    await passHeartbeats(4, 'n01');
    expect((await votes()).filter(({ observerId }) => observerId === 'n02')).toEqual([]);
    expect((await confirmed()).every((life) => life.startsWith('n02@'))).toBe(true);
  });
});
