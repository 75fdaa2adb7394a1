/** Cases: what an import takes in of rows that were written long before it, or many at once. */
import { expectLike, expectSame } from './expectations.ts';
import type { RegistryContractCase } from './registry-harness.ts';
import { mixed } from './registry-mixed-scene.ts';

export const originalImportCases: readonly RegistryContractCase[] = [
  mixed(
    "another program's word takes a node off the ring only while it stands, though the node has stopped",
    async (stage, a) => {
      const row = await stage.original.readNode('b');
      await stage.original.putNode({ id: 'b', ipAddress: '10.0.0.1', ...row, status: 'draining' });
      for (let count = 0; count < 2; count++) await stage.imported(a);
      expectSame(await stage.lifecycleFor(a, 'b'), 'away', 'the node while the word stands');
      await stage.original.putNode({ id: 'b', ipAddress: '10.0.0.1', ...row, status: 'active' });
      await stage.imported(a);
      expectSame((await stage.ring(a)).includes('b'), true, 'the node on the ring');
      expectLike(
        await stage.registry.readNode('b'),
        { lifecycle: 'alive', status: 'active' },
        'the node after it',
      );
    },
  ),
  mixed(
    'a suspicion of the original ends with its recovered row, though the target has returned',
    async (stage, a, b) => {
      const n = await stage.join('n');
      await stage.original.appendEvent({ observerId: 'y', targetId: 'n', status: 'suspect' });
      await stage.imported(a);
      await stage.kill(n, a, b);
      await stage.original.appendEvent({ observerId: 'y', targetId: 'n', status: 'recovered' });
      for (const observer of [a, b]) await stage.say(observer, 'recovered', n, 1);
      await stage.imported(a);
      expectSame((await stage.round(n)).accuserIds, [], 'who accuses it');
    },
  ),
];
