/**
 * What real agents on one SQLite file do when several nodes die at once, when few are left, and when it is the
 * observer that is sick. `RINGWATCH_DEATHS` makes the large ring thirty nodes with ten deaths, and holds their time
 * against that of a single death.
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
import { type Gate, startGate } from './gate.ts';
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
    async () => (await reading()).nodes.every(({ lifecycle }) => lifecycle === 'alive'),
    'every node is on the ring',
  );
}

const reading = (): Promise<ClusterReading> => registry.readCluster({});

async function events(): Promise<readonly RegistryEvent[]> {
  return (await registry.readEvents({ after: null, limit: 10_000 })).events;
}

/** Lives with a verdict, as `n01@1`. */
async function confirmed(): Promise<string[]> {
  return (await events())
    .flatMap(({ kind, targetId, targetEpoch }) => (kind === 'verdict' ? [`${targetId}@${targetEpoch}`] : []))
    .toSorted();
}

/**
 * Kills nodes at the same moment and waits until each of these deaths is recovered; returns the milliseconds until
 * the last of them was confirmed, by the time that its verdict bears: registry and test are on one machine.
 */
async function killTogether(nodeIds: readonly string[]): Promise<number> {
  const lives = new Set<string>();
  for (const nodeId of nodeIds) lives.add(`${nodeId}@${(await registry.readNode(nodeId))?.epoch}`);
  const lifeOf = ({ targetId, targetEpoch }: RegistryEvent): string => `${targetId}@${targetEpoch}`;
  const isCompleted = ({ detail }: RegistryEvent): boolean => detail['outcome'] === 'completed';
  const startedAt = Date.now();
  await Promise.all(nodeIds.map((nodeId) => ring.kill(nodeId)));
  const of = async (kind: RegistryEvent['kind']): Promise<RegistryEvent[]> =>
    (await events()).filter((event) => event.kind === kind && lives.has(lifeOf(event)));
  await ring.until(
    async () => new Set((await of('recovery-ended')).filter(isCompleted).map(lifeOf)).size === lives.size,
    `${[...lives].join(', ')} are recovered`,
  );
  const verdicts = await of('verdict');
  expect(verdicts.map(lifeOf).toSorted()).toEqual([...lives].toSorted());
  return Math.max(...verdicts.map(({ at }) => at - startedAt));
}

/** Starts nodes again and waits until no node says anything of another. */
async function bringBack(nodeIds: readonly string[]): Promise<void> {
  for (const nodeId of nodeIds) await ring.start(nodeId);
  await ring.until(
    async () => {
      const { nodes, statements } = await reading();
      return statements.length === 0 && nodes.every(({ lifecycle }) => lifecycle === 'alive');
    },
    `${nodeIds.join(', ')} are healthy again`,
  );
}

/** Lets so many rounds of the cluster pass, as seen in its heartbeats. */
async function passHeartbeats(count: number, nodeId: string): Promise<void> {
  let seenCount = 0;
  let newest = 0;
  await ring.until(async () => {
    const node = await registry.readNode(nodeId);
    if (node !== null && node.beatOrder !== newest) {
      newest = node.beatOrder;
      seenCount++;
    }
    return seenCount > count;
  }, `${nodeId} has beaten ${count} times`);
}

/** A port of loopback where nothing listens, since it is not let go until the end. */
async function deafPort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return typeof address === 'object' && address !== null ? address.port : 1;
}

describe('several deaths', () => {
  const isLong = process.env['RINGWATCH_DEATHS'] !== undefined;
  // As many as the brake lets die at a time, while every other node lives.
  const [size, deadCount, singleCount] = isLong ? [30, 10, 5] : [8, 2, 1];

  it(
    `of ${deadCount} consecutive nodes of ${size} at the same moment are all confirmed and recovered`,
    async () => {
      await startRing(size);
      const singlesMs: number[] = [];
      for (const nodeId of ring.nodeIds.slice(-singleCount)) {
        singlesMs.push(await killTogether([nodeId]));
        await bringBack([nodeId]);
      }
      const together = ring.nodeIds.slice(3, 3 + deadCount);
      const allMs = await killTogether(together);
      const dead = [...together, ...ring.nodeIds.slice(-singleCount)];
      expect(await confirmed()).toEqual(dead.map((nodeId) => `${nodeId}@1`));
      const singleMs = singlesMs.toSorted((a, b) => a - b)[Math.floor(singleCount / 2)] ?? 0;
      const ratio = (allMs / singleMs).toFixed(2);
      process.stderr.write(
        `single deaths: ${singlesMs.join(', ')} ms, median ${singleMs}; ${deadCount} consecutive ones: ${allMs} ms, ${ratio} times\n`,
      );
      // How fast a machine is that others use too is no question for a small run.
      if (isLong) expect(allMs).toBeLessThanOrEqual(1.5 * singleMs);
    },
    isLong ? 600_000 : 120_000,
  );

  it('of two of three nodes at once are both recovered by the last one, when the brake lets go', async () => {
    await startRing(3, { flags: ['--brake-window', '5s'] });
    await killTogether(['n01', 'n02']);
    expect(await confirmed()).toEqual(['n01@1', 'n02@1']);
    expect(callee.orders.every(({ owner }) => owner === 'n03')).toBe(true);
  });

  it('of one of two nodes is recovered by the other', async () => {
    await startRing(2);
    await killTogether(['n01']);
    expect(await confirmed()).toEqual(['n01@1']);
  });

  it('of a whole cluster, started again one after another, are no false verdict', async () => {
    // Without the grace, nodes that are back early would call dead those that come last.
    await startRing(5, { flags: ['--startup-grace-period', '40s'] });
    const late = 'n05';
    const early = ring.nodeIds.filter((nodeId) => nodeId !== late);
    await Promise.all(ring.nodeIds.map((nodeId) => ring.kill(nodeId)));
    const lineCount = ring.events.length;
    await Promise.all(early.map((nodeId) => ring.start(nodeId)));
    const saidSince = (event: string): number =>
      ring.events.slice(lineCount).filter((line) => line.event === event && line.targetId === late).length;
    await ring.until(() => saidSince('suspect') >= 3, `three of the others suspect ${late}`);
    // Longer than the time to death.
    await passHeartbeats(4, 'n01');
    await ring.start(late);
    await ring.until(() => saidSince('recovered') >= 3, `these hear ${late} again`);
    await passHeartbeats(2, 'n01');
    expect((await reading()).nodes.map(({ id, epoch }) => `${id}@${epoch}`)).toEqual(
      ring.nodeIds.map((nodeId) => `${nodeId}@2`),
    );
    expect((await events()).filter(({ kind }) => kind === 'dead' || kind === 'verdict')).toEqual([]);
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
  ])('whose probes all %s votes for no death', async (_, port) => {
    await startRing(5, { misconfigured: { nodeIds: ['n03'], port: await port() } });
    await passHeartbeats(8, 'n01');
    expect((await votes()).filter(({ observerId }) => observerId === 'n03')).toEqual([]);
    expect(await confirmed()).toEqual([]);
  });

  it('is harmless even when every node is misconfigured alike', async () => {
    const nodeIds = ['n01', 'n02', 'n03', 'n04'];
    await startRing(4, { misconfigured: { nodeIds, port: await deafPort() } });
    await passHeartbeats(8, 'n01');
    expect(await votes()).toEqual([]);
    expect(await confirmed()).toEqual([]);
  });

  it('that was stopped for three times the time to death, with probes under way, votes for no death', async () => {
    const gates = new Map<string, Gate>();
    for (const nodeId of ['n01', 'n03', 'n04', 'n05']) gates.set(nodeId, await startGate(nodeId));
    onTestFinished(() => {
      for (const gate of gates.values()) gate.close();
    });
    const ports = Object.fromEntries([...gates].map(([nodeId, { port }]) => [nodeId, port]));
    // One miss is a vote, the answers of before the stop are proof enough, and no node calls it dead meanwhile.
    const settings = { suspectAfter: 1, deadAfter: 1, probeTimeoutMs: 3_000, proofWindowMs: 600_000 };
    await startRing(5, {
      flags: ['--min-silence', '2m', '--membership-window', '10m'],
      misconfigured: { nodeIds: ['n02'], port: ports, settings },
    });
    const successors = ['n03', 'n04', 'n05'].flatMap((nodeId) => gates.get(nodeId) ?? []);
    await ring.until(() => successors.every((gate) => gate.answeredCount > 0), 'n02 hears its targets');

    for (const gate of successors) gate.isClosed = true;
    await ring.until(() => successors.every((gate) => gate.heldCount > 0), 'n02 has probes under way');
    ring.signal('n02', 'SIGSTOP');
    await passHeartbeats(8, 'n01');
    for (const gate of successors) gate.isClosed = false;
    const answeredCounts = successors.map((gate) => gate.answeredCount);
    ring.signal('n02', 'SIGCONT');
    await ring.until(
      () => successors.every((gate, index) => gate.answeredCount > (answeredCounts[index] ?? 0)),
      'n02 hears its targets again',
    );
    await passHeartbeats(2, 'n02');
    // The others may suspect the stopped one, and on a busy machine miss it once more after it has refuted.
    const expected = ['joined', 'suspect', 'recovered', 'unreachable'];
    expect((await events()).filter(({ kind }) => !expected.includes(kind))).toEqual([]);
    expect(
      (await events()).filter(({ observerId, kind }) => observerId === 'n02' && kind !== 'joined'),
    ).toEqual([]);
  });
});
