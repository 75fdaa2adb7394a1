/** What planned faults do to a world, for those that no other test looks at. */
import { expect, it } from 'vitest';
import type { RoundRequest } from '../ports/registry.ts';
import { laterNodesOf, type PlannedFault, schedule } from './fault-plan.ts';
import type { TappedCall } from './virtual-registry.ts';
import { World, type WorldOptions } from './world.ts';

function worldOf(faults: readonly PlannedFault[], options: Partial<WorldOptions> = {}): World {
  const world = new World({
    seed: 1,
    nodes: 5,
    preset: 'local',
    laterNodes: laterNodesOf(faults),
    ...options,
  });
  schedule(world, faults);
  return world;
}

const verdictsOf = (world: World): readonly string[] => [
  ...new Set(world.history.of('verdict-read').map(({ event }) => event.verdict.nodeId)),
];

it('a node that has moved is reached at its new address, and its old machine is no more', async () => {
  const world = worldOf([{ at: 20_000, kind: 'move', nodeIds: ['node-02'] }]);
  const { address } = world.node('node-02');
  await world.runFor(120_000);
  expect(world.node('node-02')).toMatchObject({ status: 'on', epoch: 2 });
  expect(world.node('node-02').address).not.toBe(address);
  expect(world.network.hostAt(address)).toBeUndefined();
  expect(verdictsOf(world)).toEqual([]);
});

it('nodes that are long gone have rows, and do not run', async () => {
  const world = worldOf([
    { at: 0, kind: 'gone', nodeIds: ['node-01'], how: 'left', agoMs: 3_600_000 },
    { at: 0, kind: 'gone', nodeIds: ['node-04'], how: 'died', agoMs: 3_600_000 },
  ]);
  await world.runFor(1_000);
  const { nodes } = await world.registry.leader.readCluster({});
  expect(nodes).toHaveLength(5);
  expect(['node-01', 'node-04'].map((id) => world.node(id).lifeCount)).toEqual([0, 0]);
  const { events } = await world.registry.leader.readEvents({ after: null, limit: 100 });
  const gone = events.filter(({ observerId }) => observerId === 'node-01' || observerId === 'node-04');
  expect(gone.map(({ kind, targetId }) => `${targetId} ${kind}`)).toEqual([
    'node-01 joined',
    'node-01 left',
    'node-04 joined',
  ]);
  expect(gone.every(({ at }) => at < world.registry.now() - 3_500_000)).toBe(true);
});

it('a heartbeat that hangs stops, while probes are answered and rounds are read', async () => {
  const beats: number[] = [];
  const readings: number[] = [];
  const tap = ({ nodeId, method, at, request }: TappedCall): void => {
    if (nodeId !== 'node-03') return;
    if (method === 'heartbeat') beats.push(at);
    if (method === 'readRound' && (request as RoundRequest).nodeId === 'node-03') readings.push(at);
  };
  const hang = { kind: 'hang', nodeIds: ['node-03'], part: 'heartbeat', durationMs: 20_000 } as const;
  const world = worldOf([{ at: 10_000, ...hang }], { registryTaps: [tap] });
  await world.runFor(40_000);
  const within = (times: readonly number[]): number =>
    times.filter((at) => at > 11_000 && at < 29_000).length;
  expect(within(beats)).toBe(0);
  expect(within(readings)).toBeGreaterThan(20);
  expect(beats.at(-1)).toBeGreaterThan(38_000);
  expect(world.history.of('suspect')).toEqual([]);
});

it('a ping answer that hangs is missed, and a heal ends it', async () => {
  const hang = { kind: 'hang', nodeIds: ['node-03'], part: 'ping-answer', durationMs: 60_000 } as const;
  const world = worldOf([{ at: 10_000, ...hang }]);
  await world.runFor(20_000);
  const suspected = world.history.of('suspect').map(({ event }) => event.targetId);
  expect([...new Set(suspected)]).toEqual(['node-03']);
  world.heal();
  expect(await world.runUntil(() => world.history.of('recovered').length > 0, 5_000)).toBe(true);
});

it('an impostor’s answers count for nothing, and the node is judged as before when it is gone', async () => {
  const impostor = { kind: 'impostor', nodeIds: ['node-03'], durationMs: 1_200 } as const;
  const world = worldOf([
    { at: 10_000, ...impostor },
    { at: 30_000, kind: 'crash', nodeIds: ['node-03'], how: 'process', backAfterMs: null },
  ]);
  await world.runFor(29_000);
  const before = world.history.of('verdict-read');
  expect([before, world.history.of('restarted')]).toEqual([[], []]);
  const found = (): boolean => world.history.of('verdict-read').length > 0;
  expect(await world.runUntil(found, 10_000)).toBe(true);
  expect(world.history.of('verdict-read')[0]?.event.verdict).toMatchObject({ nodeId: 'node-03', epoch: 1 });
});

it('a handler that ends its own node, or the next one, does so with each death for a while', async () => {
  for (const victim of ['owner', 'next'] as const) {
    const cascade = { kind: 'cascade', victim, durationMs: 20_000, backAfterMs: null } as const;
    const crash = { kind: 'crash', nodeIds: ['node-04'], how: 'process', backAfterMs: null } as const;
    const world = worldOf([
      { at: 5_000, ...cascade },
      { at: 6_000, ...crash },
    ]);
    await world.runFor(25_000);
    const crashed = world.history.of('crashed').map(({ nodeId }) => nodeId);
    expect(crashed[0]).toBe('node-04');
    expect(crashed.length).toBeGreaterThanOrEqual(2);
    const countThen = crashed.length;
    await world.runFor(20_000);
    expect(world.history.of('crashed').length).toBe(countThen);
  }
});

it('a registry that is restored holds what it held then, its follower too', async () => {
  const world = worldOf(
    [
      { at: 20_000, kind: 'join', nodeIds: ['node-05'] },
      { at: 30_000, kind: 'restore', agoMs: 15_000 },
    ],
    { registry: { staleReadRate: 0.5, followerLagMs: 2_000 }, rejoinAfterMs: null },
  );
  await world.runFor(29_000);
  expect(await world.registry.leader.readNode('node-05')).not.toBeNull();
  const clockBefore = world.registry.now();
  await world.runFor(1_001);
  expect(await world.registry.leader.readNode('node-05')).toBeNull();
  expect(world.registry.now()).toBe(clockBefore + 1_001);
  await world.runFor(10_000);
  // Its epoch is not known any more: it begins one above it.
  expect([world.node('node-05').status, world.node('node-05').epoch]).toEqual(['on', 2]);
  expect(world.node('node-01')).toMatchObject({ status: 'on', epoch: 1 });
});
