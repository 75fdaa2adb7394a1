/** Cases: who stands around a node on the ring. */
import { expectSame } from './expectations.ts';
import type { RegistryContractCase } from './registry-harness.ts';
import { lifeOf, type Scene, scene } from './registry-scene.ts';

async function around(stage: Scene, nodeId: string, count: number): Promise<[string[], string[]]> {
  const { predecessors, successors } = await stage.registry.readNeighbors({ nodeId, count });
  return [predecessors.map(({ id }) => id), successors.map(({ id }) => id)];
}

export const neighborCases: readonly RegistryContractCase[] = [
  scene('the neighbours of a node are the nearest on the ring each way, nearest first', async (stage) => {
    await stage.joinAll('c', 'a', 'f', 'e', 'b', 'd');
    expectSame(
      await around(stage, 'd', 2),
      [
        ['c', 'b'],
        ['e', 'f'],
      ],
      'two around d',
    );
    expectSame(
      await around(stage, 'a', 3),
      [
        ['f', 'e', 'd'],
        ['b', 'c', 'd'],
      ],
      'three around the first',
    );
    expectSame(await around(stage, 'f', 1), [['e'], ['a']], 'one around the last');
    expectSame(await around(stage, 'bb', 1), [['b'], ['c']], 'one around an id that is no node');
    expectSame(
      await around(stage, 'c', 9),
      [
        ['b', 'a', 'f', 'e', 'd'],
        ['d', 'e', 'f', 'a', 'b'],
      ],
      'all around c',
    );
  }),
  scene('neighbours that are off the ring or in maintenance are passed over', async (stage) => {
    const lives = await stage.joinAll('a', 'b', 'c', 'd', 'e', 'f', 'g');
    await stage.registry.leave(lifeOf(lives, 2));
    await stage.registry.setMaintenance({ nodeId: 'e', durationMs: 60_000 });
    await stage.kill(lifeOf(lives, 5), lifeOf(lives, 0), lifeOf(lives, 1));
    expectSame(
      await around(stage, 'd', 2),
      [
        ['b', 'a'],
        ['g', 'a'],
      ],
      'two around d',
    );
    expectSame(await around(stage, 'f', 1), [['d'], ['g']], 'one around the dead one');
  }),
  scene('neighbours are in the order of the bytes of their ids', async (stage) => {
    for (const id of ['\u{1f98a}', 'z', '\uff5e', 'B']) await stage.join(id);
    expectSame(
      await around(stage, 'z', 2),
      [
        ['B', '\u{1f98a}'],
        ['\uff5e', '\u{1f98a}'],
      ],
      'two around z',
    );
  }),
  scene('a node that is alone has no neighbours', async (stage) => {
    await stage.join('a');
    expectSame(await around(stage, 'a', 3), [[], []], 'around a');
  }),
];
